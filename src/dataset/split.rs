//! Which set a photo belongs to.
//!
//! By hash: a photo's set depends on its name alone, so it stays when others come or go. By seed: the
//! sets have the asked sizes in every category.

use std::collections::BTreeMap;

use sha1::{Digest, Sha1};

use crate::random::Rng;
use crate::spec::{Set, Split};

/// Photos whose names agree up to this marker show the same object and stay together.
const NOHASH: &[u8] = b"_nohash_";

/// retrain.py's limits: 2^27 - 1, before September 2016 2^16 - 1.
pub(crate) const BUCKETS_27: u32 = (1 << 27) - 1;
pub(crate) const BUCKETS_16: u32 = (1 << 16) - 1;

/// The path that retrain.py hashed: the folder of photos as it was typed, then the photo in it.
pub(crate) fn typed_path(image_dir: &[u8], photo: &[u8]) -> Vec<u8> {
    let slash: &[u8] = if image_dir.ends_with(b"/") { b"" } else { b"/" };
    [image_dir, slash, photo].concat()
}

/// The set of the photo of this name, or path, by its SHA-1. `mask` is [`BUCKETS_27`] or
/// [`BUCKETS_16`].
pub(crate) fn by_hash(name: &[u8], mask: u32, split: &Split) -> Set {
    let percent = percent(name, mask);
    if percent < split.validation_percent {
        Set::Validation
    } else if percent < split.validation_percent + split.test_percent {
        Set::Test
    } else {
        Set::Training
    }
}

/// Where a name lies among the buckets, 0 to 100, as likely here as there.
///
/// The order of the operations on `f64` is retrain.py's: names stand exactly on its limits.
pub(super) fn percent(name: &[u8], mask: u32) -> f64 {
    f64::from(bucket(name, mask)) * (100.0 / f64::from(mask))
}

fn bucket(name: &[u8], mask: u32) -> u32 {
    let digest: [u8; 20] = Sha1::digest(without_nohash(name)).into();
    // The low bits of a big-endian number are its last bytes.
    let low = u32::from_be_bytes([digest[16], digest[17], digest[18], digest[19]]);
    low & mask
}

