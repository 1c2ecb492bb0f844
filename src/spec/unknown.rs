//! What is said of a key that no field has.

use super::ExperimentField;
use super::fields::{FIELDS, SECTIONS};
use crate::config::{distance, excerpt, nearest};

/// Names the nearest known key; one that stands in another table counts as near.
pub(super) fn unknown(key: &str) -> String {
    let shown = excerpt(key, 0..key.len());
    let (section, leaf) = key.rsplit_once('.').unwrap_or(("", key));
    let is_meant = |field: &&ExperimentField| {
        let begun = leaf.len() >= 3 && field.leaf().starts_with(leaf);
        field.section() != section && (begun || distance(leaf, field.leaf()) <= 1)
    };
    let elsewhere = FIELDS.iter().find(is_meant).map(|field| field.key);
    let split = |name: &'static str| name.rsplit_once('.').unwrap_or(("", name));
    let keys = FIELDS.iter().map(|field| field.key);
    let tables = SECTIONS.iter().map(|table| table.name);
    let here: Vec<&str> = keys.chain(tables).filter(|&name| split(name).0 == section).collect();
    let near = nearest(leaf, here.iter().map(|&name| split(name).1));
    let near = near.and_then(|near| here.into_iter().find(|&name| split(name).1 == near));
    let is_close = near.is_some_and(|near| distance(key, near) <= 2);
    let near = if is_close { near } else { elsewhere.or(near) };
    match near {
        Some(near) if SECTIONS.iter().any(|table| table.name == near) => {
            format!("unknown key {shown:?}; did you mean the table [{near}]")
        }
        Some(near) => format!("unknown key {shown:?}; did you mean {near}"),
        None => format!("unknown key {shown:?}; 'retrain fields' lists all"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_name_the_nearest_even_in_another_table() {
        let cure = |key: &str| unknown(key).split("; ").nth(1).unwrap().to_owned();
        assert_eq!(cure("iteration"), "did you mean iterations");
        assert_eq!(cure("batch_size"), "did you mean train.batch_size");
        assert_eq!(cure("batch"), "did you mean train.batch_size");
        assert_eq!(cure("network.batch_size"), "did you mean train.batch_size");
        assert_eq!(cure("train.learning_rate"), "did you mean learning_rate");
        assert_eq!(cure("train.moment"), "did you mean train.momentum");
        assert_eq!(cure("split.sed"), "did you mean split.seed");
        assert_eq!(cure("trian"), "did you mean the table [train]");
        assert_eq!(cure("network.inception_v4"), "did you mean the table [network.inception_v3]");
        assert_eq!(cure("network.last_pol"), "did you mean network.inception_v3.last_pool");
        assert_eq!(cure("last_pool"), "did you mean network.inception_v3.last_pool");
        assert_eq!(cure("qqqqqqq"), "'retrain fields' lists all");
    }
}
