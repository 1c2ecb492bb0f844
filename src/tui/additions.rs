//! Photos from outside that a person adds to a category of an experiment: copies of them, never the
//! photos themselves, and never over another file.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::keys::names::RUN;
use super::toast::Toast;
use crate::config::Config;
use crate::dataset::{self, folder_of_new_photos, read_file};
use crate::spec::{self, Experiment, Grouping};
use crate::store::{Corrections, RunFolder, Verdict, explain, shown, write_new};
use crate::words::{counted, grouped};

/// Photos that are to be added to a category of a run's experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub run: RunFolder,
    pub category: String,
    pub files: Vec<PathBuf>,
}

/// What adding them would do. Nothing is done yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The experiment's name.
    pub experiment: String,
    pub category: String,
    /// The folder that the copies belong into, as it is shown.
    pub folder: String,
    pub copies: Vec<PhotoCopy>,
    /// Those that are not added, each with the reason.
    pub refused: Vec<String>,
}

/// A copy of a photo among those of an experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhotoCopy {
    pub from: PathBuf,
    pub to: PathBuf,
    /// BLAKE3 of the bytes.
    pub hash: blake3::Hash,
}

#[derive(Clone, Debug)]
pub enum AdditionEffect {
    /// Finds out what adding them would do; comes back as `AdditionNews::Planned`.
    Plan(Wish),
    /// Comes back as `AdditionNews::Added`.
    Add(Plan),
    /// Removes copies that were made; comes back as `AdditionNews::TakenBack`.
    TakeBack(Added),
}

/// Copies that were made at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Added {
    pub experiment: String,
    pub category: String,
    pub folder: String,
    pub copies: Vec<PhotoCopy>,
}

#[derive(Clone, Debug)]
pub enum AdditionNews {
    /// The error is a sentence.
    Planned(Result<Plan, String>),
    /// And what could not be added, a sentence each.
    Added(Added, Vec<String>),
    /// What was asked for, and what of it was left where it is, a sentence each.
    TakenBack(Added, Vec<String>),
}

impl AdditionNews {
    /// What a person is told of it.
    pub fn words(&self) -> Option<Toast> {
        let (done, problems) = match self {
            AdditionNews::Planned(Ok(plan)) if plan.copies.is_empty() => {
                return Some(Toast::error(format!("nothing is added: {}", first(&plan.refused))));
            }
            AdditionNews::Planned(Ok(_)) => return None,
            AdditionNews::Planned(Err(problem)) => return Some(Toast::error(problem)),
            AdditionNews::Added(added, problems) if added.copies.is_empty() => {
                return Some(Toast::error(format!("nothing is added: {}", first(problems))));
            }
            AdditionNews::TakenBack(added, problems) if added.copies.len() == problems.len() => {
                return Some(Toast::error(format!("nothing is removed: {}", first(problems))));
            }
            AdditionNews::Added(Added { copies, folder, experiment, .. }, problems) => {
                let what = counted(copies.len(), "photo");
                let renamed: Vec<String> = copies
                    .iter()
                    .filter(|copy| copy.from.file_name() != copy.to.file_name())
                    .map(|copy| name(&copy.to))
                    .collect();
                let renamed = match renamed.is_empty() {
                    true => String::new(),
                    false => format!(" (as {})", first(&renamed)),
                };
                let next = format!("{RUN} on Experiments trains {experiment} with it");
                (format!("added {what} to {folder}{renamed}; {next}"), problems)
            }
            AdditionNews::TakenBack(Added { copies, folder, .. }, problems) => {
                let what = match copies.len() - problems.len() {
                    1 => "1 copy".to_owned(),
                    several => format!("{} copies", grouped(several)),
                };
                (format!("removed {what} from {folder}; the photos themselves stay"), problems)
            }
        };
        Some(match problems.is_empty() {
            true => Toast::good(done),
            false => Toast::error(format!("{done}; not done: {}", first(problems))),
        })
    }
}

/// The first, and how many others there are.
fn first(problems: &[String]) -> String {
    match problems {
        [] => String::new(),
        [only] => only.clone(),
        [first, others @ ..] => format!("{first}, and {} more", others.len()),
    }
}

fn name(path: &Path) -> String {
    shown(path.file_name().unwrap_or_default().as_ref())
}

pub fn perform(config: &Config, effect: AdditionEffect) -> AdditionNews {
    match effect {
        AdditionEffect::Plan(wish) => AdditionNews::Planned(plan(config, &wish)),
        AdditionEffect::Add(plan) => add(plan),
        AdditionEffect::TakeBack(added) => take_back(added),
    }
}

