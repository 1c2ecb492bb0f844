//! The scores that a run left.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use super::ScoreTable;
use crate::config::expand_home;
use crate::spec;
use crate::store::{RunFolder, ScoreRows, ScoresError, ScoresFile};

/// Beyond these the memory is what takes the time.
const MOST_THREADS: usize = 8;

/// Reads `scores.csv` and finds out where the photos are. The error is a sentence.
pub fn read(run: &RunFolder) -> Result<Arc<ScoreTable>, String> {
    if !run.scores().exists() {
        return Err(format!("{} has no scores yet: they are written at its end", run.id()));
    }
    let file = ScoresFile::open(&run.scores()).map_err(|err| err.to_string())?;
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let parts = read_in_parts(&file, threads).map_err(|err| err.to_string())?;
    Ok(Arc::new(ScoreTable::joined(file.categories, images_folder(run)?, parts)))
}

/// The rows of a file in so many parts, which are read at once: a million rows are 100 MB of numbers.
fn read_in_parts(file: &ScoresFile, parts: usize) -> Result<Vec<ScoreTable>, ScoresError> {
    thread::scope(|scope| {
        let read = |rows| scope.spawn(move || table_of(&file.categories, rows));
        let started: Vec<_> = file.parts(parts)?.into_iter().map(read).collect();
        let read = started.into_iter().map(|part| part.join().expect("reading does not panic"));
        read.collect()
    })
}

fn table_of(categories: &[String], mut rows: ScoreRows) -> Result<ScoreTable, ScoresError> {
    let mut table = ScoreTable::new(categories.to_vec(), PathBuf::new());
    while let Some(row) = rows.next_row() {
        let row = row?;
        table.add(row.file, Some(row.set), Some(row.category), row.scores);
    }
    Ok(table)
}

/// The folder of a run's photos: as the worker found it, else as the experiment says. The error is a
/// sentence.
pub fn images_folder(run: &RunFolder) -> Result<PathBuf, String> {
    let events = run.replay().map_err(|err| err.to_string())?;
    if !events.images.as_os_str().is_empty() {
        return Ok(run.place(&events, &events.images));
    }
    let checked = spec::load(&run.experiment()).map_err(|err| err.to_string())?;
    Ok(run.place(&events, &expand_home(&checked.experiment.images)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::spec::Set;
    use crate::store::{Event, ImageScore, write_scores};

    #[test]
    fn the_scores_of_a_run_come_with_the_places_of_its_photos() {
        let runs = tempfile::tempdir().unwrap();
        let created = Event::Created {
            experiment: "fire".into(),
            source: "experiments/fire.toml".into(),
            root: "/project".into(),
            program: "0.0.0".into(),
            iterations: 400,
            settings: BTreeMap::new(),
            group: None,
        };
        let run = RunFolder::create(runs.path(), &[], "images = 'data/fire'\n", created).unwrap();
        assert!(read(&run).unwrap_err().contains("no scores yet"));
        let row = ImageScore {
            file: "fire/a\n.jpg".into(),
            set: Set::Test,
            category: 0,
            scores: vec![0.4, 0.6],
        };
        let categories = ["fire".to_owned(), "smoke".to_owned()];
        write_scores(&run.scores(), &categories, &[row]).unwrap();
        let table = read(&run).unwrap();
        assert_eq!(table.path(0), PathBuf::from("/project/data/fire/fire/a\n.jpg"));
        assert_eq!((table.name(0).as_str(), table.len()), ("fire/a\\n.jpg", 1));
        let file = ScoresFile::open(&run.scores()).unwrap();
        let in_parts = read_in_parts(&file, 3).unwrap();
        assert_eq!(in_parts.iter().map(ScoreTable::len).sum::<usize>(), 1);
        std::fs::write(run.scores(), "file,set\n").unwrap();
        assert!(read(&run).unwrap_err().contains("scores.csv:1: expected the columns"));
    }
}
