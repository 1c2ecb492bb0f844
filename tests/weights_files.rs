//! Inception v3 in the files of TensorFlow and Keras, against what these compute with them
//! (`tests/golden/inception_files/`).

#[path = "weights_files/skeleton.rs"]
mod skeleton;

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use candle_core::{Device, Tensor, safetensors};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use retrain::nets::inception_v3;
use retrain::nets::{
    Backbone, Computed, DeviceChoice, NetError, NetworkSettings, Precision, Source, Weights,
};
use skeleton::{picture, whole};

const GRAPH: &str = "classify_image_graph_def.pb";

fn open(folder: &Path, file: &str, taps: &[&str]) -> Result<Computed, NetError> {
    let network = NetworkSettings {
        weights: Weights::File(file.into()),
        taps: taps.iter().map(|tap| (*tap).to_owned()).collect(),
        precision: Precision::F32,
        device: DeviceChoice::Cpu,
        ..NetworkSettings::default()
    };
    inception_v3::load(&network, folder, &Device::Cpu)
}

fn oracle() -> HashMap<String, Tensor> {
    let file = "/tests/golden/inception_files/oracle.safetensors";
    safetensors::load(format!("{}{file}", env!("CARGO_MANIFEST_DIR")), &Device::Cpu).unwrap()
}

/// Length of the difference to these tensors of the oracle, in lengths of theirs.
fn error(net: &Computed, tensors: &[&str]) -> f64 {
    let oracle = oracle();
    let expected: Vec<f32> =
        tensors.iter().flat_map(|name| oracle[*name].to_vec1::<f32>().unwrap()).collect();
    let seen: Vec<f32> =
        net.features(&picture()).unwrap().flatten_all().unwrap().to_vec1().unwrap();
    assert_eq!(seen.len(), expected.len());
    let square = |number: f32| f64::from(number).powi(2);
    let apart: f64 = seen.iter().zip(&expected).map(|(a, b)| square(a - b)).sum();
    (apart / expected.iter().map(|b| square(*b)).sum::<f64>()).sqrt()
}

fn properties(net: &Computed) -> Vec<(&str, &str, Source)> {
    let properties = net.identity().properties.iter();
    properties
        .map(|property| (property.name.as_str(), property.value.as_str(), property.source))
        .collect()
}

/// Far below what any wrong rule changes, far above rounding.
const CLOSE: f64 = 1e-5;

#[test]
fn the_frozen_graph_of_retrain_py_is_read_with_all_that_it_says_of_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (graph, _) = whole(GRAPH);
    fs::write(folder.path().join(GRAPH), &graph).unwrap();
    let net = open(folder.path(), GRAPH, &[]).unwrap();
    assert_eq!(
        properties(&net),
        [
            ("taps", "Mixed_7c", Source::Tensors),
            ("input_range", "retrain-py", Source::Metadata),
            ("average_pool_padding", "excluded", Source::Tensors),
            ("last_pool", "max", Source::Metadata),
            ("batch_norm_epsilon", "0.001", Source::Metadata),
        ]
    );
    assert!(error(&net, &["graph.pool_3"]) < CLOSE);
    let net = open(folder.path(), GRAPH, &["Mixed_6c", "Mixed_7a"]).unwrap();
    assert!(error(&net, &["graph.mixed_5", "graph.mixed_8"]) < CLOSE);
}

#[test]
fn the_archive_that_the_graph_came_in_is_read_too() {
    let folder = tempfile::tempdir().unwrap();
    let (graph, _) = whole(GRAPH);
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, bytes) in [("LICENSE", &b"Apache"[..]), ("./classify_image_graph_def.pb", &graph)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, bytes).unwrap();
    }
    let archive = archive.into_inner().unwrap().finish().unwrap();
    let file = "inception-2015-12-05.tgz";
    fs::write(folder.path().join(file), &archive).unwrap();
    let net = open(folder.path(), file, &["Mixed_6c", "Mixed_7a"]).unwrap();
    assert!(error(&net, &["graph.mixed_5", "graph.mixed_8"]) < CLOSE);

    fs::write(folder.path().join(file), &archive[..archive.len() / 2]).unwrap();
    let refused = open(folder.path(), file, &[]).err().unwrap().to_string();
    assert!(refused.contains("inception-2015-12-05.tgz: the weights are damaged"), "{refused}");

    // Without its last bytes the checksum is missing, with others it is wrong.
    for (place, by) in
        [(archive.len() - 8, None), (archive.len() / 2, Some(1)), (archive.len() - 8, Some(1))]
    {
        let mut damaged = archive.clone();
        match by {
            None => damaged.truncate(place),
            Some(by) => damaged[place] ^= by,
        }
        fs::write(folder.path().join(file), &damaged).unwrap();
        let refused = open(folder.path(), file, &[]).err().unwrap().to_string();
        assert!(refused.contains("as gzip, "), "{refused}");
    }

    let mut alone = GzEncoder::new(Vec::new(), Compression::fast());
    alone.write_all(&graph).unwrap();
    fs::write(folder.path().join("graph.pb.gz"), alone.finish().unwrap()).unwrap();
    assert!(open(folder.path(), "graph.pb.gz", &[]).is_ok());

    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(&[0; 1024]).unwrap();
    fs::write(folder.path().join(file), gz.finish().unwrap()).unwrap();
    let refused = open(folder.path(), file, &[]).err().unwrap().to_string();
    assert!(refused.contains("there is no .pb file in the archive"), "{refused}");
}

