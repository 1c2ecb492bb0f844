//! What runs say, from the first word to the result.

use crate::random::Rng;
use crate::store::{
    Counts, Ending, EvaluationPoint, Event, FoldResult, Stage, StepPoint, TestResult,
};

pub fn created() -> Vec<Event> {
    let settings = [("images", "\"data/fire\""), ("iterations", "40"), ("learning_rate", "0.01")];
    vec![Event::Created {
        experiment: "fire".into(),
        source: "experiments/fire.toml".into(),
        root: "/project".into(),
        program: "0.1.0".into(),
        iterations: 40,
        settings: settings.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        group: None,
    }]
}

pub fn extracting() -> Vec<Event> {
    let counts = [("fire", 64, 8, 8), ("smoke", 60, 10, 10)].map(|(name, a, b, c)| Counts {
        category: name.into(),
        training: a,
        validation: b,
        test: c,
        folds: Vec::new(),
    });
    let mut events = created();
    events.extend([
        Event::Started { pid: 7, host: "here".into(), threads: 2 },
        Event::Dataset {
            images: "data/fire".into(),
            counts: counts.into(),
            skipped: 2,
            duplicates: 0,
        },
        Event::Stage { stage: Stage::Features },
        Event::Features {
            done: 37,
            total: 160,
            from_cache: 20,
            skipped: 0,
            images_per_second: 6.0,
            latest: None,
        },
    ]);
    events
}

pub fn training(loss: impl Fn(usize) -> f64) -> Vec<Event> {
    let mut random = Rng::new(5);
    let mut events = extracting();
    events.push(Event::Stage { stage: Stage::Training });
    for step in 1..=40 {
        let noise = (random.uniform() - 0.5) * 0.1;
        let accuracy = 0.9 - 0.3 / step as f64;
        let loss_now = loss(step) + noise;
        let point = StepPoint { step, loss: loss_now, accuracy, learning_rate: 0.01 };
        events.push(Event::Step(point));
        if step % 10 == 0 {
            events.push(Event::Evaluation(EvaluationPoint {
                step,
                train_loss: loss(step),
                train_accuracy: accuracy,
                validation_loss: loss(step) + 0.1,
                validation_accuracy: accuracy - 0.05,
            }));
        }
    }
    events
}

pub fn falling(step: usize) -> f64 {
    1.0 / (1.0 + step as f64 / 10.0)
}

pub fn done() -> Vec<Event> {
    let test = TestResult {
        correct: 17,
        n: 18,
        accuracy: 17.0 / 18.0,
        low: 0.742,
        high: 0.99,
        log_loss: 0.2031,
        folds: 0,
        would_notice: None,
    };
    let mut events = training(falling);
    events.push(Event::Finished { ending: Ending::Completed, step: 40, kept_step: 40, test });
    events
}

/// The first folds of five, and half of the third one's head.
pub fn in_folds() -> Vec<Event> {
    let mut events = extracting();
    for event in &mut events {
        if let Event::Dataset { counts, .. } = event {
            for count in counts.iter_mut() {
                let all = count.total();
                (count.training, count.validation, count.test) = (0, 0, all);
                count.folds = vec![all / 5; 5];
            }
        }
    }
    events.push(Event::Stage { stage: Stage::Training });
    for fold in 1..=3 {
        events.push(Event::Head { fold: Some(fold), folds: 5 });
        let iterations = training(falling).into_iter();
        let iterations = iterations.filter(|event| match event {
            Event::Step(point) => fold < 3 || point.step <= 20,
            Event::Evaluation(point) => fold < 3 || point.step <= 20,
            _ => false,
        });
        events.extend(iterations);
        let result = FoldResult { fold, correct: 30 + fold, n: 32, step: 40, kept_step: 40 };
        events.extend((fold < 3).then_some(Event::FoldTested(result)));
    }
    events
}
