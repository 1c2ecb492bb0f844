//! A text as words, quoted texts, operators and parentheses.

use std::ops::Range;

use super::QueryError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `:`, the value contains it.
    Contains,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Longer ones first: `>=` is not `>`.
const SIGNS: [(&str, Comparison); 7] = [
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("=", Comparison::Equal),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
    (":", Comparison::Contains),
];

impl Comparison {
    pub fn sign(self) -> &'static str {
        SIGNS.iter().find(|(_, comparison)| *comparison == self).map_or("", |(sign, _)| sign)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    Open,
    Close,
    And,
    Or,
    /// The word, or a `-` before something else.
    Not,
    Word(String),
    /// Without its quotes.
    Quoted(String),
    Comparison(Comparison),
    /// What stands behind an operator.
    Value(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    pub part: Part,
    pub span: Range<usize>,
}

/// Whether a text would be read as something else than one word, or one value.
pub fn needs_quotes(text: &str) -> bool {
    let is_special = |c: char| c.is_whitespace() || "\"()<>=!:".contains(c);
    text.is_empty()
        || text.starts_with('-')
        || text.contains(is_special)
        || ["AND", "OR", "NOT"].contains(&text)
}

/// The tokens of a text; what cannot be read is a quote that is not closed.
pub fn tokens(text: &str) -> Result<Vec<Token>, QueryError> {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new() };
    while lexer.step()? {}
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn push(&mut self, part: Part, start: usize) {
        self.tokens.push(Token { part, span: start..self.at });
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// Reads one token; `false`: there is no more.
    fn step(&mut self) -> Result<bool, QueryError> {
        self.at += self.rest().len() - self.rest().trim_start().len();
        let start = self.at;
        let Some(first) = self.rest().chars().next() else { return Ok(false) };
        let is_value = matches!(self.tokens.last(), Some(Token { part: Part::Comparison(_), .. }));
        if first == '"' {
            let text = self.quoted()?;
            let part = if is_value { Part::Value(text) } else { Part::Quoted(text) };
            self.push(part, start);
            return Ok(true);
        }
        if is_value && first != ')' {
            self.run_on(false);
            self.push(Part::Value(self.text[start..self.at].to_owned()), start);
            return Ok(true);
        }
        let single = match first {
            '(' => Some(Part::Open),
            ')' => Some(Part::Close),
            '-' if self.rest()[1..].starts_with(|c: char| !c.is_whitespace() && c != ')') => {
                Some(Part::Not)
            }
            _ => None,
        };
        if let Some(part) = single {
            self.at += first.len_utf8();
            self.push(part, start);
        } else if let Some((sign, comparison)) = sign_of(self.rest()) {
            self.at += sign.len();
            self.push(Part::Comparison(comparison), start);
        } else {
            self.run_on(true);
            let word = self.text[start..self.at].to_owned();
            let part = match word.as_str() {
                "AND" => Part::And,
                "OR" => Part::Or,
                "NOT" => Part::Not,
                _ => Part::Word(word),
            };
            self.push(part, start);
        }
        Ok(true)
    }

    /// Goes to the end of a word, or of a value. Parentheses inside belong to it, as in `fire(1).jpg`,
    /// but not those behind `NOT`.
    fn run_on(&mut self, is_word: bool) {
        let (start, mut depth) = (self.at, 0);
        for (at, c) in self.text[start..].char_indices() {
            let at = start + at;
            let ends = match c {
                '(' if at > start && !["AND", "OR", "NOT"].contains(&&self.text[start..at]) => {
                    depth += 1;
                    false
                }
                '(' | ')' if depth == 0 => true,
                ')' => {
                    depth -= 1;
                    false
                }
                '"' => true,
                c if c.is_whitespace() => true,
                _ => is_word && at > start && sign_of(&self.text[at..]).is_some(),
            };
            if ends && at > start {
                self.at = at;
                return;
            }
        }
        self.at = self.text.len();
    }

    /// The text up to the closing quote; `\"` and `\\` stand for a quote and a backslash.
    fn quoted(&mut self) -> Result<String, QueryError> {
        let start = self.at;
        let mut out = String::new();
        let mut characters = self.text[start + 1..].char_indices();
        while let Some((at, c)) = characters.next() {
            match c {
                '"' => {
                    self.at = start + 1 + at + 1;
                    return Ok(out);
                }
                '\\' => match characters.next() {
                    Some((_, c @ ('"' | '\\'))) => out.push(c),
                    Some((_, c)) => out.extend(['\\', c]),
                    None => break,
                },
                c => out.push(c),
            }
        }
        let message = "the quote is not closed: write \" at its end".to_owned();
        Err(QueryError::unfinished(self.text, start..self.text.len(), message))
    }
}

fn sign_of(text: &str) -> Option<(&'static str, Comparison)> {
    SIGNS.iter().copied().find(|(sign, _)| text.starts_with(sign))
}
