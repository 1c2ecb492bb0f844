//! Features with the photo, category and set of each, for anyone's own tools.

use std::collections::HashMap;
use std::io::{self, Write};

use safetensors::tensor::{Dtype, Metadata, TensorInfo};

use crate::features::KeptFeatures;
use crate::spec::Set;

/// No reader of safetensors takes a longer one.
const MAX_HEADER_BYTES: usize = 100_000_000;

/// What is written beside one photo's feature.
pub struct FeatureRow {
    /// The file's name, with what a terminal would act on written by number.
    pub file: String,
    /// Place of its category in the list of categories.
    pub category: usize,
    /// Training, validation or test.
    pub set: Set,
}

/// Features that are written to a file, a part of them in memory at a time.
pub struct FeatureTable<'a> {
    /// One a feature.
    pub rows: &'a [FeatureRow],
    /// Names of the categories, in their order.
    pub categories: &'a [String],
    /// `[rows, d]`
    pub features: &'a KeptFeatures,
}

impl FeatureTable<'_> {
    /// Writes a safetensors file: `features` f32 `[n, d]`, `category` i64 `[n]` and `set` i64 `[n]`
    /// (0 training, 1 validation, 2 test); its metadata holds `files`, `categories` and `sets` as JSON
    /// lists.
    pub fn write_safetensors(&self, to: &mut dyn Write) -> io::Result<()> {
        let header = self.safetensors_header()?;
        to.write_all(&(header.len() as u64).to_le_bytes())?;
        to.write_all(&header)?;
        for number in [|row: &FeatureRow| row.category, |row: &FeatureRow| row.set as usize] {
            for row in self.rows {
                to.write_all(&(number(row) as i64).to_le_bytes())?;
            }
        }
        self.each(&mut |_, feature| {
            feature.iter().try_for_each(|number| to.write_all(&number.to_le_bytes()))
        })
    }

    /// Of the tensors in the order in which the format has them: the widest numbers first.
    fn safetensors_header(&self) -> io::Result<Vec<u8>> {
        let (n, d) = (self.rows.len(), self.features.feature_len());
        let mut at = 0;
        let mut tensor = |name: &str, dtype, shape: Vec<usize>, bytes_each: usize| {
            let start = at;
            at += shape.iter().product::<usize>() * bytes_each;
            (name.to_owned(), TensorInfo { dtype, shape, data_offsets: (start, at) })
        };
        let tensors = vec![
            tensor("category", Dtype::I64, vec![n], size_of::<i64>()),
            tensor("set", Dtype::I64, vec![n], size_of::<i64>()),
            tensor("features", Dtype::F32, vec![n, d], size_of::<f32>()),
        ];
        let json = |list: Vec<&str>| serde_json::Value::from(list).to_string();
        let words = HashMap::from([
            ("files".to_owned(), json(self.rows.iter().map(|row| row.file.as_str()).collect())),
            ("categories".to_owned(), json(self.categories.iter().map(String::as_str).collect())),
            ("sets".to_owned(), json(Set::ALL.map(Set::name).to_vec())),
        ]);
        let metadata = Metadata::new(Some(words), tensors).map_err(io::Error::other)?;
        let mut header = serde_json::to_vec(&metadata)?;
        header.resize(header.len().next_multiple_of(8), b' ');
        match header.len() <= MAX_HEADER_BYTES {
            true => Ok(header),
            false => Err(io::Error::other(
                "the names of the files are too long for a safetensors file; write a .csv",
            )),
        }
    }

    /// Writes a CSV file: a head line `file,set,category,f0,f1,...`, then one photo a line.
    pub fn write_csv(&self, to: &mut dyn Write) -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(to);
        let fixed = ["file", "set", "category"].map(str::to_owned);
        let numbers = (0..self.features.feature_len()).map(|number| format!("f{number}"));
        csv.write_record(fixed.into_iter().chain(numbers))?;
        self.each(&mut |row, feature| {
            let category = self.categories[row.category].clone();
            let fixed = [row.file.clone(), row.set.name().to_owned(), category];
            Ok(csv.write_record(fixed.into_iter().chain(feature.iter().map(f32::to_string)))?)
        })?;
        csv.flush()
    }

    fn each(&self, take: &mut dyn FnMut(&FeatureRow, &[f32]) -> io::Result<()>) -> io::Result<()> {
        for (place, row) in self.rows.iter().enumerate() {
            let feature = self.features.read(place..place + 1).map_err(io::Error::other)?;
            take(row, &feature)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use safetensors::SafeTensors;

    use super::*;
    use crate::features::Cache;

    fn rows() -> Vec<FeatureRow> {
        vec![
            FeatureRow { file: "a/x.jpg".into(), category: 1, set: Set::Test },
            FeatureRow { file: "b/y, z.jpg".into(), category: 0, set: Set::Training },
        ]
    }

    #[test]
    fn features_are_written_beside_what_they_are_of() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = Cache::open(folder.path(), "net", 2).unwrap();
        let keys = [[1; 32], [2; 32]];
        cache.insert(&keys, &[1.0, 2.0, 3.0, 4.5]).unwrap();
        let (rows, categories) = (rows(), ["b".to_owned(), "a".to_owned()]);
        let features = cache.kept(keys.into_iter());
        let table = FeatureTable { rows: &rows, categories: &categories, features: &features };
        let mut bytes = Vec::new();
        table.write_safetensors(&mut bytes).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let (features, set) = (file.tensor("features").unwrap(), file.tensor("set").unwrap());
        let numbers = [1.0f32, 2.0, 3.0, 4.5].map(f32::to_le_bytes);
        assert_eq!((features.shape(), features.data()), (&[2, 2][..], numbers.as_flattened()));
        assert_eq!(set.data(), [2i64, 0].map(i64::to_le_bytes).as_flattened());
        assert_eq!(file.tensor("category").unwrap().data()[..8], 1i64.to_le_bytes());
        let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
        assert_eq!(metadata.metadata().as_ref().unwrap()["files"], r#"["a/x.jpg","b/y, z.jpg"]"#);
        // The same bytes as the library writes, but for the order of the words in the header.
        let tensors = file.tensors();
        let again = safetensors::serialize(tensors, metadata.metadata().clone()).unwrap();
        assert_eq!(again.len(), bytes.len());
        assert_eq!(again[again.len() - 48..], bytes[bytes.len() - 48..]);

        let mut text = Vec::new();
        table.write_csv(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(
            text,
            "file,set,category,f0,f1\na/x.jpg,test,a,1,2\n\"b/y, z.jpg\",training,b,3,4.5\n"
        );
    }
}
