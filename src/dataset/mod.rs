//! Folders of photos to labelled images: which photos there are, which set each belongs to, and their
//! pixels.
//!
//! Not here: tensors and features. Photos are only ever read; written are files for each folder of
//! photos, in the cache, that spare the reading and decoding of those that were read before.

mod arrivals;
mod assign;
mod categories;
mod correct;
mod decode;
mod decoded;
mod distort;
mod error;
mod file;
mod folds;
mod groups;
mod joined;
mod jpeg;
mod known;
mod layout;
mod listing;
mod lost;
mod memory_budget;
mod near;
mod photo_file;
mod photo_reader;
mod photos;
mod remark;
mod scan;
mod share;
mod split;
mod stamp;
#[cfg(test)]
mod tests;
mod threads;
mod unreadable;
mod walk;

pub use arrivals::{Arrival, Arrivals, WatchNews, WatchedFolder};
pub use decode::{DecodeRule, Detail, EncodedPhoto, FORMATS, PhotoTraits, decode, is_decoding};
pub use decoded::Decoded;
pub use distort::{distort, largest_square};
pub use error::DatasetError;
pub use file::{MAX_FILE_BYTES, read_file};
pub use folds::{Fold, Folds, deal_folds};
pub use listing::{Listing, decode_all, folder_of_new_photos, list_categories, photos_below};
pub use near::{KnownThumbnails, NearCopy, Severity, near_copies};
pub use photo_file::{OpenError, PhotoFile};
pub use photo_reader::{DecodedPhoto, PhotoReader};
pub use photos::{Dataset, Duplicate, LeftOut, Photo, Skipped};
pub use remark::{Remark, Remarks};
pub use scan::{scan, scan_share};
pub use share::{Share, ShareError};
pub use stamp::{FileStamp, StampDigest};
pub use unreadable::Unreadable;
pub(crate) use walk::is_leftover;
