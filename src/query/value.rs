//! One value: what a row has, and what was typed.

use std::borrow::Cow;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::Kind;
use crate::config::nearest;

/// What a row has under a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Found<'a> {
    /// It has none: no comparison with it holds.
    Nothing,
    /// A number, a share from 0 to 1, or seconds.
    Number(f64),
    /// A text. A setting is one, too, and is read as a number where its key is one.
    Text(Cow<'a, str>),
    /// Several texts.
    List(Cow<'a, [String]>),
    /// A moment.
    Time(Timestamp),
}

impl<'a> Found<'a> {
    /// A text; an empty one is nothing.
    pub fn text(text: &'a str) -> Found<'a> {
        if text.is_empty() { Found::Nothing } else { Found::Text(text.into()) }
    }

    /// The same, with a text of its own.
    pub fn into_owned(self) -> Found<'static> {
        match self {
            Found::Text(text) => Found::Text(Cow::Owned(text.into_owned())),
            Found::List(list) => Found::List(Cow::Owned(list.into_owned())),
            Found::Nothing => Found::Nothing,
            Found::Number(number) => Found::Number(number),
            Found::Time(at) => Found::Time(at),
        }
    }

    /// A number, where there is one.
    pub fn number(number: Option<f64>) -> Found<'a> {
        number.filter(|number| !number.is_nan()).map_or(Found::Nothing, Found::Number)
    }
}

/// What was typed behind an operator.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// In lower case.
    Text(String),
    Number {
        number: f64,
        /// Numbers that are at most this far away are equal to it.
        tolerance: f64,
    },
    /// From the first moment to the last, which does not belong to it.
    Time(Timestamp, Timestamp),
}

/// A number, and one of the last digit that was typed.
struct Typed {
    number: f64,
    unit: f64,
}

/// What is wrong with a value.
pub struct Refused {
    pub message: String,
    /// More may be typed to make it one.
    pub is_begun: bool,
}

impl From<String> for Refused {
    fn from(message: String) -> Refused {
        Refused { message, is_begun: false }
    }
}

/// Reads what was typed for a key of that name; `is_part`: of a text only a part is meant.
pub fn read(
    name: &str,
    kind: &Kind,
    typed: &str,
    is_part: bool,
    zone: &TimeZone,
) -> Result<Wanted, Refused> {
    let refuse = || format!("{name} is '{typed}', expected {}", kind.expected());
    let number = |factor: f64, tolerance: f64| {
        let read = read_number(typed).ok_or_else(|| comma_cure(typed).unwrap_or_else(refuse))?;
        let number = read.number * factor;
        Ok(Wanted::Number { number, tolerance: read.unit * tolerance / 2.0 })
    };
    match kind {
        Kind::Text | Kind::List if typed.is_empty() => {
            Err(format!("an empty text is none: write NOT has:{name}").into())
        }
        Kind::Text | Kind::List => Ok(Wanted::Text(typed.to_lowercase())),
        Kind::Words(words) => read_word(name, words, typed, is_part),
        Kind::NumberOr(words) if read_number(typed).is_none() => {
            read_word(name, words, typed, is_part)
        }
        Kind::Number | Kind::NumberOr(_) => number(1.0, 0.0),
        Kind::Measure => number(1.0, 1.0),
        Kind::Hundredths => {
            let typed = read_number(typed.trim_end_matches('%')).ok_or_else(refuse)?;
            Ok(Wanted::Number { number: typed.number, tolerance: 0.0 })
        }
        Kind::Percent => {
            let read = read_share(typed).ok_or_else(|| comma_cure(typed).unwrap_or_else(refuse))?;
            if !(0.0..=1.0).contains(&read.number) {
                return Err(format!("{name} is '{typed}', expected 0% to 100%").into());
            }
            Ok(Wanted::Number { number: read.number, tolerance: read.unit / 2.0 })
        }
        Kind::Duration | Kind::Age => {
            let read = read_seconds(typed, *kind == Kind::Duration).ok_or_else(refuse)?;
            Ok(Wanted::Number { number: read.number, tolerance: read.unit / 2.0 })
        }
        Kind::Time => {
            let (from, until) = read_time(typed, zone).ok_or_else(refuse)?;
            Ok(Wanted::Time(from, until))
        }
        Kind::Flag => Err(format!("{name} has no value: write has:{name}").into()),
    }
}

