//! Every reader of bytes from outside, against thousands of changed files; see `fuzzing`.

mod fuzzing;

use std::collections::HashMap;
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use fuzzing::{Budget, Seeds, Verdict, alone, each, files, fuzz, mutated, shared};
use image::{DynamicImage, ImageFormat, RgbImage};
use proptest::prelude::*;
use proptest::sample::select;
use retrain::config::Config;
use retrain::dataset::{Detail, EncodedPhoto, Unreadable, decode};
use retrain::features::Cache;
use retrain::insight::{self, Evaluation, Scored};
use retrain::likeness::{Likeness, Photos};
use retrain::nets;
use retrain::random::Rng;
use retrain::spec::{self, FIELDS, Field, NetworkSettings, Weights};
use retrain::store::{
    Counts, Ending, EvaluationPoint, Event, EventLog, FoldResult, NetworkFacts, Points, Record,
    Run, RunFolder, Stage, StepPoint, Tail, TestResult, changed_photos, read_scores,
};
use retrain::train::{Checkpoint, HeadFile, Observer, Problem, Samples, evaluate};

#[global_allocator]
static ALLOCATOR: fuzzing::allocator::Counting = fuzzing::allocator::Counting;

const TEXT: Budget = Budget { bytes: 4 << 20, per_byte: 1000 };
const TENSORS: Budget = Budget { bytes: 1 << 20, per_byte: 100 };

/// A file in memory where that is to be had: its content changes thousands of times.
fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn tests(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder)
}

/// Values that a field may be given, and some that no field takes.
const VALUES: [&str; 40] = [
    "0",
    "1",
    "-1",
    "400",
    "10_000_000",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999999999",
    "0x7fff_ffff",
    "0.1",
    "1e308",
    "1e999",
    "-0.0",
    "nan",
    "inf",
    "-inf",
    "true",
    "false",
    "\"\"",
    "\"p\"",
    "\"seed\"",
    "\"folders\"",
    "\"adam\"",
    "\"auto\"",
    "\"built-in\"",
    "'../../etc'",
    "\"\\u001b[2J\"",
    "\"\\u009b\\u202e\"",
    "\"a\\u0000b\"",
    "[]",
    "[\"fire\", \"smoke\"]",
    "[\"fire\", \"fire\"]",
    "[1, 2.5]",
    "[[[[]]]]",
    "{}",
    "{ by = \"seed\" }",
    "1979-05-27T07:32:00Z",
    "'''\n\n'''",
    "\"\"\"a\nb\"\"\"",
    "\"cuda:1\"",
];

fn experiment_seeds() -> Seeds {
    let mut seeds = files(&tests("specs/valid"));
    seeds.extend(files(&tests("specs/invalid")));
    let mut words = VALUES.to_vec();
    words.extend(["\n", "[", "]", "= ", "# default\n", "\u{feff}", "\r\n", ".", "\"", "'''"]);
    words.extend(FIELDS.iter().map(|field| field.key));
    Seeds::new(seeds, &words)
}

/// Fields in any order with values of any kind, in tables, dotted and inline.
fn written_out() -> impl Strategy<Value = String> {
    let value = |field: Field| {
        let default = Just(field.default.unwrap_or("\"photos\""));
        prop_oneof![2 => default, 1 => select(VALUES.to_vec())]
    };
    let fields: Vec<Field> = FIELDS.iter().map(|field| **field).collect();
    let line = select(fields).prop_flat_map(move |field| (Just(field.key), value(field), 0..4u8));
    prop::collection::vec(line, 0..8).prop_map(|lines| {
        let mut text = "images = \"p\"\n".to_owned();
        for (key, value, form) in lines {
            text += &match (form, key.rsplit_once('.')) {
                (0, Some((table, leaf))) => format!("[{table}]\n{leaf} = {value}\n"),
                (1, Some((table, leaf))) => format!("{table} = {{ {leaf} = {value} }} # default\n"),
                (2, _) => format!("{key} = {value} # default\n"),
                _ => format!("{key} = {value}\n"),
            };
        }
        text
    })
}

