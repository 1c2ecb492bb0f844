//! The few pieces that pages are made of. Whatever is not a constant of the program goes through
//! [`text`].

use std::fmt::Write;

use crate::store::harmless;

/// A text as content or attribute: nothing in it can end either. Characters that would turn the
/// direction of writing or are no text are escaped as everywhere.
pub fn text(raw: &str) -> String {
    let mut safe = String::with_capacity(raw.len());
    for c in harmless(raw).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// Rows of a name and a value.
pub fn pairs<'a>(rows: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut html = "<table class=\"pairs\">\n".to_owned();
    for (name, value) in rows {
        let (name, value) = (text(name), text(value));
        writeln!(html, "<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>")
            .expect("writing to a string does not fail");
    }
    html + "</table>\n"
}

/// A table that scrolls in its own box where it is wider than the page; by the keys, too.
pub fn scrolling(label: &str, table: &str) -> String {
    let label = text(label);
    format!(
        "<div class=\"scroll\" role=\"region\" aria-label=\"{label}\" tabindex=\"0\">\n{table}</div>\n"
    )
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding (RFC 4648, section 4).
pub fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup() {
        assert_eq!(
            text("<b a='\"'>&amp;\u{202e}\u{0}\n"),
            "&lt;b a=&#39;&quot;&#39;&gt;&amp;amp;\\u{202e}\\u{0}\n"
        );
    }

    #[test]
    fn base64_is_that_of_the_rfc() {
        let vectors =
            ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(str::as_bytes).map(base64);
        assert_eq!(vectors, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]);
        assert_eq!(base64(&[0xfb, 0xff]), "+/8=");
    }
}
