//! Features with the photo, category and set of each, for anyone's own tools.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, SafeTensorError, TensorView};

use crate::spec::Set;

/// What is written beside one photo's feature.
pub struct FeatureRow {
    /// The file's name, with what a terminal would act on written by number.
    pub file: String,
    /// Place of its category in the list of categories.
    pub category: usize,
    /// Training, validation or test.
    pub set: Set,
}

/// The bytes of a safetensors file: `features` f32 `[n, d]`, `category` i64 `[n]` and `set` i64 `[n]`
/// (0 training, 1 validation, 2 test); its metadata holds `files`, `categories` and `sets` as JSON
/// lists. The argument `features` is `[n, d]`, row by row.
pub fn features_safetensors(
    rows: &[FeatureRow],
    categories: &[String],
    features: &[f32],
) -> Result<Vec<u8>, SafeTensorError> {
    let n = rows.len();
    let d = features.len() / n.max(1);
    let floats: Vec<u8> = features.iter().flat_map(|v| v.to_le_bytes()).collect();
    let integers = |number: &dyn Fn(&FeatureRow) -> usize| -> Vec<u8> {
        rows.iter().flat_map(|row| (number(row) as i64).to_le_bytes()).collect()
    };
    let category = integers(&|row| row.category);
    let set = integers(&|row| row.set as usize);
    let tensors = [
        ("features", TensorView::new(Dtype::F32, vec![n, d], &floats)?),
        ("category", TensorView::new(Dtype::I64, vec![n], &category)?),
        ("set", TensorView::new(Dtype::I64, vec![n], &set)?),
    ];
    let json = |list: Vec<&str>| serde_json::Value::from(list).to_string();
    let metadata = HashMap::from([
        ("files".to_owned(), json(rows.iter().map(|row| row.file.as_str()).collect())),
        ("categories".to_owned(), json(categories.iter().map(String::as_str).collect())),
        ("sets".to_owned(), json(Set::ALL.map(Set::name).to_vec())),
    ]);
    safetensors::serialize(tensors, Some(metadata))
}

/// The bytes of a CSV file: a head line `file,set,category,f0,f1,...`, then one photo a line.
/// `features` is `[n, d]`, row by row.
pub fn features_csv(
    rows: &[FeatureRow],
    categories: &[String],
    features: &[f32],
) -> Result<Vec<u8>, csv::Error> {
    let d = features.len() / rows.len().max(1);
    let mut csv = csv::Writer::from_writer(Vec::new());
    let fixed = ["file", "set", "category"].map(str::to_owned);
    csv.write_record(fixed.into_iter().chain((0..d).map(|number| format!("f{number}"))))?;
    for (row, feature) in rows.iter().zip(features.chunks_exact(d.max(1))) {
        let fixed = [row.file.clone(), row.set.name().to_owned(), categories[row.category].clone()];
        csv.write_record(fixed.into_iter().chain(feature.iter().map(f32::to_string)))?;
    }
    csv.into_inner().map_err(|err| err.into_error().into())
}

#[cfg(test)]
mod tests {
    use safetensors::SafeTensors;

    use super::*;

    fn rows() -> Vec<FeatureRow> {
        vec![
            FeatureRow { file: "a/x.jpg".into(), category: 1, set: Set::Test },
            FeatureRow { file: "b/y, z.jpg".into(), category: 0, set: Set::Training },
        ]
    }

    #[test]
    fn features_are_written_beside_what_they_are_of() {
        let categories = ["b".to_owned(), "a".to_owned()];
        let bytes = features_safetensors(&rows(), &categories, &[1.0, 2.0, 3.0, 4.5]).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(file.tensor("features").unwrap().shape(), [2, 2]);
        assert_eq!(file.tensor("category").unwrap().data()[..8], 1i64.to_le_bytes());
        let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
        assert_eq!(metadata.metadata().as_ref().unwrap()["files"], r#"["a/x.jpg","b/y, z.jpg"]"#);

        let text = features_csv(&rows(), &categories, &[1.0, 2.0, 3.0, 4.5]).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(
            text,
            "file,set,category,f0,f1\na/x.jpg,test,a,1,2\n\"b/y, z.jpg\",training,b,3,4.5\n"
        );
    }
}
