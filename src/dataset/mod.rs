//! Folders of photos to labelled images: which photos there are, which set each belongs to, and the
//! pixels the network is given.
//!
//! Not here: tensors, features, and anything that is written. Photos are only ever read.

mod categories;
mod decode;
mod distort;
mod error;
mod file;
mod jpeg;
mod listing;
mod lost;
mod photos;
mod resize;
mod scan;
mod split;
#[cfg(test)]
mod tests;
mod unreadable;
mod walk;

pub use decode::{Detail, FORMATS, decode, decoding_bytes};
pub use distort::{distort, largest_square};
pub use error::DatasetError;
pub use file::{MAX_FILE_BYTES, read_file};
pub use listing::{decode_all, list_categories, photos_below};
pub use lost::fault_behind;
pub use photos::{Dataset, Duplicate, Photo, Skipped};
pub use resize::{resize, to_planes};
pub use scan::scan;
pub use unreadable::Unreadable;
