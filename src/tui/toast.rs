//! What a person is told.

/// A line shown for a few seconds or until the next key, and kept in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// Something that was wanted did not happen.
    pub is_error: bool,
    /// One sentence.
    pub text: String,
}

impl Toast {
    /// Says what was done.
    pub fn good(text: impl Into<String>) -> Toast {
        Toast { is_error: false, text: text.into() }
    }

    /// Says what was not done, why, and as a rule what to do next.
    pub fn error(text: impl Into<String>) -> Toast {
        Toast { is_error: true, text: text.into() }
    }
}
