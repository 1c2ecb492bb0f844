//! Which pixels a photo has: a count of the changes of that.

use serde::{Deserialize, Serialize};

/// The rule by which photos become pixels. A feature of one rule must not be taken for one of
/// another: the rule is part of a feature's key, and a head remembers its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DecodeRule(u32);

impl DecodeRule {
    /// Rules 1 and 2: rule 2 reads large JPEGs at a fraction of their size before the antialias
    /// rule of resizing, rule 1 is that of the other resizes.
    pub const BEFORE: DecodeRule = DecodeRule(2);
    /// Rule 3: JPEGs have libjpeg's pixels; turns are found wherever EXIF or XMP stands; colours of
    /// embedded profiles become sRGB's; forms that are not read right are refused.
    pub const CURRENT: DecodeRule = DecodeRule(3);

    /// Whether this program knows the rule.
    pub fn is_known(self) -> bool {
        (1..=DecodeRule::CURRENT.0).contains(&self.0)
    }

    /// The number of the rule.
    pub fn number(self) -> u32 {
        self.0
    }
}
