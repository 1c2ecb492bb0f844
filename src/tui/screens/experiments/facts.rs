//! What the runs say about each experiment.

use std::collections::HashMap;

use crate::store::{State, Timestamp};
use crate::tui::known::Known;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    pub runs: usize,
    /// Of the newest run; running when any is.
    pub state: Option<State>,
    pub best: Option<f64>,
    /// Final test accuracy of the newest run that has one.
    pub last: Option<f64>,
    pub when: Option<Timestamp>,
}

/// By the experiment's name.
pub fn of_runs(known: &Known) -> HashMap<String, Facts> {
    let mut found: HashMap<String, Facts> = HashMap::new();
    // Oldest first, so that what is newer replaces what is older.
    for summary in known.runs.values().filter_map(|run| run.summary()) {
        if !found.contains_key(&summary.experiment) {
            found.insert(summary.experiment.clone(), Facts::default());
        }
        let Some(facts) = found.get_mut(&summary.experiment) else { continue };
        facts.runs += 1;
        if facts.state != Some(State::Running) {
            facts.state = Some(summary.state);
        }
        facts.when = summary.created.or(facts.when);
        if let Some(test) = &summary.test {
            facts.last = Some(test.accuracy);
            facts.best = Some(facts.best.map_or(test.accuracy, |best| best.max(test.accuracy)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::testing::{all, run, summary};

    #[test]
    fn the_newest_run_decides_unless_an_older_one_still_runs() {
        let mut known = Known::default();
        let learn = |known: &mut Known, id: &str, state| {
            all(vec![run(id, summary(state, &[]), "", "")])
                .iter()
                .for_each(|news| known.learn(news));
        };
        learn(&mut known, "20260101-000000-fire", State::Done);
        learn(&mut known, "20260102-000000-fire", State::Failed);
        let facts = of_runs(&known)["fire"].clone();
        assert_eq!((facts.runs, facts.state), (2, Some(State::Failed)));
        assert_eq!((facts.best, facts.last), (Some(0.944), Some(0.944)));
        learn(&mut known, "20260101-120000-fire", State::Running);
        assert_eq!(of_runs(&known)["fire"].state, Some(State::Running));
    }
}