fn read_word(name: &str, words: &[String], typed: &str, is_part: bool) -> Result<Wanted, Refused> {
    let wanted = typed.to_lowercase();
    let holds = |word: &String| {
        let word = word.to_lowercase();
        word == wanted || (is_part && word.contains(&wanted))
    };
    if !wanted.is_empty() && words.iter().any(holds) {
        return Ok(Wanted::Text(wanted));
    }
    let begun: Vec<&str> = words
        .iter()
        .filter(|word| word.to_lowercase().starts_with(&wanted))
        .map(String::as_str)
        .collect();
    let names = words.iter().map(String::as_str);
    let message = match nearest(typed, names) {
        _ if !begun.is_empty() => format!("{name} is one of {}", begun.join(", ")),
        Some(near) => format!("no {name} '{typed}': did you mean {near}?"),
        None => format!("no {name} '{typed}': expected {}", words.join(", ")),
    };
    Err(Refused { message, is_begun: !begun.is_empty() })
}

/// `0,7` is a fraction in many languages.
fn comma_cure(typed: &str) -> Option<String> {
    let with_point = typed.replacen(',', ".", 1);
    let is_number = typed.contains(',') && read_share(&with_point).is_some();
    is_number.then(|| format!("'{typed}': write a fraction with a point: {with_point}"))
}

/// A number as the program prints it or as TOML has it: `1,263`, `1_000`, `1e-3`.
fn read_number(typed: &str) -> Option<Typed> {
    let is_sign = |c: char| c.is_ascii_digit() || "+-.eE_,".contains(c);
    if !typed.chars().all(is_sign) || !typed.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let plain = typed.replace('_', "");
    let plain = if plain.contains(',') { ungrouped(&plain)? } else { plain };
    let number = plain.parse::<f64>().ok().filter(|number| number.is_finite())?;
    let (digits, exponent) = plain.split_once(['e', 'E']).unwrap_or((&plain, "0"));
    let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    // An exponent out of range gave no finite number.
    let exponent = exponent.parse::<i32>().unwrap_or(0);
    let unit = 10f64.powi(exponent.saturating_sub(i32::try_from(decimals).unwrap_or(i32::MAX)));
    Some(Typed { number, unit })
}

/// `1263` of `1,263`; groups of other sizes are none.
fn ungrouped(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(a, b)| (a, Some(b)));
    let mut groups = whole.trim_start_matches(['-', '+']).split(',');
    let first = groups.next()?;
    let is_number = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let is_grouped = (1..=3).contains(&first.len()) && is_number(first);
    if !is_grouped || groups.any(|group| group.len() != 3 || !is_number(group)) {
        return None;
    }
    if fraction.is_some_and(|fraction| fraction.contains(',')) {
        return None;
    }
    Some(text.replace(',', ""))
}

/// A share: `70%` and `0.7`; above 1 a percentage without its sign. At most one percentage point is
/// taken for equal.
fn read_share(typed: &str) -> Option<Typed> {
    const COARSEST: f64 = 0.01;
    let digits = typed.strip_suffix('%');
    let read = read_number(digits.unwrap_or(typed).trim())?;
    let is_percent = digits.is_some() || read.number > 1.0;
    let factor = if is_percent { 0.01 } else { 1.0 };
    Some(Typed { number: read.number * factor, unit: (read.unit * factor).min(COARSEST) })
}

/// A time span with its units, largest first: `1h30m`, `3 min 05 s`. A bare number is seconds.
fn read_seconds(typed: &str, takes_bare: bool) -> Option<Typed> {
    const UNITS: [(&[&str], f64); 5] = [
        (&["w", "week", "weeks"], 604_800.0),
        (&["d", "day", "days"], 86_400.0),
        (&["h", "hour", "hours"], 3600.0),
        (&["m", "min"], 60.0),
        (&["s", "sec"], 1.0),
    ];
    if let (true, Some(read)) = (takes_bare, read_number(typed)) {
        return (read.number >= 0.0).then_some(read);
    }
    let (mut rest, mut sum, mut smallest) =
        (typed.trim(), Typed { number: 0.0, unit: 0.0 }, f64::MAX);
    while !rest.is_empty() {
        let is_digit = |c: char| c.is_ascii_digit() || ".,".contains(c);
        let end = rest.find(|c| !is_digit(c))?;
        let read = read_number(&rest[..end])?;
        rest = rest[end..].trim_start();
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (_, seconds) = UNITS.iter().find(|(names, _)| names.contains(&&rest[..end]))?;
        if *seconds >= smallest {
            return None;
        }
        smallest = *seconds;
        sum = Typed { number: sum.number + read.number * seconds, unit: read.unit * seconds };
        rest = rest[end..].trim_start();
    }
    (smallest < f64::MAX).then_some(sum)
}