/// Python's `re.sub('_nohash_.*$', '', name)`: the dot does not match a line end, but `$` also
/// matches before one at the very end.
pub(super) fn without_nohash(name: &[u8]) -> Vec<u8> {
    let mut from = 0;
    while let Some(found) = find(&name[from..], NOHASH) {
        let (marker, rest) = (from + found, &name[from + found..]);
        match rest.iter().position(|&byte| byte == b'\n') {
            None => return name[..marker].to_vec(),
            Some(end) if end + 1 == rest.len() => return [&name[..marker], b"\n"].concat(),
            Some(_) => from = marker + NOHASH.len(),
        }
    }
    name.to_vec()
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

/// Sets of the photos of one category, by its seed: shuffled, sizes rounded by largest remainder.
/// Groups by [`NOHASH`] stay whole. The order of `photos` (bytes of their paths) has no effect.
pub(crate) fn by_seed(photos: &[&[u8]], category: &str, split: &Split) -> Vec<Set> {
    let mut groups: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
    for (place, photo) in photos.iter().enumerate() {
        groups.entry(without_nohash(photo)).or_default().push(place);
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    Rng::for_purpose(split.seed, &format!("split {category}")).shuffle(&mut groups);

    let mut free = sizes(photos.len(), split);
    let mut sets = vec![Set::Training; photos.len()];
    for group in groups {
        // The smaller sets first, while the group fits; else where it overflows least.
        let fitting = [Set::Validation, Set::Test, Set::Training]
            .into_iter()
            .find(|&set| free[set as usize] >= group.len() as i64);
        let set = fitting.unwrap_or_else(|| most(&free));
        free[set as usize] -= group.len() as i64;
        for place in group {
            sets[place] = set;
        }
    }
    sets
}

/// How many of `n` photos each set gets, in the order of [`Set::ALL`]. A set that was asked for has
/// at least one, as long as there are three photos.
pub(super) fn sizes(n: usize, split: &Split) -> [i64; 3] {
    let (validation, test) = (split.validation_percent, split.test_percent);
    let percents = [100.0 - validation - test, validation, test];
    let exact = percents.map(|percent| n as f64 * percent.max(0.0) / 100.0);
    let mut sizes = exact.map(|size| size.floor() as i64);
    let mut by_remainder = [0, 1, 2];
    by_remainder.sort_by(|&a, &b| exact[b].fract().total_cmp(&exact[a].fract()));
    for set in by_remainder.into_iter().cycle() {
        if sizes.iter().sum::<i64>() >= n as i64 {
            break;
        }
        sizes[set] += 1;
    }
    for set in 0..3 {
        if n >= 3 && sizes[set] == 0 && percents[set] > 0.0 {
            sizes[most(&sizes) as usize] -= 1;
            sizes[set] = 1;
        }
    }
    sizes
}

fn most(sizes: &[i64; 3]) -> Set {
    // `max_by_key` gives the last of equals, and training is to win.
    Set::ALL.into_iter().rev().max_by_key(|&set| sizes[set as usize]).expect("there are sets")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::spec::SplitRule;

    const ORACLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/split.tsv");

    fn split(validation_percent: f64, test_percent: f64) -> Split {
        Split { by: SplitRule::Seed, validation_percent, test_percent, seed: 1, ..Split::default() }
    }

    fn unescaped(text: &str) -> String {
        let marked = text.replace("\\\\", "\0");
        marked.replace("\\n", "\n").replace("\\t", "\t").replace('\0', "\\")
    }

    #[test]
    fn every_name_goes_where_retrain_py_put_it() {
        let table = fs::read_to_string(ORACLE).unwrap();
        let mut lines = table.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        let head = lines.next().unwrap();
        let mut names = 0;
        for line in lines {
            names += 1;
            let field = |name: &str| {
                unescaped(line[head.iter().position(|column| *column == name).unwrap()])
            };
            let photo = format!("{}/{}", field("folder"), field("file"));
            let path = typed_path(field("image_dir").as_bytes(), photo.as_bytes());
            let file = field("file").into_bytes();
            assert_eq!(without_nohash(&path), field("hashed_path").as_bytes());
            assert_eq!(without_nohash(&file), field("hashed_base").as_bytes());
            let rules = [
                ("path16", &path, BUCKETS_16),
                ("path27", &path, BUCKETS_27),
                ("base27", &file, BUCKETS_27),
            ];
            for (rule, name, mask) in rules {
                assert_eq!(bucket(name, mask).to_string(), field(&format!("bucket_{rule}")));
                for (v, t) in [(10, 10), (20, 10), (0, 10), (15, 25)] {
                    let expected = field(&format!("{rule}_v{v}_t{t}"));
                    let set = by_hash(name, mask, &split(f64::from(v), f64::from(t)));
                    let set = if set == Set::Test { "testing" } else { set.name() };
                    assert_eq!(set, expected, "{rule} {v} {t} {path:?}");
                }
            }
        }
        assert_eq!(names, 420);
    }

    fn count(sets: &[Set]) -> [usize; 3] {
        Set::ALL.map(|set| sets.iter().filter(|&&other| other == set).count())
    }

    fn names(n: usize) -> Vec<Vec<u8>> {
        (0..n).map(|i| format!("fire/{i:03}.jpg").into_bytes()).collect()
    }

    fn by_seed_of(names: &[Vec<u8>], split: &Split) -> Vec<Set> {
        by_seed(&names.iter().map(Vec::as_slice).collect::<Vec<_>>(), "fire", split)
    }

    #[test]
    fn eighty_photos_are_split_exactly_and_odd_numbers_by_largest_remainder() {
        let cases = [
            (80, 20.0, 20.0, [48, 16, 16]),
            (7, 20.0, 20.0, [4, 2, 1]),
            (10, 15.0, 25.0, [6, 2, 2]),
            (5, 10.0, 10.0, [3, 1, 1]),
            (3, 1.0, 1.0, [1, 1, 1]),
            (40, 0.0, 10.0, [36, 0, 4]),
            (0, 10.0, 10.0, [0, 0, 0]),
            (1, 10.0, 10.0, [1, 0, 0]),
        ];
        for (n, validation, test, expected) in cases {
            let sets = by_seed_of(&names(n), &split(validation, test));
            let counted = count(&sets);
            assert_eq!(counted, expected, "{n} photos, {validation} and {test} percent");
        }
    }

    #[test]
    fn the_seed_and_the_names_alone_decide() {
        let sorted = names(50);
        let mut shuffled = sorted.clone();
        Rng::new(3).shuffle(&mut shuffled);
        let sets = by_seed_of(&sorted, &split(20.0, 20.0));
        let again = by_seed_of(&shuffled, &split(20.0, 20.0));
        for (name, set) in shuffled.iter().zip(again) {
            let place = sorted.iter().position(|other| other == name).unwrap();
            assert_eq!(sets[place], set);
        }
        let other = Split { seed: 2, ..split(20.0, 20.0) };
        assert_ne!(sets, by_seed_of(&sorted, &other));
    }

    #[test]
    fn groups_stay_whole_and_nearly_fill_the_sets() {
        let names: Vec<Vec<u8>> = (0..90)
            .map(|i| format!("fire/burst{:02}_nohash_{}.jpg", i / 3, i % 3).into_bytes())
            .collect();
        let sets = by_seed_of(&names, &split(20.0, 20.0));
        assert!(sets.chunks(3).all(|group| group.iter().all(|set| *set == group[0])));
        assert_eq!(count(&sets), [54, 18, 18]);
    }
}
