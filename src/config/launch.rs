//! Where runs are done, and what a cluster is asked for: as an experiment says it or, where that says
//! nothing, as `config.toml` does.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{excerpt, nearest};

/// The most tasks and processors that may be asked for.
pub const MOST_TASKS: usize = 1000;
/// Keys of `[launch]` in `config.toml`.
const KEYS: [&str; 11] = [
    "where",
    "partition",
    "account",
    "time",
    "gpus",
    "cpus",
    "memory",
    "flags",
    "jobs",
    "jobs_at_once",
    "feature_jobs",
];

/// Where a run is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// As `config.toml` says; there: on this machine.
    #[default]
    Config,
    /// On this machine.
    Here,
    /// By a cluster's Slurm.
    Slurm,
}

/// `[launch]` of an experiment or of `config.toml`. What is empty or 0 is said elsewhere: by
/// `config.toml`, else by the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Launch {
    /// Where it is done.
    pub place: Place,
    /// `sbatch --partition`.
    pub partition: String,
    /// `sbatch --account`.
    pub account: String,
    /// `sbatch --time`, of one job.
    pub time: String,
    /// `sbatch --gres=gpu:`, as in `1` or `a100:2`.
    pub gpus: String,
    /// `sbatch --cpus-per-task`.
    pub cpus: usize,
    /// `sbatch --mem`.
    pub memory: String,
    /// Further arguments of `sbatch`, as they are.
    pub flags: Vec<String>,
    /// Into how many jobs the runs of a sweep or of repeats are divided; 0: one for each run.
    pub jobs: usize,
    /// How many of these may be at work at once; 0: as many as the cluster lets.
    pub jobs_at_once: usize,
    /// So many jobs make the features before a run begins, each a share of them; 0: the run does.
    pub feature_jobs: usize,
}

impl Launch {
    /// These wishes, and for what they leave open those of `config`. Flags are those of both: where two
    /// contradict each other `sbatch` takes the later one, which is the experiment's.
    pub fn over(&self, config: &Launch) -> Launch {
        let text = |own: &String, other: &String| {
            if own.is_empty() { other.clone() } else { own.clone() }
        };
        let number = |own, other| if own == 0 { other } else { own };
        Launch {
            place: if self.place == Place::Config { config.place } else { self.place },
            partition: text(&self.partition, &config.partition),
            account: text(&self.account, &config.account),
            time: text(&self.time, &config.time),
            gpus: text(&self.gpus, &config.gpus),
            cpus: number(self.cpus, config.cpus),
            memory: text(&self.memory, &config.memory),
            flags: config.flags.iter().chain(&self.flags).cloned().collect(),
            jobs: number(self.jobs, config.jobs),
            jobs_at_once: number(self.jobs_at_once, config.jobs_at_once),
            feature_jobs: number(self.feature_jobs, config.feature_jobs),
        }
    }

    /// Takes in the table `[launch]` of a `config.toml`. Errors with the place of the first mistake.
    pub(super) fn set(
        &mut self,
        table: &DeTable<'_>,
        text: &str,
    ) -> Result<(), (std::ops::Range<usize>, String)> {
        for (key, value) in table {
            let name: &str = key.get_ref();
            let wrong = |expected: &str| {
                let found = excerpt(text, value.span());
                (value.span(), format!("launch.{name} is {found}, expected {expected}"))
            };
            let written = value.get_ref().as_str();
            let formed = |form: &Form| {
                // A number of minutes or of GPUs need not stand in quotes.
                let number = whole_number(value).map(|number| number.to_string());
                let text = written.map(str::to_owned).or(number);
                let text = text.filter(|text| text.is_empty() || (form.holds)(text));
                text.ok_or_else(|| wrong(form.expected))
            };
            let number = || {
                let number = whole_number(value).filter(|it| *it <= MOST_TASKS);
                number.ok_or_else(|| wrong("0 to 1,000"))
            };
            match name {
                "where" => {
                    self.place = match written {
                        Some("here") => Place::Here,
                        Some("slurm") => Place::Slurm,
                        _ => return Err(wrong("\"here\" or \"slurm\"")),
                    };
                }
                "partition" => self.partition = formed(&WORD)?,
                "account" => self.account = formed(&WORD)?,
                "time" => self.time = formed(&TIME)?,
                "gpus" => self.gpus = formed(&GPUS)?,
                "memory" => self.memory = formed(&MEMORY)?,
                "cpus" => self.cpus = number()?,
                "jobs" => self.jobs = number()?,
                "jobs_at_once" => self.jobs_at_once = number()?,
                "feature_jobs" => self.feature_jobs = number()?,
                "flags" => {
                    let expected = "a list of texts, as [\"--qos=long\"]";
                    self.flags = flags(value).ok_or_else(|| wrong(expected))?;
                }
                _ => {
                    let cure = match nearest(name, KEYS) {
                        Some(known) => format!("did you mean {known}"),
                        None => format!("known are {}", KEYS.join(", ")),
                    };
                    let found = excerpt(name, 0..name.len());
                    return Err((key.span(), format!("unknown key {found:?} in launch; {cure}")));
                }
            }
        }
        Ok(())
    }
}

