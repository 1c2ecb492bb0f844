//! Thumbnails and hashes are held to Pillow and `imagehash`; tests/golden/near has the pictures.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use super::*;
use crate::dataset::{Detail, decode};

#[derive(Deserialize)]
struct Expected {
    hash: String,
    mirrored: String,
    thumbnail: Vec<u8>,
}

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/near").join(name)
}

fn expected() -> BTreeMap<String, Expected> {
    serde_json::from_slice(&fs::read(golden("hashes.json")).unwrap()).unwrap()
}

fn thumbnail(name: &str) -> Thumbnail {
    let bytes = fs::read(golden(&format!("{name}.jpg"))).unwrap();
    Thumbnail::of(&decode(&bytes, 1, Detail::Least(Thumbnail::LEAST_PIXELS)).unwrap())
}

#[test]
fn of_the_same_grey_values_hashes_are_those_of_imagehash() {
    let hasher = Hasher::new();
    for (name, expected) in expected() {
        let thumbnail = Thumbnail(expected.thumbnail.try_into().unwrap());
        let hashes = hasher.hashes(&thumbnail).map(|hash| format!("{hash:016x}"));
        let of_mirrored = hasher.hashes(&thumbnail.mirrored()).map(|hash| format!("{hash:016x}"));
        assert_eq!(hashes[0], expected.hash, "{name}");
        assert_eq!(of_mirrored, [expected.mirrored, expected.hash], "{name}");
        // Of an amplitude at the median one bit may be the other.
        let bits = hasher.hashes(&thumbnail)[1] ^ hasher.hashes(&thumbnail.mirrored())[0];
        assert_eq!(bits, 0, "{name}");
    }
}

#[test]
fn thumbnails_are_those_of_pillow_to_a_grey_level_or_two() {
    let hasher = Hasher::new();
    for (name, expected) in expected() {
        let thumbnail = thumbnail(&name);
        let off = thumbnail.0.iter().zip(&expected.thumbnail).map(|(a, b)| a.abs_diff(*b));
        assert!(off.clone().max().unwrap() <= 2, "{name}: {:?}", off.max());
        let hash = u64::from_str_radix(&expected.hash, 16).unwrap();
        assert!((hasher.hashes(&thumbnail)[0] ^ hash).count_ones() <= 2, "{name}");
    }
}

#[test]
fn copies_are_found_and_others_are_not() {
    let copies = ["original", "brighter", "cropped", "encoded-anew", "shrunk", "mirrored"];
    let names = [&copies[..], &["other-1", "other-2", "other-3"]].concat();
    let thumbnails: Vec<Thumbnail> = names.iter().map(|name| thumbnail(name)).collect();
    let found = find(&thumbnails.iter().collect::<Vec<_>>(), 2);
    let expected: Vec<NearThumbnails> = (0..copies.len())
        .flat_map(|a| (a + 1..copies.len()).map(move |b| [a, b]))
        .map(|places| NearThumbnails { places, is_mirrored: copies[places[1]] == "mirrored" })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn plain_pictures_are_copies_of_nothing() {
    let plain: Vec<Thumbnail> =
        (0..3).map(|grey| Thumbnail([grey * 90; thumbnail::PIXELS])).collect();
    assert_eq!(find(&plain.iter().collect::<Vec<_>>(), 1), []);
}
