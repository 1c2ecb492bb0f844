use candle_core::{DType, Device, Tensor};

use super::*;
use crate::random::Rng;
use crate::spec::{self, BatchDraw, ClassWeights, Train};
use crate::store::Horizon;
use crate::train::Samples;
use crate::train::evaluate;
use crate::train::problem::tests::{plain, samples};

/// `n` photos of each of 3 categories: features of 6 numbers, never negative, category k lifted in
/// number k by `lift`; number 5 is constant.
fn photos(n: usize, lift: f64, seed: u64) -> Samples {
    let mut rng = Rng::new(seed);
    let labels: Vec<u32> = (0..3 * n as u32).map(|row| row % 3).collect();
    let mut numbers = Vec::new();
    for &label in &labels {
        for place in 0..6 {
            let lift = if place == label { lift } else { 0.0 };
            numbers.push(if place == 5 { 0.25 } else { (rng.normal() + lift).max(0.0) as f32 });
        }
    }
    let features = Tensor::from_vec(numbers, (3 * n, 6), &Device::Cpu).unwrap();
    Samples { features: features.into(), labels }
}

/// All features, in memory.
fn table(samples: &Samples) -> Tensor {
    samples.features.parts(usize::MAX).next().unwrap().unwrap()
}

fn problem<'a>(
    training: &'a Samples,
    validation: &'a Samples,
    train: &'a Train,
    iterations: usize,
) -> Problem<'a> {
    Problem {
        training,
        validation,
        categories: 3,
        train,
        iterations,
        horizons: &[],
        learning_rate: 0.1,
    }
}

/// Keeps all news and checkpoints; ends the fit behind a step when it is told to.
#[derive(Default)]
struct Listener {
    news: Vec<Progress>,
    checkpoints: Vec<Checkpoint>,
    heads: Vec<(usize, Head)>,
    ends: Option<(usize, Stop)>,
    /// A checkpoint behind every so many steps.
    every: Option<usize>,
    /// News that it takes before it fails.
    patience: Option<usize>,
}

impl Observer for Listener {
    type Error = &'static str;

    fn on_progress(&mut self, progress: Progress) -> Result<(), &'static str> {
        self.news.push(progress);
        if self.patience == Some(self.news.len()) { Err("the disk is full") } else { Ok(()) }
    }

    fn stop(&mut self, step: usize) -> Option<Stop> {
        self.ends.filter(|&(end, _)| end == step).map(|(_, stop)| stop)
    }

    fn on_head(&mut self, step: usize, head: &Head) -> Result<(), &'static str> {
        let is_early = self.checkpoints.iter().all(|checkpoint| checkpoint.step < step);
        assert!(is_early, "a checkpoint of this step or a later one was given before");
        self.heads.push((step, head.clone()));
        Ok(())
    }

    fn wants_checkpoint(&mut self) -> bool {
        let steps = step_losses(&self.news).len();
        self.every.is_some_and(|every| steps.is_multiple_of(every))
    }

    fn on_checkpoint(&mut self, checkpoint: &Checkpoint) -> Result<(), &'static str> {
        self.checkpoints.push(checkpoint.clone());
        Ok(())
    }
}

/// Fits to the end and keeps the news.
fn run(problem: &Problem) -> (Fitted, Vec<Progress>) {
    let mut listener = Listener::default();
    let fitted = fit(problem, None, &mut listener);
    (fitted.unwrap(), listener.news)
}

fn weights(head: &Head) -> Vec<f32> {
    head.weights.flatten_all().unwrap().to_dtype(DType::F32).unwrap().to_vec1().unwrap()
}

fn step_losses(news: &[Progress]) -> Vec<f64> {
    news.iter()
        .filter_map(|progress| match progress {
            Progress::Step(point) => Some(point.loss),
            Progress::Evaluation { .. } => None,
        })
        .collect()
}

/// `(step, validation loss, best)` of each evaluation.
fn evaluations(news: &[Progress]) -> Vec<(usize, f64, bool)> {
    news.iter()
        .filter_map(|progress| match *progress {
            Progress::Evaluation { point, best } => Some((point.step, point.validation_loss, best)),
            Progress::Step(_) => None,
        })
        .collect()
}