/// Checks a text as an experiment, and that what it resolves to means the same.
fn resolve(text: &str, overrides: &[String]) -> Verdict {
    let origin = Path::new("experiments/x.toml");
    let resolved = spec::resolve(text, overrides, origin);
    match &resolved {
        Ok(resolved) => {
            let again = spec::resolve(&resolved.text, &[], origin);
            let again = again.unwrap_or_else(|err| panic!("{err}\n{}", resolved.text));
            assert_eq!(again.text, resolved.text, "resolving again changed the text");
            assert_eq!(again.experiment, resolved.experiment);
            spec::settings(&resolved.experiment);
        }
        Err(err) => assert!(!err.to_string().is_empty()),
    }
    if overrides.is_empty() {
        assert_eq!(spec::parse(text, origin).is_ok(), resolved.is_ok());
    }
    (&resolved).into()
}

#[test]
fn experiments_and_what_they_resolve_to() {
    let _guard = alone();
    fuzz("experiments, changed", 10_000, TEXT, &mutated(experiment_seeds()), |bytes| {
        resolve(&String::from_utf8_lossy(bytes), &[])
    });
    fuzz("experiments, written out", 10_000, TEXT, &written_out(), |text| resolve(text, &[]));
}

#[test]
fn settings_on_the_command_line() {
    let _guard = alone();
    let keys: Vec<&str> = FIELDS.iter().map(|field| field.key).collect();
    let argument = prop_oneof![
        (select(keys), select(VALUES.to_vec())).prop_map(|(key, value)| format!("{key}={value}")),
        "[a-z._=\\[\\]{}\"'#\\\\\u{1b}\n ]{0,30}",
    ];
    fuzz("settings", 10_000, TEXT, &argument, |argument| {
        resolve("images = 'p'\n", std::slice::from_ref(argument))
    });
}

#[test]
fn texts_that_are_one_mistake_after_the_other() {
    let _guard = alone();
    let once = |text: &str, times: usize| text.repeat(times);
    let largest = 1 << 20;
    let texts: Vec<String> = ["a\n", "a=1\n", "[", "[[a]]\n", "{", "\"", "a.", "a=[", "x={a="]
        .iter()
        .map(|part| once(part, largest / part.len()))
        .chain([(0..largest / 10).map(|n| format!("k{n}=1\n")).collect()])
        .collect();
    let budget = Budget { bytes: 4 << 20, per_byte: 4_000 };
    each("one mistake after the other", budget, &texts, |text| {
        let _ = Config::parse(text, Path::new("/p"));
        resolve(text, &[])
    });
}

#[test]
fn configurations() {
    let _guard = alone();
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config.toml"));
    let written = text.unwrap().replace("# ", "");
    let plain = "runs = 'r'\ncache = '/c'\nthreads = 3\ntheme = 'dark'\ntrash = 't'\n";
    let mut words = VALUES.to_vec();
    words.extend(["runs", "cache", "threads", "theme", "trash", "experiments", " = ", "\n"]);
    let seeds = Seeds::new(vec![written.into_bytes(), plain.into()], &words);
    fuzz("config.toml", 10_000, TEXT, &mutated(seeds), |bytes| {
        (&Config::parse(&String::from_utf8_lossy(bytes), Path::new("/p"))).into()
    });
}

/// The log of a whole run, every kind of event in it.
fn log() -> Vec<u8> {
    let folder = scratch();
    let path = folder.path().join("events.jsonl");
    let mut log = EventLog::open(&path).unwrap();
    let count = |category: &str| Counts {
        category: category.into(),
        training: 6,
        validation: 1,
        test: 1,
        folds: vec![1, 2],
    };
    let test = TestResult {
        correct: 3,
        n: 4,
        accuracy: 0.75,
        low: 0.3,
        high: 0.95,
        log_loss: 0.4,
        folds: 5,
        would_notice: Some(0.81),
    };
    let text = || "a message".to_owned();
    let events = [
        Event::Created {
            experiment: "fire".into(),
            source: "experiments/fire.toml".into(),
            root: "/p".into(),
            program: "0.1.0".into(),
            iterations: 40,
            settings: [("iterations".to_owned(), "40".to_owned())].into(),
            group: None,
        },
        Event::Started { pid: 7, host: "host".into(), threads: 2 },
        Event::Stage { stage: Stage::Scan },
        Event::Dataset {
            images: "/p/photos".into(),
            counts: vec![count("fire"), count("smoke")],
            skipped: 1,
            duplicates: 2,
        },
        Event::Network(NetworkFacts {
            properties: vec![("taps".into(), "Mixed_7c".into())],
            ..NetworkFacts::default()
        }),
        Event::Features {
            done: 3,
            total: 16,
            from_cache: 1,
            skipped: 0,
            images_per_second: 9.5,
            latest: Some("fire/a.jpg".into()),
        },
        Event::Head { fold: Some(1), folds: 5 },
        Event::Step(StepPoint { step: 1, loss: 1.1, accuracy: 0.5, learning_rate: 0.01 }),
        Event::FoldTested(FoldResult { fold: 1, correct: 2, n: 3, step: 9, kept_step: 4 }),
        Event::Evaluation(EvaluationPoint {
            step: 1,
            train_loss: 1.0,
            train_accuracy: 0.5,
            validation_loss: 1.2,
            validation_accuracy: 0.25,
        }),
        Event::Iterations { iterations: 80 },
        Event::Warning { message: text() },
        Event::Refused { message: text(), fault: false },
        Event::Failed { message: text(), fault: true },
        Event::Cancelled,
        Event::Paused,
        Event::Finished { ending: Ending::Completed, step: 80, kept_step: 80, test },
    ];
    events.into_iter().for_each(|event| drop(log.append(event).unwrap()));
    fs::read(path).unwrap()
}

