//! Pictures of every form: each has another decoder's pixels, or is refused by its name.

use std::fs;
use std::path::{Path, PathBuf};

use image::RgbImage;
use retrain::dataset::{Decoded, Detail, EncodedPhoto, Unreadable, read_file};
use sha1::{Digest, Sha1};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pictures");

fn decoded(path: &Path, detail: Detail) -> Result<Decoded, Unreadable> {
    EncodedPhoto::new(read_file(path)?, 100)?.decode(detail)
}

fn largest_difference(a: &RgbImage, b: &RgbImage) -> u8 {
    assert_eq!(a.dimensions(), b.dimensions());
    a.iter().zip(b.iter()).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

/// What is wrong with a picture, by its line of the oracle.
fn fault(line: &str) -> Option<String> {
    let [file, kind, expected, remark] = line.split('\t').collect::<Vec<_>>()[..] else {
        panic!("{line}: expected four columns");
    };
    let got = decoded(&Path::new(FOLDER).join(file), Detail::Full);
    let picture = match (kind, got) {
        ("refused", Err(reason)) if reason.to_string().starts_with(expected) => return None,
        ("refused", got) => return Some(format!("{file}: {:?}", got.map(|d| d.remarks))),
        (_, Ok(picture)) => picture,
        (_, Err(reason)) => return Some(format!("{file}: {reason}")),
    };
    let is_right = match kind {
        "same" => {
            let hash = Sha1::digest(picture.pixels.as_raw());
            hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>() == expected
        }
        "near" => {
            let other = image::open(format!("{FOLDER}/expected/{file}.png")).unwrap().into_rgb8();
            largest_difference(&picture.pixels, &other) <= expected.parse::<u8>().unwrap()
        }
        other => panic!("{line}: {other} is no expectation"),
    };
    let words: Vec<&str> = picture.remarks.iter().map(|remark| remark.words()).collect();
    let is_told = match remark {
        "" => words.is_empty(),
        remark => words.iter().any(|words| words.contains(remark)),
    };
    (!is_right || !is_told).then(|| format!("{file}: right {is_right}, remarks {words:?}"))
}

#[test]
fn every_form_of_picture_has_another_decoder_s_pixels_or_is_refused_by_name() {
    let oracle = fs::read_to_string(Path::new(FOLDER).join("oracle.tsv")).unwrap();
    let faults: Vec<String> = oracle.lines().filter_map(fault).collect();
    assert!(oracle.lines().count() > 150);
    assert!(faults.is_empty(), "{} are wrong: {faults:#?}", faults.len());
}

#[test]
fn a_picture_is_taken_or_refused_whatever_size_is_asked_for() {
    let oracle = fs::read_to_string(Path::new(FOLDER).join("oracle.tsv")).unwrap();
    for line in oracle.lines() {
        let file = Path::new(FOLDER).join(line.split('\t').next().unwrap());
        let whole = decoded(&file, Detail::Full);
        for least in [1, 8, 16] {
            let small = decoded(&file, Detail::Least(least));
            assert_eq!(whole.as_ref().err(), small.as_ref().err(), "{line}");
            if let (Ok(whole), Ok(small)) = (&whole, small) {
                assert_eq!(whole.remarks, small.remarks, "{line}");
                assert_looks_the_same(&whole.pixels, &small.pixels, line);
            }
        }
    }
}

/// The means of each quarter of both pictures are about the same.
fn assert_looks_the_same(whole: &RgbImage, small: &RgbImage, name: &str) {
    let means = |picture: &RgbImage| {
        let (width, height) = picture.dimensions();
        let mut sums = [[0.0f64; 4]; 4];
        for (x, y, pixel) in picture.enumerate_pixels() {
            let quarter = usize::from(2 * x >= width) + 2 * usize::from(2 * y >= height);
            (0..3).for_each(|channel| sums[quarter][channel] += f64::from(pixel.0[channel]));
            sums[quarter][3] += 1.0;
        }
        sums.map(|[r, g, b, count]| [r / count, g / count, b / count])
    };
    let (a, b) = (means(whole), means(small));
    let off = a.as_flattened().iter().zip(b.as_flattened()).map(|(a, b)| (a - b).abs());
    let most = off.fold(0.0, f64::max);
    assert!(most < 14.0, "{name}: {:?} and {:?}: {most}", whole.dimensions(), small.dimensions());
}

/// The pictures of a folder beside the repository that were once read wrong.
fn case(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/cases").join(name);
    if !folder.is_dir() {
        eprintln!("skipped: no folder {}", folder.display());
        return None;
    }
    Some(folder)
}

#[test]
fn pictures_that_were_once_read_wrong_look_like_their_references() {
    for (name, file) in [
        ("jpeg-jfif-with-ids-rgb", "bad.jpg"),
        ("jpeg-one-component-a-scan", "bad.jpg"),
        ("jpeg-one-component-a-scan", "same.jpg"),
        ("orientation-not-applied", "good.webp"),
        ("orientation-not-applied", "long.jpg"),
        ("orientation-not-applied", "prefix.webp"),
    ] {
        let Some(folder) = case(name) else { return };
        let reference = image::open(folder.join("reference.png")).unwrap().into_rgb8();
        let picture = decoded(&folder.join(file), Detail::Full).unwrap().pixels;
        assert_eq!(picture.dimensions(), reference.dimensions(), "{name}/{file}");
        let sum: u64 =
            picture.iter().zip(reference.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        assert!(sum < 10 * reference.len() as u64, "{name}/{file}");
    }
}

#[test]
fn pictures_that_were_once_skipped_or_taken_in_silence_are_taken_with_a_remark_or_refused() {
    for (name, file, refused) in [
        ("jpeg-large-check-refuses-run-takes", "large.jpg", None),
        ("jpeg-large-check-refuses-run-takes", "large-chroma-first.jpg", None),
        ("jpeg-large-check-refuses-run-takes", "large-panics.jpg", None),
        ("tiff-planes-in-tiles-panics", "bad.tif", Some("TIFF of planes in tiles")),
        ("tiff-predictor-extra-sample", "bad.tif", Some("RGB TIFF with extra samples")),
        ("tiff-thumbnail-first", "like-a-raw.nef", Some("TIFF that begins with a preview")),
        ("tiff-valid-called-corrupt", "bigtiff.tif", None),
        ("tiff-valid-called-corrupt", "jpeg-ycbcr.tif", Some("TIFF with JPEG compression")),
    ] {
        let Some(folder) = case(name) else { return };
        match (decoded(&folder.join(file), Detail::Full), refused) {
            (Ok(_), None) => {}
            (Err(reason), Some(start)) if reason.to_string().starts_with(start) => {}
            (got, _) => panic!("{name}/{file}: {:?}", got.map(|d| d.remarks)),
        }
    }
    for file in ["junk-before-end.jpg", "junk-before-restart.jpg", "webcam-without-tables.jpg"] {
        let Some(folder) = case("jpeg-whole-but-skipped") else { return };
        assert_eq!(decoded(&folder.join(file), Detail::Full).unwrap().remarks.len(), 1, "{file}");
    }
}
