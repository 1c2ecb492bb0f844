//! What the live screen looks like, from a run's creation to its end.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use super::{HostMetrics, LivePanel, LiveState, LiveStyles};
use crate::random::Rng;
use crate::store::{
    Counts, End, Ending, EvaluationPoint, FeatureProgress, Run, Stage, State, StepPoint,
    TestResult, Timestamp,
};
use crate::tui::widgets::chart::Marker;

fn at(seconds: f64) -> Option<Timestamp> {
    Timestamp::from_millisecond((seconds * 1000.0) as i64).ok()
}

fn created() -> Run {
    let settings = [("images", "\"data/fire\""), ("iterations", "400"), ("learning_rate", "0.01")];
    Run {
        experiment: "fire".into(),
        iterations: 400,
        created: at(0.0),
        settings: settings.map(|(key, value)| (key.into(), value.into())).into(),
        ..Run::default()
    }
}

fn scanning() -> Run {
    Run { started: at(0.0), updated: at(1.0), stage: Some(Stage::Scan), ..created() }
}

fn extracting() -> Run {
    let counts = [("fire", 64, 8, 8), ("smoke", 60, 10, 10), ("misc", 64, 8, 8)];
    let features = FeatureProgress {
        done: 37,
        total: 240,
        from_cache: 20,
        skipped: 2,
        images_per_second: 6.25,
    };
    Run {
        stage: Some(Stage::Features),
        counts: counts
            .map(|(category, training, validation, test)| Counts {
                category: category.into(),
                training,
                validation,
                test,
            })
            .into(),
        features: Some(features),
        skipped: 2,
        warnings: vec!["smoke: 2 files are no images; see skipped.csv".into()],
        ..scanning()
    }
}

fn training(steps: usize) -> Run {
    let mut random = Rng::new(3);
    let loss = |step: usize| 1.0 / (1.0 + step as f64 / 30.0) + 0.08;
    let mut point = |step: usize| StepPoint {
        step,
        loss: loss(step) + (random.uniform() - 0.5) * 0.1,
        accuracy: (1.0 - loss(step) * 0.6 + (random.uniform() - 0.5) * 0.1).min(1.0),
        learning_rate: 0.01,
    };
    let evaluation = |step: usize| EvaluationPoint {
        step,
        train_loss: loss(step),
        train_accuracy: 0.9,
        validation_loss: loss(step) + 0.1,
        validation_accuracy: 0.95 - loss(step) * 0.5,
    };
    Run {
        stage: Some(Stage::Training),
        steps: (1..=steps).map(&mut point).collect(),
        evaluations: (10..=steps).step_by(10).map(evaluation).collect(),
        updated: at(40.0 + steps as f64 / 50.0),
        ..extracting()
    }
}

fn diverged() -> Run {
    let mut run = training(150);
    for point in run.steps.iter_mut().skip(90) {
        point.loss = f64::NAN;
        point.learning_rate = 900.0;
    }
    run
}

fn done() -> Run {
    let test = TestResult {
        correct: 24,
        n: 26,
        accuracy: 24.0 / 26.0,
        low: 0.759,
        high: 0.979,
        log_loss: 0.2031,
    };
    let end = End::Finished { ending: Ending::Completed, step: 400, kept_step: 390, test };
    Run { end: Some(end), stage: Some(Stage::Evaluation), ..training(400) }
}

fn failed() -> Run {
    let message = "features/5f1c: cannot write shard 3: no space left on device (0 of 8,388,608 \
                   bytes written); free some space or set folders.features in config.toml to \
                   another disk, then resume with 'retrain resume 20260102-030405-fire'";
    Run { end: Some(End::Failed(message.into())), ..extracting() }
}

fn drawn(
    run: &Run,
    state: &LiveState,
    trouble: Option<&str>,
    (width, height): (u16, u16),
) -> String {
    let host = HostMetrics {
        cpu_percent: 187.4,
        memory_bytes: 640 << 20,
        memory_total_bytes: 16 << 30,
        gpu: None,
    };
    let log = ["loading weights".to_owned(), "cache: \x1b[31m20\x1b[0m of 240 found".to_owned()];
    let panel = LivePanel {
        run_id: "20260102-030405-fire",
        run,
        run_state: run.state(),
        state,
        host: (run.state() == State::Running).then_some(&host),
        log: if run.started.is_some() { &log } else { &[] },
        trouble,
        marker: Marker::Braille,
        styles: LiveStyles::default(),
    };
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    panel.render(buffer.area, &mut buffer);
    let rows = buffer.content.chunks(usize::from(width.max(1)));
    rows.map(|row| row.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned() + "\n")
        .collect()
}

fn snapshot(name: &str, run: &Run, trouble: Option<&str>) {
    let mut state = LiveState::default();
    if run.steps.len() > 100 {
        state.absorb(&Run {
            steps: run.steps[..100].to_vec(),
            updated: at(42.0),
            evaluations: Vec::new(),
            ..run.clone()
        });
    }
    state.absorb(run);
    for (width, height) in [(60, 20), (80, 24), (140, 40)] {
        let text = drawn(run, &state, trouble, (width, height));
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), text);
    }
}

#[test]
fn a_created_run_waits_for_its_worker() {
    snapshot("created", &created(), None);
}

#[test]
fn scanning_says_what_it_does() {
    snapshot("scanning", &scanning(), None);
}

#[test]
fn the_feature_stage_shows_progress_rate_and_cache_hits() {
    snapshot("features", &extracting(), None);
}

#[test]
fn training_shows_both_curves_and_the_pace() {
    snapshot("training", &training(240), None);
}

#[test]
fn a_diverged_run_is_said_in_words() {
    let trouble = "the loss is no number since iteration 91: the learning rate 900 is too high; \
                   try 0.01";
    snapshot("diverged", &diverged(), Some(trouble));
}

#[test]
fn a_finished_run_shows_its_test_accuracy_with_n_and_interval() {
    snapshot("done", &done(), None);
}

#[test]
fn a_failed_run_shows_its_whole_message() {
    snapshot("failed", &failed(), None);
}

#[test]
fn every_state_is_drawn_at_any_size() {
    for run in [created(), scanning(), extracting(), training(3), diverged(), done(), failed()] {
        let mut state = LiveState::default();
        state.absorb(&run);
        for width in [0, 1, 7, 19, 59, 101, 300] {
            for height in [0, 1, 2, 5, 9, 19, 31, 90] {
                drawn(&run, &state, Some("日本\n語 no spaces"), (width, height));
            }
        }
    }
}
