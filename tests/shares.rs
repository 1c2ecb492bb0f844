//! `retrain features --share`: several processes, each with a part of the photos, make what a run needs.

mod common;

use std::process::Stdio;

use common::Project;

const PHOTOS: usize = 3 * common::PER_CATEGORY;

fn project() -> Project {
    let project = Project::without_experiments();
    // A cache of its own, and features that are quick to make.
    project.write("config.toml", "");
    project.experiment("photos", "[network]\ntaps = [\"Conv2d_1a_3x3\"]");
    project
}

/// Gives all shares of so many at once; what each said.
fn at_once(project: &Project, of: usize) -> Vec<String> {
    let start = |number: usize| {
        let share = format!("{number}/{of}");
        let mut command = project.command(&["features", "photos", "--share", &share]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let started: Vec<_> = (1..=of).map(start).collect();
    let said = started.into_iter().map(|share| {
        let output = share.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    });
    said.collect()
}

/// The number before these words.
fn number(said: &str, words: &str) -> usize {
    let before = said.split(words).next().unwrap();
    before.split([' ', '(']).next_back().unwrap().parse().unwrap_or_else(|_| panic!("{said}"))
}

#[test]
fn shares_side_by_side_make_every_feature_once_and_a_run_finds_them_all() {
    let project = project();
    let said = at_once(&project, 3);
    let of_all = format!(" photos, of {PHOTOS} files in all shares");
    let photos: usize = said.iter().map(|said| number(said, &of_all)).sum();
    let computed: usize = said.iter().map(|said| number(said, " computed")).sum();
    assert_eq!((photos, computed), (PHOTOS, PHOTOS), "{said:?}");
    assert!(said[1].contains("share 2 of 3 is done"), "{said:?}");
    // Asked for again, and cut in another way.
    for said in at_once(&project, 1).iter().chain(&at_once(&project, 2)) {
        assert_eq!(number(said, " computed"), 0, "{said}");
    }
    project.ok(&["run", "experiments/photos.toml"]);
    let (_, run) = project.last();
    assert_eq!(run.features.unwrap().from_cache, PHOTOS);
}

#[test]
fn what_is_no_share_is_a_mistake_that_says_what_would_be_one() {
    let project = project();
    for (share, said) in [
        ("0/4", "the shares are 1/4 to 4/4"),
        ("5/4", "the shares are 1/4 to 4/4"),
        ("a/b", "expected K/N, such as 1/4"),
        ("1/0", "there can be 1 to 100000 shares"),
    ] {
        let output = project.retrain(&["features", "photos", "--share", share]);
        let words = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && words.contains(said), "{share}: {words}");
    }
    assert!(!project.path().join("cache").exists());
}
