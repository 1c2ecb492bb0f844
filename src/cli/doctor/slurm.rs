//! What a cluster's Slurm says, and what one of its nodes sees: only where runs are given to it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::config::Config;
use crate::config::launch::Place;
use crate::runner::slurm::{call, resources};

/// So long a node is waited for.
const SECONDS: u64 = 15;
/// The controller, and a node that begins.
const LIMIT: Duration = Duration::from_secs(SECONDS + 25);

/// What the cluster says.
#[derive(Debug, Serialize)]
pub struct Slurm {
    /// Of its programs here.
    version: Result<String, String>,
    /// Whether it would take a job of what `config.toml` asks for.
    takes_job: Result<(), String>,
    /// What a node sees; why none was asked.
    node: Result<Node, String>,
}

/// What is seen on a node of the cluster.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Node {
    name: String,
    /// The project folder is the same as here.
    has_project: bool,
    /// What this program says of its version there; empty where it cannot be started.
    version: String,
    /// GPUs of the job.
    gpus: String,
}

/// What a node is asked: the arguments are the project folder and this program.
const SCRIPT: &str = "echo \"name $(hostname)\"\n\
                      echo \"folder $(stat -c '%i %Y' \"$1\" 2>/dev/null)\"\n\
                      echo \"version $(\"$2\" --version 2>/dev/null)\"\n\
                      echo \"gpus $CUDA_VISIBLE_DEVICES\"\n";

impl Slurm {
    /// Asks the cluster, where `config.toml` gives it runs, and has one of its nodes do a job of a second.
    pub fn ask(config: &Config) -> Option<Slurm> {
        if config.launch.place != Place::Slurm {
            return None;
        }
        let version = call("sbatch", &["--version".to_owned()], "", LIMIT);
        let mut wanted = vec!["--nodes=1".to_owned(), "--ntasks=1".to_owned()];
        wanted.extend(resources(&config.launch));
        let test = [&["--test-only".to_owned()], &wanted[..]].concat();
        let takes_job = call("sbatch", &test, "#!/bin/sh\n", LIMIT);
        let takes_job = takes_job.map(drop).map_err(|err| err.to_string());
        let node = match &takes_job {
            Ok(()) => ask_node(config, &wanted),
            Err(_) => Err("it would not take the job".to_owned()),
        };
        let version = version.map(|said| said.trim().to_owned()).map_err(|err| err.to_string());
        Some(Slurm { version, takes_job, node })
    }

    /// For the page.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let said = match (&self.version, &self.takes_job) {
            (Err(why), _) => why.clone(),
            (Ok(version), Ok(())) => format!("{version}, takes a job as config.toml wants it"),
            (Ok(version), Err(_)) => format!("{version}, takes no job as config.toml wants it"),
        };
        let node = match &self.node {
            Err(why) => format!("none was asked: {why}"),
            Ok(node) => {
                let folder = if node.has_project { "sees" } else { "does not see" };
                let gpus = if node.gpus.is_empty() { "none" } else { &node.gpus };
                let version = if node.version.is_empty() { "no retrain" } else { &node.version };
                format!("{} {folder} the project folder, {version}, GPUs: {gpus}", node.name)
            }
        };
        vec![("Slurm", said), ("a node of it", node)]
    }

    /// What looks wrong, with the next step.
    pub fn problems(&self, config: &Config) -> Vec<(String, &'static str)> {
        let mut problems = Vec::new();
        let mut say = |what: String, next: &'static str| problems.push((what, next));
        if let Err(why) = &self.version {
            say(
                format!("launch.where is \"slurm\", and {why}"),
                "start retrain on a machine that submits jobs, or set launch.where = \"here\"",
            );
            return problems;
        }
        if let Err(why) = &self.takes_job {
            say(why.clone(), "change [launch] in config.toml; 'sinfo' lists partitions");
        }
        let Ok(node) = &self.node else { return problems };
        if !node.has_project {
            say(
                format!("node {} does not see the project folder as it is here", node.name),
                "put the project on a disk that all nodes have under the same path",
            );
        }
        if node.has_project && !node.version.contains(env!("CARGO_PKG_VERSION")) {
            let there = if node.version.is_empty() { "cannot be started" } else { &node.version };
            say(
                format!("on node {} this program is another: {there}", node.name),
                "install it on a disk that all nodes have",
            );
        }
        if !config.launch.gpus.is_empty() && node.gpus.is_empty() {
            say(
                format!(
                    "node {} gave the job no GPU, although launch.gpus asks for one",
                    node.name
                ),
                "ask who runs the cluster how jobs get GPUs there",
            );
        }
        problems
    }
}

