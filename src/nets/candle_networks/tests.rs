//! Which tensors are taken for which network, against the tensors of timm's.

use std::collections::BTreeMap;
use std::fs;

use flate2::read::GzDecoder;

use super::*;
use crate::nets::list::recognized;

type Shapes = BTreeMap<String, Vec<usize>>;

/// Part of `shapes.json.gz`, the tensors of timm's networks.
fn shapes(part: &str) -> BTreeMap<String, Shapes> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/candle_networks/shapes.json.gz");
    let json: serde_json::Value =
        serde_json::from_reader(GzDecoder::new(fs::File::open(path).unwrap())).unwrap();
    serde_json::from_value(json[part].clone()).unwrap()
}

const FAMILIES: [&Family; 6] = [
    &convnext::FAMILY,
    &resnet::FAMILY,
    &mobilenet_v4::FAMILY,
    &fastvit::FAMILY,
    &dinov2::FAMILY,
    &repvgg::FAMILY,
];

fn parameters(shapes: &Shapes) -> usize {
    shapes.values().map(|shape| shape.iter().product::<usize>()).sum()
}

#[test]
fn every_size_is_known_by_its_tensors() {
    let known = shapes("can");
    for family in FAMILIES {
        for size in family.sizes {
            let file = WeightsFile::zeros(&known[size.name]);
            let (network, found) = recognized(&file).unwrap();
            assert_eq!((network.name, found.name), (family.network_name().as_str(), size.name));
        }
    }
    // What candle has and computes otherwise than timm is not here.
    let listed: Vec<&str> =
        FAMILIES.iter().flat_map(|family| family.sizes).map(|size| size.name).collect();
    for name in known.keys().filter(|name| !listed.contains(&name.as_str())) {
        let others = ["efficientvit", "hiera", "mobileone"];
        assert!(others.iter().any(|other| name.starts_with(other)), "{name}");
        assert!(recognized(&WeightsFile::zeros(&known[name])).is_none(), "{name}");
    }
}

#[test]
fn every_network_of_up_to_90_million_numbers_uses_all_tensors_of_its_file() {
    let known = shapes("can");
    let mut built = 0;
    for family in FAMILIES {
        for size in family.sizes {
            let shapes = &known[size.name];
            if parameters(shapes) < 90_000_000 {
                let file = WeightsFile::zeros(shapes);
                let maps = tensors::build(file, family, size, &Device::Cpu);
                assert!(maps.is_ok(), "{}: {}", size.name, maps.err().unwrap());
                built += 1;
            }
        }
    }
    assert!(built > 25, "{built}");
}

#[test]
fn relatives_that_compute_something_else_are_refused() {
    for (name, shapes) in shapes("cannot") {
        let file = WeightsFile::zeros(&shapes);
        let Some((network, found)) = recognized(&file) else { continue };
        if name == "inception_v3" {
            assert_eq!(network.name, "inception_v3");
            continue;
        }
        // It has all by which another is known; then something is over.
        let family = FAMILIES.into_iter().find(|f| f.network_name() == network.name).unwrap();
        let size = family.sizes.iter().find(|size| size.name == found.name).unwrap();
        let refused = tensors::build(file, family, size, &Device::Cpu).err();
        let refused = refused.unwrap_or_else(|| panic!("{name} was taken for {}", size.name));
        assert!(
            matches!(refused, NetError::Unused { .. } | NetError::Lacks { .. }),
            "{name}: {refused}"
        );
    }
}

#[test]
fn tensors_of_a_text_network_beside_it_do_not_matter() {
    let known = shapes("can");
    let mut both: Shapes = known["fastvit_t8"]
        .iter()
        .map(|(name, shape)| (format!("visual.trunk.{name}"), shape.clone()))
        .collect();
    both.insert("text.token_embedding.weight".to_owned(), vec![10, 10]);
    let file = WeightsFile::zeros(&both);
    let (_, found) = recognized(&file).unwrap();
    assert_eq!(found.name, "fastvit_t8");
    let size = fastvit::FAMILY.size(&file).unwrap();
    assert!(tensors::build(file, &fastvit::FAMILY, size, &Device::Cpu).is_ok());
}

#[test]
fn a_tensor_that_is_missing_or_torn_is_named() {
    let mut shapes = shapes("can").remove("resnet18").unwrap();
    shapes.remove("layer2.0.downsample.1.bias");
    let file = WeightsFile::zeros(&shapes);
    let size = resnet::FAMILY.size(&file).unwrap();
    let refused = tensors::build(file, &resnet::FAMILY, size, &Device::Cpu).err().unwrap();
    let refused = refused.to_string();
    assert!(refused.contains("its tensors are not those of resnet18"), "{refused}");
    assert!(refused.contains("layer2.0.downsample.1.bias is missing"), "{refused}");

    // What candle takes for a branch that the network does not have.
    let mut shapes = self::shapes("can").remove("fastvit_t8").unwrap();
    shapes.insert("stem.2.identity.bias".to_owned(), vec![47]);
    let file = WeightsFile::zeros(&shapes);
    let size = fastvit::FAMILY.size(&file).unwrap();
    let refused = tensors::build(file, &fastvit::FAMILY, size, &Device::Cpu).err().unwrap();
    assert!(matches!(refused, NetError::Unused { .. }), "{refused}");
}