#[test]
fn separable_photos_are_learned_and_news_come_in_order() {
    let (training, validation, train) = (photos(40, 6.0, 1), photos(20, 6.0, 2), plain());
    let (fitted, news) = run(&problem(&training, &validation, &train, 205));
    assert_eq!((fitted.steps, fitted.ended), (205, Ended::Completed));
    assert_eq!(step_losses(&news).len(), 205);
    // The first loss is that of guessing, ln 3, as the first weights are nearly 0.
    assert!((step_losses(&news)[0] - 3f64.ln()).abs() < 0.02);
    let steps: Vec<usize> = evaluations(&news).iter().map(|e| e.0).collect();
    assert_eq!(steps, (1..=20).map(|i| i * 10).chain([205]).collect::<Vec<_>>());
    assert!(matches!(news[10], Progress::Evaluation { point, .. } if point.step == 10));
    let Some(Progress::Evaluation { point, .. }) = news.last() else {
        panic!("the last news is not an evaluation");
    };
    assert!(point.validation_accuracy > 0.95, "{point:?}");
    assert!(point.validation_loss < 0.2, "{point:?}");

    let scores = evaluate(&fitted.head, &table(&validation)).unwrap();
    let sure = |(row, &label): (&Vec<f32>, &u32)| row[label as usize] > 0.5;
    assert!(scores.iter().zip(&validation.labels).filter(|&pair| sure(pair)).count() > 55);
    assert!(scores.iter().all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-6));
}

#[test]
fn the_same_seed_gives_the_same_losses_to_the_bit_and_another_seed_others() {
    let (training, validation) = (photos(30, 1.0, 1), photos(10, 1.0, 2));
    for optimizer in [spec::Optimizer::Sgd, spec::Optimizer::AdamW] {
        let losses = |seed| {
            let train = Train { optimizer, standardize: true, seed, ..plain() };
            let (fitted, news) = run(&problem(&training, &validation, &train, 50));
            (news, weights(&fitted.head))
        };
        assert_eq!(losses(1), losses(1));
        assert_ne!(losses(1).0, losses(2).0);
    }
}

#[test]
fn heads_trained_side_by_side_have_the_bits_of_each_alone() {
    let (training, validation) = (photos(30, 1.0, 1), photos(10, 1.0, 2));
    let train = |seed| Train { standardize: seed % 2 == 0, seed, ..plain() };
    let of = |seed| {
        let (fitted, news) = run(&problem(&training, &validation, &train(seed), 50));
        (news, weights(&fitted.head))
    };
    let alone: Vec<_> = (0..4).map(of).collect();
    std::thread::scope(|scope| {
        let of = &of;
        let heads: Vec<_> = (0..4).map(|seed| scope.spawn(move || of(seed))).collect();
        let beside: Vec<_> = heads.into_iter().map(|head| head.join().unwrap()).collect();
        assert_eq!(beside, alone);
    });
}

#[test]
fn standardising_inside_is_standardising_the_features_before() {
    let double = |samples: Samples| Samples {
        features: table(&samples).to_dtype(DType::F64).unwrap().into(),
        ..samples
    };
    let (training, validation) = (double(photos(30, 2.0, 1)), double(photos(10, 2.0, 2)));
    for optimizer in [spec::Optimizer::Momentum, spec::Optimizer::AdamW] {
        let train = Train { optimizer, weight_decay: 0.01, standardize: true, ..plain() };
        let (inside, inside_news) = run(&problem(&training, &validation, &train, 40));

        let standardization = Standardization::of(&training.features).unwrap();
        let before = |samples: &Samples| Samples {
            features: standardization.apply(&table(samples)).unwrap().into(),
            labels: samples.labels.clone(),
        };
        let (before_training, before_validation) = (before(&training), before(&validation));
        let plain_train = Train { standardize: false, ..train };
        let (outside, outside_news) =
            run(&problem(&before_training, &before_validation, &plain_train, 40));

        for (a, b) in step_losses(&inside_news).iter().zip(step_losses(&outside_news)) {
            assert!((a - b).abs() < 1e-9, "{a} {b}");
        }
        let outside = outside.head.folded(&standardization).unwrap();
        for (a, b) in weights(&inside.head).iter().zip(weights(&outside)) {
            assert!((a - b).abs() < 1e-6, "{a} {b}");
        }
    }
}

