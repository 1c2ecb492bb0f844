//! What both forms of a report say in words.

use super::facts::{Difference, Report, RunFacts, TestScores};
use crate::insight::{beyond_accuracy, of_folds, overfitting, wilson, would_notice};
use crate::spec;
use crate::store::{Counts, End, Ending, Run, State};
use crate::words::{counted, duration, grouped, moment, percent, percent_range, points, progress};

/// By this a page is known for a report, which may be replaced by a newer one.
pub const MARK_IN_HTML: &str = "<meta name=\"generator\" content=\"retrain report\"/>";
/// The same in Markdown, where it is not shown.
pub const MARK_IN_MARKDOWN: &str = "<!-- retrain report -->";

/// The answer to the question of a run, in a sentence: the number first, where there is one.
pub struct Answer {
    /// `83.8%`
    pub figure: Option<String>,
    /// `of 99 test photos are recognised (95% interval 75.4 to 89.7%)`
    pub rest: String,
}

pub fn answer(facts: &RunFacts) -> Answer {
    let Some(test) = facts.run.test() else {
        return Answer { figure: None, rest: no_result(facts) };
    };
    match wilson(test.correct, test.n) {
        None => Answer {
            figure: None,
            rest: "No test photos, so nothing can be said of photos that it never saw".to_owned(),
        },
        Some((low, high)) => Answer {
            figure: Some(percent(test.correct as f64 / test.n as f64)),
            rest: format!(
                "of {} are recognised (95% interval {})",
                counted(test.n, "test photo"),
                percent_range(low, high)
            ) + &of_folds(test.folds).map_or(String::new(), |of| format!(", {of}"))
                + &would_notice(test.would_notice)
                    .map_or(String::new(), |said| format!("; {said}")),
        },
    }
}

fn no_result(facts: &RunFacts) -> String {
    let run = &facts.run;
    let state = facts.state.name();
    let reached = format!("at iteration {}", progress(run.step(), run.iterations));
    let at = if run.step() > 0 { format!(" {reached}") } else { String::new() };
    match &run.end {
        Some(End::Failed(message)) => format!("No result: it failed{at}: {message}"),
        _ if facts.state.is_live() => {
            let stage = run.stage.map_or(String::new(), |stage| format!(" ({})", stage.name()));
            let stage = if facts.state == State::Running { stage } else { String::new() };
            format!("No result yet: {state}{stage}{at}")
        }
        _ => format!("No result: {state}{at}"),
    }
}

/// What the accuracy alone would hide: how far mere guessing comes, and the other measures.
pub fn beside_the_answer(facts: &RunFacts) -> Option<String> {
    let scores = facts.scores.as_ref().ok()?;
    let matrix = &scores.evaluation.confusion;
    let largest =
        (0..matrix.categories()).max_by_key(|&at| (matrix.support(at), usize::MAX - at))?;
    let share = matrix.support(largest) as f64 / matrix.images().max(1) as f64;
    let mut said = vec![format!(
        "Always saying '{}' would give {}",
        scores.categories[largest],
        percent(share)
    )];
    said.extend(beyond_accuracy(&scores.evaluation));
    Some(said.join(", "))
}

/// Why training ended before its last iteration; `None` where it did not.
pub fn early_end(ending: Ending, step: usize, kept_step: usize) -> Option<String> {
    match ending {
        Ending::Completed => None,
        Ending::Stopped => Some(format!("stopped at iteration {}", grouped(step))),
        Ending::EarlyStop => Some(format!(
            "stopped at iteration {}: validation no longer improved; the weights are those of \
             iteration {}",
            grouped(step),
            grouped(kept_step)
        )),
    }
}

/// The run in short: name and value.
pub fn in_short(facts: &RunFacts, report: &Report) -> Vec<(&'static str, String)> {
    let run = &facts.run;
    let mut rows = vec![("run", facts.id.clone()), ("state", facts.state.name().to_owned())];
    if !run.counts.is_empty() {
        let all = |of: fn(&Counts) -> usize| grouped(run.counts.iter().map(of).sum::<usize>());
        let photos = format!("{} in {} categories", all(Counts::total), grouped(run.counts.len()));
        let photos = match spec::folds(&run.settings) {
            0 => format!(
                "{photos}: {} training, {} validation, {} test",
                all(|counts| counts.training),
                all(|counts| counts.validation),
                all(|counts| counts.test)
            ),
            folds => format!("{photos}, each tested in one of {folds} folds"),
        };
        rows.push(("photos", photos));
    }
    if run.skipped > 0 {
        rows.push(("left out", counted(run.skipped, "file")));
    }
    if run.duplicates > 0 {
        rows.push(("of equal content", counted(run.duplicates, "photo")));
    }
    if let Some(network) = &run.network {
        rows.push(("network", format!("{}, weights: {}", network.backbone, network.weights)));
    }
    if run.step() > 0 {
        rows.push(("training", training(run)));
    }
    if run.seconds() > 0.0 {
        rows.push(("time", duration(run.seconds())));
    }
    if let Some(created) = run.created {
        rows.push(("made", moment(created, &report.zone)));
    }
    rows
}