/// Polls to the end, or to the damage.
fn poll(tail: &mut Tail) -> Vec<Record> {
    let mut records = Vec::new();
    while let Ok(more) = tail.poll()
        && !more.is_empty()
    {
        records.extend(more);
    }
    records
}

#[test]
fn event_logs() {
    let _guard = alone();
    let words = [
        "null",
        "1e999",
        "-1",
        "18446744073709551615",
        "\"\"",
        "[]",
        "{}",
        "\n",
        "{\"v\":1,",
        "\"event\":\"step\"",
        "\"event\":\"started\"",
        "\"at\":\"9999-12-31T23:59:59Z\"",
        "\\u0000",
    ];
    let seeds = Seeds::new(vec![log()], &words);
    let folder = scratch();
    let run = RunFolder::at(folder.path());
    fuzz("event logs", 10_000, TEXT, &mutated(seeds), |bytes| {
        fs::write(run.events(), bytes).unwrap();
        let records = poll(&mut run.tail());
        let whole = Run::replay(&records);
        let (summary, _) = (whole.summary(), run.summary());
        serde_json::to_vec(&summary).unwrap();
        let steps = Points::of(&records).steps;
        let losses: Vec<_> = steps.iter().map(|point| (point.step, point.loss)).collect();
        insight::training_trouble(&losses, &losses, whole.counts.len());
        // The same, when the file was still being written at the first look.
        fs::write(run.events(), &bytes[..bytes.len() / 2]).unwrap();
        let mut tail = run.tail();
        let mut in_parts = poll(&mut tail);
        fs::write(run.events(), bytes).unwrap();
        in_parts.extend(poll(&mut tail));
        assert_eq!(format!("{in_parts:?}"), format!("{records:?}"));
        if records.len() > 10 { Verdict::Taken } else { Verdict::Refused }
    });
}

#[test]
fn summaries() {
    let _guard = alone();
    let folder = scratch();
    let run = RunFolder::at(folder.path());
    fs::write(run.events(), log()).unwrap();
    run.write_summary(&run.replay().unwrap()).unwrap();
    let written = fs::read(run.summary_path()).unwrap();
    let seeds =
        Seeds::new(vec![written], &["null", "-1", "1e999", "\"running\"", "\"lost\"", "{}"]);
    fuzz("summary.json", 10_000, TEXT, &mutated(seeds), |bytes| {
        fs::write(run.summary_path(), bytes).unwrap();
        (&run.summary()).into()
    });
}

const KEYS: [[u8; 32]; 2] = [[1; 32], [2; 32]];

/// Words of a safetensors header.
const HEADER: [&str; 24] = [
    "F32",
    "F64",
    "U8",
    "BF16",
    "BOOL",
    "F4",
    "[]",
    "[0]",
    "[2,3]",
    "[3,2]",
    "[18446744073709551615,2]",
    "[4294967296,4294967296]",
    "[-1]",
    "[0,0]",
    "[8,0]",
    "[0,18446744073709551615]",
    "null",
    "{}",
    "keys",
    "features",
    "weights",
    "bias",
    "__metadata__",
    "\"shape\":[1,1,1,1,1,1]",
];

