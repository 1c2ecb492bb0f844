//! Before anything is deleted: how much it is, and a question that takes only a whole 'yes'. Behind
//! it: what failed.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use anyhow::bail;

use super::typed;
use crate::store::Removed;

/// Asks for a 'yes', unless it was given on the command line. Without a terminal nobody can be
/// asked: that is an error.
pub fn is_yes(given: bool) -> anyhow::Result<bool> {
    if given {
        return Ok(true);
    }
    if !io::stdin().is_terminal() {
        bail!("nothing was deleted: there is no terminal to ask on; add --yes to mean it");
    }
    eprint!("type 'yes' to delete for good: ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    let is_yes = answer.trim() == "yes";
    if !is_yes {
        eprintln!("nothing was deleted");
    }
    Ok(is_yes)
}

/// Says what of a deletion failed; the bytes that it freed, and whether all is gone.
pub fn told<E: Display>(removed: Result<Removed, E>) -> (u64, bool) {
    match removed {
        Ok(Removed { bytes, failed }) => {
            for (path, err) in &failed {
                eprintln!("retrain: cannot delete {}: {err}", typed(path));
            }
            (bytes, failed.is_empty())
        }
        Err(err) => {
            eprintln!("retrain: {err}");
            (0, false)
        }
    }
}

/// `1,234,567 bytes (1.2 MB)`; small ones in bytes alone.
pub fn in_bytes(bytes: u64) -> String {
    let digits = bytes.to_string();
    let mut grouped = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match bytes {
        0..1000 => format!("{grouped} bytes"),
        _ => format!("{grouped} bytes ({})", short(bytes)),
    }
}

/// `1.2 MB`, for a table.
pub fn short(bytes: u64) -> String {
    let units = ["kB", "MB", "GB", "TB"];
    let (mut value, mut unit) = (bytes as f64, "B");
    for larger in units {
        // What would be rounded to 1000 of a unit is 1 of the next.
        if value < 999.95 {
            break;
        }
        (value, unit) = (value / 1000.0, larger);
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") }
}

/// `1 run`, `2 runs`.
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_said_exactly_and_in_short() {
        for (bytes, exact) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1000, "1,000 bytes (1.0 kB)"),
            (999_949, "999,949 bytes (999.9 kB)"),
            (999_950, "999,950 bytes (1.0 MB)"),
            (1_234_567_890, "1,234,567,890 bytes (1.2 GB)"),
        ] {
            assert_eq!(in_bytes(bytes), exact);
        }
    }
}