/// Not negative, in any of TOML's forms.
pub(super) fn whole_number(value: &Spanned<DeValue<'_>>) -> Option<usize> {
    let number = value.get_ref().as_integer()?;
    usize::from_str_radix(number.as_str(), number.radix()).ok()
}

fn flags(value: &Spanned<DeValue<'_>>) -> Option<Vec<String>> {
    let text = |flag: &Spanned<DeValue<'_>>| {
        flag.get_ref().as_str().filter(|flag| is_word(flag)).map(str::to_owned)
    };
    value.get_ref().as_array()?.iter().map(text).collect()
}

/// A form that a text must have.
#[derive(Debug)]
pub struct Form {
    /// What may be written, in words.
    pub expected: &'static str,
    /// Whether a text that is not empty has the form.
    pub holds: fn(&str) -> bool,
}

/// A name that the cluster knows.
pub const WORD: Form = Form { expected: "a name without control characters", holds: is_word };
/// As Slurm's own pages give the forms of a time.
pub const TIME: Form = Form {
    expected: "a time as Slurm takes it: \"MINUTES\", \"HOURS:MINUTES:SECONDS\" or \
               \"DAYS-HOURS:MINUTES:SECONDS\"",
    holds: is_time,
};
/// As in `1` or `a100:2`.
pub const GPUS: Form = Form {
    expected: "a number of GPUs, or a kind and a number: \"1\", \"a100:2\"",
    holds: is_gpus,
};
/// As in `16G`.
pub const MEMORY: Form = Form {
    expected: "a size with its unit, K, M, G or T: \"16G\"; without one it is in megabytes",
    holds: is_memory,
};

fn is_word(text: &str) -> bool {
    !text.trim().is_empty() && !text.chars().any(char::is_control)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() < 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Source: `man sbatch`, `--time`.
fn is_time(text: &str) -> bool {
    let (days, clock) = match text.split_once('-') {
        Some((days, clock)) => (Some(days), clock),
        None => (None, text),
    };
    let parts: Vec<&str> = clock.split(':').collect();
    days.is_none_or(is_number) && parts.len() <= 3 && parts.into_iter().all(is_number)
}

fn is_gpus(text: &str) -> bool {
    let (kind, number) = match text.rsplit_once(':') {
        Some((kind, number)) => (Some(kind), number),
        None => (None, text),
    };
    let is_kind = |kind: &str| {
        !kind.is_empty() && kind.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    kind.is_none_or(is_kind) && is_number(number)
}

fn is_memory(text: &str) -> bool {
    is_number(text.strip_suffix(['K', 'M', 'G', 'T']).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    #[test]
    fn the_forms_are_those_that_slurm_takes() {
        let all = |form: &Form, texts: &[&str]| texts.iter().all(|text| (form.holds)(text));
        let none = |form: &Form, texts: &[&str]| !texts.iter().any(|text| (form.holds)(text));
        assert!(all(&TIME, &["90", "90:00", "1:30:00", "2-12", "2-12:30", "2-12:30:00"]));
        assert!(none(&TIME, &["1h", "1:2:3:4", "-5", "2-", "a-3", "1:-2", "∞"]));
        assert!(all(&GPUS, &["1", "a100:2", "nvidia_h100.80gb:1"]));
        assert!(none(&GPUS, &["one", ":1", "a100:", "a,b:1", "1 2"]));
        assert!(all(&MEMORY, &["16G", "4000", "500M"]) && none(&MEMORY, &["16 GB", "G", "-1"]));
    }

    #[test]
    fn what_an_experiment_leaves_open_config_toml_says() {
        let config = "[launch]\nwhere = 'slurm'\npartition = 'gpu'\ntime = '1:00:00'\ncpus = 4\n\
                      flags = ['--qos=a']\n";
        let config = Config::parse(config, Path::new("/p")).unwrap().launch;
        let own = Launch {
            time: "9:00".into(),
            flags: vec!["--qos=b".into()],
            jobs: 3,
            ..Launch::default()
        };
        let both = own.over(&config);
        assert_eq!((both.place, &*both.partition, &*both.time), (Place::Slurm, "gpu", "9:00"));
        assert_eq!((both.cpus, both.jobs), (4, 3));
        assert_eq!(both.flags, ["--qos=a", "--qos=b"]);
        let here = Launch { place: Place::Here, ..Launch::default() };
        assert_eq!(here.over(&config).place, Place::Here);
    }

    #[test]
    fn a_mistake_in_the_table_is_said_with_its_line() {
        let said = |text: &str| Config::parse(text, Path::new("/p")).unwrap_err().to_string();
        for (line, expected) in [
            ("where = 'moon'", "launch.where is 'moon', expected \"here\" or \"slurm\""),
            ("time = 'long'", "launch.time is 'long', expected a time as Slurm takes it"),
            ("gpus = 'two'", "launch.gpus is 'two', expected a number of GPUs"),
            ("cpus = 9999", "launch.cpus is 9999, expected 0 to 1,000"),
            ("flags = '-x'", "launch.flags is '-x', expected a list"),
            ("partitoin = 'a'", "unknown key \"partitoin\" in launch; did you mean partition"),
        ] {
            let said = said(&format!("[launch]\n{line}\n"));
            assert!(said.contains(&format!("config.toml:2: {expected}")), "{said}");
        }
        assert!(said("launch = 3\n").contains("launch is 3, expected a table"));
    }
}
