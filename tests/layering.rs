//! The areas of `src/lib.rs` stand in the order in which they may use each other.

#[path = "layering/imports.rs"]
mod imports;

use std::fs;
use std::path::{Path, PathBuf};

use imports::{Sources, circles};

/// What lies below the process boundary, and may not touch a tensor.
const SCREEN_SIDE: [&str; 2] = ["runner", "tui"];
const WORKER_SIDE: [&str; 12] = [
    "kernels",
    "nets",
    "features",
    "likeness",
    "train",
    "activation",
    "past",
    "explain",
    "doubts",
    "growth",
    "kinds",
    "worker",
];

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The name of the area that a line of `lib.rs` declares: one of its own folders, or a package.
fn area(line: &str) -> Option<String> {
    let declared = line.split_once(';')?.0;
    let name = declared
        .strip_prefix("pub mod ")
        .or_else(|| Some(declared.strip_prefix("pub use ")?.split_once(" as ")?.1))?;
    Some(name.to_owned())
}

/// `(area, file, area it uses)`, tests included.
fn arrows() -> (Vec<String>, Vec<(String, PathBuf, String)>) {
    let areas: Vec<String> =
        fs::read_to_string(src().join("lib.rs")).unwrap().lines().filter_map(area).collect();
    let mut arrows = Vec::new();
    for (name, module) in &Sources::read(&src()).modules {
        let Some(area) = name.first().filter(|area| areas.contains(area)) else { continue };
        for used in module.used.iter().chain(&module.used_in_tests).filter_map(|name| name.first())
        {
            if areas.contains(used) && used != area {
                arrows.push((area.clone(), module.file.clone(), used.clone()));
            }
        }
    }
    (areas, arrows)
}

#[test]
fn an_area_uses_only_areas_listed_above_it() {
    let (areas, arrows) = arrows();
    assert!(areas.len() > 10 && arrows.len() > 100, "the sources were not read");
    assert!(arrows.iter().any(|(_, _, used)| used == "kernels"), "the package is an area, too");
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
    for (name, module) in &Sources::read(&src()).modules {
        if name.first().is_some_and(|area| SCREEN_SIDE.contains(&area.as_str())) {
            let text = fs::read_to_string(src().join(&module.file)).unwrap();
            assert!(!text.contains("candle"), "{}", module.file.display());
        }
    }
}

#[test]
fn no_file_uses_one_that_uses_it_in_turn() {
    let kernels = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels/src");
    for (folder, at_least) in [(src(), 1000), (kernels, 50)] {
        let sources = Sources::read(&folder);
        let arrows = sources.arrows();
        assert!(arrows.len() > at_least, "{} in {}", arrows.len(), folder.display());
        let found = circles(&arrows);
        for circle in &found {
            let within = arrows.iter().filter(|(a, b)| circle.contains(a) && circle.contains(b));
            within.for_each(|(from, to)| println!("{} uses {}", from.display(), to.display()));
        }
        assert!(found.is_empty(), "{} circles in {}", found.len(), folder.display());
    }
}
