//! Why a head cannot be trained or used.

use thiserror::Error;

/// Why a head cannot be trained or used. The worker checks an experiment before it gets here, so
/// all but `Tensor` are mistakes of the caller.
#[derive(Debug, Error)]
#[allow(missing_docs, reason = "the fields are the words of the messages")]
pub enum Error {
    #[error("{labels} labels for features of shape {features:?}, expected [labels, d] with d > 0")]
    Shape { features: Vec<usize>, labels: usize },
    #[error("training features have {training} numbers, validation features {validation}")]
    Width { training: usize, validation: usize },
    #[error("label {label} in row {row}, expected a number below {categories}, the categories")]
    Label { row: usize, label: u32, categories: usize },
    #[error("{0} categories, a head needs at least 2")]
    Categories(usize),
    #[error(
        "category {0} (counted from 0) has no training photo; add photos or change the split, \
         each category needs one"
    )]
    EmptyCategory(usize),
    #[error(
        "there is no validation photo, which train.early_stop needs; add photos or raise \
         split.validation_percent"
    )]
    NoValidation,
    #[error("{found} class weights for {categories} categories, expected one each, above 0")]
    ClassWeights { found: usize, categories: usize },
    #[error("{0} is 0, expected at least 1")]
    Zero(&'static str),
    #[error(
        "row {row} of the {set} features holds a number that is not finite; remove the feature \
         cache and run again"
    )]
    NotFinite { set: &'static str, row: usize },
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

/// Why a fit ended without a result: an error in training, or one of its observer.
#[derive(Debug, Error)]
pub enum FitError<E> {
    /// The training failed.
    #[error(transparent)]
    Train(#[from] Error),
    /// The observer failed.
    #[error("{0}")]
    Observer(E),
}

impl<E> From<candle_core::Error> for FitError<E> {
    fn from(error: candle_core::Error) -> FitError<E> {
        FitError::Train(Error::Tensor(error))
    }
}