/// From when to when a year, month, day, minute or second lasts.
fn read_time(typed: &str, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    let typed = typed.trim();
    let number =
        |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?;
    let (from, span) = match typed.len() {
        4 => (Date::new(number(typed)?, 1, 1).ok()?.to_datetime(Default::default()), 1.year()),
        7 => {
            let (year, month) = typed.split_once('-')?;
            let month = i8::try_from(number(month)?).ok()?;
            (Date::new(number(year)?, month, 1).ok()?.to_datetime(Default::default()), 1.month())
        }
        10 => (typed.parse::<Date>().ok()?.to_datetime(Default::default()), 1.day()),
        16 => (typed.parse::<DateTime>().ok()?, 1.minute()),
        19 => (typed.parse::<DateTime>().ok()?, 1.second()),
        _ => return None,
    };
    let at = |time: DateTime| zone.to_timestamp(time).ok();
    Some((at(from)?, at(from.checked_add(span).ok()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_the_program_prints_them() {
        for (typed, number, unit) in [
            ("1,263", 1263.0, 1.0),
            ("1_000", 1000.0, 1.0),
            ("1e-3", 0.001, 0.001),
            ("-0.25", -0.25, 0.01),
            ("1,234,567.5", 1_234_567.5, 0.1),
        ] {
            let read = read_number(typed).unwrap();
            assert!(read.number == number && (read.unit - unit).abs() < 1e-12, "{typed}");
        }
        for typed in ["", "-", "1,26", "12,3456", "0,7", "1e999", "nan", "inf", "1.2.3", ","] {
            assert!(read_number(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn shares_are_percentages_and_fractions() {
        for (typed, share) in [("70%", 0.7), ("0.7", 0.7), ("70", 0.7), ("1", 1.0), ("1%", 0.01)] {
            assert!((read_share(typed).unwrap().number - share).abs() < 1e-12, "{typed}");
        }
    }

    #[test]
    fn time_spans_have_units_from_the_largest_to_the_smallest() {
        for (typed, seconds, unit) in [
            ("90s", 90.0, 1.0),
            ("5m", 300.0, 60.0),
            ("1h30m", 5400.0, 60.0),
            ("2 h 10 min", 7800.0, 60.0),
            ("3 min 05 s", 185.0, 1.0),
            ("0.7 s", 0.7, 0.1),
            ("2d", 172_800.0, 86_400.0),
            ("64", 64.0, 1.0),
        ] {
            let read = read_seconds(typed, true).unwrap();
            assert!(
                (read.number - seconds).abs() < 1e-9 && (read.unit - unit).abs() < 1e-9,
                "{typed}"
            );
        }
        for typed in ["", "5x", "m", "1m1h", "1m2m", "h1", "-5s", "-5"] {
            assert!(read_seconds(typed, true).is_none(), "{typed}");
        }
        assert!(read_seconds("5", false).is_none(), "an age needs its unit");
    }

    #[test]
    fn a_day_lasts_from_midnight_to_midnight_on_the_persons_clock() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let span = |typed: &str| {
            let (from, until) = read_time(typed, &zone).unwrap();
            (from.to_string(), until.duration_since(from).as_secs())
        };
        assert_eq!(span("2026-11-20"), ("2026-11-19T22:00:00Z".into(), 86_400));
        assert_eq!(span("2026-11"), ("2026-10-31T22:00:00Z".into(), 30 * 86_400));
        assert_eq!(span("2026").1, 365 * 86_400);
        assert_eq!(span("2026-11-20T16:25"), ("2026-11-20T14:25:00Z".into(), 60));
        assert_eq!(span("2026-11-20 16:25:07"), ("2026-11-20T14:25:07Z".into(), 1));
        for typed in ["2026-13", "2026-02-30", "20-11", "9999999999", "-999", "yesterday", "é26-1é"]
        {
            assert!(read_time(typed, &zone).is_none(), "{typed}");
        }
        assert!(read_time("9999", &zone).is_none(), "a year whose end no clock has");
    }
}
