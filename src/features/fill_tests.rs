use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use candle_core::Tensor;

use super::*;
use crate::dataset::{DecodeRule, PhotoFile};
use crate::features::{Job, testing};
use crate::nets::{Backbone, Identity};
use crate::spec::Precision;

/// A network that is done with its photo when so much news was heard.
struct Slow {
    identity: Identity,
    news: Arc<(Mutex<usize>, Condvar)>,
    needs: usize,
}

impl Backbone for Slow {
    fn feature_len(&self) -> usize {
        2
    }

    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn precision(&self) -> Precision {
        Precision::F32
    }

    fn arithmetic(&self) -> &str {
        "f32"
    }

    fn features(&self, pixels: &Tensor) -> candle_core::Result<Tensor> {
        let (heard, changed) = &*self.news;
        let few = |heard: &mut usize| *heard < self.needs;
        let limit = Duration::from_secs(30);
        let waited = changed.wait_timeout_while(heard.lock().unwrap(), limit, few).unwrap().1;
        assert!(!waited.timed_out(), "no news while a photo is slow");
        pixels.narrow(3, 0, 2)?.narrow(2, 0, 1)?.narrow(1, 0, 1)?.reshape((1, 2))
    }

    fn maps(&self, _: &Tensor) -> candle_core::Result<Vec<Tensor>> {
        unreachable!("nobody asks")
    }
}

#[test]
fn there_is_news_while_one_photo_takes_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("photo.png");
    image::RgbImage::new(40, 30).save(&file).unwrap();
    let job = Job { photo: PhotoFile::hash(file).unwrap(), variants: 0 };
    let news = Arc::new((Mutex::new(0), Condvar::new()));
    let identity = testing::identity(8);
    let backbone = Arc::new(Slow { identity, news: news.clone(), needs: 4 });
    let decode_rule = DecodeRule::CURRENT;
    let extractor = Extractor { backbone, max_megapixels: 1, decode_rule };
    let mut cache = Cache::open(folder.path(), "slow", 2).unwrap();
    let filled =
        fill(&vec![job], &extractor, &Distort::OFF, &mut cache, 2, &|| false, &mut |progress| {
            *news.0.lock().unwrap() += 1;
            news.1.notify_all();
            assert_eq!(progress.total, 1);
            Ok::<(), std::convert::Infallible>(())
        });
    assert_eq!(filled.unwrap().progress.done, 1);
}
