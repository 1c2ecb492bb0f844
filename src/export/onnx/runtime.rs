//! Another program that computes what is in an ONNX file: ONNX Runtime, in Python.

use std::io::{self, BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use image::RgbImage;
use serde::Deserialize;
use thiserror::Error;

/// Scores the pictures that come on its stdin.
const SCRIPT: &str = include_str!("runtime.py");

/// Python with ONNX Runtime and a file in it.
pub struct OnnxRuntime {
    file: PathBuf,
    process: Child,
    pictures: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    version: String,
    seconds: f64,
}

/// Why there are no scores.
#[derive(Debug, Error)]
pub enum RuntimeError {
    /// There is no Python, or no ONNX Runtime in it.
    #[error(
        "no python3 with onnxruntime to compare with ({0}); it is had by: python3 -m venv .venv && \
         .venv/bin/pip install onnxruntime && . .venv/bin/activate"
    )]
    Missing(String),
    /// It has ended, and has said why on stderr.
    #[error("onnxruntime cannot use {}; it says above why", .0.display())]
    Ended(PathBuf),
    /// Its answer is of another kind.
    #[error("python3 answers '{0}', expected scores as JSON")]
    Unknown(String),
    /// Nothing can be sent to it.
    #[error("python3 cannot be reached: {0}")]
    Unreachable(#[from] io::Error),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Missing { missing: String },
    Ready { version: String },
    Scored(Scored),
}

/// What the file gives for a picture.
#[derive(Debug, Deserialize)]
pub struct Scored {
    /// Of each category.
    pub scores: Vec<f32>,
    /// The share of one's own photos that are less like the training photos; `None`: the head cannot
    /// tell.
    pub likeness: Option<f32>,
    /// Whether the picture is none of the categories.
    pub none_of_these: Option<bool>,
    seconds: f64,
}

impl OnnxRuntime {
    /// Opens a file in it.
    pub fn start(file: &Path) -> Result<OnnxRuntime, RuntimeError> {
        let mut process = Command::new("python3")
            .args(["-c", SCRIPT])
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|err| RuntimeError::Missing(err.to_string()))?;
        let (Some(pictures), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            unreachable!("both are pipes")
        };
        let answers = BufReader::new(answers).lines();
        let (file, version) = (file.to_owned(), String::new());
        let mut runtime = OnnxRuntime { file, process, pictures, answers, version, seconds: 0.0 };
        match runtime.answer()? {
            Answer::Ready { version } => runtime.version = version,
            Answer::Missing { missing } => return Err(RuntimeError::Missing(missing)),
            Answer::Scored(scored) => return Err(RuntimeError::Unknown(format!("{scored:?}"))),
        }
        Ok(runtime)
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How long it has computed so far.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// What it makes of a picture.
    pub fn run(&mut self, picture: &RgbImage) -> Result<Scored, RuntimeError> {
        self.pictures.write_all(&picture.height().to_le_bytes())?;
        self.pictures.write_all(&picture.width().to_le_bytes())?;
        self.pictures.write_all(picture.as_raw())?;
        self.pictures.flush()?;
        match self.answer()? {
            Answer::Scored(scored) => {
                self.seconds += scored.seconds;
                Ok(scored)
            }
            Answer::Ready { version: other } | Answer::Missing { missing: other } => {
                Err(RuntimeError::Unknown(other))
            }
        }
    }

    fn answer(&mut self) -> Result<Answer, RuntimeError> {
        let line = match self.answers.next() {
            Some(line) => line?,
            None => {
                self.process.wait()?;
                return Err(RuntimeError::Ended(self.file.clone()));
            }
        };
        serde_json::from_str(&line).map_err(|_| RuntimeError::Unknown(line))
    }
}

impl Drop for OnnxRuntime {
    fn drop(&mut self) {
        // It ends when its stdin does, and where it does not, at once.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
