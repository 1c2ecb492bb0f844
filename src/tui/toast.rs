//! What a person is told.

/// A line shown until the next key, and kept in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    pub is_error: bool,
    pub text: String,
}

impl Toast {
    pub fn good(text: impl Into<String>) -> Toast {
        Toast { is_error: false, text: text.into() }
    }

    pub fn error(text: impl Into<String>) -> Toast {
        Toast { is_error: true, text: text.into() }
    }
}
