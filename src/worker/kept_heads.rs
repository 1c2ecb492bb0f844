//! Heads that are kept on the way (`train.keep_every`): files as the one of the result, each usable by
//! itself.
//!
//! A head is on the disk before a checkpoint of its iteration or a later one is. So who continues from
//! a checkpoint finds the heads before it, and makes those behind it again, with the same bits.

use anyhow::{Context, Result, bail};
use candle_core::{DType, Device};

use super::work::{Prepared, Work};
use crate::likeness::{Likeness, Photos};
use crate::store::{RunFolder, free_bytes};
use crate::train::{Head, HeadFile, HeadFileError};
use crate::words::{counted, short_size};

/// Where heads are kept, and all of their files but the head.
pub(super) struct KeptHeads {
    folder: RunFolder,
    file: HeadFile,
}

impl Work<'_> {
    /// `None` where none are kept. Errors before training where the disk has no room for them.
    pub(super) fn kept_heads(&self, prepared: &Prepared) -> Result<Option<KeptHeads>> {
        let every = self.experiment.train.keep_every;
        if every == 0 {
            return Ok(None);
        }
        let (features, labels) = self.trained_on(prepared)?;
        let feature_len = prepared.feature_len;
        let photos = Photos { features: &features, feature_len, labels: &labels };
        let likeness = Likeness::fit(&photos)?;
        let categories = prepared.dataset.categories.len();
        // Of the same length as those that follow.
        let any = Head::initial(categories, feature_len, 0, DType::F32, &Device::Cpu)?;
        let file = self.head_file(prepared, any, likeness);
        let kept = KeptHeads { folder: self.folder.clone(), file };
        kept.check_room(self.experiment.iterations / every)?;
        Ok(Some(kept))
    }
}

impl KeptHeads {
    /// Errors when the disk has no room for those of `count` heads that are not there yet.
    fn check_room(&self, count: usize) -> Result<()> {
        let Some(free) = free_bytes(self.folder.path()) else { return Ok(()) };
        let missing = count.saturating_sub(self.folder.kept_heads().len());
        match no_room(missing, self.file.to_bytes()?.len() as u64, free) {
            Some(said) => bail!("{said}; or make room and go on with {}", self.folder.again()),
            None => Ok(()),
        }
    }

    /// Keeps a head of raw features. One that is not finite is of no use; the loss of the next iteration
    /// ends its training and says so.
    pub fn keep(&self, iteration: usize, head: &Head) -> Result<()> {
        let mut file = HeadFile { head: head.clone(), ..self.file.clone() };
        file.context["iteration"] = iteration.into();
        match file.to_bytes() {
            Err(HeadFileError::NotFinite(_)) => Ok(()),
            bytes => self
                .folder
                .keep_head(iteration, &bytes?)
                .with_context(|| format!("cannot keep the head of iteration {iteration}")),
        }
    }
}

/// What is said where so many heads of `each` bytes are more than the free bytes.
fn no_room(heads: usize, each: u64, free: u64) -> Option<String> {
    let needed = each.saturating_mul(heads as u64);
    (needed > free).then(|| {
        format!(
            "train.keep_every keeps {} of {} each, {} in all, and the disk has {} left; with a \
             larger train.keep_every a new run needs less",
            counted(heads, "head"),
            short_size(each),
            short_size(needed),
            short_size(free)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_is_too_small_for_all_heads_is_said_before_training() {
        assert_eq!(no_room(100, 600_000, 60_000_000), None);
        assert_eq!(
            no_room(101, 600_000, 60_000_000).unwrap(),
            "train.keep_every keeps 101 heads of 600.0 kB each, 60.6 MB in all, and the disk has 60.0 \
             MB left; with a larger train.keep_every a new run needs less"
        );
    }
}