fn ask_node(config: &Config, wanted: &[String]) -> Result<Node, String> {
    let here = folder(&config.root)?;
    let program = std::env::current_exe().map_err(|err| err.to_string())?;
    let mut arguments = vec![
        "--job-name=retrain-doctor".to_owned(),
        format!("--immediate={SECONDS}"),
        format!("--chdir={}", "/"),
    ];
    arguments.extend_from_slice(wanted);
    arguments.extend(["sh", "-c", SCRIPT, "sh"].map(str::to_owned));
    arguments.push(config.root.to_string_lossy().into_owned());
    arguments.push(program.to_string_lossy().into_owned());
    match call("srun", &arguments, "", LIMIT) {
        Ok(said) => Ok(Node::read(&said, &here)),
        Err(err) => Err(format!("{err}; is one free within {SECONDS} s?")),
    }
}

/// What tells one folder from another of its name.
fn folder(root: &Path) -> Result<String, String> {
    let data = fs::metadata(root).map_err(|err| err.to_string())?;
    Ok(format!("{} {}", data.ino(), data.mtime()))
}

impl Node {
    fn read(said: &str, folder: &str) -> Node {
        let of = |key: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
            line.trim().to_owned()
        };
        Node {
            name: of("name "),
            has_project: of("folder ") == folder,
            version: of("version "),
            gpus: of("gpus "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Launch;

    fn config() -> Config {
        let launch = Launch { place: Place::Slurm, gpus: "1".into(), ..Launch::default() };
        Config { launch, ..Config::at(Path::new("/p")) }
    }

    #[test]
    fn a_node_that_sees_another_folder_and_gives_no_gpu_is_told_with_the_next_step() {
        let node = Node::read("name n1\nfolder 7 8\nversion retrain 0.0.1\ngpus \n", "7 9");
        assert_eq!((&*node.name, node.has_project, &*node.gpus), ("n1", false, ""));
        let slurm = Slurm { version: Ok("slurm 22".into()), takes_job: Ok(()), node: Ok(node) };
        let what: Vec<String> =
            slurm.problems(&config()).into_iter().map(|(what, _)| what).collect();
        assert!(what[0].contains("does not see the project folder"), "{what:?}");
        assert!(what[1].contains("gave the job no GPU") && what.len() == 2, "{what:?}");
        assert!(slurm.lines()[1].1.contains("GPUs: none"));
        let right = Node::read(
            concat!(
                "name n1\nfolder 7 9\nversion retrain ",
                env!("CARGO_PKG_VERSION"),
                "\ngpus 0\n"
            ),
            "7 9",
        );
        assert!(Slurm { node: Ok(right), ..slurm }.problems(&config()).is_empty());
    }

    #[test]
    fn a_machine_without_slurm_is_told_so() {
        let missing = || "'sbatch' cannot be started".to_owned();
        let slurm =
            Slurm { version: Err(missing()), takes_job: Err("x".into()), node: Err(missing()) };
        let problems = slurm.problems(&config());
        assert!(problems.len() == 1 && problems[0].1.contains("launch.where = \"here\""));
        assert!(Slurm::ask(&Config::at(Path::new("/p"))).is_none(), "nobody wants it");
    }
}
