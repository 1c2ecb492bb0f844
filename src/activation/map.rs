//! From the maps of one photo to the contribution of each place.

use candle_core::{DType, Result, Tensor, bail};

use crate::heatmap::Grid;
use crate::train::Head;

/// The logit of one category, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Activation {
    /// The head's, which belongs to no place.
    pub bias: f64,
    /// What maps of a single place add: parts of the feature of which nobody knows where they come from.
    pub placeless: f64,
    /// What each place adds.
    pub places: Grid,
}

impl Activation {
    /// All parts together.
    pub fn logit(&self) -> f64 {
        self.bias + self.placeless + self.places.sum()
    }

    /// The places with the bias shared evenly among them: they add up to the logit, but for what is
    /// placeless. So drawn, features that were standardised for the training look as others do: the
    /// features' means stand in the bias of their head.
    pub fn with_bias(&self) -> Grid {
        let share = self.bias / self.places.values.len() as f64;
        let values = self.places.values.iter().map(|value| value + share).collect();
        Grid { values, ..self.places }
    }
}

/// Takes the logits of all categories apart, in the order of the head's rows. `maps`: one
/// `[channels, rows, columns]` for each tap; the head's weights are `[categories, all channels]`. `None`
/// where every map has a single place.
///
/// The places are those of the finest map; a coarser one is spread over them by area.
pub(super) fn activations(head: &Head, maps: &[Tensor]) -> Result<Option<Vec<Activation>>> {
    let sizes = maps.iter().map(Tensor::dims3).collect::<Result<Vec<_>>>()?;
    let taken = head.weights.dim(1)?;
    let made: usize = sizes.iter().map(|size| size.0).sum();
    if taken != made {
        bail!("the head takes features of {taken} numbers, the network makes {made}");
    }
    let rows = sizes.iter().map(|size| size.1).max().unwrap_or(0);
    let columns = sizes.iter().map(|size| size.2).max().unwrap_or(0);
    if rows * columns <= 1 {
        return Ok(None);
    }
    let empty = |bias: f64| Activation { bias, placeless: 0.0, places: Grid::zeros(rows, columns) };
    let bias = head.bias.to_dtype(DType::F64)?.to_vec1::<f64>()?;
    let mut activations: Vec<Activation> = bias.into_iter().map(empty).collect();
    let weights = head.weights.to_dtype(DType::F64)?;
    let mut first = 0;
    for (map, (channels, rows, columns)) in maps.iter().zip(sizes) {
        let map = map.to_dtype(DType::F64)?.reshape((channels, rows * columns))?;
        let weights = weights.narrow(1, first, channels)?.contiguous()?;
        let sums = (weights.matmul(&map)? / (rows * columns) as f64)?.to_vec2::<f64>()?;
        for (activation, values) in activations.iter_mut().zip(sums) {
            match values[..] {
                [only] => activation.placeless += only,
                _ => activation.places.add_spread(&Grid { rows, columns, values }),
            }
        }
        first += channels;
    }
    Ok(Some(activations))
}

/// The feature that the maps are of: the mean of each channel, in f32.
pub(super) fn feature(maps: &[Tensor]) -> Result<Tensor> {
    let mean = |map: &Tensor| map.to_dtype(DType::F64)?.mean((1, 2))?.to_dtype(DType::F32);
    Tensor::cat(&maps.iter().map(mean).collect::<Result<Vec<_>>>()?, 0)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::random::Rng;

    fn normal(rng: &mut Rng, shape: &[usize]) -> Tensor {
        let count = shape.iter().product();
        let numbers: Vec<f32> = (0..count).map(|_| rng.normal() as f32).collect();
        Tensor::from_vec(numbers, shape, &Device::Cpu).unwrap()
    }

    fn head(rng: &mut Rng, d: usize) -> Head {
        Head { weights: normal(rng, &[3, d]), bias: normal(rng, &[3]) }
    }

    #[test]
    fn the_places_and_the_bias_add_up_to_the_logit_also_of_maps_of_several_sizes() {
        let mut rng = Rng::new(3);
        // As Inception's, with one part that has no places, as DINOv2's.
        let shapes: [&[usize]; 3] = [&[20, 17, 17], &[30, 8, 8], &[7, 1, 1]];
        let maps = shapes.map(|shape| normal(&mut rng, shape));
        let head = head(&mut rng, 57);
        let parts = activations(&head, &maps).unwrap().unwrap();
        let feature = feature(&maps).unwrap().unsqueeze(0).unwrap();
        let logits = &head.logits(&feature).unwrap().to_vec2::<f32>().unwrap()[0];
        for (part, logit) in parts.iter().zip(logits) {
            assert!((part.logit() - f64::from(*logit)).abs() < 1e-5, "{} {logit}", part.logit());
            assert!((part.with_bias().sum() + part.placeless - part.logit()).abs() < 1e-12);
            assert!(part.placeless.abs() > 1e-3);
            assert_eq!((part.places.rows, part.places.columns), (17, 17));
        }
    }

    #[test]
    fn a_feature_without_places_has_no_map_and_one_of_another_length_is_refused() {
        let mut rng = Rng::new(3);
        let map = normal(&mut rng, &[5, 1, 1]);
        assert_eq!(activations(&head(&mut rng, 5), std::slice::from_ref(&map)).unwrap(), None);
        let refused = activations(&head(&mut rng, 6), &[map]).unwrap_err().to_string();
        // A backtrace may follow.
        let expected = "the head takes features of 6 numbers, the network makes 5";
        assert!(refused.starts_with(expected), "{refused}");
    }
}