#[test]
fn what_a_graph_pools_its_last_block_by_is_read_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let (mut graph, known) = whole(GRAPH);
    let at = known["last_pool_op_at"].as_u64().unwrap() as usize;
    assert_eq!(&graph[at..at + 7], b"MaxPool");
    graph[at..at + 7].copy_from_slice(b"AvgPool");
    fs::write(folder.path().join(GRAPH), &graph).unwrap();
    let net = open(folder.path(), GRAPH, &[]).unwrap();
    assert!(properties(&net).contains(&("last_pool", "average", Source::Metadata)));
    assert!(error(&net, &["graph_average.pool_3"]) < CLOSE);

    graph[at..at + 7].copy_from_slice(b"FooPool");
    fs::write(folder.path().join(GRAPH), &graph).unwrap();
    let refused = open(folder.path(), GRAPH, &[]).err().unwrap().to_string();
    let expected = "its metadata says last_block_pool = 'FooPool', expected avg or max";
    assert!(refused.contains(expected), "{refused}");
}

#[test]
fn a_graph_that_ends_early_or_is_damaged_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let (mut graph, _) = whole(GRAPH);
    for length in [graph.len() - 1, graph.len() / 2, 5000, 1400] {
        fs::write(folder.path().join(GRAPH), &graph[..length]).unwrap();
        let refused = open(folder.path(), GRAPH, &[]).err().unwrap().to_string();
        assert!(refused.contains("as a frozen graph, at byte"), "{refused}");
    }
    // Another network's: its nodes have other names.
    let places: Vec<usize> =
        graph.windows(5).enumerate().filter(|(_, w)| w == b"mixed").map(|(at, _)| at).collect();
    for at in places {
        graph[at..at + 5].copy_from_slice(b"mixxd");
    }
    fs::write(folder.path().join(GRAPH), &graph).unwrap();
    let refused = open(folder.path(), GRAPH, &["Mixed_7c"]).err().unwrap().to_string();
    assert!(refused.contains("the network in it ends at MaxPool_5a_3x3"), "{refused}");
}

#[test]
fn every_file_of_keras_is_read() {
    let folder = tempfile::tempdir().unwrap();
    for file in [
        "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "inception_v3.weights.h5",
        "inception_v3.keras",
    ] {
        let (bytes, _) = whole(file);
        fs::write(folder.path().join(file), &bytes).unwrap();
        let net = open(folder.path(), file, &[]).unwrap();
        assert_eq!(
            properties(&net),
            [
                ("taps", "Mixed_7c", Source::Tensors),
                ("input_range", "minus-one-to-one", Source::Tensors),
                ("average_pool_padding", "excluded", Source::Tensors),
                ("last_pool", "average", Source::Tensors),
                ("batch_norm_epsilon", "0.001", Source::Tensors),
            ]
        );
        assert!(error(&net, &["keras.pool"]) < CLOSE, "{file}");
        let net = open(folder.path(), file, &["Mixed_6c", "Mixed_7a"]).unwrap();
        assert!(error(&net, &["keras.mixed5", "keras.mixed8"]) < CLOSE, "{file}");

        for length in [bytes.len() - 1_000_000, bytes.len() / 2, 5000, 100] {
            fs::write(folder.path().join(file), &bytes[..length]).unwrap();
            let refused = open(folder.path(), file, &[]).err().unwrap().to_string();
            assert!(refused.contains("the weights are damaged"), "{refused}");
        }
    }
}

#[test]
fn hdf5_made_to_do_harm_is_refused_with_little_memory_in_little_time() {
    let folder = tempfile::tempdir().unwrap();
    let archive = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/hostile_hdf5/files.tgz");
    let archive = GzDecoder::new(fs::File::open(archive).unwrap());
    tar::Archive::new(archive).unpack(folder.path()).unwrap();
    let mut tried = 0;
    for file in fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let start = Instant::now();
        // 2 GB for all that it maps; a broken stack or an abort is a signal.
        let output = Command::new("sh")
            .args(["-c", "ulimit -v 2000000; exec \"$0\" weights \"$1\""])
            .args([env!("CARGO_BIN_EXE_retrain"), name])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        assert!(said.contains(&format!("{name}: ")), "{said}");
        assert!(said.len() < 1000, "{name}: {said}");
        let reasons =
            ["this is no network", "the weights are damaged or of another kind: as HDF5, "];
        assert!(reasons.iter().any(|reason| said.contains(reason)), "{name}: {said}");
        assert!(start.elapsed() < Duration::from_secs(10), "{name}");
        tried += 1;
    }
    assert_eq!(tried, 48);
}
