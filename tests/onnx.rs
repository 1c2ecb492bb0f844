//! The file that `retrain export --onnx` writes, used as docs/use-the-model.md says, by ONNX Runtime in
//! Python and in JavaScript. `.ci/python.sh` and `.ci/node.sh` put them in place.

mod common;

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use common::skip::skipped;
use common::{Project, wait_until};
use image::DynamicImage;
use retrain::dataset::{self, Detail};
use serde_json::Value;

const FILE: &str = "flowers.onnx";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A project with a run on the photos of `tests/photos`, in f32, and its file.
fn exported() -> Project {
    let project = Project::without_experiments();
    symlink(root().join("tests/photos"), project.path().join("flowers")).unwrap();
    project.write(
        "experiments/flowers.toml",
        "images = \"flowers\"\niterations = 60\n[network]\nprecision = \"f32\"\n[split]\nby = \"seed\"\n\
         validation_percent = 20\ntest_percent = 40\n",
    );
    project.ok(&["run", "experiments/flowers.toml"]);
    project.ok(&["export", "last", "--onnx", FILE]);
    project
}

/// The block of the page that is to be a file of this name.
fn documented(name: &str) -> String {
    let page = fs::read_to_string(root().join("docs/use-the-model.md")).unwrap();
    let (_, rest) = page.split_once(&format!("<!-- tested: {name} -->\n```")).unwrap();
    let block = rest.split_once('\n').unwrap().1;
    block.split_once("```").unwrap().0.to_owned()
}

