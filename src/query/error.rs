//! What is wrong with a text.

use std::ops::Range;

/// Why a text is no filter, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {message}")]
pub struct QueryError {
    /// The bytes that are meant.
    pub span: Range<usize>,
    /// In characters, from 1.
    pub column: usize,
    /// One sentence, without the place.
    pub message: String,
    /// The text may still become a filter when more is typed at its end.
    pub is_unfinished: bool,
}

impl QueryError {
    pub(super) fn new(text: &str, span: Range<usize>, message: String) -> QueryError {
        let column = text[..span.start].chars().count() + 1;
        QueryError { span, column, message, is_unfinished: false }
    }

    pub(super) fn unfinished(text: &str, span: Range<usize>, message: String) -> QueryError {
        QueryError { is_unfinished: true, ..QueryError::new(text, span, message) }
    }
}
