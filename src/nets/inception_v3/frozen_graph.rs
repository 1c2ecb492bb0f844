//! What the frozen graph of 2015, which retrain.py downloaded, calls the network's parts, and what it
//! says of them.

use std::collections::HashMap;

use super::layers::{Block, Step, key, layers};
use crate::nets::folding::Named;
use crate::nets::weights::WeightsFile;

/// The node of the last block's pool.
const LAST_POOL: &str = "mixed_10/tower_2/pool";

/// The graph's name of each tensor of the network. The scales of batch normalisation are left out
/// where the graph does not use those that it has.
pub(super) fn names(file: &WeightsFile) -> HashMap<String, String> {
    all_names(file.metadata("conv/batchnorm:scale") != Some("false"))
}

fn all_names(has_scales: bool) -> HashMap<String, String> {
    let mut parts =
        vec![("bias", "beta"), ("running_mean", "moving_mean"), ("running_var", "moving_variance")];
    if has_scales {
        parts.push(("weight", "gamma"));
    }
    let mut names = HashMap::new();
    let (mut stems, mut mixed) = (0, 0);
    for block in layers() {
        let is_stem = block.branches.len() == 1;
        for (own, node) in convolutions(&block) {
            let node = if is_stem {
                stems += 1;
                numbered("conv", stems - 1)
            } else {
                format!("{}/{node}", numbered("mixed", mixed))
            };
            let Named { weight, batch_norm } = Named::of(&own);
            names.insert(weight, format!("{node}/conv2d_params"));
            for (own, part) in &parts {
                names.insert(format!("{batch_norm}.{own}"), format!("{node}/batchnorm/{part}"));
            }
        }
        mixed += usize::from(!is_stem);
    }
    names
}

/// The convolutions of a block: our name, and the node's below that of the block. A branch that is a
/// single convolution stands by itself, each other one in a tower.
fn convolutions(block: &Block) -> Vec<(String, String)> {
    let mut names = Vec::new();
    let mut towers = 0;
    for branch in &block.branches {
        let folder = match &branch[..] {
            [Step::Conv(_)] => String::new(),
            _ => {
                towers += 1;
                format!("{}/", numbered("tower", towers - 1))
            }
        };
        let mut count = 0;
        for step in branch {
            match step {
                Step::Conv(conv) => {
                    names.push((key(block, conv), folder.clone() + &numbered("conv", count)));
                    count += 1;
                }
                Step::Fork(convs) => names.extend(convs.iter().enumerate().map(|(n, conv)| {
                    (key(block, conv), format!("{folder}mixed/{}", numbered("conv", n)))
                })),
                Step::MaxPool | Step::AveragePool | Step::LastPool => {}
            }
        }
    }
    names
}

/// `conv`, `conv_1`, `conv_2` and so on.
fn numbered(name: &str, n: usize) -> String {
    if n == 0 { name.to_owned() } else { format!("{name}_{n}") }
}

/// What the graph says where a file of other formats says it in its metadata, under the same keys and
/// in the same words.
pub(super) fn fact(file: &WeightsFile, key: &str) -> Option<String> {
    match key {
        "last_block_pool" => Some(match file.metadata(LAST_POOL)? {
            "MaxPool" => "max".to_owned(),
            "AvgPool" => "avg".to_owned(),
            other => other.to_owned(),
        }),
        "bn_eps" => file.metadata("conv/batchnorm:epsilon").map(str::to_owned),
        "input_range" => {
            let number = |node: &str| match file.shape(node)? {
                [] => file.numbers(node).ok()?.first().copied(),
                _ => None,
            };
            Some(match (number("Sub/y")?, number("Mul/y")?) {
                (128.0, 0.0078125) => "[-1,1)".to_owned(),
                (subtracted, factor) => format!("(pixel - {subtracted}) * {factor}"),
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_have_the_names_of_the_graph_of_2015() {
        assert_eq!(all_names(false).len(), 94 * 4);
        let names = all_names(true);
        assert_eq!(names.len(), 94 * 5);
        for (own, node) in [
            ("Conv2d_1a_3x3.conv.weight", "conv/conv2d_params"),
            ("Conv2d_4a_3x3.bn.running_var", "conv_4/batchnorm/moving_variance"),
            ("Mixed_5b.branch1x1.bn.weight", "mixed/conv/batchnorm/gamma"),
            ("Mixed_5d.branch_pool.conv.weight", "mixed_2/tower_2/conv/conv2d_params"),
            ("Mixed_6a.branch3x3.conv.weight", "mixed_3/conv/conv2d_params"),
            ("Mixed_6a.branch3x3dbl_3.bn.bias", "mixed_3/tower/conv_2/batchnorm/beta"),
            ("Mixed_6e.branch7x7dbl_5.conv.weight", "mixed_7/tower_1/conv_4/conv2d_params"),
            ("Mixed_7a.branch3x3_2.conv.weight", "mixed_8/tower/conv_1/conv2d_params"),
            ("Mixed_7a.branch7x7x3_1.conv.weight", "mixed_8/tower_1/conv/conv2d_params"),
            ("Mixed_7c.branch3x3dbl_3b.conv.weight", "mixed_10/tower_1/mixed/conv_1/conv2d_params"),
            ("Mixed_7c.branch_pool.bn.running_mean", "mixed_10/tower_2/conv/batchnorm/moving_mean"),
        ] {
            assert_eq!(names[own], node);
        }
    }
}
