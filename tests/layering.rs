//! The areas of `src/lib.rs` stand in the order in which they may use each other. That the sources
//! are read as meant is a test of its own, on small texts.

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

/// The areas that a source file names, whatever the way: `crate::area::…`, `use crate::{area, …}`,
/// or, from `depth` modules below the root, at least as many `super::`; one more leads there from a
/// module inside the file.
fn names_areas(text: &str, depth: usize) -> Vec<String> {
    let mut found = Vec::new();
    for (start, steps) in [("crate::", 1), ("super::", depth)] {
        for (at, _) in text.match_indices(start) {
            let is_inside = |c: char| c.is_alphanumeric() || c == '_';
            if text[..at].ends_with(is_inside) || text[..at].ends_with(start) {
                continue;
            }
            let path = text[at..].trim_start_matches(start);
            if (text.len() - at - path.len()) / start.len() >= steps {
                found.extend(first_names(path));
            }
        }
    }
    found
}

/// The first name of a path, or of each path in a list of them: `a` and `b` in `{a::c, b::{d}}`.
fn first_names(path: &str) -> Vec<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let Some(list) = path.strip_prefix('{') else {
        return vec![path.chars().take_while(|&c| is_name(c)).collect()];
    };
    let (mut names, mut name, mut depth) = (Vec::new(), String::new(), 0);
    let mut is_first = true;
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(std::mem::take(&mut name));
                is_first = true;
            }
            _ if depth > 0 => {}
            c if is_name(c) && is_first => name.push(c),
            c if c.is_whitespace() && name.is_empty() => {}
            _ => is_first = false,
        }
    }
    names.push(name);
    // Behind the last comma nothing follows.
    names.retain(|name| !name.is_empty());
    names
}

/// How many modules a file is below the root: `nets/mod.rs` 1, `nets/device.rs` 2.
fn depth(relative: &Path) -> usize {
    relative.components().count() - usize::from(relative.ends_with("mod.rs"))
}

/// `(area, file, area it uses)` for every area that another one names in the sources.
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
        for name in names_areas(&fs::read_to_string(&file).unwrap(), depth(&relative)) {
            if areas.contains(&name) && name != area {
                arrows.push((area.clone(), relative.clone(), name));
            }
        }
    }
    (areas, arrows)
}

#[test]
fn every_way_to_name_an_area_is_read() {
    let names = |text: &str, depth| {
        let mut names = names_areas(text, depth);
        names.sort();
        names.join(" ")
    };
    assert_eq!(names("use crate::nets::Place;", 2), "nets");
    assert_eq!(names("fn f() -> crate::spec::Set { crate :: x }", 2), "spec");
    assert_eq!(names("use crate::{config, spec::{self, Set}, nets::a::b};", 2), "config nets spec");
    assert_eq!(names("use crate::{\n    words,\n    spec as s,\n};", 2), "spec words");
    assert_eq!(names("use super::super::train::Head;", 2), "train");
    assert_eq!(names("use super::super::{train, worker::work};", 2), "train worker");
    assert_eq!(names("use super::train::Head;", 1), "train");
    assert_eq!(names("mod tests { use super::super::super::train::Head; }", 2), "train");
    // Of its own area, and of another crate.
    assert_eq!(names("use super::train::Head; other_crate::nets::x", 2), "");
    assert_eq!(depth(Path::new("nets/mod.rs")), 1);
    assert_eq!(depth(Path::new("nets/inception_v3/mod.rs")), 2);
    assert_eq!(depth(Path::new("nets/inception_v3/plain.rs")), 3);
    assert_eq!(depth(Path::new("words.rs")), 1);
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
