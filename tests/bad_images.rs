//! Bad and unusual inputs: every file of the corpus behaves as its table says.

#[path = "common/skip.rs"]
mod skip;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use image::RgbImage;
use retrain::dataset::{Dataset, Detail, Unreadable, decode, read_file, scan};
use retrain::nets::{Crop, Preprocess};
use retrain::random::Rng;
use retrain::spec::{self, Experiment, Resize};
use retrain::store::shown;

const MAX_MEGAPIXELS: usize = 100;

/// The corpus, when it is there.
fn corpus() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let shared = if beside.is_dir() {
        beside
    } else {
        PathBuf::from(std::env::var_os("RETRAIN_SHARED").unwrap_or_default())
    };
    let bad = shared.join("images/bad");
    if !bad.is_dir() {
        skip::skipped("there is no shared/images/bad");
        return None;
    }
    Some(bad)
}

/// How a network takes whole photos in squares of this side.
fn squashed(resize: Resize, side: usize) -> Preprocess {
    Preprocess { side, resize, crop: Crop::Squash, mean: [0.0; 3], std: [255.0; 3] }
}

/// What the table asks for.
enum Asked {
    /// The largest mean difference to the test card.
    Accept(f64),
    /// Accepted, with another content or size.
    AcceptOther(u32, u32),
    /// The start of the reason.
    Skip(&'static str),
}
use Asked::{Accept, AcceptOther, Skip};

const TABLE: [(&str, Asked); 40] = [
    ("reference.png", Accept(0.0)),
    ("reference.jpg", Accept(10.0)),
    ("truncated_10.jpg", Skip("truncated")),
    ("truncated_50.jpg", Skip("truncated")),
    ("truncated_99.jpg", Skip("truncated")),
    ("zero_bytes.jpg", Skip("empty")),
    ("text.jpg", Skip("not an image")),
    ("png_named.jpg", Accept(0.0)),
    ("jpeg_named.png", Accept(10.0)),
    ("no_extension", Accept(10.0)),
    ("UPPERCASE.JPG", Accept(10.0)),
    ("cmyk.jpg", Accept(10.0)),
    ("gray.jpg", AcceptOther(200, 150)),
    ("gray16.png", AcceptOther(200, 150)),
    ("one_bit.png", AcceptOther(200, 150)),
    ("rgb16.png", Accept(0.0)),
    ("alpha.png", Accept(10.0)),
    ("palette.png", Accept(20.0)),
    ("progressive.jpg", Accept(10.0)),
    ("exif_orientation_6.jpg", Accept(10.0)),
    ("trailing_junk.jpg", Accept(10.0)),
    ("corrupt_huffman.jpg", Skip("corrupt")),
    ("huge_header.jpg", Skip("too large: 65500 x 65500 pixels")),
    ("bomb_30000x30000.png", Skip("too large: 30000 x 30000 pixels")),
    ("bomb_header_only.png", Skip("too large: 2147483647 x 2147483647 pixels")),
    ("bad_crc.png", Skip("corrupt")),
    ("1x1.png", AcceptOther(1, 1)),
    ("1x2000.jpg", AcceptOther(1, 2000)),
    ("animated.gif", AcceptOther(200, 150)),
    ("image.webp", Accept(10.0)),
    ("image.bmp", Accept(0.0)),
    ("image.tiff", Accept(0.0)),
    ("vector.svg", Skip("not an image")),
    ("svg_named.jpg", Skip("not an image")),
    ("heic_header.heic", Skip("HEIC not supported")),
    ("heic_named.jpg", Skip("HEIC not supported")),
    ("name with spaces.jpg", Accept(10.0)),
    ("name_ünïcode_火.jpg", Accept(10.0)),
    ("name_new\nline.jpg", Accept(10.0)),
    ("-starts-with-dash.jpg", Accept(10.0)),
];

const IGNORED: [&str; 4] = [".hidden.jpg", "Thumbs.db", "README.md", "make_bad.py"];

fn decoded(path: &Path) -> Result<RgbImage, Unreadable> {
    decode(&read_file(path)?, MAX_MEGAPIXELS, Detail::Full)
}

fn mean_difference(a: &RgbImage, b: &RgbImage) -> f64 {
    assert_eq!(a.dimensions(), b.dimensions());
    let sum: f64 = a.iter().zip(b.iter()).map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
    sum / a.len() as f64
}

#[test]
fn every_bad_image_is_decoded_or_refused_as_the_table_says() {
    let Some(bad) = corpus() else { return };
    let card = decoded(&bad.join("reference.png")).unwrap();
    let mut wrong = Vec::new();
    for (name, asked) in &TABLE {
        let got = decoded(&bad.join(name));
        let right = match (asked, &got) {
            (Accept(most), Ok(picture)) => mean_difference(picture, &card) <= *most,
            (AcceptOther(width, height), Ok(picture)) => picture.dimensions() == (*width, *height),
            (Skip(reason), Err(err)) => err.to_string().starts_with(reason),
            _ => false,
        };
        if !right {
            let got = got.map(|p| (p.dimensions(), mean_difference(&p, &card)));
            wrong.push(format!("{name}: {got:?}"));
        }
        if let Ok(picture) = decoded(&bad.join(name)) {
            for rule in [Resize::Legacy, Resize::HalfPixel, Resize::Antialias] {
                let values = squashed(rule, 299).square(&picture, 299);
                assert!(values.iter().all(|v| (-0.01..=255.01).contains(v)), "{name}");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_bad_image_is_the_same_picture_or_refusal_when_it_is_reduced() {
    let Some(bad) = corpus() else { return };
    let mut reduced = 0;
    for (name, _) in &TABLE {
        let whole = decoded(&bad.join(name));
        let bytes = read_file(&bad.join(name)).unwrap_or_default();
        for (least, most) in [(18, 3.0), (37, 4.0), (75, 6.0)] {
            let small = decode(&bytes, MAX_MEGAPIXELS, Detail::Least(least));
            match (&whole, small) {
                (Ok(whole), Ok(small)) => {
                    reduced += usize::from(small.dimensions() != whole.dimensions());
                    // Both sides are brought to the same small size by the same filter.
                    let [a, b] =
                        [whole, &small].map(|p| squashed(Resize::Antialias, 9).square(p, 9));
                    let off: f32 = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).sum();
                    assert!(off / 243.0 < most, "{name} to {least}: {}", off / 243.0);
                }
                (whole, small) => assert_eq!(whole.as_ref().err(), small.as_ref().err(), "{name}"),
            }
        }
    }
    assert!(reduced >= 3 * 8, "only {reduced} were reduced");
}

#[test]
fn grey_pictures_have_three_equal_channels() {
    let Some(bad) = corpus() else { return };
    for name in ["gray.jpg", "gray16.png", "one_bit.png"] {
        let picture = decoded(&bad.join(name)).unwrap();
        assert!(picture.pixels().all(|p| p.0[0] == p.0[1] && p.0[1] == p.0[2]), "{name}");
    }
}

/// The most memory this process ever held, in KiB.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn pictures_that_claim_to_be_huge_take_no_memory() {
    let Some(bad) = corpus() else { return };
    let Some(before) = peak_memory() else { return };
    for name in ["huge_header.jpg", "bomb_30000x30000.png", "bomb_header_only.png"] {
        assert!(decoded(&bad.join(name)).is_err());
    }
    // The smallest of them would be 112 MB as bits; other tests of this file run at the same time.
    let grown = peak_memory().unwrap() - before;
    assert!(grown < 60_000, "{grown} KiB");
}

fn experiment(images: &Path) -> Experiment {
    let text = "images = 'photos'\ndata.max_unreadable_percent = 5\n\
                split = {by = 'seed', validation_percent = 20, test_percent = 20, seed = 1}";
    let experiment = spec::parse(text, Path::new("photos.toml")).unwrap().experiment;
    Experiment { images: images.to_owned(), ..experiment }
}

fn scanned(images: &Path) -> Dataset {
    let cache = tempfile::tempdir().unwrap();
    scan(Path::new("/"), &experiment(images), cache.path(), &mut |_, _| {}).unwrap()
}

/// Shown names of skipped files with their reasons.
fn skipped(dataset: &Dataset) -> BTreeMap<String, String> {
    dataset.skipped.iter().map(|s| (shown(&s.path), s.reason.to_string())).collect()
}

#[test]
fn a_scan_of_the_corpus_takes_every_photo_and_gives_every_other_file_a_reason() {
    let Some(bad) = corpus() else { return };
    let folder = tempfile::tempdir().unwrap();
    symlink(&bad, folder.path().join("bad")).unwrap();
    symlink(bad.join("duplicates/smoke"), folder.path().join("smoke")).unwrap();
    let dataset = scanned(folder.path());
    let skipped = skipped(&dataset);
    let taken: Vec<&Path> = dataset.photos.iter().map(|photo| photo.path.as_path()).collect();
    for (name, asked) in &TABLE {
        let path = Path::new("bad").join(name);
        let reason = skipped.get(&shown(&path));
        match asked {
            Accept(_) | AcceptOther(..) => assert!(taken.contains(&path.as_path()), "{name}"),
            // What only decoding finds out is still among the photos.
            Skip(_) if taken.contains(&path.as_path()) => {
                let late = matches!(
                    decoded(&dataset.images.join(&path)),
                    Err(Unreadable::Truncated | Unreadable::Corrupt(_))
                );
                assert!(late, "{name}");
            }
            Skip(start) => assert!(reason.unwrap().starts_with(start), "{name}: {reason:?}"),
        }
    }
    for name in IGNORED {
        let path = Path::new("bad").join(name);
        assert!(!taken.contains(&path.as_path()) && !skipped.contains_key(&shown(&path)));
    }
}

#[test]
fn the_same_bytes_in_two_categories_are_named_and_stay_in_one_set() {
    let Some(bad) = corpus() else { return };
    let dataset = scanned(&bad.join("duplicates"));
    assert_eq!(dataset.categories, ["fire", "misc", "smoke"]);
    let pair = &dataset.duplicates[0];
    assert_eq!(
        (pair.of.as_path(), pair.path.as_path()),
        (Path::new("fire/same.jpg"), Path::new("misc/same_other_name.jpg"))
    );
    assert!(!pair.same_category);
    let warning = dataset.warnings.iter().find(|warning| warning.contains("two categories"));
    assert!(warning.unwrap().contains("fire/same.jpg and misc/same_other_name.jpg"));
    let set = |path: &Path| dataset.photos.iter().find(|photo| photo.path == path).unwrap().set;
    assert_eq!(set(&pair.path), set(&pair.of));
}

fn tiny_png(path: &Path, shade: u8) {
    RgbImage::from_pixel(2, 2, image::Rgb([shade; 3]))
        .save_with_format(path, image::ImageFormat::Png)
        .unwrap();
}

#[test]
fn what_only_this_machine_can_hold_is_read_or_skipped_and_never_blocks() {
    let images = tempfile::tempdir().unwrap();
    let (local, other) = (images.path().join("local"), images.path().join("other"));
    fs::create_dir_all(local.join("directory.jpg")).unwrap();
    fs::create_dir(&other).unwrap();
    fs::create_dir(images.path().join("empty_category")).unwrap();
    tiny_png(&other.join("a.png"), 1);
    tiny_png(&local.join("a.png"), 2);
    tiny_png(&local.join("directory.jpg/inside.png"), 3);
    let strange = local.join(OsStr::from_bytes(b"invalid_utf8_\xff\xfe.jpg"));
    tiny_png(&strange, 4);
    symlink(".", local.join("loop_dir")).unwrap();
    symlink("../other", local.join("to_other")).unwrap();
    symlink("self.jpg", local.join("self.jpg")).unwrap();
    symlink("nowhere.jpg", local.join("dangling.jpg")).unwrap();
    let pipe = local.join("fifo.jpg");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        tiny_png(&local.join("unreadable.jpg"), 5);
        fs::set_permissions(local.join("unreadable.jpg"), fs::Permissions::from_mode(0o000))
            .unwrap();
    }

    let dataset = scanned(images.path());
    let taken: Vec<String> = dataset.photos.iter().map(|photo| shown(&photo.path)).collect();
    assert_eq!(
        taken,
        [
            "local/a.png",
            "local/directory.jpg/inside.png",
            r"local/invalid_utf8_\xff\xfe.jpg",
            "other/a.png",
        ]
    );
    assert!(decoded(&dataset.full_path(&dataset.photos[2])).is_ok());
    let mut expected = BTreeMap::from([
        ("local/dangling.jpg".to_owned(), "no such file".to_owned()),
        ("local/fifo.jpg".to_owned(), "not a file but a named pipe".to_owned()),
        ("local/self.jpg".to_owned(), "too many levels of symbolic links".to_owned()),
    ]);
    if !is_root {
        expected.insert("local/unreadable.jpg".to_owned(), "permission denied".to_owned());
    }
    assert_eq!(skipped(&dataset), expected);
    for link in ["local/loop_dir", "local/to_other"] {
        assert!(dataset.warnings.iter().any(|warning| warning.starts_with(link)), "{link}");
    }
    let refused = dataset.check_sets().unwrap_err().to_string();
    assert!(refused.starts_with("category 'empty_category' has no images"), "{refused}");
}

#[test]
fn a_progressive_jpeg_cut_anywhere_is_truncated() {
    let Some(bad) = corpus() else { return };
    let bytes = read_file(&bad.join("progressive.jpg")).unwrap();
    for length in (20..bytes.len()).step_by(101).chain([bytes.len() - 1]) {
        let cut = decode(&bytes[..length], MAX_MEGAPIXELS, Detail::Full);
        assert!(cut.is_err_and(|err| err == Unreadable::Truncated), "at {length}");
    }
}

#[test]
fn damage_anywhere_in_a_progressive_jpeg_never_panics() {
    let Some(bad) = corpus() else { return };
    let bytes = read_file(&bad.join("progressive.jpg")).unwrap();
    let mut rng = Rng::new(6);
    for _ in 0..300 {
        let mut damaged = bytes.clone();
        for _ in 0..4 {
            damaged[rng.below(bytes.len())] = rng.next_u64() as u8;
        }
        assert_ne!(decode(&damaged, 1, Detail::Full), Err(Unreadable::DecoderPanicked));
    }
}

#[test]
fn real_photos_are_not_taken_for_damaged() {
    let Some(bad) = corpus() else { return };
    for category in ["daisy", "dandelion", "roses", "sunflowers", "tulips"] {
        let Ok(folder) = fs::read_dir(bad.join("../flowers").join(category)) else { continue };
        for photo in folder.step_by(10) {
            let path = photo.unwrap().path();
            assert!(decoded(&path).is_ok(), "{}", path.display());
        }
    }
}
