//! What a head learns from: features and labels.

use candle_core::{DType, Result};

use super::features::ROWS;
use super::{Batch, Features};

/// Photos as the head sees them: features and labels.
#[derive(Clone, Debug)]
pub struct Samples {
    /// `[n, d]`
    pub features: Features,
    /// The category of each row, below the number of categories.
    pub labels: Vec<u32>,
}

impl Samples {
    /// These rows, in this order; a row may repeat.
    pub fn batch(&self, rows: Vec<u32>) -> Result<Batch<'_>> {
        let labels = rows.iter().map(|&row| self.labels[row as usize]).collect();
        Batch::of(&self.features, rows, labels)
    }

    /// Checks all that the fit relies on; `set` is what an error calls them.
    pub(super) fn check(
        &self,
        set: &'static str,
        categories: usize,
    ) -> std::result::Result<(), super::Error> {
        let shape = self.features.shape();
        if shape.len() != 2 || shape[0] != self.labels.len() || shape[1] == 0 {
            return Err(super::Error::Shape { features: shape, labels: self.labels.len() });
        }
        let stranger = self.labels.iter().position(|&label| label as usize >= categories);
        if let Some(row) = stranger {
            return Err(super::Error::Label { row, label: self.labels[row], categories });
        }
        let mut first = 0;
        for rows in self.features.parts(ROWS) {
            let sums = rows?.sum(1)?.to_dtype(DType::F64)?.to_vec1::<f64>()?;
            if let Some(row) = sums.iter().position(|sum| !sum.is_finite()) {
                return Err(super::Error::NotFinite { set, row: first + row });
            }
            first += sums.len();
        }
        Ok(())
    }
}
