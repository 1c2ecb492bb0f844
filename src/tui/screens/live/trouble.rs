//! What is wrong with a run: its failure, its newest warning, and what its curves say.

use ratatui::layout::Rect;

use super::shown::Shown;
use crate::insight::{overfitting, training_trouble};
use crate::store::{End, Run};
use crate::tui::news::Curves;
use crate::tui::theme::Role;
use crate::tui::widgets::chart::Trace;
use crate::tui::widgets::wrap_into;
use crate::words::grouped;

/// Points of a curve that are looked at, so that a million of them are no more work than a few
/// hundred; a trend shows in far fewer.
const POINTS: usize = 400;

/// Failure, trouble and the newest warning, each in at most a few rows; a failure, after which
/// there is little else to show, in up to a third of the screen.
pub fn lines(shown: &Shown, area: Rect) -> Vec<(String, Role)> {
    let run = &shown.followed.run;
    let rows = if area.height >= 30 { 4 } else { 2 };
    let mut said: Vec<(String, Role, usize)> = Vec::new();
    if let Some(End::Failed(message)) = &run.end {
        said.push((format!("✗ {message}"), Role::Bad, usize::from(area.height / 3)));
    }
    if let Some(refusal) = run.refusal.as_ref().filter(|_| said.is_empty()) {
        said.push((format!("✗ could not be resumed: {refusal}"), Role::Bad, rows));
    }
    if let Some(trouble) = shown.trouble {
        said.push((format!("✗ {trouble}"), Role::Bad, rows));
    }
    if let Some(warning) = run.warnings.last() {
        let more = match run.warnings.len() {
            1 => String::new(),
            n => format!("({} warnings) ", grouped(n)),
        };
        said.push((format!("! {more}{warning}"), Role::Warning, rows));
    }
    let wrapped = said.iter().flat_map(|(text, role, rows)| {
        let lines = wrap_into(text, area.width.into(), *rows);
        lines.into_iter().map(|line| (line, *role))
    });
    wrapped.collect()
}

/// What goes wrong in the training and the likely cause, in words; `None` for a run that has failed,
/// which has said its own cause.
pub fn trouble(run: &Run, curves: &Curves) -> Option<String> {
    if matches!(run.end, Some(End::Failed(_))) {
        return None;
    }
    let (train, validation) = (thinned(&curves.train_loss), thinned(&curves.validation_loss));
    training_trouble(&train, &validation, run.counts.len()).or_else(|| overfitting(run))
}

/// Iteration and loss at equal distances, and the first loss that is not finite, wherever it is.
fn thinned(trace: &Trace) -> Vec<(usize, f64)> {
    let stride = trace.len().div_ceil(POINTS).max(1);
    let point = |&(x, y): &(f64, f64)| (x as usize, y);
    let mut thinned: Vec<(usize, f64)> = trace.points().iter().step_by(stride).map(point).collect();
    if let Some(broken) = trace.broken().first() {
        let step = *broken as usize;
        let at = thinned.partition_point(|point| point.0 < step);
        thinned.insert(at, (step, f64::NAN));
    }
    thinned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::EvaluationPoint;

    fn words(loss: impl Fn(usize) -> f64) -> Option<String> {
        let points = (1..=100_000).map(|step| (step as f64, loss(step)));
        let train_loss = Trace::from_points(points, 0.0);
        trouble(&Run::default(), &Curves { train_loss, ..Curves::default() })
    }

    #[test]
    fn one_loss_of_many_that_is_no_number_is_found() {
        let said = words(|step| if step == 77_777 { f64::NAN } else { 0.5 }).unwrap();
        assert!(said.starts_with("the loss is NaN at iteration 77,777:"), "{said}");
    }

    #[test]
    fn overfitting_is_named_where_nothing_worse_is() {
        let point = |step| EvaluationPoint {
            step,
            train_loss: 0.0,
            train_accuracy: 1.0,
            validation_loss: 0.3 + step as f64 / 1000.0,
            validation_accuracy: 0.9,
        };
        let (lowest_loss, evaluated) = (Some(point(10)), Some(point(400)));
        let run = Run { lowest_loss, evaluated, since_lowest_loss: 39, ..Run::default() };
        let said = trouble(&run, &Curves::default()).unwrap();
        assert!(
            said.starts_with("overfitting: validation loss lowest at 10, 126% above"),
            "{said}"
        );
        let failed = Run { end: Some(End::Failed("disk full".into())), ..run };
        assert_eq!(trouble(&failed, &Curves::default()), None);
    }

    #[test]
    fn a_long_rise_is_trouble_and_a_long_fall_is_not() {
        assert!(words(|step| step as f64 / 1000.0).unwrap().contains("rising"));
        assert_eq!(words(|step| 100.0 - step as f64 / 1000.0), None);
    }
}
