//! Student's t distribution: how far a mean of few numbers may lie from the true one.

/// The chance that a number of Student's t distribution with `freedom` degrees of freedom is at least
/// this far from 0, on either side. 1 for NaN.
pub fn t_p_value(t: f64, freedom: f64) -> f64 {
    if t.is_nan() {
        return 1.0;
    }
    incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t))
}

/// How many standard errors a 95% interval reaches on either side, with `freedom` degrees of freedom:
/// the 97.5% quantile of Student's t distribution.
///
/// ```
/// use retrain::insight::t_reach;
///
/// assert!((t_reach(4.0) - 2.776445105).abs() < 1e-8);
/// ```
pub fn t_reach(freedom: f64) -> f64 {
    // With one degree of freedom, the widest, it is 12.7.
    let (mut low, mut high) = (0.0, 13.0);
    // As many halvings as f64 has digits.
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if t_p_value(middle, freedom) > 0.05 { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// The regularised incomplete beta function I_x(a, b), by its continued fraction.
///
/// Source: Abramowitz and Stegun 1964, 26.5.8, evaluated as by Lentz 1976.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    // The fraction converges fast only on this side.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    const TINY: f64 = 1e-300;
    let kept = |number: f64| if number.abs() < TINY { TINY } else { number };
    let (mut c, mut d) = (1.0, 1.0 / kept(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in 1..=300 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = fraction;
        for term in [even, odd] {
            d = 1.0 / kept(1.0 + term * d);
            c = kept(1.0 + term / c);
            fraction *= c * d;
        }
        if (fraction - before).abs() < 1e-16 * fraction.abs() {
            break;
        }
    }
    let front = a * x.ln() + b * (1.0 - x).ln() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b);
    front.exp() * fraction / a
}

/// The logarithm of the gamma function of a positive number, by Stirling's series.
///
/// Source: Abramowitz and Stegun 1964, 6.1.41.
fn ln_gamma(x: f64) -> f64 {
    // The series is exact to the last digits from here on.
    const FROM: f64 = 16.0;
    let (mut x, mut product) = (x, 1.0);
    while x < FROM {
        product *= x;
        x += 1.0;
    }
    let square = x * x;
    let series = (1.0 / 12.0
        - (1.0 / 360.0
            - (1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / (1188.0 * square)) / square) / square)
            / square)
        / x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series - product.ln()
}
