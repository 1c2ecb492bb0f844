//! Reports of runs that are made here, with real photos.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use super::gather::pictures_a_list;
use super::picture::MOST_BYTES;
use super::*;
use crate::demo;
use crate::insight::{Evaluation, Scored, wilson};
use crate::spec::Set;
use crate::store::{
    Counts, Ending, EvaluationPoint, Event, ImageScore, NetworkFacts, PhotoRow, Record, RunFolder,
    SCHEMA_VERSION, StepPoint, TestResult, skipped_csv, write_photos, write_scores,
};
use crate::words::{percent, percent_range};

/// A project with runs whose photos are drawn.
struct Project {
    folder: tempfile::TempDir,
    categories: Vec<String>,
}

impl Project {
    fn new(categories: &[&str]) -> Project {
        let categories = categories.iter().map(|&name| name.to_owned()).collect();
        Project { folder: tempfile::tempdir().unwrap(), categories }
    }

    fn image(&self, file: &Path) -> PathBuf {
        self.folder.path().join("photos").join(file)
    }

    /// A run that has tested one photo of each file with these scores, ended by `end`.
    fn run(&self, id: &str, tested: &[(&OsStr, usize, &[f32])], end: Option<Event>) -> RunFolder {
        let run = RunFolder::at(self.folder.path().join("runs").join(id));
        fs::create_dir_all(run.path()).unwrap();
        let rows: Vec<ImageScore> = tested
            .iter()
            .map(|&(file, category, scores)| ImageScore {
                file: file.into(),
                set: Set::Test,
                category,
                scores: scores.to_vec(),
            })
            .collect();
        for (number, row) in rows.iter().enumerate() {
            let path = self.image(&row.file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let picture = demo::draw(row.category % 3, number);
            picture.save_with_format(path, image::ImageFormat::Png).unwrap();
        }
        if !rows.is_empty() {
            write_scores(&run.scores(), &self.categories, &rows).unwrap();
            let hash = |row: &ImageScore| blake3::hash(&fs::read(self.image(&row.file)).unwrap());
            let photo = |row: &ImageScore| {
                let hash = hash(row).to_hex().to_string();
                (row.file.clone(), self.categories[row.category].clone(), hash)
            };
            let photos: Vec<_> = rows.iter().map(photo).collect();
            let lines = photos.iter().map(|(file, category, hash)| {
                let (file, hash) = (file.as_path(), hash.clone());
                PhotoRow { file, set: "test", category, hash, fold: None }
            });
            fs::write(run.photos(), write_photos(Vec::new(), lines).unwrap()).unwrap();
        }
        let skipped = [(Path::new("misc/cut.jpg"), "the file is cut off".to_owned())];
        fs::write(run.skipped(), skipped_csv(skipped.into_iter())).unwrap();
        self.log(&run, end);
        run
    }

    /// Times are those of the records, so that a report says the same each time.
    fn log(&self, run: &RunFolder, end: Option<Event>) {
        let setting = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let settings = [
            setting("description", "\"Does <b>misc</b> keep \\\"empty\\\" fireplaces | out?\""),
            setting("iterations", "40"),
            setting("images", "\"photos\""),
            setting("train.seed", if run.id().ends_with('2') { "7" } else { "0" }),
        ];
        let counts = |category: &String| Counts {
            category: category.clone(),
            training: 5,
            validation: 2,
            test: 1,
            folds: Vec::new(),
        };
        let mut events = vec![
            Event::Created {
                experiment: "fire".into(),
                source: "experiments/fire.toml".into(),
                root: "../..".into(),
                program: "0.1.0".into(),
                iterations: 40,
                settings: settings.into(),
                group: None,
            },
            Event::Started { pid: 7, host: "box".into(), threads: 2 },
            Event::Dataset {
                images: "photos".into(),
                counts: self.categories.iter().map(counts).collect(),
                skipped: 1,
                duplicates: 0,
            },
            Event::Network(NetworkFacts {
                backbone: "tiny".into(),
                weights: "built-in".into(),
                properties: vec![("side".into(), "299".into())],
                ..NetworkFacts::default()
            }),
        ];
        for step in 1..=40 {
            let loss = 1.0 / step as f64;
            events.push(Event::Step(StepPoint {
                step,
                loss,
                accuracy: 1.0 - loss / 2.0,
                learning_rate: 0.01,
            }));
            if step % 10 == 0 {
                events.push(Event::Evaluation(EvaluationPoint {
                    step,
                    train_loss: loss,
                    train_accuracy: 1.0,
                    validation_loss: 0.5 + loss,
                    validation_accuracy: 0.75,
                }));
            }
        }
        events.extend(end);
        let start = 1_795_968_000_i64;
        let line = |(second, event)| {
            let at = crate::store::Timestamp::from_second(second).unwrap();
            serde_json::to_string(&Record { v: SCHEMA_VERSION, at, lease: 0, event }).unwrap()
        };
        let lines: Vec<String> = (start..).zip(events).map(line).collect();
        fs::write(run.events(), lines.join("\n") + "\n").unwrap();
    }
}

fn finished(correct: usize, n: usize) -> Option<Event> {
    let (low, high) = wilson(correct, n).unwrap_or_default();
    let accuracy = correct as f64 / n.max(1) as f64;
    let test =
        TestResult { correct, n, accuracy, low, high, log_loss: 0.5, folds: 0, would_notice: None };
    Some(Event::Finished { ending: Ending::Completed, step: 40, kept_step: 40, test })
}

fn report(runs: &[RunFolder]) -> Report {
    let at = "2026-12-01T08:30:00Z".parse().unwrap();
    Report { at, zone: TimeZone::UTC, ..Report::of(runs).unwrap() }
}

/// Four photos of three categories, one of them wrong.
const TESTED: [(&str, usize, [f32; 3]); 4] = [
    ("fire/1.png", 0, [0.9, 0.06, 0.04]),
    ("misc/2_a.png", 1, [0.7, 0.2, 0.1]),
    ("misc/3.png", 1, [0.1, 0.5, 0.4]),
    ("smoke/4.png", 2, [0.0, 0.0, 1.0]),
];

fn tested(rows: &[(&'static str, usize, [f32; 3])]) -> Vec<(&'static OsStr, usize, Vec<f32>)> {
    rows.iter().map(|(file, truth, scores)| (OsStr::new(*file), *truth, scores.to_vec())).collect()
}

fn small(project: &Project, id: &str, rows: &[(&'static str, usize, [f32; 3])]) -> RunFolder {
    let rows = tested(rows);
    let rows: Vec<_> =
        rows.iter().map(|(file, truth, scores)| (*file, *truth, &scores[..])).collect();
    let right = rows.iter().filter(|(_, truth, scores)| crate::insight::predict(scores) == *truth);
    let end = finished(right.count(), rows.len());
    project.run(id, &rows, end)
}

/// Tags that have no end.
const WITHOUT_CONTENT: [&str; 1] = ["!DOCTYPE"];

/// Names of tags and their attributes. Panics where a tag is not closed in its order, an attribute
/// has no quotes, or an id is there twice.
fn tags(html: &str) -> Vec<(String, Vec<(String, String)>)> {
    let (mut open, mut found, mut ids) = (Vec::new(), Vec::new(), HashSet::new());
    // What stands in a style sheet is no markup.
    let (before, after) = html.split_once("<style>").unwrap();
    let html = format!("{before}<style>{}", &after[after.find("</style>").unwrap()..]);
    let mut rest = html.as_str();
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "a stray > in {:?}", &rest[..at]);
        let end = at + rest[at..].find('>').expect("a tag ends");
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "closed out of order");
            continue;
        }
        let is_closed = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut named = Vec::new();
        if name != "!DOCTYPE" {
            while let Some((key, value)) = attributes.trim_start().split_once("=\"") {
                assert!(
                    key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
                    "{tag}"
                );
                let (value, after) = value.split_once('"').expect("a quote ends");
                if key == "id" {
                    assert!(ids.insert(value.to_owned()), "{value} is there twice");
                }
                named.push((key.to_owned(), value.to_owned()));
                attributes = after;
            }
            assert_eq!(attributes.trim(), "", "{tag}");
        }
        if !is_closed && !WITHOUT_CONTENT.contains(&name) {
            open.push(name.to_owned());
        }
        found.push((name.to_owned(), named));
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    found
}

/// It is whole, and a browser has nothing to fetch or to run for it.
fn stands_alone(html: &str) {
    let found = tags(html);
    assert!(found.len() > 50);
    for (name, attributes) in &found {
        assert!(
            !["script", "link", "iframe", "object", "base", "a"].contains(&name.as_str()),
            "{name}"
        );
        for (key, value) in attributes {
            assert!(!key.starts_with("on") && key != "href" && key != "style", "{key}={value}");
            assert!(key != "src" || value.starts_with("data:image/jpeg;base64,"), "{value}");
        }
    }
    let style = html.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    assert!(!style.contains("url(") && !style.contains("@import") && !style.contains('<'));
    assert!(!html.to_lowercase().contains("http:") && !html.to_lowercase().contains("https:"));
    assert!(
        html.contains("content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    );
}

#[test]
fn the_numbers_are_those_of_insight() {
    let project = Project::new(&["fire", "misc", "smoke"]);
    let run = small(&project, "20261128-200000-fire", &TESTED);
    let report = report(&[run]);
    let rows = TESTED.map(|(_, truth, scores)| (truth, scores));
    let scored = rows.iter().map(|(truth, scores)| Scored { truth: *truth, scores });
    let evaluation = Evaluation::of(scored, 3);
    let (low, high) = evaluation.accuracy_interval().unwrap();
    let (page, text) = (html(&report), markdown(&report));
    stands_alone(&page);
    let said =
        format!("of 4 test photos are recognised (95% interval {})", percent_range(low, high));
    let figure = percent(evaluation.accuracy());
    assert!(page.contains(&format!("<strong>{figure}</strong> {said}")));
    assert!(text.contains(&format!("**{figure}** {said}")), "{text}");
    for (category, of) in evaluation.categories.iter().enumerate() {
        let right = evaluation.confusion.count(category, category);
        let (low, high) = wilson(right, of.support).unwrap();
        let recall = format!("{} ({})", percent(of.recall), percent_range(low, high));
        assert!(text.contains(&recall), "{recall}: {text}");
        assert!(page.contains(&format!("<td class=\"soft\">{}</td>", percent_range(low, high))));
    }
    let wrong = "<td class=\"wrong5\">1</td>";
    assert!(page.contains(wrong), "half of misc were taken for fire");
    assert_eq!(page.matches("<img ").count(), 4, "the wrong one and those least sure");
    let (first, second) = (page.find("misc/2_a.png").unwrap(), page.find("misc/3.png").unwrap());
    assert!(first < second, "the wrong one is first");
}

#[test]
fn the_markdown_of_a_small_run() {
    let project = Project::new(&["fire", "misc", "smoke"]);
    let run = small(&project, "20261128-200000-fire", &TESTED);
    insta::assert_snapshot!(markdown(&report(&[run])));
}

#[test]
fn runs_are_measured_against_the_first_or_it_is_said_why_not() {
    let project = Project::new(&["fire", "misc", "smoke"]);
    let mut other = TESTED;
    other[1].2 = [0.2, 0.7, 0.1];
    other[3].2 = [0.0, 0.6, 0.4];
    let first = small(&project, "run-1", &TESTED);
    let second = small(&project, "run-2", &other);
    let cancelled = project.run("run-3", &[], Some(Event::Cancelled));
    let report = report(&[first, second, cancelled]);
    let (page, text) = (html(&report), markdown(&report));
    stands_alone(&page);
    let said = "Run 2 against run 1, on the same 4 test photos: 1 fixed, 1 broken of 4: no evidence \
                of a difference (p = 1.00; ";
    assert!(page.contains(said) && text.contains(said), "{text}");
    let said = "Run 3 and run 1: run-3 has no scores: they are written at its end";
    assert!(page.contains(said) && text.contains(said), "{text}");
    assert!(text.contains("### What run 2 fixed: all 1\n"), "{text}");
    assert!(text.contains("| misc/2\\_a.png | misc | fire 0.700 | misc 0.700 |"), "{text}");
    assert!(text.contains("| smoke/4.png | smoke | smoke 1.000 | misc 0.600 |"), "{text}");
    assert!(text.contains("| train.seed | 0 | 7 | 0 |"), "{text}");
    assert!(text.contains("one looks better by luck"), "{text}");
    assert_eq!(page.matches("<path class=\"line l2\"").count(), 3, "two charts and their legend");
}

#[test]
fn no_name_can_become_markup() {
    let names = ["<script>alert(1)</script>", "a\"b' onerror='x", "new\nline & |pipe|\u{202e}"];
    let project = Project::new(&names);
    let files = [
        OsStr::new("<img src=x onerror=alert(1)>.png"),
        OsStr::new("a\"'><b>.png"),
        OsStr::from_bytes(b"new\nline\xff.png"),
        OsStr::new("https:/a.png"),
    ];
    let scores: [f32; 3] = [0.2, 0.3, 0.5];
    let tested: Vec<_> =
        files.iter().enumerate().map(|(at, &file)| (file, at % 3, &scores[..])).collect();
    let run = project.run("20261128-200000-a<b>", &tested, finished(1, 4));
    let failed = Event::Failed { message: "<script>'\"&".into(), fault: false };
    let broken = project.run("2", &[], Some(failed));
    let report = report(&[run, broken]);
    let page = html(&report).replace("https:/a.png", "").replace("https:\\u", "");
    stands_alone(&page);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains("a&quot;b&#39; onerror=&#39;x"));
    assert!(page.contains(r"new\nline\xff.png") && page.contains(r"\u{202e}"));
    assert_eq!(page.matches("<img src=\"data:").count(), 4, "all can be read");
    let text = markdown(&report);
    assert!(!text.contains("<script") && !text.contains("<img") && !text.contains('\u{202e}'));
    let tables = text.lines().filter(|line| line.starts_with("| new line"));
    for line in tables {
        assert!(line.contains(r"&amp; \|pipe\|"), "{line}");
    }
}

#[test]
fn what_has_ended_without_a_result_or_not_at_all_shows_what_there_is() {
    let project = Project::new(&["fire", "misc"]);
    let failed = Event::Failed { message: "the disk is full".into(), fault: true };
    let cases = [
        ("1", Some(failed), "No result: it failed at iteration 40/40: the disk is full"),
        ("2", Some(Event::Cancelled), "No result: cancelled at iteration 40/40"),
        ("3", None, "No result: lost at iteration 40/40"),
        ("4", finished(0, 0), "No test photos, so nothing can be said of photos that it never saw"),
    ];
    for (id, end, expected) in cases {
        let report = report(&[project.run(id, &[], end)]);
        let page = html(&report);
        stands_alone(&page);
        assert!(page.contains(expected), "{expected}");
        assert!(markdown(&report).contains(expected), "{expected}");
        assert!(page.contains("<path class=\"line l0\""), "the curves are there");
        assert!(!page.contains("Confusion"));
    }
}

#[test]
fn what_old_runs_lack_and_photos_that_have_gone_are_said() {
    let project = Project::new(&["fire", "misc", "smoke"]);
    let run = small(&project, "20261128-200000-fire", &TESTED);
    fs::remove_file(project.image(Path::new("misc/2_a.png"))).unwrap();
    fs::write(project.image(Path::new("misc/3.png")), "another").unwrap();
    let page = html(&report(std::slice::from_ref(&run)));
    assert!(page.contains("no picture: no such file"));
    assert!(page.contains("no picture: the file has changed since the run"));
    assert_eq!(page.matches("<img ").count(), 2);
    // Without hashes nobody can tell, and the tables need none.
    fs::remove_file(run.photos()).unwrap();
    let page = html(&report(std::slice::from_ref(&run)));
    stands_alone(&page);
    assert_eq!(page.matches("<img ").count(), 2);
    assert!(page.contains("Confusion") && page.contains("no picture: "));
    // A run whose scores were removed still has its result.
    fs::remove_file(run.scores()).unwrap();
    let page = html(&report(&[run]));
    assert!(page.contains("<strong>75.0%</strong>"));
    assert!(page.contains("has no scores"));
}

/// The largest that there can be: every list full, every picture as large as allowed, as many rows
/// as are shown.
#[test]
fn no_report_reaches_2_mb() {
    let names: Vec<String> = (0..40).map(|number| format!("category number {number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let project = Project::new(&names);
    let mut scores = [0.0_f32; 40];
    scores[39] = 1.0;
    let row = [(OsStr::new("a.png"), 0, &scores[..])];
    let run = project.run("20261128-200000-with-a-rather-long-name", &row, finished(0, 1));
    let mut single = report(&[run.clone(), run]);
    let mut facts = single.runs.remove(0);
    let picture = Picture { jpeg: vec![0xff; MOST_BYTES], width: 320, height: 240 };
    let full = |card: &PhotoCard, runs| {
        let card = PhotoCard { picture: Ok(picture.clone()), ..card.clone() };
        vec![card; pictures_a_list(runs)]
    };
    let card = facts.photos[0].clone();
    let points: Vec<(f64, f64)> = (0..300).map(|at| (13_333.3 * at as f64, 0.123456)).collect();
    facts.curves = Curves {
        train_loss: points.clone(),
        train_accuracy: points.clone(),
        validation_loss: points.clone(),
        validation_accuracy: points,
        iterations_a_point: 13_333,
    };
    let mut versus = single.versus.remove(0);
    for runs in 1..=MOST_RUNS {
        facts.photos = full(&card, runs);
        let difference = versus.difference.as_mut().unwrap();
        difference.fixed = full(&card, runs);
        difference.broken = full(&card, runs);
        let report = Report {
            runs: vec![facts.clone(); runs],
            versus: vec![versus.clone(); runs - 1],
            ..single.clone()
        };
        let bytes = html(&report).len();
        assert!((400_000..2_000_000).contains(&bytes), "{runs} runs: {bytes} bytes");
    }
}
