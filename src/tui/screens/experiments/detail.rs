//! What an experiment would do: its photos by category and set, warnings, every setting.

use crate::config::Mistake;
use crate::spec::{self, Checked, Experiment, expected_in_words};
use crate::tui::experiments::{Check, Counting, KnownExperiment, Scanned};
use crate::tui::keys::names::{DETAIL_DOWN, DETAIL_UP, EDIT};
use crate::tui::theme::Role;
use crate::tui::widgets::{Lines, fit, safe, width};
use crate::words::{counted, grouped, progress, smallest_to_largest};

/// At most this many skipped files are named; the others are counted.
const NAMED: usize = 5;
const KEY_CELLS: usize = 28;
/// `validation` and a space.
const COUNT_CELLS: usize = 11;

/// All there is to be said, for so many cells.
pub fn lines(known: &KnownExperiment, counting: Option<&Counting>, cells: usize) -> Lines {
    let mut page = Lines::new(cells);
    page.lines.push(vec![(known.name.clone(), Role::Accent)]);
    match &known.check {
        Check::Good(checked) => page.good(checked, counting),
        Check::Broken(mistakes) => page.broken(mistakes),
        Check::Unreadable(problem) => page.say("✗ ", problem, Role::Bad),
    }
    page
}

/// What scrolls them, behind the number of those that are out of sight.
pub fn keys() -> String {
    format!(": {DETAIL_DOWN} {DETAIL_UP}")
}

impl Lines {
    fn broken(&mut self, mistakes: &[Mistake]) {
        for mistake in mistakes {
            let text = format!("line {}: {}", mistake.line, mistake.message);
            self.say("✗ ", &text, Role::Bad);
        }
        self.gap();
        self.say("", &format!("{EDIT} opens the editor at them"), Role::Dim);
    }

    fn good(&mut self, checked: &Checked, counting: Option<&Counting>) {
        let Checked { experiment, written, warnings, sweep } = checked;
        if !experiment.description.is_empty() {
            self.say("", &experiment.description, Role::Text);
        }
        if let Some(sweep) = sweep {
            let text = format!(
                "a sweep over {}: {}",
                sweep.keys().join(" and "),
                counted(sweep.members().len(), "run")
            );
            self.say("", &text, Role::Accent);
        }
        self.gap();
        self.photos(experiment, counting);
        for warning in warnings {
            let text = format!("line {}: {}", warning.line, warning.message);
            self.say("! ", &text, Role::Warning);
        }
        self.gap();
        self.settings(experiment, written);
    }

    fn photos(&mut self, experiment: &Experiment, counting: Option<&Counting>) {
        let folder = safe(&experiment.images.to_string_lossy()).into_owned();
        let mut title = vec![("photos in ".to_owned(), Role::Dim), (folder, Role::Text)];
        let Some(counting) = counting else {
            self.lines.push(title);
            return self.say("", "counting", Role::Dim);
        };
        if let Some((read, found)) = counting.reading {
            title.push((format!("  reading {}", progress(read, found)), Role::Dim));
        }
        self.lines.push(title);
        match &counting.scanned {
            Some(Ok(scanned)) => self.scanned(scanned),
            Some(Err(problem)) => self.say("✗ ", problem, Role::Bad),
            None => self.quick(&counting.quick),
        }
    }

    fn quick(&mut self, categories: &[(String, usize)]) {
        self.counts("category", &["files"], Role::Dim);
        for (name, count) in categories {
            self.counts(name, &[&grouped(*count)], Role::Text);
        }
    }

    fn scanned(&mut self, scanned: &Scanned) {
        match scanned.folds.first() {
            Some((each, _)) => self.folds(scanned, each.len()),
            None => self.sets(scanned),
        }
        if let Some(problem) = &scanned.problem {
            self.say("✗ ", problem, Role::Bad);
        }
        if let Some(seconds) = scanned.seconds {
            self.say("", &expected_in_words(seconds), Role::Text);
        }
        for warning in &scanned.warnings {
            self.say("! ", warning, Role::Warning);
        }
        if !scanned.skipped.is_empty() {
            let text = match scanned.skipped.len() {
                1 => "1 file is skipped:".to_owned(),
                count => format!("{} files are skipped:", grouped(count)),
            };
            self.say("! ", &text, Role::Warning);
            for skipped in scanned.skipped.iter().take(NAMED) {
                self.say("  ", skipped, Role::Dim);
            }
        }
    }

    fn sets(&mut self, scanned: &Scanned) {
        self.counts("category", &["training", "validation", "test"], Role::Dim);
        let mut sums = [0; 3];
        for (name, counts) in &scanned.categories {
            let texts = counts.map(grouped);
            self.counts(name, &texts.each_ref().map(String::as_str), Role::Text);
            (0..3).for_each(|set| sums[set] += counts[set]);
        }
        let texts = sums.map(grouped);
        self.counts("all", &texts.each_ref().map(String::as_str), Role::Dim);
    }

    fn folds(&mut self, scanned: &Scanned, folds: usize) {
        self.counts("category", &["photos", "watching", "in a fold"], Role::Dim);
        let (mut sums, mut watch) = (vec![0; folds], 0);
        let row = |page: &mut Self, name: &str, each: &[usize], watching: usize, role| {
            let texts = [grouped(each.iter().sum::<usize>()), grouped(watching)];
            let [photos, watching] = texts.each_ref().map(String::as_str);
            page.counts(name, &[photos, watching, &smallest_to_largest(each)], role);
        };
        for ((name, _), (each, watching)) in scanned.categories.iter().zip(&scanned.folds) {
            row(self, name, each, *watching, Role::Text);
            sums.iter_mut().zip(each).for_each(|(sum, count)| *sum += count);
            watch += watching;
        }
        row(self, "all", &sums, watch, Role::Dim);
        self.say("", &spec::heads_in_words(folds), Role::Text);
    }

    fn counts(&mut self, name: &str, counts: &[&str], role: Role) {
        let room = self.cells.saturating_sub(COUNT_CELLS * counts.len() + 1).clamp(8, 24);
        let name = fit(name, room);
        let pad = " ".repeat(room - width(&name));
        let counts: String = counts.iter().map(|count| format!("{count:>COUNT_CELLS$}")).collect();
        self.lines.push(vec![(format!("{name}{pad}{counts}"), role)]);
    }

    /// What was written first, then the defaults of the rest.
    fn settings(&mut self, experiment: &Experiment, written: &[&str]) {
        // Its text stands above already.
        let all = spec::settings(experiment).into_iter().filter(|(key, _)| *key != "description");
        let (chosen, defaults): (Vec<_>, Vec<_>) = all.partition(|(key, _)| written.contains(key));
        for (key, value) in chosen {
            self.lines.push(vec![(format!("{key:KEY_CELLS$} "), Role::Dim), (value, Role::Text)]);
        }
        self.gap();
        self.lines.push(vec![("by default".to_owned(), Role::Dim)]);
        for (key, value) in defaults {
            self.lines.push(vec![(format!("{key:KEY_CELLS$} {value}"), Role::Dim)]);
        }
    }
}