fn training(run: &Run) -> String {
    let mut said = format!("{} iterations", progress(run.step(), run.iterations));
    if let Some(End::Finished { ending, step, kept_step, .. }) = run.end {
        let kept = format!("the weights are those of iteration {}", grouped(kept_step));
        said += &format!(", {}", early_end(ending, step, kept_step).unwrap_or(kept));
    }
    if let Some(kept) = run.kept() {
        said += &format!(", validation accuracy {}", percent(kept.validation_accuracy));
    }
    if let Some(best) = run.best {
        let (highest, step) = (percent(best.validation_accuracy), grouped(best.step));
        said += &format!(" (the highest was {highest} at iteration {step})");
    }
    said
}

/// What a person should know of a run: trouble first, then its warnings.
pub fn notices(facts: &RunFacts) -> Vec<String> {
    let refusal = facts.run.refusal.as_ref().map(|why| format!("could not be resumed: {why}"));
    let said = facts.trouble.clone().into_iter().chain(overfitting(&facts.run)).chain(refusal);
    said.chain(facts.run.warnings.iter().cloned()).collect()
}

/// Which photos of a run are shown.
pub fn worst_photos(facts: &RunFacts, scores: &TestScores) -> String {
    let wrong = scores.evaluation.images - scores.evaluation.correct;
    let shown = facts.photos.iter().filter(|photo| !photo.guesses[0].is_right).count();
    let right = facts.photos.len() - shown;
    let wrong = match wrong {
        0 => "None is wrong".to_owned(),
        _ => format!("Wrong: {}, the highest wrong score first", some_of(shown, wrong)),
    };
    match right {
        0 => format!("{wrong}. Behind each category its score."),
        _ => format!(
            "{wrong}; then {} right that it was least sure of. Behind each category its score.",
            grouped(right)
        ),
    }
}

/// `all 5`, or `12 of 40`.
pub fn some_of(shown: usize, all: usize) -> String {
    match shown < all {
        true => format!("{} of {}", grouped(shown), grouped(all)),
        false => format!("all {}", grouped(all)),
    }
}

/// What the report is called: the question; of several with different questions, what they are.
pub fn title(report: &Report) -> String {
    let question = &report.runs[0].question;
    if report.runs.iter().all(|facts| facts.question == *question) {
        return question.clone();
    }
    let mut names: Vec<&str> = Vec::new();
    for facts in &report.runs {
        if !names.contains(&facts.question.as_str()) {
            names.push(&facts.question);
        }
    }
    names.join(" / ")
}

/// `run 2 against run 1, on the same 99 test photos: 13 fixed, ...`, or why not.
pub fn against_first(number: usize, difference: &Result<Difference, String>) -> String {
    match difference {
        Ok(Difference { comparison, ground, .. }) => {
            format!("Run {number} against run 1, {ground}: {}", comparison.in_words())
        }
        Err(reason) => format!("Run {number} and run 1: {reason}"),
    }
}

/// A rule of thumb for who reads more than one comparison.
pub fn many_comparisons(report: &Report) -> Option<&'static str> {
    (report.versus.len() > 1).then_some(
        "The more runs are compared, the less a single one says: of twenty that are no better, \
         one looks better by luck.",
    )
}

/// The rows of the table of runs: a name, and a value for each run.
pub fn table_of_runs(report: &Report) -> Vec<(String, Vec<String>)> {
    let row = |name: &str, value: &dyn Fn(&RunFacts) -> Option<String>| {
        let values = report.runs.iter().map(|facts| value(facts).unwrap_or_default()).collect();
        (name.to_owned(), values)
    };
    let accuracy = |facts: &RunFacts| {
        let test = facts.run.test()?;
        let (low, high) = wilson(test.correct, test.n)?;
        Some(format!("{} ({})", percent(test.accuracy), percent_range(low, high)))
    };
    let validation = |facts: &RunFacts| Some(percent(facts.run.kept()?.validation_accuracy));
    let mut rows = vec![
        row("run", &|facts| Some(facts.id.clone())),
        row("state", &|facts| Some(facts.state.name().to_owned())),
        row("test accuracy (95% interval)", &accuracy),
        row("test photos", &|facts| Some(grouped(facts.run.test()?.n))),
    ];
    let against = report.versus.iter().map(|versus| match &versus.difference {
        Ok(difference) => points_of(difference).unwrap_or_default(),
        Err(_) => "not comparable".to_owned(),
    });
    rows.push((
        "points against run 1".to_owned(),
        [String::new()].into_iter().chain(against).collect(),
    ));
    rows.push(row("validation accuracy", &validation));
    rows.push(row("iterations", &|facts| Some(progress(facts.run.step(), facts.run.iterations))));
    rows.push(row("time", &|facts| Some(duration(facts.run.seconds()))));
    let photos = report.versus.iter().map(|versus| match &versus.difference {
        Ok(difference) => difference.photos.clone(),
        Err(_) => String::new(),
    });
    let photos: Vec<String> = [String::new()].into_iter().chain(photos).collect();
    if photos.iter().any(|said| !said.is_empty()) {
        rows.push(("photos against run 1".to_owned(), photos));
    }
    rows.extend(report.differing());
    rows
}

fn points_of(difference: &Difference) -> Option<String> {
    let (low, high) = difference.comparison.difference_interval()?;
    let [middle, low, high] = [difference.comparison.difference(), low, high].map(points);
    Some(format!("{middle} ({low} to {high})"))
}

/// Where the report comes from.
pub fn origin(report: &Report) -> String {
    let runs: Vec<&str> = report.runs.iter().map(|facts| facts.id.as_str()).collect();
    let at = moment(report.at, &report.zone);
    format!("Written by retrain {} at {at} of {}", env!("CARGO_PKG_VERSION"), runs.join(", "))
}
