//! The features that a head learns from, in memory or in the cache.

use candle_core::{DType, Device, Error, Result, Tensor};

use super::{Head, evaluate};
use crate::features::KeptFeatures;

/// Rows that are gone through at a time: bounds the memory of what is made of a large set.
pub(super) const ROWS: usize = 4096;

/// A table of features, `[n, d]`, as the network gives them: standardising is part of the fit.
#[derive(Clone, Debug)]
pub enum Features {
    /// In memory.
    Here(Tensor),
    /// In the cache, from which rows are read when they are wanted. Their numbers are the same to the
    /// bit.
    Kept(KeptFeatures),
}

impl From<Tensor> for Features {
    fn from(features: Tensor) -> Features {
        Features::Here(features)
    }
}

impl Features {
    /// `[n, d]`, or what is there instead.
    pub fn shape(&self) -> Vec<usize> {
        match self {
            Features::Here(table) => table.dims().to_vec(),
            Features::Kept(kept) => vec![kept.count(), kept.feature_len()],
        }
    }

    /// Of its numbers.
    pub fn dtype(&self) -> DType {
        match self {
            Features::Here(table) => table.dtype(),
            Features::Kept(_) => DType::F32,
        }
    }

    /// Where its rows are computed with.
    pub fn device(&self) -> &Device {
        match self {
            Features::Here(table) => table.device(),
            Features::Kept(_) => &Device::Cpu,
        }
    }

    /// These rows, in this order; a row may repeat.
    pub fn select(&self, rows: &[u32]) -> Result<Tensor> {
        match self {
            Features::Here(table) => table.index_select(&Tensor::new(rows, table.device())?, 0),
            Features::Kept(kept) => read(kept, rows.iter().map(|&row| row as usize)),
        }
    }

    /// All rows in their order, at most so many at a time.
    pub fn parts(&self, rows: usize) -> impl Iterator<Item = Result<Tensor>> {
        let n = self.shape().first().copied().unwrap_or_default();
        (0..n).step_by(rows).map(move |start| match self {
            Features::Here(table) => table.narrow(0, start, rows.min(n - start)),
            Features::Kept(kept) => read(kept, start..n.min(start + rows)),
        })
    }

    /// `[n, categories]`
    pub fn logits(&self, head: &Head) -> Result<Tensor> {
        let parts = self.parts(ROWS).map(|rows| head.logits(&rows?));
        Tensor::cat(&parts.collect::<Result<Vec<_>>>()?, 0)
    }

    /// The scores of each row, one number for each category.
    pub fn scores(&self, head: &Head) -> Result<Vec<Vec<f32>>> {
        let parts = self.parts(ROWS).map(|rows| evaluate(head, &rows?));
        Ok(parts.collect::<Result<Vec<_>>>()?.concat())
    }
}

fn read(kept: &KeptFeatures, rows: impl ExactSizeIterator<Item = usize>) -> Result<Tensor> {
    let shape = (rows.len(), kept.feature_len());
    Tensor::from_vec(kept.read(rows).map_err(Error::wrap)?, shape, &Device::Cpu)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{Cache, RowKey};
    use crate::random::Rng;
    use crate::train::Standardization;

    /// Features of `n` photos in several shards, and the same in memory.
    fn both(folder: &std::path::Path, n: usize, d: usize) -> [Features; 2] {
        let mut cache = Cache::open(folder, "net", d).unwrap();
        let keys: Vec<RowKey> =
            (0..n).map(|n| *blake3::hash(&n.to_le_bytes()).as_bytes()).collect();
        let mut rng = Rng::new(3);
        let numbers: Vec<f32> = (0..n * d).map(|_| rng.normal().max(0.0) as f32).collect();
        for (keys, numbers) in keys.chunks(900).zip(numbers.chunks(900 * d)) {
            cache.insert(keys, numbers).unwrap();
        }
        let here = Tensor::from_vec(numbers, (n, d), &Device::Cpu).unwrap();
        [here.into(), Features::Kept(cache.kept(keys.into_iter()))]
    }

    fn bits(table: &Tensor) -> Vec<u32> {
        let numbers = table.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        numbers.into_iter().map(f32::to_bits).collect()
    }

    #[test]
    fn what_is_read_from_the_cache_has_the_bits_of_what_is_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let [here, kept] = both(folder.path(), 9_000, 24);
        assert_eq!(here.shape(), kept.shape());
        let rows = [8_999, 0, 17, 17, 4_096, 899, 900];
        assert_eq!(bits(&here.select(&rows).unwrap()), bits(&kept.select(&rows).unwrap()));
        let [a, b] = [&here, &kept].map(|features| Standardization::of(features).unwrap());
        assert_eq!((bits(&a.mean), bits(&a.deviation)), (bits(&b.mean), bits(&b.deviation)));
        let head = Head::initial(5, 24, 1, DType::F32, &Device::Cpu).unwrap();
        let logits = bits(&here.logits(&head).unwrap());
        assert_eq!(logits, bits(&kept.logits(&head).unwrap()));
        // Nor does it matter into which parts they are cut.
        let Features::Here(table) = here else { panic!() };
        assert_eq!(logits, bits(&head.logits(&table).unwrap()));
    }
}
