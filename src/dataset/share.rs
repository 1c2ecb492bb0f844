//! A part of the photos, for one of several machines that work side by side.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// More machines than anybody has.
const MOST: usize = 100_000;

/// One of several shares of the photos of a data set.
///
/// A photo's share is told by the hash of its path below the folder of images alone. So every photo is
/// in exactly one share, photos that are added or removed move no other one, and no photo need be
/// read to know whose it is: each machine reads only its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    number: usize,
    of: usize,
}

/// Why a text is no share; a sentence for whoever typed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// It is not two numbers.
    #[error("expected K/N, such as 1/4 for the first of four shares")]
    Form,
    /// There cannot be so many shares.
    #[error("there can be 1 to {MOST} shares, such as 1/4 for the first of four")]
    Count,
    /// There is no such share.
    #[error("the shares are 1/{of} to {of}/{of}")]
    Number {
        /// How many shares there are.
        of: usize,
    },
}

impl Share {
    /// Share `number`, from 1, of so many.
    pub fn new(number: usize, of: usize) -> Result<Share, ShareError> {
        match of {
            1..=MOST if (1..=of).contains(&number) => Ok(Share { number, of }),
            1..=MOST => Err(ShareError::Number { of }),
            _ => Err(ShareError::Count),
        }
    }

    /// Its number, from 1.
    pub fn number(self) -> usize {
        self.number
    }

    /// How many shares there are.
    pub fn of(self) -> usize {
        self.of
    }

    /// Whether the photo at `path`, relative to the folder of images, is in this share.
    pub fn holds(self, path: &Path) -> bool {
        let hash = blake3::hash(path.as_os_str().as_encoded_bytes());
        let hash = hash.as_bytes().first_chunk().copied().expect("a hash has 32 bytes");
        // Of 64 bits, so that the shares are alike: the remainder prefers none by more than 1e-14.
        u64::from_le_bytes(hash) % self.of as u64 == self.number as u64 - 1
    }
}

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Share, ShareError> {
        let (number, of) = text.split_once('/').ok_or(ShareError::Form)?;
        let [number, of] =
            [number, of].map(|text| text.parse::<usize>().map_err(|_| ShareError::Form));
        Share::new(number?, of?)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} of {}", self.number, self.of)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_photo_is_in_exactly_one_share_whatever_its_name(
            name in "[^/\\x00]{1,40}", of in 1..200_usize,
        ) {
            let holds = |number| Share::new(number, of).unwrap().holds(Path::new(&name));
            prop_assert_eq!((1..=of).filter(|&number| holds(number)).count(), 1);
        }
    }

    /// A photo's share depends on nothing but its own path, so added photos move no other one: held
    /// to shares that were written down, as those of another day must be the same.
    #[test]
    fn shares_are_those_of_any_other_day_and_machine() {
        let paths = ["fire/1.jpg", "fire/2.jpg", "misc/a b.png", "misc/0/7.bmp"];
        let share_of = |path: &str, of: usize| {
            let holds = |number: &usize| Share::new(*number, of).unwrap().holds(Path::new(path));
            (1..=of).find(holds).unwrap()
        };
        assert_eq!(paths.map(|path| share_of(path, 4)), [4, 2, 1, 1]);
    }

    #[test]
    fn shares_are_alike_in_size() {
        let paths: Vec<String> = (0..8_000).map(|n| format!("fire/{n:06}.jpg")).collect();
        for number in 1..=8 {
            let share = Share::new(number, 8).unwrap();
            let held = paths.iter().filter(|path| share.holds(Path::new(path))).count();
            // Binomial: a deviation of 30; five either way.
            assert!((850..=1_150).contains(&held), "{held} in share {share}");
        }
    }

    #[test]
    fn what_is_no_share_is_refused_in_words() {
        let said = |text: &str| text.parse::<Share>().unwrap_err().to_string();
        assert_eq!("2/4".parse(), Ok(Share { number: 2, of: 4 }));
        for text in ["a/b", "2", "", "/", "2/4/8", "-1/4", "1.5/4"] {
            assert!(said(text).contains("expected K/N"), "{text}");
        }
        assert_eq!(said("0/4"), "the shares are 1/4 to 4/4");
        assert_eq!(said("5/4"), "the shares are 1/4 to 4/4");
        assert!(said("1/0").contains("1 to 100000 shares"));
        assert!(said("1/999999").contains("1 to 100000 shares"));
    }
}
