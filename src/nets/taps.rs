//! The blocks of a network whose pooled outputs are its feature.

use super::error::{Loaded, NetError};

/// Places of the taps among the blocks that can be one, by their names. Errors when there is no tap,
/// an unknown one, or one twice.
pub(super) fn find(
    network: &'static str,
    taps: &[String],
    blocks: &[impl AsRef<str>],
) -> Loaded<Vec<usize>> {
    let refuse = |reason: String| {
        let known = blocks.iter().map(|block| block.as_ref().to_owned()).collect();
        Err(NetError::Taps { network, reason, known })
    };
    let mut found = Vec::new();
    for tap in taps {
        match blocks.iter().position(|block| block.as_ref() == tap) {
            None => return refuse(format!("there is no '{tap}'")),
            Some(index) if found.contains(&index) => {
                return refuse(format!("'{tap}' is named twice"));
            }
            Some(index) => found.push(index),
        }
    }
    if found.is_empty() { refuse("none is named".to_owned()) } else { Ok(found) }
}