#[test]
fn the_schedule_reaches_the_optimizer() {
    let (training, validation) = (photos(10, 1.0, 1), photos(5, 1.0, 2));
    let train =
        Train { schedule: spec::Schedule::Step, step_every: 2, step_factor: 0.0, ..plain() };
    let (two_steps, _) = run(&problem(&training, &validation, &train, 2));
    let (four_steps, news) = run(&problem(&training, &validation, &train, 4));
    assert_eq!(weights(&two_steps.head), weights(&four_steps.head));
    let rates: Vec<f64> = news
        .iter()
        .filter_map(|progress| match *progress {
            Progress::Step(point) => Some(point.learning_rate),
            Progress::Evaluation { .. } => None,
        })
        .collect();
    assert_eq!(rates, [0.1, 0.1, 0.0, 0.0]);
}

#[test]
fn early_stopping_ends_behind_its_patience_and_keeps_the_best_head() {
    // Labels of the validation set are turned by one: every step makes it worse.
    let training = photos(30, 3.0, 1);
    let mut validation = photos(10, 3.0, 2);
    validation.labels.iter_mut().for_each(|label| *label = (*label + 1) % 3);
    let train = Train { early_stop: 3, eval_interval: 5, ..plain() };
    let (fitted, news) = run(&problem(&training, &validation, &train, 1000));
    assert_eq!((fitted.steps, fitted.ended), (20, Ended::EarlyStopped));
    let seen: Vec<(usize, bool)> = evaluations(&news).iter().map(|e| (e.0, e.2)).collect();
    assert_eq!(seen, [(5, true), (10, false), (15, false), (20, false)]);
    assert_eq!(fitted.best.unwrap().step, 5);

    let (five_steps, _) = run(&problem(&training, &validation, &train, 5));
    assert_eq!(weights(&fitted.head), weights(&five_steps.head));

    // Without early stopping the last weights count, as in retrain.py.
    let train = Train { early_stop: 0, ..train };
    let (last, _) = run(&problem(&training, &validation, &train, 20));
    assert_eq!((last.steps, last.ended), (20, Ended::Completed));
    assert_eq!(last.best.unwrap().step, 5);
    assert_ne!(weights(&last.head), weights(&five_steps.head));
}

#[test]
fn a_head_that_is_kept_on_the_way_is_that_of_a_fit_of_this_length() {
    let (training, validation) = (photos(20, 3.0, 1), photos(10, 3.0, 2));
    let train = Train { keep_every: 8, standardize: true, ..plain() };
    let mut listener = Listener { every: Some(4), ..Listener::default() };
    fit(&problem(&training, &validation, &train, 30), None, &mut listener).unwrap();
    let steps: Vec<usize> = listener.heads.iter().map(|(step, _)| *step).collect();
    assert_eq!(steps, [8, 16, 24]);
    for (step, head) in &listener.heads {
        let (alone, _) = run(&problem(&training, &validation, &train, *step));
        assert_eq!(weights(head), weights(&alone.head), "of step {step}");
    }
    // Who goes on from a checkpoint makes those behind it, and no other.
    let checkpoint = listener.checkpoints.iter().find(|checkpoint| checkpoint.step == 12);
    let mut later = Listener::default();
    fit(&problem(&training, &validation, &train, 30), checkpoint.cloned(), &mut later).unwrap();
    assert_eq!(later.heads.len(), 2);
    for ((step, head), (again, later)) in listener.heads[1..].iter().zip(&later.heads) {
        assert_eq!((step, weights(head)), (again, weights(later)));
    }
}

