//! The areas of `src/lib.rs` stand in the order in which they may use each other.

use std::fs;
use std::path::{Path, PathBuf};

/// What lies below the process boundary, and may not touch a tensor.
const SCREEN_SIDE: [&str; 2] = ["runner", "tui"];
const WORKER_SIDE: [&str; 5] = ["kernels", "nets", "features", "train", "worker"];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// `(area, file, area it uses)` for every `crate::AREA` in the sources.
fn arrows() -> (Vec<String>, Vec<(String, PathBuf, String)>) {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let areas: Vec<String> = fs::read_to_string(src.join("lib.rs"))
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.split(';').next().map(str::to_owned))
        .collect();
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut arrows = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&src).unwrap().to_owned();
        let first = relative.components().next().unwrap().as_os_str().to_string_lossy();
        let area = first.trim_end_matches(".rs").to_owned();
        if !areas.contains(&area) {
            continue;
        }
        for used in fs::read_to_string(&file).unwrap().split("crate::").skip(1) {
            let name: String =
                used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if areas.contains(&name) && name != area {
                arrows.push((area.clone(), relative.clone(), name));
            }
        }
    }
    (areas, arrows)
}

#[test]
fn an_area_uses_only_areas_listed_above_it() {
    let (areas, arrows) = arrows();
    assert!(areas.len() > 10 && arrows.len() > 10, "the sources were not read");
    let place = |name: &str| areas.iter().position(|area| area == name).unwrap();
    let wrong: Vec<_> = arrows.iter().filter(|(area, _, used)| place(used) > place(area)).collect();
    assert!(wrong.is_empty(), "arrows that point down: {wrong:#?}");
}

#[test]
fn the_screen_side_never_touches_a_tensor() {
    let (_, arrows) = arrows();
    let wrong: Vec<_> = arrows
        .iter()
        .filter(|(area, _, used)| {
            SCREEN_SIDE.contains(&area.as_str()) && WORKER_SIDE.contains(&used.as_str())
        })
        .collect();
    assert!(wrong.is_empty(), "arrows across the process boundary: {wrong:#?}");
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for area in SCREEN_SIDE {
        let mut files = Vec::new();
        rust_files(&src.join(area), &mut files);
        for file in files {
            assert!(!fs::read_to_string(&file).unwrap().contains("candle"), "{}", file.display());
        }
    }
}
