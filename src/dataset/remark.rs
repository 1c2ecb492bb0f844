//! What is unusual about a photo that was read all the same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::store::shown;

/// Something that other programs pass over, too, and that nothing of the picture is lost by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Remark {
    /// A JPEG with bytes between its picture data and the marker behind it.
    StrayBytes,
    /// A JPEG whose end marker is missing.
    NoEndMarker,
    /// A JPEG without the tables of its codes: the standard ones are used, as for a webcam's.
    StandardTables,
    /// A colour profile that cannot be used; the picture is taken for sRGB.
    ProfileIgnored,
}

impl Remark {
    /// What it says of a photo.
    pub fn words(self) -> &'static str {
        match self {
            Remark::StrayBytes => "stray bytes in its picture data are passed over",
            Remark::NoEndMarker => "its end marker is missing, but its picture is whole",
            Remark::StandardTables => "it has no Huffman tables; the standard ones are used",
            Remark::ProfileIgnored => "its colour profile cannot be used and is ignored",
        }
    }
}

/// Remarks about any number of photos: of each kind, the first photo in the order of names, and how many.
#[derive(Clone, Debug, Default)]
pub struct Remarks(BTreeMap<Remark, (PathBuf, usize)>);

impl Remarks {
    /// Adds a remark about a photo.
    pub fn add(&mut self, photo: &Path, remark: Remark) {
        let (first, count) = self.0.entry(remark).or_insert_with(|| (photo.to_owned(), 0));
        *count += 1;
        if photo < first.as_path() {
            *first = photo.to_owned();
        }
    }

    /// A line for each kind of remark, with the first photo that it is about.
    pub fn lines(&self) -> Vec<String> {
        let line = |(remark, (first, count)): (&Remark, &(PathBuf, usize))| {
            let others = match count - 1 {
                0 => String::new(),
                1 => " (1 more photo likewise)".to_owned(),
                more => format!(" ({more} more photos likewise)"),
            };
            format!("{}: {}{others}", shown(first), remark.words())
        };
        self.0.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_with_the_same_remark_share_a_line() {
        let told =
            [("b", Remark::StrayBytes), ("c", Remark::NoEndMarker), ("a", Remark::StrayBytes)];
        let mut remarks = Remarks::default();
        for (photo, remark) in told {
            remarks.add(Path::new(photo), remark);
        }
        assert_eq!(
            remarks.lines(),
            [
                "a: stray bytes in its picture data are passed over (1 more photo likewise)",
                "c: its end marker is missing, but its picture is whole",
            ]
        );
    }
}
