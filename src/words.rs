//! Numbers as people read them, the same on screens and in commands (`docs/words.md`).

/// A count with its digits in groups of three: `10,000`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count of things: `1 image`, `2 images`. `thing` is the singular, its plural ends in s.
pub fn counted(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// A share with one decimal, as retrain.py prints it: `94.4%`.
pub fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

/// A time span in whole seconds: `42 s`, `3 min 05 s`, `2 h 10 min`. Negative spans and NaN are 0.
pub fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0).round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, _) => format!("{hours} h {minutes:02} min"),
    }
}

/// A size to the byte and in short: `1,234,567 bytes (1.2 MB)`; below 1,000 in bytes alone.
pub fn in_bytes(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} bytes"),
        _ => format!("{} bytes ({})", grouped(bytes), short_size(bytes)),
    }
}

/// A size for a table: `1.2 MB`, where 1 MB is 1,000,000 bytes.
pub fn short_size(bytes: u64) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn durations_read_as_people_say_them() {
        assert_eq!(duration(41.6), "42 s");
        assert_eq!(duration(185.0), "3 min 05 s");
        assert_eq!(duration(7800.0), "2 h 10 min");
        assert_eq!(duration(f64::NAN), "0 s");
    }

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
