use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use candle_core::Tensor;

use super::{Cache, Extractor, FillError, Filled, Job, Jobs, RowKey, fill, testing};
use crate::dataset::{DecodeRule, PhotoFile};
use crate::nets::{Backbone, Identity};
use crate::spec::{Distort, Precision, Resize};

const SIDE: usize = 8;

/// A backbone whose feature is the mean of each colour, and whose device has memory for so many
/// pictures.
struct Fake {
    identity: Identity,
    batch: usize,
    memory: usize,
    /// Sizes of the batches that it was given.
    given: Mutex<Vec<usize>>,
}

impl Fake {
    fn new(batch: usize, memory: usize) -> Arc<Fake> {
        let identity = testing::identity(SIDE);
        Arc::new(Fake { identity, batch, memory, given: Mutex::default() })
    }

    fn given(&self) -> Vec<usize> {
        self.given.lock().unwrap().clone()
    }
}

impl Backbone for Fake {
    fn feature_len(&self) -> usize {
        3
    }

    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn precision(&self) -> Precision {
        Precision::F32
    }

    fn arithmetic(&self) -> &str {
        "fake-f32"
    }

    fn batch(&self) -> usize {
        self.batch
    }

    fn features(&self, pixels: &Tensor) -> candle_core::Result<Tensor> {
        let pictures = pixels.dim(0)?;
        if pictures > self.memory {
            candle_core::bail!("DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")");
        }
        self.given.lock().unwrap().push(pictures);
        pixels.mean((2, 3))
    }

    fn maps(&self, picture: &Tensor) -> candle_core::Result<Vec<Tensor>> {
        Ok(vec![picture.clone()])
    }
}

/// A folder of plain photos, each of another colour, and the jobs for them.
struct Photos {
    folder: tempfile::TempDir,
    jobs: Vec<Job>,
}

impl Photos {
    fn new(count: u8) -> Photos {
        let folder = tempfile::tempdir().unwrap();
        let jobs = (0..count).map(|number| {
            let file = folder.path().join(format!("{number}.png"));
            image::RgbImage::from_pixel(9, 9, image::Rgb(colour(number))).save(&file).unwrap();
            job(file)
        });
        Photos { jobs: jobs.collect(), folder }
    }

    fn fill(
        &self,
        cache: &mut Cache,
        net: &Arc<Fake>,
        stop: &dyn Fn() -> bool,
    ) -> Result<(Filled, Vec<usize>), FillError<String>> {
        let (backbone, decode_rule) = (net.clone(), DecodeRule::CURRENT);
        let extractor = Extractor { backbone, max_megapixels: 1, decode_rule };
        let mut batches = Vec::new();
        let filled = fill(&self.jobs, &extractor, &distort(), cache, 3, stop, &mut |progress| {
            batches.push(progress.batch);
            Ok(())
        })?;
        Ok((filled, batches))
    }

    fn cache(&self) -> Cache {
        Cache::open(&self.folder.path().join("cache"), "fake", 3).unwrap()
    }
}

fn colour(number: u8) -> [u8; 3] {
    [number, 100, 255 - number]
}

fn job(file: PathBuf) -> Job {
    Job { photo: PhotoFile::hash(file).unwrap(), variants: 0 }
}

fn rows(jobs: &Vec<Job>) -> impl Iterator<Item = RowKey> {
    (0..jobs.len()).flat_map(|number| jobs.rows(number, &distort()))
}

fn distort() -> Distort {
    Distort { brightness_percent: 50.0, ..Distort::OFF }
}

fn never() -> bool {
    false
}

/// The features of the plain jobs are the colours of their photos.
fn assert_right(photos: &Photos, cache: &Cache) {
    for number in (0..photos.jobs.len()).filter(|&number| photos.jobs[number].variants == 0) {
        let seen = cache.read(&photos.jobs.rows(number, &distort())).unwrap();
        let expected = colour(number as u8).map(f32::from);
        let close = seen.iter().zip(expected).all(|(seen, right)| (seen - right).abs() < 1e-3);
        assert!(close, "photo {number}: {seen:?}, expected {expected:?}");
    }
}

#[test]
fn every_photo_gets_its_own_feature_and_every_batch_is_a_whole_one() {
    let photos = Photos::new(21);
    let (net, mut cache) = (Fake::new(8, 8), photos.cache());
    let (filled, batches) = photos.fill(&mut cache, &net, &never).unwrap();
    assert_right(&photos, &cache);
    assert_eq!((filled.progress.done, filled.progress.from_cache), (21, 0));
    assert_eq!(net.given(), [8, 8, 8], "the last one was filled up");
    assert!(batches.iter().all(|&batch| batch == 8));

    let (again, _) = photos.fill(&mut cache, &net, &never).unwrap();
    assert_eq!((again.progress.done, again.progress.from_cache), (21, 21));
    assert_eq!(net.given().len(), 3, "nothing was computed again");
}