fn has_python() -> bool {
    let imports = ["-c", "import onnxruntime, numpy, PIL"];
    let found = Command::new("python3").args(imports).stderr(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

/// Pillow's conversion of colour profiles rounds otherwise than this program's.
fn tolerance(photo: &Path) -> f64 {
    let bytes = fs::read(photo).unwrap();
    match bytes.windows(11).any(|window| window == b"ICC_PROFILE") {
        true => 0.05,
        false => 1e-4,
    }
}

/// Some committed photos, and where they are 100 more.
fn photos() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let more = root().join("../shared/images/flowers");
    for (folder, each) in [(root().join("tests/photos"), 10), (more, 20)] {
        for category in ["daisy", "dandelion", "roses", "sunflowers", "tulips"] {
            let Ok(entries) = fs::read_dir(folder.join(category)) else { continue };
            let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
            found.sort();
            files.extend(found.into_iter().take(each));
        }
    }
    assert!(files.len() >= 10);
    files
}

/// The scores of a photo by their labels.
type Scores = HashMap<String, f64>;

/// Those of each photo, as this program has them.
fn predicted(project: &Project, files: &[PathBuf]) -> Vec<Scores> {
    let mut arguments = vec!["predict", "last", "--json"];
    arguments.extend(files.iter().map(|file| file.to_str().unwrap()));
    let rows: Vec<Value> = serde_json::from_str(&project.ok(&arguments)).unwrap();
    let scores = |row: &Value| serde_json::from_value(row["scores"].clone()).unwrap();
    rows.iter().map(scores).collect()
}

fn compare(file: &Path, expected: &Scores, seen: &Scores) {
    let top = |scores: &Scores| scores.iter().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0.clone();
    assert_eq!(expected.len(), seen.len());
    assert_eq!(top(expected), top(seen), "{}", file.display());
    for (label, score) in expected {
        let apart = (score - seen[label]).abs();
        assert!(
            apart <= tolerance(file),
            "{}: {label} {score}, not {}",
            file.display(),
            seen[label]
        );
    }
}

#[test]
fn used_as_documented_the_file_gives_the_scores_of_predict() {
    let project = exported();
    let files = photos();
    let expected = predicted(&project, &files);
    if has_python() {
        in_python(&project, &files, &expected);
        behind_a_server(&project, &files[0], &expected[0]);
        checked(&project);
    } else {
        skipped("there is no python3 with onnxruntime, numpy and pillow");
    }
    if has_node() {
        in_javascript(&project, &files[..10], &expected);
    } else {
        skipped("there is no node with onnxruntime-web in target/node");
    }
    overwrites_nothing(&project);
}

fn in_python(project: &Project, files: &[PathBuf], expected: &[Scores]) {
    project.write("scores.py", &documented("scores.py"));
    let mut python = Command::new("python3");
    let output = python.arg("scores.py").args(files).current_dir(project.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut seen: HashMap<String, Scores> = HashMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (file, rest) = line.rsplit_once(": ").unwrap();
        let (label, score) = rest.split_once(" (score = ").unwrap();
        let score = score.trim_end_matches(')').parse().unwrap();
        seen.entry(file.to_owned()).or_default().insert(label.to_owned(), score);
    }
    for (file, expected) in files.iter().zip(expected) {
        compare(file, expected, &seen[file.to_str().unwrap()]);
    }
}

fn modules() -> PathBuf {
    root().join("target/node/node_modules")
}

fn has_node() -> bool {
    let node = Command::new("node").arg("--version").stdout(Stdio::null()).status();
    node.is_ok() && modules().join("onnxruntime-web").is_dir()
}

fn in_javascript(project: &Project, files: &[PathBuf], expected: &[Scores]) {
    project.write("scores.mjs", &documented("scores.mjs"));
    // The pixels as a canvas has them: with opacity.
    let driver = "import { readFileSync } from 'fs';\n\
                  import { scores } from './scores.mjs';\n\
                  for (const { file, width, height } of JSON.parse(readFileSync('pictures.json'))) {\n\
                  const data = new Uint8ClampedArray(readFileSync(file));\n\
                  console.log(JSON.stringify(Array.from(await scores({ width, height, data }))));\n\
                  }\n";
    project.write("driver.mjs", driver);
    symlink(modules(), project.path().join("node_modules")).unwrap();
    let mut pictures = Vec::new();
    for (number, file) in files.iter().enumerate() {
        let photo = dataset::decode(&fs::read(file).unwrap(), 100, Detail::Full).unwrap();
        let photo = DynamicImage::from(photo).to_rgba8();
        let name = format!("{number}.rgba");
        fs::write(project.path().join(&name), photo.as_raw()).unwrap();
        let (width, height) = photo.dimensions();
        pictures.push(serde_json::json!({ "file": name, "width": width, "height": height }));
    }
    project.write("pictures.json", &Value::from(pictures).to_string());
    let mut node = Command::new("node");
    let output = node.arg("driver.mjs").current_dir(project.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let seen: Vec<Vec<f64>> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(seen.len(), files.len());
    // In the order of the labels, which is that of the folders.
    for ((file, expected), seen) in files.iter().zip(expected).zip(seen) {
        let labels = ["daisy", "roses"].map(str::to_owned);
        compare(file, expected, &labels.into_iter().zip(seen).collect());
    }
}

/// Ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn behind_a_server(project: &Project, file: &Path, expected: &Scores) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let code = documented("server.py");
    assert!(code.contains("8080"));
    project.write("server.py", &code.replace("8080", &port.to_string()));
    let mut python = Command::new("python3");
    let python = python.arg("server.py").current_dir(project.path()).stderr(Stdio::null());
    let _server = Server(python.spawn().unwrap());
    let connect = || TcpStream::connect(("127.0.0.1", port));
    wait_until("the server listens", || connect().is_ok());

    let photo = fs::read(file).unwrap();
    let mut stream = connect().unwrap();
    write!(stream, "POST / HTTP/1.0\r\nContent-Length: {}\r\n\r\n", photo.len()).unwrap();
    stream.write_all(&photo).unwrap();
    let mut answer = BufReader::new(stream);
    let mut line = String::new();
    while answer.read_line(&mut line).unwrap() > 2 {
        line.clear();
    }
    let mut json = String::new();
    answer.read_to_string(&mut json).unwrap();
    compare(file, expected, &serde_json::from_str(&json).unwrap());
}

fn checked(project: &Project) {
    let checked = project.retrain(&["export", "last", "--onnx", FILE, "--check"]);
    let said = String::from_utf8(checked.stderr).unwrap();
    assert!(checked.status.success(), "{said}");
    assert!(said.contains("4 test photos"), "{said}");
    assert!(
        said.contains("in f32, on the same pixels: largest difference of a score 0.0000"),
        "{said}"
    );
    assert!(said.contains("same top category on 4 of 4"), "{said}");
}

fn overwrites_nothing(project: &Project) {
    let before = fs::read(project.path().join(FILE)).unwrap();
    let again = project.retrain(&["export", "last", "--onnx", FILE]);
    let said = String::from_utf8(again.stderr).unwrap();
    assert!(!again.status.success() && said.contains("flowers.onnx exists already"), "{said}");
    assert_eq!(fs::read(project.path().join(FILE)).unwrap(), before);
    assert!(before.len() < 30_000_000, "{} bytes", before.len());
}
