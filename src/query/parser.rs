//! Tokens to an expression: `NOT` binds closest, then `AND`, which may be left out, then `OR`.

use std::ops::Range;

use jiff::tz::TimeZone;

use super::error::QueryError;
use super::expression::{Compare, Expression, Query};
use super::key::{Key, Keys, Kind};
use super::lexer::{Comparison, Part, Token, tokens};
use super::value::read;

/// So many parentheses may stand inside each other: nobody needs as many, and a thread's stack ends.
const DEEPEST: usize = 64;

/// Before a key, asks whether there is a value under it.
pub const HAS: &str = "has";

/// Reads a text with the keys of a table; days are those of `zone`. An empty text lets everything
/// through.
///
/// Errors with the place and the nearest key or word when it is no filter.
pub fn parse(text: &str, keys: &Keys, zone: &TimeZone) -> Result<Query, QueryError> {
    let tokens = tokens(text)?;
    let mut parser =
        Parser { text, keys, zone, tokens: &tokens, at: 0, depth: 0, notes: Vec::new() };
    if tokens.is_empty() {
        return Ok(Query::default());
    }
    let expression = parser.any()?;
    if let Some(token) = parser.peek() {
        // Only a parenthesis ends an expression before the text does.
        let message = "no ( belongs to this )".to_owned();
        return Err(QueryError::new(text, token.span.clone(), message));
    }
    let mut notes = parser.notes;
    notes.dedup();
    Ok(Query { expression: Some(expression), notes })
}

