//! How far an accuracy measured on few images may be from the one on many.

/// Two-sided 95 % of the standard normal.
const Z: f64 = 1.959963984540054;

/// 95 % score interval of a share (Wilson 1927), both ends in `[0, 1]`; `None` without images.
pub fn wilson(correct: usize, images: usize) -> Option<(f64, f64)> {
    if images == 0 {
        return None;
    }
    let n = images as f64;
    let share = correct as f64 / n;
    let shrink = 1.0 + Z * Z / n;
    let middle = (share + Z * Z / (2.0 * n)) / shrink;
    let half = Z / shrink * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some(((middle - half).max(0.0), (middle + half).min(1.0)))
}