/// Looks at the photos of the experiment; those that were read before are not read again.
fn plan(config: &Config, wish: &Wish) -> Result<Plan, String> {
    let run = wish.run.replay().map_err(|err| err.to_string())?;
    let root = wish.run.project(&run);
    let checked = spec::load(&wish.run.experiment()).map_err(|err| err.to_string())?;
    // As the folders say: also what a person has left out is a photo that is there.
    let mut experiment = Experiment { labels: None, ..checked.experiment };
    experiment.split.groups = Grouping::None;
    let photos = dataset::scan(&root, &experiment, &config.cache, &mut |_, _| {})
        .map_err(|err| explain(&err, "add it again"))?;
    let folder = folder_of_new_photos(&photos.images, &experiment, &wish.category)
        .map_err(|err| err.to_string())?;
    let folder =
        photos.images.join(folder.ok_or_else(|| {
            format!("{} has no folder for {}", shown(&photos.images), wish.category)
        })?);
    let corrections = Corrections::read(&spec::labels_path(&wish.run.place(&run, &run.source)))
        .map_err(|err| err.to_string())?;
    let place = |path: &Path| shown(path.strip_prefix(&root).unwrap_or(path));
    let mut there: HashMap<blake3::Hash, String> =
        photos.photos.iter().map(|photo| (photo.hash, shown(&photo.path))).collect();
    let mut taken: HashSet<PathBuf> = corrections
        .decisions()
        .filter(|decision| decision.hash.is_none())
        .map(|decision| photos.images.join(&decision.file))
        .collect();
    let (mut copies, mut refused) = (Vec::new(), Vec::new());
    for from in &wish.files {
        let read = read_file(from).map_err(|err| err.to_string());
        let hash = read.map(|bytes| blake3::hash(&bytes));
        match hash.and_then(|hash| allowed(hash, wish, &there, &corrections)) {
            Ok(hash) => {
                let to = free(&folder, from, &taken);
                taken.insert(to.clone());
                there.insert(hash, place(&to));
                copies.push(PhotoCopy { from: from.clone(), to, hash });
            }
            Err(reason) => refused.push(format!("{}: {reason}", name(from))),
        }
    }
    let (experiment, category, folder) = (run.experiment, wish.category.clone(), place(&folder));
    Ok(Plan { experiment, category, folder, copies, refused })
}

/// The error says why a photo of these bytes is not added.
fn allowed(
    hash: blake3::Hash,
    wish: &Wish,
    there: &HashMap<blake3::Hash, String>,
    corrections: &Corrections,
) -> Result<blake3::Hash, String> {
    if let Some(place) = there.get(&hash) {
        return Err(format!("it is there already, as {place}"));
    }
    let mut decisions = corrections.decisions().rev();
    let decided = decisions.find(|decision| decision.hash == Some(hash)).map(|one| &one.verdict);
    match decided {
        Some(Verdict::Category(name)) if *name == wish.category => Ok(hash),
        Some(verdict) => Err(format!(
            "{} says of its content: {verdict}; 'retrain label' changes that",
            shown(corrections.path())
        )),
        None => Ok(hash),
    }
}

/// The name of a photo in another folder, with a number behind it where that is taken there.
fn free(folder: &Path, from: &Path, taken: &HashSet<PathBuf>) -> PathBuf {
    let name = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // Hidden files are no photos of an experiment.
    let name = Path::new(name.trim_start_matches('.')).to_owned();
    let stem = name.file_stem().unwrap_or("photo".as_ref()).to_string_lossy();
    let ending = name.extension().map(|ending| format!(".{}", ending.to_string_lossy()));
    let ending = ending.unwrap_or_default();
    let names = std::iter::once(format!("{stem}{ending}"))
        .chain((2..).map(|number| format!("{stem}-{number}{ending}")));
    let mut paths = names.map(|name| folder.join(name));
    let is_free = |path: &PathBuf| !taken.contains(path) && fs::symlink_metadata(path).is_err();
    paths.find(is_free).expect("numbers go on")
}

/// Makes the copies, each whole or not at all.
fn add(plan: Plan) -> AdditionNews {
    let Plan { experiment, category, folder, copies, .. } = plan;
    let (mut made, mut problems) = (Vec::new(), Vec::new());
    for copy in copies {
        let from = copy.from.clone();
        match make(copy) {
            Ok(copy) => made.push(copy),
            Err(reason) => problems.push(format!("{}: {reason}", name(&from))),
        }
    }
    AdditionNews::Added(Added { experiment, category, folder, copies: made }, problems)
}

/// Under the name that was planned, or, where somebody has taken it meanwhile, under the next.
fn make(mut copy: PhotoCopy) -> Result<PhotoCopy, String> {
    let bytes = read_file(&copy.from).map_err(|err| err.to_string())?;
    if blake3::hash(&bytes) != copy.hash {
        return Err("it was changed since you were asked; add it again".to_owned());
    }
    let mut taken = HashSet::new();
    loop {
        match write_new(&copy.to, &bytes) {
            Ok(()) => return Ok(copy),
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {
                if is_same(&copy.to, &copy.hash) {
                    return Err(format!("it is there already, as {}", name(&copy.to)));
                }
                let folder = copy.to.parent().unwrap_or(Path::new("")).to_owned();
                taken.insert(copy.to);
                copy.to = free(&folder, &copy.from, &taken);
            }
            Err(err) => return Err(explain(&err, "add it again")),
        }
    }
}

/// Removes the copies that are what they were, as long as the photos that they were made of are, too.
fn take_back(added: Added) -> AdditionNews {
    let problem = |copy: &PhotoCopy| {
        let reason = take_one_back(copy).err()?;
        Some(format!("{}: {reason}", name(&copy.to)))
    };
    let problems = added.copies.iter().filter_map(problem).collect();
    AdditionNews::TakenBack(added, problems)
}

fn is_same(path: &Path, hash: &blake3::Hash) -> bool {
    read_file(path).is_ok_and(|bytes| blake3::hash(&bytes) == *hash)
}

fn take_one_back(copy: &PhotoCopy) -> Result<(), String> {
    if fs::symlink_metadata(&copy.to).is_err() {
        return Err("it is not there any more".to_owned());
    }
    if !is_same(&copy.to, &copy.hash) {
        return Err("it was changed since it was added, so it stays".to_owned());
    }
    if !is_same(&copy.from, &copy.hash) {
        let from = shown(&copy.from);
        return Err(format!("{from} is not what was copied any more, so the copy stays"));
    }
    fs::remove_file(&copy.to).map_err(|err| err.to_string())
}

#[cfg(test)]
mod tests;