struct Parser<'a> {
    text: &'a str,
    keys: &'a Keys,
    zone: &'a TimeZone,
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    notes: Vec<String>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<&'a Token> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn takes(&mut self, part: &Part) -> bool {
        let is_there = self.peek().is_some_and(|token| token.part == *part);
        self.at += usize::from(is_there);
        is_there
    }

    fn mistake(&self, span: Range<usize>, message: String) -> QueryError {
        QueryError::new(self.text, span, message)
    }

    fn unfinished(&self, message: &str) -> QueryError {
        let end = self.text.len();
        QueryError::unfinished(self.text, end..end, message.to_owned())
    }

    fn any(&mut self) -> Result<Expression, QueryError> {
        let mut parts = vec![self.all()?];
        while self.takes(&Part::Or) {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::Or(parts) })
    }

    fn all(&mut self) -> Result<Expression, QueryError> {
        let mut parts = vec![self.one()?];
        loop {
            let is_asked = self.takes(&Part::And);
            match self.peek().map(|token| &token.part) {
                None | Some(Part::Or | Part::Close) if !is_asked => break,
                _ => parts.push(self.one()?),
            }
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::And(parts) })
    }

    /// One term, with the `NOT`s before it.
    fn one(&mut self) -> Result<Expression, QueryError> {
        let mut is_negated = false;
        while self.takes(&Part::Not) {
            is_negated = !is_negated;
        }
        let inner = self.term()?;
        Ok(if is_negated { Expression::Not(Box::new(inner)) } else { inner })
    }

    fn term(&mut self) -> Result<Expression, QueryError> {
        let Some(token) = self.next() else {
            return Err(self.unfinished("a word or key=value is expected here"));
        };
        let span = token.span.clone();
        match &token.part {
            Part::Open => self.group(span),
            Part::Quoted(text) => Ok(Expression::Word(text.to_lowercase())),
            Part::Word(word) => match self.peek() {
                Some(Token { part: Part::Comparison(comparison), span: sign }) => {
                    let (comparison, sign) = (*comparison, sign.clone());
                    self.at += 1;
                    self.compare(word, span, comparison, sign)
                }
                _ => Ok(Expression::Word(word.to_lowercase())),
            },
            Part::Comparison(comparison) => {
                let sign = comparison.sign();
                Err(self.mistake(span, format!("no key before {sign}: write KEY{sign}VALUE")))
            }
            Part::And | Part::Or | Part::Close | Part::Not | Part::Value(_) => {
                let found = &self.text[span.clone()];
                let message = format!("a word or key=value is expected before {found}");
                Err(self.mistake(span, message))
            }
        }
    }

    fn group(&mut self, opened: Range<usize>) -> Result<Expression, QueryError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let message = format!("more than {DEEPEST} parentheses inside each other");
            return Err(self.mistake(opened, message));
        }
        let inner = self.any()?;
        self.depth -= 1;
        match self.takes(&Part::Close) {
            true => Ok(inner),
            false => Err(self.unfinished("write ) for the ( that is open")),
        }
    }

    fn compare(
        &mut self,
        typed: &str,
        span: Range<usize>,
        comparison: Comparison,
        sign: Range<usize>,
    ) -> Result<Expression, QueryError> {
        let value = match self.peek() {
            Some(Token { part: Part::Value(value), span }) => Some((value, span.clone())),
            _ => None,
        };
        self.at += usize::from(value.is_some());
        if typed.eq_ignore_ascii_case(HAS) {
            return self.has(comparison, sign, value);
        }
        let key = self.key(typed, span, value.as_ref().map(|(_, span)| span.end))?;
        let (kind, name) = (&key.kind, key.name);
        if *kind == Kind::Flag {
            return Err(self.mistake(sign, format!("{name} has no value: write has:{name}")));
        }
        if !kind.comparisons().contains(&comparison) {
            let signs: Vec<_> = kind.comparisons().iter().map(|sign| sign.sign()).collect();
            let message = format!("{name} takes {}, as it is no number", signs.join(" "));
            return Err(self.mistake(sign, message));
        }
        let Some((value, span)) = value else {
            let message = format!("{name} {} …: {}", comparison.sign(), kind.expected());
            return Err(self.unfinished(&message));
        };
        let is_part = comparison == Comparison::Contains;
        let wanted = read(name, kind, value, is_part, self.zone).map_err(|refused| {
            let is_unfinished = refused.is_begun && span.end == self.text.len();
            QueryError { is_unfinished, ..self.mistake(span, refused.message) }
        })?;
        let is_age = *kind == Kind::Age;
        let typed = value.clone();
        Ok(Expression::Compare(Compare { key: name, comparison, typed, wanted, is_age }))
    }

    fn has(
        &mut self,
        comparison: Comparison,
        sign: Range<usize>,
        value: Option<(&String, Range<usize>)>,
    ) -> Result<Expression, QueryError> {
        if comparison != Comparison::Contains {
            return Err(self.mistake(sign, "write has:KEY".to_owned()));
        }
        let Some((typed, span)) = value else {
            return Err(self.unfinished("has: …: a key, such as has:note"));
        };
        let key = self.key(typed, span, None)?;
        Ok(Expression::Has { key: key.name, is_flag: key.kind == Kind::Flag })
    }

    /// The key that is meant; where it is none, the text up to `until` may be meant as text.
    fn key(
        &mut self,
        typed: &str,
        span: Range<usize>,
        until: Option<usize>,
    ) -> Result<&'a Key, QueryError> {
        if let Some((key, note)) = self.keys.find(typed) {
            self.notes.extend(note);
            return Ok(key);
        }
        let near = self.keys.nearest(typed);
        let message = match (near, until) {
            (Some(near), _) => format!("no key '{typed}': did you mean {near}?"),
            (None, Some(until)) => {
                let whole = &self.text[span.start..until];
                format!("no key '{typed}'; to find it as text: \"{}\"", whole.replace('"', ""))
            }
            (None, None) => format!("no key '{typed}'"),
        };
        // As a key of `has:` it may still be typed to its end.
        let begins = self.keys.iter().any(|key| key.name.starts_with(typed));
        let is_unfinished = begins && span.end == self.text.len();
        Err(QueryError { is_unfinished, ..self.mistake(span, message) })
    }
}
