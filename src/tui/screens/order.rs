//! In which order texts stand in a sorted column.

use std::cmp::Ordering;

/// As numbers where both are (`94%` is a number too), else as text.
pub fn compare(a: &str, b: &str) -> Ordering {
    let number = |text: &str| text.trim_end_matches('%').replace('_', "").parse::<f64>().ok();
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}