#[test]
fn a_device_that_runs_out_of_memory_is_given_half_as_many_until_they_fit() {
    let photos = Photos::new(21);
    let (net, mut cache) = (Fake::new(16, 5), photos.cache());
    let (filled, batches) = photos.fill(&mut cache, &net, &never).unwrap();
    assert_right(&photos, &cache);
    assert_eq!(net.given(), [4, 4, 4, 4, 4, 4]);
    assert_eq!((batches[0], filled.progress.batch), (16, 4));
    assert_eq!(batches.last(), Some(&4), "the smaller batch is reported");
}

#[test]
fn a_device_without_memory_for_one_picture_fails_the_stage_and_names_the_photo() {
    let photos = Photos::new(5);
    let (net, mut cache) = (Fake::new(4, 0), photos.cache());
    let error = photos.fill(&mut cache, &net, &never).unwrap_err().to_string();
    assert!(error.contains(".png: ") && error.contains("OUT_OF_MEMORY"), "{error}");
    assert!(net.given().is_empty());
}

#[test]
fn photos_that_cannot_be_read_are_left_out_of_the_batches_and_named() {
    let mut photos = Photos::new(10);
    let broken = photos.folder.path().join("3.png");
    std::fs::write(&broken, "no picture").unwrap();
    photos.jobs[3] = job(broken);
    std::fs::remove_file(photos.folder.path().join("7.png")).unwrap();
    let (net, mut cache) = (Fake::new(4, 4), photos.cache());
    let (filled, _) = photos.fill(&mut cache, &net, &never).unwrap();
    let mut unreadable: Vec<usize> = filled.unreadable.iter().map(|(job, _)| *job).collect();
    unreadable.sort_unstable();
    assert_eq!(unreadable, [3, 7]);
    assert_eq!((filled.progress.done, filled.progress.skipped), (10, 2));
    photos.jobs.retain(|job| job.photo.path.ends_with("0.png"));
    assert_right(&photos, &cache);
}

#[test]
fn variants_of_one_photo_are_its_own_whatever_batches_they_fall_into() {
    let distorted = |batch: usize| {
        let mut photos = Photos::new(4);
        photos.jobs.iter_mut().skip(1).for_each(|job| job.variants = 5);
        let (net, mut cache) = (Fake::new(batch, batch), photos.cache());
        photos.fill(&mut cache, &net, &never).unwrap();
        assert_right(&photos, &cache);
        let rows: Vec<_> = rows(&photos.jobs).collect();
        cache.read(&rows).unwrap()
    };
    let one_by_one = distorted(1);
    assert_eq!(one_by_one.len(), 3 * (1 + 3 * 5));
    assert_eq!(distorted(3), one_by_one);
    assert_eq!(distorted(64), one_by_one);
}

#[test]
fn a_stop_keeps_what_was_computed_and_reads_no_further_than_the_queue() {
    let photos = Photos::new(200);
    let (net, mut cache) = (Fake::new(2, 2), photos.cache());
    let looks = AtomicUsize::new(0);
    let stop = || looks.fetch_add(1, Ordering::Relaxed) >= 9;
    let (filled, _) = photos.fill(&mut cache, &net, &stop).unwrap();
    assert!(filled.stopped && filled.progress.done == 10, "{:?}", filled.progress);
    let kept = rows(&photos.jobs).filter(|row| cache.contains(row)).count();
    assert_eq!(kept, 10);
    // Ten photos, what waits to be received, and the batch being computed.
    let computed: usize = net.given().iter().sum();
    assert!(computed <= 10 + 2 * 3 + 2 * 2, "{computed} pictures were computed");
}

#[test]
fn the_feature_key_depends_on_the_arithmetic() {
    let (identity, rule) = (&Fake::new(1, 1).identity, DecodeRule::CURRENT);
    let key = |arithmetic| super::key::feature_key(identity, rule, arithmetic);
    assert_ne!(key("f32"), key("cuda-f32"));
    assert_ne!(key("cuda-bf16"), key("cuda-f32"));
}

#[test]
fn the_feature_key_depends_on_the_rule_of_decoding() {
    let mut identity = Fake::new(1, 1).identity.clone();
    for resize in [Resize::Legacy, Resize::HalfPixel, Resize::Antialias] {
        identity.preprocess.resize = resize;
        let key = |rule| super::key::feature_key(&identity, rule, "f32");
        assert_ne!(key(DecodeRule::CURRENT), key(DecodeRule::BEFORE));
    }
}