#[test]
fn evaluations_may_begin_at_the_first_step_as_in_retrain_py() {
    let (training, validation) = (photos(20, 3.0, 1), photos(10, 3.0, 2));
    let train = Train { eval_first: true, ..plain() };
    let (_, news) = run(&problem(&training, &validation, &train, 25));
    let steps: Vec<usize> = evaluations(&news).iter().map(|e| e.0).collect();
    assert_eq!(steps, [1, 11, 21, 25]);
}

#[test]
fn balanced_weights_weigh_once_whichever_way_is_drawn() {
    // Ten times as many of category 0, which overlap with those of category 1.
    let numbers: Vec<f32> = (0..110).map(|n| (n * 37 % 110) as f32 / 110.0).collect();
    let labels: Vec<u32> = (0..110).map(|n| u32::from(n >= 100)).collect();
    let shifted: Vec<f32> =
        numbers.iter().zip(&labels).map(|(number, &label)| number + 0.3 * label as f32).collect();
    let training = samples(&shifted, &labels);
    let head = |draw: BatchDraw, class_weights: ClassWeights| {
        let train = Train { draw, class_weights, standardize: true, batch_size: 100, ..plain() };
        run(&Problem { categories: 2, ..problem(&training, &training, &train, 300) }).0.head
    };
    let recall = |head: &Head| {
        let logits = training.features.logits(head).unwrap().argmax(1).unwrap();
        let said = logits.to_vec1::<u32>().unwrap();
        said[100..].iter().filter(|&&category| category == 1).count()
    };
    let plain = head(BatchDraw::Balanced, ClassWeights::None);
    let weighed = head(BatchDraw::Balanced, ClassWeights::Balanced);
    assert_eq!(weights(&plain), weights(&weighed), "the draw has balanced them already");
    let natural = head(BatchDraw::Natural, ClassWeights::None);
    let balanced = head(BatchDraw::Natural, ClassWeights::Balanced);
    let found = [&plain, &balanced, &natural].map(recall);
    assert!(found[0].abs_diff(found[1]) <= 1 && found[2] + 3 <= found[0], "{found:?}");
}

#[test]
fn a_stop_ends_after_the_step_in_hand_with_its_evaluation() {
    let (training, validation, train) = (photos(10, 1.0, 1), photos(5, 1.0, 2), plain());
    let mut listener = Listener { ends: Some((13, Stop::Keep)), ..Listener::default() };
    let fitted = fit(&problem(&training, &validation, &train, 100), None, &mut listener).unwrap();
    assert_eq!((fitted.steps, fitted.ended), (13, Ended::Stopped(Stop::Keep)));
    assert!(matches!(
        listener.news.last(),
        Some(Progress::Evaluation { point, .. }) if point.step == 13
    ));
    let (thirteen, _) = run(&problem(&training, &validation, &train, 13));
    assert_eq!(weights(&fitted.head), weights(&thirteen.head));

    let mut listener = Listener { ends: Some((13, Stop::Pause)), ..Listener::default() };
    fit(&problem(&training, &validation, &train, 100), None, &mut listener).unwrap();
    assert!(matches!(listener.news.last(), Some(Progress::Step(point)) if point.step == 13));
    assert_eq!(listener.checkpoints.last().unwrap().step, 13);
}

#[test]
fn a_loss_that_explodes_ends_the_fit_and_says_what_to_do() {
    let (training, validation, train) = (photos(10, 1.0, 1), photos(5, 1.0, 2), plain());
    let mut problem = problem(&training, &validation, &train, 100);
    problem.learning_rate = 1e38;
    let (fitted, news) = run(&problem);
    let Ended::Diverged(divergence) = fitted.ended else { panic!("{:?}", fitted.ended) };
    assert!(divergence.step < 100);
    assert_eq!(divergence.learning_rate, 1e38);
    assert!(step_losses(&news).iter().all(|loss| loss.is_finite()));
    assert!(evaluations(&news).iter().all(|evaluation| evaluation.1.is_finite()));
    assert_eq!(
        Divergence { step: 120, loss: f64::NAN, learning_rate: 50.0 }.to_string(),
        "the loss became NaN at iteration 120; the learning rate 50 is probably too high, try 0.5"
    );
    let infinite = Divergence { step: 1, loss: f64::INFINITY, learning_rate: 0.07 }.to_string();
    assert!(infinite.contains("infinite") && infinite.ends_with("try 0.0007"), "{infinite}");
}

