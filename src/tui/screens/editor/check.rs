//! What was wrong with the text at the last pause in typing, kept at its place while more is typed.

use std::path::Path;

use crate::config::Mistake;
use crate::spec;

#[derive(Debug, Default)]
pub struct Check {
    pub mistakes: Vec<Mistake>,
    /// Settings that are valid and have no effect.
    pub warnings: Vec<Mistake>,
    /// The text that these are places of.
    text: String,
    /// It was typed since, so they may be outdated.
    pub is_old: bool,
}

impl Check {
    pub fn of(text: &str, path: &Path) -> Check {
        let (mistakes, warnings) = match spec::parse(text, path) {
            Ok(checked) => (Vec::new(), checked.warnings),
            Err(mistakes) => (mistakes.0, Vec::new()),
        };
        Check { mistakes, warnings, text: text.to_owned(), is_old: false }
    }

    /// Follows an edit: mistakes behind it move with their text, mistakes inside it are dropped.
    pub fn follow(&mut self, text: &str) {
        let (old, new) = (self.text.as_bytes(), text.as_bytes());
        let same =
            |pairs: &mut dyn Iterator<Item = (&u8, &u8)>| pairs.take_while(|(a, b)| a == b).count();
        let front = same(&mut old.iter().zip(new));
        let back = same(&mut old[front..].iter().rev().zip(new[front..].iter().rev()));
        let edited = front..old.len() - back;
        for mistakes in [&mut self.mistakes, &mut self.warnings] {
            mistakes.retain_mut(|mistake| {
                if mistake.span.end < edited.start {
                    return true;
                }
                let is_behind = mistake.span.start >= edited.end && mistake.span.start > front;
                if is_behind {
                    let moved = |at: usize| at - edited.end + (new.len() - back);
                    let span = moved(mistake.span.start)..moved(mistake.span.end);
                    let message = std::mem::take(&mut mistake.message);
                    *mistake = Mistake::in_text(&mistake.origin, text, span, message);
                }
                is_behind
            });
        }
        text.clone_into(&mut self.text);
        self.is_old = true;
    }

    /// What is to be said at a line: a mistake there, or the nearest one; only without any, a
    /// warning.
    pub fn nearest(&self, line: usize) -> Option<&Mistake> {
        let all = if self.mistakes.is_empty() { &self.warnings } else { &self.mistakes };
        all.iter().min_by_key(|mistake| mistake.line.abs_diff(line))
    }

    /// The first mistake behind this byte, from the end on round to the first.
    pub fn next(&self, offset: usize) -> Option<&Mistake> {
        let all = if self.mistakes.is_empty() { &self.warnings } else { &self.mistakes };
        all.iter().find(|mistake| mistake.span.start > offset).or(all.first())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_stay_at_their_words_while_other_lines_are_typed_into() {
        let text = "images = 'p'\niterations = 0\ndescription = 3\n";
        let mut check = Check::of(text, Path::new("x.toml"));
        let words = |check: &Check, text: &str| -> Vec<String> {
            check.mistakes.iter().map(|m| text[m.span.clone()].to_owned()).collect()
        };
        assert_eq!(words(&check, text), ["0", "3"]);
        let longer = text.replace("'p'", "'photos'\n");
        check.follow(&longer);
        assert_eq!(words(&check, &longer), ["0", "3"]);
        assert_eq!(check.mistakes[1].line, 4);
        assert!(check.is_old);
        let edited = longer.replace("= 0", "= 10");
        check.follow(&edited);
        assert_eq!(words(&check, &edited), ["3"], "what is being corrected is no mistake");
        check.follow("");
        assert!(check.mistakes.is_empty());
    }
}