#[test]
fn feature_shards() {
    let _guard = alone();
    let folder = scratch();
    Cache::open(folder.path(), "net", 3).unwrap().insert(&KEYS, &[0.5; 6]).unwrap();
    let shards = folder.path().join("net");
    let path = fs::read_dir(&shards).unwrap().next().unwrap().unwrap().path();
    let seeds = Seeds::new(vec![fs::read(&path).unwrap()], &HEADER);
    fuzz("feature shards", 10_000, TENSORS, &mutated(seeds), |bytes| {
        fs::write(&path, bytes).unwrap();
        let cache = Cache::open(folder.path(), "net", 3).unwrap();
        for key in KEYS.iter().filter(|key| cache.contains(key)) {
            let _ = cache.read(&[*key]);
        }
        if cache.damaged().is_empty() { Verdict::Taken } else { Verdict::Refused }
    });
}

/// To 30 photos of three categories.
fn likeness() -> Option<Likeness> {
    let features: Vec<f32> = (0..30 * 5).map(|place| ((place * place) % 97) as f32).collect();
    let labels: Vec<u32> = (0..30).map(|photo| photo % 3).collect();
    Likeness::fit(&Photos { features: &features, feature_len: 5, labels: &labels }).unwrap()
}

fn head() -> HeadFile {
    let numbers: Vec<f32> = (0..15).map(|n| n as f32 / 8.0).collect();
    let weights = Tensor::from_vec(numbers, (3, 5), &Device::Cpu).unwrap();
    let bias = Tensor::new(&[0.5f32, -1.25, 3.0], &Device::Cpu).unwrap();
    HeadFile {
        labels: ["fire", "smoke", "misc"].map(String::from).to_vec(),
        head: retrain::train::Head { weights, bias },
        context: serde_json::json!({"recipe": {"network": {"taps": ["Mixed_7c"]}}, "n": 1}),
        likeness: likeness(),
    }
}

#[test]
fn head_files() {
    let _guard = alone();
    let features = Tensor::ones((1, 5), DType::F32, &Device::Cpu).unwrap();
    let words = [
        &HEADER[..],
        &["{\\\"version\\\":1", "{\\\"version\\\":3", "NaN", "[[[[[[", "\\\"labels\\\":[]"],
    ]
    .concat();
    // One of today's, and one of version 1, which is brought into the form of today.
    let old = "tests/old_heads/runs/20261129-104122-plain/head.safetensors";
    let old = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(old)).unwrap();
    let seeds = Seeds::new(vec![head().to_bytes().unwrap(), old], &words);
    fuzz("head files", 10_000, TENSORS, &mutated(seeds), |bytes| {
        let read = HeadFile::from_bytes(bytes);
        if let Ok(file) = &read {
            assert_eq!(file.head.weights.dims()[0], file.labels.len());
            assert!(file.to_bytes().is_ok());
            let _ = evaluate(&file.head, &features);
        }
        (&read).into()
    });
}

/// Keeps the last checkpoint of a fit.
struct Keep(Vec<u8>, blake3::Hash);

impl Observer for Keep {
    type Error = anyhow::Error;

    fn on_progress(&mut self, _: retrain::train::Progress) -> anyhow::Result<()> {
        Ok(())
    }

    fn on_checkpoint(&mut self, checkpoint: &Checkpoint) -> anyhow::Result<()> {
        self.0 = checkpoint.to_bytes(&self.1)?;
        Ok(())
    }
}

#[test]
fn checkpoints() {
    let _guard = alone();
    let text = "images = 'p'\ntrain.optimizer = 'adam'\ntrain.early_stop = 2\n";
    let experiment = spec::parse(text, Path::new("x.toml")).unwrap().experiment;
    let features = Tensor::new(&[[0.0f32, 1.0], [1.0, 0.0], [2.0, 2.0]], &Device::Cpu).unwrap();
    let samples = Samples { features: features.into(), labels: vec![0, 1, 2] };
    let problem = Problem {
        training: &samples,
        validation: &samples,
        categories: 3,
        train: &experiment.train,
        iterations: 9,
        horizons: &[],
        learning_rate: 0.1,
    };
    let name = blake3::hash(b"name");
    let mut keep = Keep(Vec::new(), name);
    retrain::train::fit(&problem, None, &mut keep).unwrap();
    let seeds = Seeds::new(vec![keep.0], &HEADER);
    fuzz("checkpoints", 10_000, TENSORS, &mutated(seeds), |bytes| {
        let read = Checkpoint::from_bytes(bytes, &name, &problem);
        if let Ok(checkpoint) = &read {
            assert!(checkpoint.to_bytes(&name).is_ok());
        }
        (&read).into()
    });
}