#[test]
fn news_that_cannot_be_delivered_end_the_fit_with_their_error() {
    let (training, validation, train) = (photos(10, 1.0, 1), photos(5, 1.0, 2), plain());
    let mut listener = Listener { patience: Some(3), ..Listener::default() };
    let error =
        fit(&problem(&training, &validation, &train, 100), None, &mut listener).unwrap_err();
    assert!(matches!(error, FitError::Observer("the disk is full")));
    assert_eq!(listener.news.len(), 3);
}

#[test]
fn a_problem_that_cannot_be_solved_is_refused_before_the_first_step() {
    let (training, train) = (samples(&[1.0, 2.0], &[0, 1]), plain());
    let error = fit(&problem(&training, &training, &train, 9), None, &mut ());
    assert!(matches!(error, Err(FitError::Train(crate::train::Error::EmptyCategory(2)))));
}

/// Ways to train that have something to remember.
fn ways() -> Vec<Train> {
    use spec::Optimizer::{Adam, AdamW, Momentum, Sgd};
    let way = |optimizer| Train { optimizer, weight_decay: 0.01, standardize: true, ..plain() };
    let early = Train { early_stop: 3, eval_interval: 4, ..way(Momentum) };
    let falling = Train { schedule: spec::Schedule::Cosine, ..way(Adam) };
    [Sgd, Momentum, Adam, AdamW].map(way).into_iter().chain([early, falling]).collect()
}

#[test]
fn a_fit_that_goes_on_from_any_checkpoint_has_the_numbers_of_one_never_ended() {
    let (training, validation) = (photos(30, 1.0, 1), photos(10, 1.0, 2));
    let name = blake3::hash(b"these photos");
    for train in ways() {
        let problem = problem(&training, &validation, &train, 60);
        let mut whole = Listener { every: Some(7), ..Listener::default() };
        let fitted = fit(&problem, None, &mut whole).unwrap();
        let kept: Vec<usize> = whole.checkpoints.iter().map(|checkpoint| checkpoint.step).collect();
        assert!(kept.starts_with(&[7, 14]) && kept.ends_with(&[fitted.steps]), "{kept:?}");
        for checkpoint in &whole.checkpoints {
            let bytes = checkpoint.to_bytes(&name).unwrap();
            assert!(bytes.len() as u64 <= Checkpoint::max_bytes(&problem));
            let start = Checkpoint::from_bytes(&bytes, &name, &problem).unwrap();
            let mut rest = Listener::default();
            let again = fit(&problem, Some(start), &mut rest).unwrap();
            assert_eq!(whole.news[whole.news.len() - rest.news.len()..], rest.news);
            assert_eq!(weights(&again.head), weights(&fitted.head));
            assert_eq!((again.steps, again.ended), (fitted.steps, fitted.ended));
            assert_eq!(again.best, fitted.best);
        }
    }
}

#[test]
fn without_photos_that_watch_it_is_the_same_head_and_nothing_is_evaluated() {
    let (training, validation, train) = (photos(20, 1.0, 1), photos(5, 1.0, 2), plain());
    let nobody =
        Samples { features: table(&validation).narrow(0, 0, 0).unwrap().into(), labels: vec![] };
    let (watched, _) = run(&problem(&training, &validation, &train, 25));
    let (alone, news) = run(&problem(&training, &nobody, &train, 25));
    assert_eq!(weights(&alone.head), weights(&watched.head));
    assert_eq!((step_losses(&news).len(), evaluations(&news).len(), alone.best), (25, 0, None));
    // Also where it goes on from its end.
    let mut listener = Listener::default();
    fit(&problem(&training, &nobody, &train, 25), None, &mut listener).unwrap();
    let end = listener.checkpoints.pop().unwrap();
    let again = fit(&problem(&training, &nobody, &train, 25), Some(end), &mut listener).unwrap();
    assert_eq!(weights(&again.head), weights(&alone.head));
}

