//! Numbers as people read them, the same on screens and in commands (`docs/words.md`).

use std::fmt::Display;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use unicode_width::UnicodeWidthStr;

/// A whole number with its digits in groups of three: `10,000`.
pub fn grouped(number: impl Display) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count of things: `1 image`, `2 images`, `1,263 images`. `thing` is the singular, its plural
/// ends in s.
pub fn counted(number: usize, thing: &str) -> String {
    format!("{} {thing}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// Done, of all: `1,263/4,000`.
pub fn progress(done: usize, all: usize) -> String {
    format!("{}/{}", grouped(done), grouped(all))
}

/// The smallest and the largest of these counts: `7 to 8`, or `12` where all are the same.
pub fn smallest_to_largest(counts: &[usize]) -> String {
    let ends = [counts.iter().min(), counts.iter().max()].map(|end| grouped(end.unwrap_or(&0)));
    match ends {
        [small, large] if small == large => small,
        [small, large] => format!("{small} to {large}"),
    }
}

/// All but one of so many equal parts: `four fifths` of 5.
pub fn all_but_one_of(parts: usize) -> String {
    let name = match parts {
        2 => "one half",
        3 => "two thirds",
        4 => "three quarters",
        5 => "four fifths",
        6 => "five sixths",
        8 => "seven eighths",
        10 => "nine tenths",
        _ => return format!("{} of {parts} parts", parts.saturating_sub(1)),
    };
    name.to_owned()
}

/// `'a'`, `'a' and 'b'`, `'a', 'b' and 'c'`.
pub fn listed(names: &[impl Display]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// The columns of a terminal that a text takes: characters of East Asian scripts take two.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text in the first of `columns` columns.
pub fn pad_right(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The text in the last of `columns` columns.
pub fn pad_left(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// A share with one decimal, as retrain.py prints it: `94.4%`.
pub fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

/// Two shares with all between them: `83.2 to 97.9%`.
pub fn percent_range(low: f64, high: f64) -> String {
    format!("{} to {}", percent(low).trim_end_matches('%'), percent(high))
}

/// Percentage points of difference, with their sign: `+1.2`.
pub fn points(difference: f64) -> String {
    // What is rounded to no difference is not below zero.
    format!("{:+.1}", (difference * 1000.0).round() / 10.0 + 0.0)
}

/// How many a second: `1,263`, `42`, `6.2`, `0.39`.
pub fn rate(per_second: f64) -> String {
    match per_second {
        0.0..0.995 => format!("{per_second:.2}"),
        0.995..9.95 => format!("{per_second:.1}"),
        _ => grouped(per_second.max(0.0).round() as u64),
    }
}

/// A time span: `0.7 s`, `42 s`, `3 min 05 s`, `2 h 10 min`. Negative spans and NaN are 0.
pub fn duration(seconds: f64) -> String {
    let exact = seconds.max(0.0);
    let seconds = exact.round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        _ if exact < 9.95 => format!("{exact:.1} s"),
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, _) => format!("{hours} h {minutes:02} min"),
    }
}

/// A moment to the minute, as the clocks of `zone` show it: `2026-11-24 16:25`.
pub fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
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
        assert_eq!([-1, -999, -1000].map(grouped), ["-1", "-999", "-1,000"]);
    }

    #[test]
    fn columns_are_those_of_the_terminal() {
        assert_eq!(pad_right("火事", 6), "火事  ");
        assert_eq!(pad_left("fire", 6), "  fire");
        assert_eq!(pad_left("too long", 3), "too long");
    }

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        assert_eq!(listed(&["a"; 0]), "");
        assert_eq!(listed(&["a"]), "'a'");
        assert_eq!(listed(&["a", "b", "c"]), "'a', 'b' and 'c'");
    }

    #[test]
    fn durations_read_as_people_say_them() {
        assert_eq!(duration(0.74), "0.7 s");
        assert_eq!([9.94, 9.95, 41.6, 59.6].map(duration), ["9.9 s", "10 s", "42 s", "1 min 00 s"]);
        assert_eq!(duration(185.0), "3 min 05 s");
        assert_eq!(duration(7800.0), "2 h 10 min");
        assert_eq!(duration(f64::NAN), "0.0 s");
    }

    #[test]
    fn rates_have_as_many_digits_as_say_something() {
        let said = [0.3915, 0.996, 6.25, 9.96, 42.4, 1263.4, 0.0, f64::NAN].map(rate);
        assert_eq!(said, ["0.39", "1.0", "6.2", "10", "42", "1,263", "0.00", "0"]);
    }

    #[test]
    fn progress_and_moments_are_written_one_way() {
        assert_eq!(progress(1263, 4000), "1,263/4,000");
        let at: Timestamp = "2026-11-24T15:25:52Z".parse().unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        assert_eq!(moment(at, &zone), "2026-11-24 16:25");
    }

    #[test]
    fn a_difference_of_nothing_has_no_minus() {
        let said = [0.0123, -0.0123, 0.0, -0.00004, -1.0].map(points);
        assert_eq!(said, ["+1.2", "-1.2", "+0.0", "+0.0", "-100.0"]);
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
