//! Cures for what people write by habit and TOML does not take: typed on another keyboard, copied
//! from a web page, or as another system or language has it.

/// What a line that is not TOML probably lacks; `None`: nothing that is known.
pub(super) fn cure(line: &str) -> Option<String> {
    let bare = outside_quotes(line);
    if let Some((_, quote)) = bare.iter().find(|(_, c)| CURLY_QUOTES.contains(c)) {
        return Some(format!("{quote} is a curly quote; write \" or '"));
    }
    if let Some(&(at, space)) = bare.iter().find(|(_, c)| is_odd_space(*c)) {
        let column = at + 1;
        return Some(format!(
            "column {column} holds a space of another kind (U+{:04X}), as web pages have them; type \
             an ordinary one",
            u32::from(space)
        ));
    }
    let value = line.split_once('=')?.1.trim();
    if let Some(number) = with_point(value) {
        return Some(format!("write a fraction with a point: {number}"));
    }
    if value.starts_with('"') && value.contains('\\') {
        return Some(BACKSLASH.to_owned());
    }
    None
}

/// What to do about a backslash in a text that has another meaning for it.
pub const BACKSLASH: &str = "between double quotes a backslash begins a special character; write \
                             \"C:/Users/me\" or 'C:\\Users\\me'";

/// The characters of a line, with their places, that stand neither in a text nor in a comment.
fn outside_quotes(line: &str) -> Vec<(usize, char)> {
    let mut quote = None;
    let mut bare = Vec::new();
    for (at, c) in line.chars().enumerate() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '#') => break,
            (None, '"' | '\'') => quote = Some(c),
            (None, _) => bare.push((at, c)),
        }
    }
    bare
}

const CURLY_QUOTES: [char; 8] = ['“', '”', '„', '‟', '‘', '’', '‚', '‛'];

/// A space that looks like one, and that TOML does not take for one.
fn is_odd_space(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}') || (c.is_whitespace() && !c.is_ascii())
}

/// `0.01` of `0,01`, with whatever stands behind it left out.
fn with_point(value: &str) -> Option<String> {
    let number = value.split([' ', '\t', '#']).next()?;
    let (whole, fraction) = number.split_once(',')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    let digits = whole.trim_start_matches(['+', '-']);
    (is_number(digits) && is_number(fraction)).then(|| format!("{whole}.{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn habits_of_other_places_have_a_cure() {
        let said = |line: &str| cure(line).unwrap_or_default();
        assert_eq!(said("learning_rate = 0,01"), "write a fraction with a point: 0.01");
        assert_eq!(said("learning_rate = -1,5 # small"), "write a fraction with a point: -1.5");
        assert_eq!(said("images = “photos”"), "“ is a curly quote; write \" or '");
        assert!(
            said("iterations =\u{a0}400").starts_with("column 13 holds a space of another kind")
        );
        assert!(said("\u{3000}iterations = 400").contains("(U+3000)"));
        assert!(said(r#"images = "C:\Users\me""#).contains(r"'C:\Users\me'"));
        for line in [
            "iterations = ",
            "[train",
            "x = 1,",
            "x = 1,000,000",
            "x = 'a\\b'",
            "= = =",
            "x = 'it’s' y",
        ] {
            assert_eq!(cure(line), None, "{line}");
        }
    }
}