fn network(file: &Path) -> NetworkSettings {
    NetworkSettings { weights: Weights::File(file.to_owned()), ..NetworkSettings::default() }
}

/// A graph of TensorFlow with one convolution of the network and the nodes that tell its rules.
fn frozen_graph() -> Vec<u8> {
    let field = |number: u8, bytes: &[u8]| {
        [&[number << 3 | 2, bytes.len() as u8 | 0x80, (bytes.len() >> 7) as u8], bytes].concat()
    };
    let node = |name: &str, op: &str, attribute: (&str, &[u8])| {
        let entry = [field(1, attribute.0.as_bytes()), field(2, attribute.1)].concat();
        let parts = [field(1, name.as_bytes()), field(2, op.as_bytes()), field(5, &entry)];
        field(1, &parts.concat())
    };
    let constant = |sides: &[u8], numbers: &[u8], tag: u8| {
        let shape: Vec<u8> = sides.iter().flat_map(|side| field(2, &[0x08, *side])).collect();
        field(8, &[&[0x08, 1][..], &field(2, &shape), &field(tag, numbers)].concat())
    };
    let epsilon = [&[0x25][..], &0.001f32.to_le_bytes()].concat();
    [
        node("Sub/y", "Const", ("value", &constant(&[], &128f32.to_le_bytes(), 5))),
        node("conv/conv2d_params", "Const", ("value", &constant(&[1, 1, 3, 2], &[1; 24], 4))),
        node("conv/batchnorm/beta", "Const", ("value", &constant(&[9], &[2; 4], 5))),
        node("conv/batchnorm", "BatchNormWithGlobalNormalization", ("variance_epsilon", &epsilon)),
        node("mixed_10/tower_2/pool", "MaxPool", ("T", &[0x30, 1])),
    ]
    .concat()
}

#[test]
fn weights_in_every_container() {
    let _guard = alone();
    let tensor = |dtype, shape: &[usize], bytes| {
        safetensors::tensor::TensorView::new(dtype, shape.to_vec(), bytes).unwrap()
    };
    let tensors = [
        ("fc.weight", tensor(safetensors::Dtype::F32, &[2, 3], &[1; 24])),
        ("Conv2d_1a_3x3.conv.weight", tensor(safetensors::Dtype::U8, &[2, 3, 1, 1], &[2; 6])),
        ("Conv2d_1a_3x3.conv.weight.scale_min", tensor(safetensors::Dtype::F32, &[2], &[3; 8])),
    ];
    let metadata = HashMap::from([("taps".to_owned(), "Mixed_7c".to_owned())]);
    let mut seeds = vec![safetensors::serialize(tensors, Some(metadata)).unwrap()];
    for name in ["state_dict_old.pth", "state_dict_zip.pth", "state_dict_transposed.pth"] {
        seeds.push(fs::read(tests("golden").join(name)).unwrap());
    }
    for name in ["small_keras2.h5.gz", "small_keras3.h5.gz"] {
        let packed = fs::File::open(tests("golden/hostile_hdf5").join(name)).unwrap();
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
        seeds.push(bytes);
    }
    seeds.push(frozen_graph());
    let pickles = [
        "\u{0}\u{0}\u{0}\u{7f}",
        "(",
        ".",
        "R",
        "u",
        "e",
        "]",
        "}",
        ")",
        "ccollections\nOrderedDict\n",
        "ctorch\nFloatStorage\n",
        "cos\nsystem\n",
        "h\u{1}",
        "q\u{1}",
        "Q",
        "PK\u{1}\u{2}",
        "PK\u{5}\u{6}",
    ];
    let words = [&HEADER[..], &pickles].concat();
    let folder = scratch();
    let path = folder.path().join("weights");
    let network = network(&path);
    let seeds = mutated(Seeds::new(seeds, &words));
    fuzz("weights", 10_000, TENSORS, &seeds, |bytes| {
        fs::write(&path, bytes).unwrap();
        let loaded = nets::load(&network, Path::new(""), &Device::Cpu);
        let err = loaded.err().expect("these are no whole weights").to_string();
        assert!(err.contains("/weights: "), "{err}");
        // As far as a small file comes: its tensors are read, and found to be too few.
        if err.contains("are missing or wrong") { Verdict::Taken } else { Verdict::Refused }
    });
}

