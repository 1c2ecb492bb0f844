//! The papers say what the program does: lists come from its tables, commands and experiments in
//! them are taken, links and file names lead somewhere.
//!
//! `RETRAIN_PAPERS=write cargo test --test papers` writes the lists anew.

#[path = "papers/examples.rs"]
mod examples;
#[path = "papers/licences.rs"]
mod licences;
#[path = "common/skip.rs"]
mod skip;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use retrain::cli::Args;
use retrain::retrain_py::{AS_THERE, Script, flags_markdown};
use retrain::spec;

const README_LINES: usize = 250;
const FROM_RETRAIN_PY: &str = "docs/coming-from-retrain-py.md";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|err| panic!("{name}: {err}"))
}

/// Every page, by its path in the repository.
fn papers() -> Vec<String> {
    let mut papers = Vec::new();
    for folder in ["", "docs", "benches", "benches/peers", "tests/golden", "packaging"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "md") {
                papers.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    papers.sort();
    assert!(papers.len() > 15, "the papers were not found");
    papers
}

/// Lists within the papers: where, between which marks, and what the program says.
fn lists() -> Vec<(&'static str, &'static str, String)> {
    vec![
        ("README.md", "demo", fenced("text", &read("docs/pictures/demo.txt"))),
        ("docs/keys.md", "keys", retrain::tui::keys_markdown()),
        ("docs/filters.md", "filters", retrain::tui::filters_markdown()),
        ("docs/fields.md", "mistakes", mistakes()),
        ("docs/fields.md", "fields", spec::fields_markdown()),
        ("docs/commands.md", "commands", commands()),
        ("docs/config.md", "config", fenced("toml", &read("config.toml"))),
        (FROM_RETRAIN_PY, "retrain.py", flags_markdown(Script::Retrain)),
        (FROM_RETRAIN_PY, "label_image.py", flags_markdown(Script::LabelImage)),
        (FROM_RETRAIN_PY, "as-there", as_there()),
    ]
}

/// What an experiment says that retrain.py did unasked.
fn as_there() -> String {
    let rows = AS_THERE.iter().map(|(key, value, why)| format!("| `{key} = {value}` | {why} |\n"));
    format!("| setting | why |\n|---|---|\n{}", rows.collect::<String>())
}

fn fenced(language: &str, text: &str) -> String {
    format!("```{language}\n{}\n```\n", text.trim_end())
}

/// An experiment with the mistakes that people make, and what is said of it.
fn mistakes() -> String {
    const WRONG: &str = "images = \"photos\"\n\
                         catgories = [\"fire\", \"smoke\"]\n\
                         iterations = 0\n\
                         learning_rate = \"0.01\"\n\n\
                         [split]\n\
                         by = \"name\"\n";
    let said = spec::parse(WRONG, Path::new("experiments/photos.toml")).unwrap_err();
    format!("{}\n{}", fenced("toml", WRONG), fenced("text", &said.to_string()))
}

/// Pairs of a key as written, and the action that it is to stand for.
type Keys = &'static [(&'static str, &'static str)];

/// Keys that sentences of the papers name, and words of what they do there.
const KEYS_IN_SENTENCES: &[(&str, &str, Keys)] = &[
    ("README.md", "Everywhere", &[("?", "help"), (":", "palette"), ("q", "back")]),
    ("README.md", "Everywhere", &[("1", "Experiments"), ("2", "Live"), ("3", "Runs")]),
    ("README.md", "Editor", &[("f1", "help"), ("ctrl-p", "palette"), ("esc", "leave")]),
    ("README.md", "Experiments", &[("n", "new"), ("e", "edit"), ("r", "run")]),
    ("README.md", "Runs", &[("c", "compare")]),
    ("README.md", "Images", &[("m", "matrix")]),
    ("README.md", "Confusion matrix", &[("enter", "images of this cell")]),
    ("docs/screens.md", "Experiments", &[("n", "new"), ("e", "edit"), ("r", "run")]),
    ("docs/screens.md", "Experiments", &[("space", "mark")]),
    (
        "docs/screens.md",
        "Live",
        &[("h", "earlier"), ("l", "later"), (")", "smooth"), ("(", "less")],
    ),
    ("docs/screens.md", "Live", &[("+", "zoom in"), ("-", "zoom out"), ("x", "stop")]),
    ("docs/screens.md", "Live", &[("P", "pause"), ("X", "cancel")]),
    ("docs/screens.md", "Runs", &[("/", "filter"), ("u", "differ"), ("space", "mark")]),
    ("docs/screens.md", "Runs", &[("c", "compare")]),
    ("docs/screens.md", "Sorting a table", &[("s", "sort")]),
    (
        "docs/screens.md",
        "Images",
        &[("W", "wrong"), ("t", "set"), ("U", "score"), ("V", "pictures")],
    ),
    ("docs/screens.md", "Images", &[("enter", "large"), ("m", "matrix")]),
    ("docs/screens.md", "Editor", &[("tab", "complete"), ("ctrl-s", "save"), ("ctrl-r", "run")]),
    ("docs/screens.md", "Editor", &[("f1", "help"), ("ctrl-p", "palette"), ("esc", "leave")]),
    ("docs/queue.md", "Experiments", &[("space", "mark"), ("r", "run"), ("w", "queue")]),
    ("docs/queue.md", "Queue", &[("J", "down"), ("K", "up"), ("H", "hold")]),
    ("docs/queue.md", "Live", &[("x", "stop"), ("P", "pause"), ("X", "cancel"), ("r", "resume")]),
    ("docs/safety.md", "Runs", &[("d", "trash"), ("z", "bring back")]),
    ("docs/config.md", "Experiments", &[("E", "$EDITOR")]),
    ("docs/config.md", "Editor", &[("ctrl-e", "$EDITOR")]),
    ("docs/config.md", "Live", &[("o", "$EDITOR")]),
];

#[test]
fn keys_in_the_sentences_of_the_papers_do_what_is_said() {
    let tables = retrain::tui::keys_markdown();
    for (paper, section, keys) in KEYS_IN_SENTENCES {
        let (_, rest) = tables.split_once(&format!("**{section}**")).expect(section);
        let table = rest.split("**").next().unwrap();
        for (key, words) in *keys {
            let spelled = format!("`{key}`");
            assert!(read(paper).contains(&spelled), "{paper} does not name {spelled}");
            let row =
                table.lines().find(|line| line.split(" | ").next().unwrap().contains(&spelled));
            let row = row.unwrap_or_else(|| panic!("{paper}: {section} has no {spelled}"));
            assert!(row.contains(words), "{paper}: {spelled} in {section} is: {row}");
        }
    }
}

/// Every command in a line, then the help of each as it prints it.
fn commands() -> String {
    let mut program = Args::command().term_width(96);
    program.build();
    let mut table = "| command | what it does |\n|---|---|\n".to_owned();
    table += "| `retrain` | opens the screens |\n";
    let mut details = String::new();
    let shown =
        |command: &&mut clap::Command| !command.is_hide_set() && command.get_name() != "help";
    for command in program.get_subcommands_mut().filter(shown) {
        let name = command.get_name().to_owned();
        let about = command.get_about().unwrap().to_string();
        table += &format!("| [`retrain {name}`](#retrain-{name}) | {about} |\n");
        let help = command.render_long_help().to_string();
        details += &format!("\n## `retrain {name}`\n\n{}", fenced("text", &help));
        for inner in command.get_subcommands_mut().filter(shown) {
            let help = inner.render_long_help().to_string();
            details += &format!(
                "\n### `retrain {name} {}`\n\n{}",
                inner.get_name(),
                fenced("text", &help)
            );
        }
    }
    // Lines of help that are blank have spaces where clap indents.
    let text = table + &details;
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The text with another list between the marks of `name`.
fn spliced(page: &str, name: &str, list: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("no {end}"));
    format!("{before}{begin}{}\n{end}{after}", list.trim())
}

#[test]
fn lists_in_the_papers_are_those_of_the_program() {
    let writes = std::env::var("RETRAIN_PAPERS").is_ok_and(|wish| wish == "write");
    let mut outdated = BTreeSet::new();
    for (paper, name, list) in lists() {
        let found = read(paper);
        let expected = spliced(&found, name, &list);
        if found != expected {
            outdated.insert(format!("{paper}: {name}"));
            if writes {
                fs::write(root().join(paper), expected).unwrap();
            }
        }
    }
    assert!(
        writes || outdated.is_empty(),
        "outdated: {outdated:?}; write them anew with: RETRAIN_PAPERS=write cargo test --test papers"
    );
}

#[test]
fn the_readme_is_short_and_names_the_commands_that_ci_runs() {
    let readme = read("README.md");
    assert!(readme.lines().count() <= README_LINES, "{} lines", readme.lines().count());
    assert!(readme.contains("cargo run --release -- demo"));
    let test = "cargo test";
    assert!(read(".ci/run").lines().any(|line| line.starts_with(test)));
    assert!(readme.lines().any(|line| line.split('#').next().unwrap().trim() == test));
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut broken = Vec::new();
    for paper in papers() {
        let text = read(&paper);
        for link in links(&text) {
            if link.contains("://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let here = Path::new(&paper);
            let target = match file {
                "" => here.to_owned(),
                file => here.parent().unwrap().join(file),
            };
            let leads = root().join(&target).exists()
                && (heading.is_empty()
                    || headings(&read(target.to_str().unwrap())).any(|anchor| anchor == heading));
            if !leads {
                broken.push(format!("{paper}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere: {broken:#?}");
}

/// What stands in `](...)`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(link, _)| link))
}

/// Anchors of the headings, as GitHub makes them.
fn headings(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = |c: &char| c.is_alphanumeric() || *c == ' ' || *c == '-' || *c == '_';
        title.chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
    })
}

/// What a person may take for a file of this repository.
fn named_paths(text: &str) -> Vec<&str> {
    const PLACES: [&str; 8] =
        ["src/", "kernels/", "tests/", "docs/", "examples/", "benches/", "assets/", ".ci/"];
    let mut paths = Vec::new();
    for span in text.split('`').skip(1).step_by(2) {
        for word in span.split_whitespace() {
            let path = word.split("::").next().unwrap_or(word);
            if PLACES.iter().any(|place| path.starts_with(place)) {
                paths.push(path);
            }
        }
    }
    paths
}

/// Whether there is such a file, or any that fits where it is written with `*`.
fn exists(path: &str) -> bool {
    match path.split_once('*') {
        Some((before, _)) => root().join(before).parent().is_some_and(Path::exists),
        None => root().join(path).exists(),
    }
}

#[test]
fn every_file_that_the_papers_name_exists() {
    let mut missing = Vec::new();
    let mut named = 0;
    for paper in papers() {
        let text = read(&paper);
        // Fences would be taken for spans.
        let text = text.replace("```", "");
        for path in named_paths(&text) {
            named += 1;
            if !exists(path) {
                missing.push(format!("{paper}: {path}"));
            }
        }
    }
    assert!(named > 30, "the papers were not read");
    assert!(missing.is_empty(), "files that are not there: {missing:#?}");
}

/// The content of fenced blocks of a language, each with its paper.
fn blocks(language: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    for paper in papers() {
        let text = read(&paper);
        let begin = format!("```{language}\n");
        for rest in text.split(&begin).skip(1) {
            let block = rest.split("```").next().unwrap();
            blocks.push((paper.clone(), block.to_owned()));
        }
    }
    blocks
}

#[test]
fn every_test_and_example_that_the_papers_name_exists() {
    for paper in papers() {
        let text = read(&paper);
        for (flag, folder) in [("--test ", "tests"), ("--example ", "examples")] {
            for rest in text.split(flag).skip(1) {
                let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
                let file = root().join(folder).join(format!("{name}.rs"));
                let main: PathBuf = root().join(folder).join(name).join("main.rs");
                assert!(file.exists() || main.exists(), "{paper}: {flag}{name}");
            }
        }
    }
}

#[test]
fn every_experiment_in_the_papers_is_valid() {
    let mut checked = 0;
    for (paper, block) in blocks("toml") {
        // The list of mistakes is held to what is said of it; `config.toml` to its own test.
        if block.contains("catgories") || block.contains("# theme") {
            continue;
        }
        let text = match block.contains("images") {
            true => block,
            false => format!("images = \"photos\"\n{block}"),
        };
        spec::parse(&text, Path::new("x.toml")).unwrap_or_else(|err| panic!("{paper}: {err}"));
        checked += 1;
    }
    assert!(checked > 2, "the papers were not read");
}

/// Every file of the program, and its text before its tests.
fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs")
            && !path.ends_with("tests.rs")
        {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            found.push((path, code.to_owned()));
        }
    }
}

#[test]
fn what_made_readers_stop_is_not_said_again() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    sources(&root().join("kernels/src"), &mut files);
    assert!(files.len() > 200, "the sources were not read");
    let stopped = [
        "the present iteration",
        "iteration in hand",
        "with what it had\"",
        "goes on behind",
        "was said yet",
        "give up\"",
        "leaves it at that",
        "by a little",
        "until pressed again",
        "the feature cache {}",
        "\"precis.\"",
        "\"valid.\"",
        "things in the trash",
    ];
    let is_comment = |line: &&str| line.trim_start().starts_with("//");
    for (file, text) in &files {
        for line in text.lines().filter(|line| !is_comment(line)) {
            let found = stopped.iter().find(|words| line.contains(*words));
            assert_eq!(found, None, "{}: {line}; see docs/words.md", file.display());
        }
    }
}
