//! Files of other programs, put together of a skeleton and the built-in weights: they are too large
//! to be kept.

use std::fs;
use std::io::Read;

use candle_core::{DType, Device, Tensor, safetensors};
use flate2::read::GzDecoder;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The whole file `name` of `tests/golden/inception_files/`, and what is known of it.
pub fn whole(name: &str) -> (Vec<u8>, Value) {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/inception_files/");
    let built_in =
        concat!(env!("CARGO_MANIFEST_DIR"), "/assets/inception_v3-nsfwjs.u8.safetensors");
    let stored = safetensors::load(built_in, &Device::Cpu).unwrap();
    let known: Value =
        serde_json::from_str(&fs::read_to_string(format!("{golden}{name}.json")).unwrap()).unwrap();
    let mut literals = Vec::new();
    GzDecoder::new(fs::File::open(format!("{golden}{name}.skeleton")).unwrap())
        .read_to_end(&mut literals)
        .unwrap();

    let (mut whole, mut literals) = (Vec::new(), &literals[..]);
    for piece in known["pieces"].as_array().unwrap() {
        let count = |key: &str| piece[key].as_u64().map(|count| count as usize);
        let mut extend =
            |numbers: Vec<f32>| whole.extend(numbers.iter().flat_map(|n| n.to_le_bytes()));
        if let Some(length) = count("literal") {
            let (literal, rest) = literals.split_at(length);
            whole.extend(literal);
            literals = rest;
        } else if let Some(count) = count("ones") {
            extend(vec![1.0; count]);
        } else if let Some(count) = count("zeros") {
            extend(vec![0.0; count]);
        } else {
            let tensor = piece["tensor"].as_str().unwrap();
            let [scale, min] = stored[&format!("{tensor}.scale_min")].to_vec1::<f32>().unwrap()[..]
            else {
                panic!("{tensor}")
            };
            let codes = stored[tensor].to_dtype(DType::F32).unwrap();
            let codes = match piece["layout"].as_str() {
                Some("hwio") => codes.permute((2, 3, 1, 0)).unwrap(),
                _ => codes,
            };
            let codes: Vec<f32> = codes.flatten_all().unwrap().to_vec1().unwrap();
            extend(codes.into_iter().map(|code| code * scale + min).collect());
        }
    }
    let sum: String = Sha256::digest(&whole).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(sum, known["sha256"], "{name} is not put together as it was");
    (whole, known)
}

/// The picture of the oracle, `[1, 3, 299, 299]`.
pub fn picture() -> Tensor {
    let value = |c: u32, y: u32, x: u32| (7 * y + 13 * x + 29 * c + (x * y) % 31) % 256;
    let pixels = (0..3)
        .flat_map(|c| (0..299).flat_map(move |y| (0..299).map(move |x| value(c, y, x) as f32)));
    Tensor::from_vec(pixels.collect::<Vec<f32>>(), (1, 3, 299, 299), &Device::Cpu).unwrap()
}