#[test]
fn another_number_of_steps_changes_none_that_were_made_before_it_was_wanted() {
    let (training, validation) = (photos(10, 1.0, 1), photos(5, 1.0, 2));
    let train = Train { schedule: spec::Schedule::Cosine, ..plain() };
    let mut listener = Listener { every: Some(10), ..Listener::default() };
    fit(&problem(&training, &validation, &train, 40), None, &mut listener).unwrap();
    let (at_ten, before) = (listener.checkpoints[0].clone(), listener.news);
    assert_eq!(at_ten.step, 10);
    // Killed behind step 25, and now 60 are wanted.
    let horizons = [Horizon { after: 0, iterations: 40 }, Horizon { after: 25, iterations: 60 }];
    let longer = Problem { horizons: &horizons, ..problem(&training, &validation, &train, 60) };
    let mut again = Listener::default();
    fit(&longer, Some(at_ten), &mut again).unwrap();
    let until = |news: &[Progress], last| -> Vec<Progress> {
        let is_meant = |progress: &Progress| match progress {
            Progress::Step(point) => (11..=last).contains(&point.step),
            Progress::Evaluation { point, .. } => (11..=last).contains(&point.step),
        };
        news.iter().copied().filter(is_meant).collect()
    };
    assert_eq!(until(&again.news, 25), until(&before, 25));
    let rates = again.news.iter().filter_map(|progress| match progress {
        Progress::Step(point) => Some((point.step, point.learning_rate)),
        Progress::Evaluation { .. } => None,
    });
    let of_sixty = problem(&training, &validation, &train, 60);
    for (step, rate) in rates.filter(|(step, _)| *step > 25) {
        assert_eq!(rate, of_sixty.learning_rate(step));
    }
}

#[test]
fn what_only_an_end_evaluated_is_forgotten_when_the_fit_goes_on() {
    // The validation loss rises all the time, so each evaluation counts against the patience.
    let training = photos(30, 3.0, 1);
    let mut validation = photos(10, 3.0, 2);
    validation.labels.iter_mut().for_each(|label| *label = (*label + 1) % 3);
    let train = Train { early_stop: 3, eval_interval: 5, ..plain() };
    let whole = run(&problem(&training, &validation, &train, 1000));
    for (end, iterations) in [(13, 1000), (0, 13), (0, 20)] {
        let ends = Some((end, Stop::Keep));
        let mut first = Listener { ends, ..Listener::default() };
        let short = problem(&training, &validation, &train, iterations);
        fit(&short, None, &mut first).unwrap();
        let start = first.checkpoints.pop().unwrap();
        let mut rest = Listener::default();
        let long = problem(&training, &validation, &train, 1000);
        let fitted = fit(&long, Some(start), &mut rest).unwrap();
        assert_eq!((fitted.steps, fitted.ended), (20, Ended::EarlyStopped));
        assert_eq!(fitted.best, whole.0.best);
        let news: Vec<Progress> = first.news.into_iter().chain(rest.news).collect();
        assert_eq!(step_losses(&news), step_losses(&whole.1));
    }
}

#[test]
fn a_fit_gone_on_with_at_its_last_step_gives_the_result_of_one_that_was_not_ended_there() {
    let (training, validation) = (photos(30, 1.0, 1), photos(10, 1.0, 2));
    // The best evaluation is that of the last step, which only the end makes.
    let train = Train { early_stop: 1000, standardize: true, ..plain() };
    let problem = problem(&training, &validation, &train, 33);
    let mut listener = Listener::default();
    let whole = fit(&problem, None, &mut listener).unwrap();
    assert_eq!(whole.best.unwrap().step, 33);
    let last = listener.checkpoints.pop().unwrap();
    assert_eq!(last.step, 33);
    let mut silent = Listener::default();
    let resumed = fit(&problem, Some(last), &mut silent).unwrap();
    assert_eq!(silent.news, []);
    assert_eq!(
        (resumed.best, resumed.steps, resumed.ended),
        (whole.best, whole.steps, whole.ended)
    );
    assert_eq!(weights(&resumed.head), weights(&whole.head));
}
