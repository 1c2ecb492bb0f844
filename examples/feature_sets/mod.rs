//! Features of photos with their categories, from files that `retrain features` wrote.

use std::fs;

use retrain::likeness::Photos;
use retrain::random::Rng;
use safetensors::SafeTensors;

pub struct Set {
    pub name: String,
    /// `[n, d]`, row by row.
    pub features: Vec<f32>,
    pub feature_len: usize,
    pub labels: Vec<u32>,
}

impl Set {
    /// A file that `retrain features` wrote.
    pub fn read(path: &str) -> Set {
        let bytes = fs::read(path).unwrap_or_else(|err| panic!("cannot read {path}: {err}"));
        let file = SafeTensors::deserialize(&bytes).expect("a file of 'retrain features'");
        let features = file.tensor("features").expect("it has features");
        let category = file.tensor("category").expect("it has categories");
        let numbers = |data: &[u8]| {
            data.as_chunks::<8>().0.iter().map(|&x| u64::from_le_bytes(x) as u32).collect()
        };
        Set {
            name: path.trim_end_matches(".safetensors").to_owned(),
            feature_len: features.shape()[1],
            features: features
                .data()
                .as_chunks::<4>()
                .0
                .iter()
                .map(|&x| f32::from_le_bytes(x))
                .collect(),
            labels: numbers(category.data()),
        }
    }

    pub fn photos(&self) -> Photos<'_> {
        Photos { features: &self.features, feature_len: self.feature_len, labels: &self.labels }
    }

    /// The photos in these rows.
    pub fn some(&self, keep: impl Fn(usize) -> bool) -> Set {
        let rows: Vec<usize> = (0..self.labels.len()).filter(|&row| keep(row)).collect();
        let of = |&row: &usize| &self.features[row * self.feature_len..][..self.feature_len];
        Set {
            name: self.name.clone(),
            feature_len: self.feature_len,
            features: rows.iter().flat_map(of).copied().collect(),
            labels: rows.iter().map(|&row| self.labels[row]).collect(),
        }
    }

    /// Half of each category, drawn, and the rest.
    pub fn halves(&self, seed: u64) -> (Set, Set) {
        let mut rng = Rng::new(seed);
        let mut is_training = vec![false; self.labels.len()];
        for category in self.categories() {
            let mut rows: Vec<usize> =
                (0..self.labels.len()).filter(|&row| self.labels[row] == category).collect();
            let half = rows.len() / 2;
            for place in 0..half {
                let other = place + rng.below(rows.len() - place);
                rows.swap(place, other);
                is_training[rows[place]] = true;
            }
        }
        (self.some(|row| is_training[row]), self.some(|row| !is_training[row]))
    }

    pub fn categories(&self) -> Vec<u32> {
        let mut categories = self.labels.clone();
        categories.sort_unstable();
        categories.dedup();
        categories
    }
}