#[test]
fn tables_of_scores_and_photos() {
    let _guard = alone();
    let folder = scratch();
    let path = folder.path().join("scores.csv");
    let text = "file,set,category,predicted,fire,\"smo,ke\"\na/1.jpg,test,fire,fire,0.75,0.25\n\
                \"b,2.jpg\",training,\"smo,ke\",fire,0.5,0.5\nc\\n3.jpg,validation,fire,fire,1,0\n";
    let words =
        ["test", "NaN", "inf", "-1", "1e999", "\"", ",", "\n", "\r", "fire", "\\x", "\\u{1b}"];
    let seeds = Seeds::new(vec![text.into(), b"file,set,category,predicted\n".to_vec()], &words);
    fuzz("scores.csv", 10_000, TEXT, &mutated(seeds), |bytes| {
        fs::write(&path, bytes).unwrap();
        let read = read_scores(&path);
        if let Ok((labels, rows)) = &read {
            let scored = rows.iter().map(|row| Scored { truth: row.category, scores: &row.scores });
            let evaluation = Evaluation::of(scored, labels.len());
            insight::confusion_table(labels, &evaluation.confusion);
            insight::category_table(labels, &evaluation);
            insight::beyond_accuracy(&evaluation);
        }
        (&read).into()
    });
    let photos = b"file,set,category,blake3\na/1.jpg,test,fire,00\nb/2.jpg,training,smoke,11\n";
    let seeds = Seeds::new(vec![photos.to_vec()], &words);
    fuzz("photos.csv", 10_000, TEXT, &mutated(seeds), |bytes| {
        assert!(!changed_photos(bytes, photos).is_empty());
        assert!(!changed_photos(photos, bytes).is_empty());
        Verdict::Taken
    });
}

/// One small picture in every format, and the files of the corpus where it is there.
fn pictures() -> Vec<Vec<u8>> {
    let mut rng = Rng::new(3);
    let picture = RgbImage::from_fn(40, 30, |x, y| {
        image::Rgb([x as u8 * 6, y as u8 * 8, rng.below(256) as u8])
    });
    let picture = DynamicImage::from(picture);
    use ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
    let mut files: Vec<Vec<u8>> = [Jpeg, Png, Gif, Bmp, WebP, Tiff]
        .into_iter()
        .map(|format| {
            let mut bytes = Cursor::new(Vec::new());
            picture.write_to(&mut bytes, format).unwrap();
            bytes.into_inner()
        })
        .collect();
    files.push(files[0].clone());
    files.extend(shared("images/bad").iter().flat_map(|folder| fuzzing::files(folder)));
    files.retain(|bytes| bytes.len() < 100_000);
    files
}

#[test]
fn photos() {
    let _guard = alone();
    // As dataset::decode promises: so many bytes, and so many a pixel, that the header may ask for.
    let budget = Budget { bytes: (64 << 20) + 40 * 1_000_000, per_byte: 20 };
    let words = [
        "\u{ff}",
        "IHDR",
        "IDAT",
        "iCCP",
        "acTL",
        "VP8X",
        "ICCP",
        "ALPH",
        "Exif\0\0",
        "NETSCAPE2.0",
    ];
    fuzz("photos", 10_000, budget, &mutated(Seeds::new(pictures(), &words)), |bytes| {
        let decoded = decode(bytes, 1, Detail::Full);
        let reduced = decode(bytes, 1, Detail::Least(10));
        assert_ne!(decoded, Err(Unreadable::DecoderPanicked));
        assert_ne!(reduced, Err(Unreadable::DecoderPanicked));
        let needed = EncodedPhoto::new(bytes, 1).and_then(|p| p.decoding_bytes(Detail::Full));
        assert_ne!(needed, Err(Unreadable::DecoderPanicked));
        if let Ok(picture) = &decoded {
            assert!(picture.width() as u64 * picture.height() as u64 <= 1_000_000);
        }
        (&decoded).into()
    });
}
