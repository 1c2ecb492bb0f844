//! Runs to export, for tests.

use std::collections::BTreeMap;
use std::path::Path;

use crate::store::{EvaluationPoint, Event, EventLog, RunFolder, StepPoint};

pub fn step(step: usize, loss: f64) -> Event {
    Event::Step(StepPoint { step, loss, accuracy: 0.75, learning_rate: 0.01 })
}

pub fn evaluation(step: usize, loss: f64) -> Event {
    Event::Evaluation(EvaluationPoint {
        step,
        train_loss: 0.25,
        train_accuracy: 1.0,
        validation_loss: loss,
        validation_accuracy: 0.5,
    })
}

/// A new run in which these events have happened.
pub fn run_of(folder: &Path, events: impl IntoIterator<Item = Event>) -> RunFolder {
    let settings = [
        ("description", "\"is it, \\\"new\\\"?\""),
        ("iterations", "40"),
        ("learning_rate", "0.01"),
        ("distort.flip", "true"),
    ];
    let created = Event::Created {
        experiment: "fire".into(),
        source: "experiments/fire.toml".into(),
        root: folder.into(),
        program: "0.1.0".into(),
        iterations: 40,
        settings: BTreeMap::from(settings.map(|(key, value)| (key.to_owned(), value.to_owned()))),
        group: None,
    };
    let run = RunFolder::create(&folder.join("runs"), &[], "", created).unwrap();
    let mut log = EventLog::open(&run.events()).unwrap();
    for event in events {
        log.append(event).unwrap();
    }
    run.write_summary(&run.replay().unwrap()).unwrap();
    run
}
