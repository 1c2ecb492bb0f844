//! How fast this processor's engines are, kept beside the cache of features: measured once, and the same
//! from then on, as precision depends on it (`network.precision = "auto"`).

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::kernels::{Engine, Format, InstructionSet, Speeds};
use crate::store::{processor_name, write_atomically, write_new};

/// Raised when the engines or what is measured change.
const MEASUREMENT: u32 = 2;
/// The folder in that of the cache, for files of people and of later processes on such a processor.
const FOLDER: &str = "speeds";

/// One file, named by the hash of the processor.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    measurement: u32,
    processor: String,
    /// When, in UTC.
    measured: String,
    engines: Vec<KeptEngine>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptEngine {
    format: String,
    instructions: String,
    microseconds: f64,
}

/// Has the speeds of this processor kept in the folder `cache`, from the first measurement on. Nothing is
/// read, measured or written before they are asked for.
pub fn keep_speeds(cache: &Path) {
    let cache = cache.to_owned();
    Speeds::kept_by(move || kept_or_measured(&cache, &processor_name()));
}

/// The file of [`keep_speeds`] for this processor.
pub fn speeds_file(cache: &Path) -> PathBuf {
    file(cache, &processor_name())
}

fn file(cache: &Path, processor: &str) -> PathBuf {
    let hash = blake3::hash(format!("{MEASUREMENT} {processor}").as_bytes()).to_hex();
    cache.join(FOLDER).join(format!("{}.json", &hash[..16]))
}

/// Of two processes that measure at once both take what the first one wrote. Where nothing can be written,
/// each process measures for itself.
fn kept_or_measured(cache: &Path, processor: &str) -> Speeds {
    let path = file(cache, processor);
    if let Some(kept) = read(&path) {
        return kept;
    }
    let measured = Speeds::measure();
    let json = serde_json::to_vec_pretty(&Kept::of(&measured, processor)).unwrap_or_default();
    let written = fs::create_dir_all(cache.join(FOLDER)).and_then(|()| write_new(&path, &json));
    match written {
        Err(err) if err.kind() == ErrorKind::AlreadyExists => match read(&path) {
            Some(first) => first,
            // It is damaged, or of other engines: a program built in another way.
            None => {
                // What cannot be kept is measured again by the next process.
                let _ = write_atomically(&path, &json);
                measured
            }
        },
        _ => measured,
    }
}

fn read(path: &Path) -> Option<Speeds> {
    let kept: Kept = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    kept.speeds()
}

impl Kept {
    fn of(speeds: &Speeds, processor: &str) -> Kept {
        let engine = |(engine, time): &(Engine, Duration)| KeptEngine {
            format: engine.format().full_name(),
            instructions: engine.set().name().to_owned(),
            microseconds: time.as_nanos() as f64 / 1e3,
        };
        Kept {
            measurement: MEASUREMENT,
            processor: processor.to_owned(),
            measured: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            engines: speeds.times().iter().map(engine).collect(),
        }
    }

    fn speeds(&self) -> Option<Speeds> {
        let time = |one: &KeptEngine| {
            let format = Format::ALL.into_iter().find(|f| f.full_name() == one.format)?;
            let set = InstructionSet::ALL.into_iter().find(|s| s.name() == one.instructions)?;
            let time = Duration::try_from_secs_f64(one.microseconds / 1e6).ok()?;
            Some((format, set, time))
        };
        // An engine of a newer program is passed over.
        let times: Vec<_> = self.engines.iter().filter_map(time).collect();
        Speeds::of(&times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_first_stays() {
        let cache = tempfile::tempdir().unwrap();
        let first = kept_or_measured(cache.path(), "a processor");
        for _ in 0..3 {
            assert_eq!(kept_or_measured(cache.path(), "a processor"), first);
        }
        let text = fs::read_to_string(file(cache.path(), "a processor")).unwrap();
        assert!(text.contains("\"format\": \"f32\"") && text.contains("a processor"), "{text}");
    }

    #[test]
    fn a_file_that_says_nothing_of_an_engine_is_measured_anew() {
        let cache = tempfile::tempdir().unwrap();
        let path = file(cache.path(), "a processor");
        for damaged in ["", "{}", r#"{"measurement":1,"processor":"","measured":"","engines":[]}"#]
        {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, damaged).unwrap();
            let measured = kept_or_measured(cache.path(), "a processor");
            assert!(!measured.times().is_empty());
            assert_eq!(read(&path), Some(measured));
        }
    }

    #[test]
    fn a_cache_that_cannot_be_written_is_no_error() {
        let nowhere = Path::new("/proc/nowhere");
        assert!(!kept_or_measured(nowhere, "a processor").times().is_empty());
    }
}
