//! The process that answers: started when it is first asked, and anew when it has ended.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};

use super::protocol::{Answer, Question};
use crate::store::RunFolder;
use crate::tui::other_process::last_words;

/// Asks a process for each run, one at a time; another run is another process.
pub struct Helper {
    program: PathBuf,
    process: Option<Process>,
}

impl Helper {
    /// `program` is this program. Nothing is started yet.
    pub fn new(program: PathBuf) -> Helper {
        Helper { program, process: None }
    }

    /// Asks, and waits for the answer. One that has ended since the question before, as it does after a
    /// while without any, is started again; one that ends at its first question has its last words
    /// told.
    pub fn ask(&mut self, run: &RunFolder, question: &Question) -> Answer {
        let id = run.id();
        if let Some(process) = self.process.as_mut().filter(|process| process.run == id)
            && let Some(answer) = process.ask(question)
        {
            return answer;
        }
        // The one before ends before the next begins: a network takes its memory.
        self.process = None;
        let mut process = Process::start(&self.program, id)?;
        match process.ask(question) {
            Some(answer) => {
                self.process = Some(process);
                answer
            }
            None => Err(process.last_words()),
        }
    }
}

struct Process {
    /// The name of its run.
    run: String,
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Reads what it complains of, so that it never waits for a reader.
    complaints: Option<JoinHandle<Vec<u8>>>,
}

impl Process {
    fn start(program: &Path, run: String) -> Result<Process, String> {
        let fail = |err: std::io::Error| format!("cannot start {}: {err}", program.display());
        let mut command = Command::new(program);
        command.args(["look", "--", &run]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(fail)?;
        let questions = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut stderr = child.stderr.take().expect("it is piped");
        let read = move || {
            let mut text = Vec::new();
            // What came before an error is read.
            let _ = stderr.read_to_end(&mut text);
            text
        };
        let complaints = thread::Builder::new().name("complaints".into()).spawn(read).ok();
        Ok(Process { run, child, questions, answers, complaints })
    }

    /// `None`: it has ended.
    fn ask(&mut self, question: &Question) -> Option<Answer> {
        let line = serde_json::to_string(question).expect("texts and a number are JSON") + "\n";
        self.questions.write_all(line.as_bytes()).ok()?;
        let mut answer = String::new();
        let count = self.answers.read_line(&mut answer).ok()?;
        let unreadable = |err| Err(format!("what look answered cannot be read: {err}"));
        (count > 0).then(|| serde_json::from_str(&answer).unwrap_or_else(unreadable))
    }

    fn last_words(mut self) -> String {
        let status = self.child.wait();
        let complaints = self.complaints.take().and_then(|reader| reader.join().ok());
        last_words(&complaints.unwrap_or_default()).unwrap_or_else(|| match status {
            Ok(status) => format!("look ended with {status}"),
            Err(err) => format!("look ended: {err}"),
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It writes nothing that could be left half; it may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::other_process::testing::answering;

    fn question(photo: &str) -> Question {
        Question { photo: photo.into(), categories: Vec::new(), nearest: 0 }
    }

    /// Answers with the number of the question to this process.
    const COUNTS: &str = r#"test "$1 $2 $3" = "look -- one" || { echo "retrain: no run $3" >&2; exit 2; }
echo started >> "$(dirname "$0")/starts"
n=0
while read -r line; do
    n=$((n + 1))
    case "$line" in *leave*) exit 0;; *say*) echo "{\"Err\": \"$n\"}";; *) echo nonsense;; esac
done"#;

    #[test]
    fn one_process_answers_all_questions_and_is_started_again_when_it_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let mut helper = Helper::new(answering(folder.path(), COUNTS));
        let run = RunFolder::at("runs/one");
        let starts = || {
            let text = std::fs::read_to_string(folder.path().join("starts")).unwrap_or_default();
            text.lines().count()
        };
        assert_eq!(starts(), 0, "nothing is started before the first question");
        let mut say = |photo: &str| helper.ask(&run, &question(photo)).unwrap_err();
        assert_eq!((say("say"), say("say"), starts()), ("1".into(), "2".into(), 1));
        assert!(say("mumble").starts_with("what look answered cannot be read"));
        // It ends at this one, is started again, and ends again.
        assert_eq!((say("leave"), starts()), ("look ended with exit status: 0".into(), 2));
        assert_eq!((say("say"), starts()), ("1".into(), 3));
        let child = helper.process.as_ref().unwrap().child.id();
        assert!(Path::new(&format!("/proc/{child}")).exists() || !Path::new("/proc/self").exists());
        drop(helper);
        assert!(!Path::new(&format!("/proc/{child}")).exists(), "it ends with its asker");
    }

    #[test]
    fn the_last_words_of_one_that_cannot_answer_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut helper = Helper::new(answering(folder.path(), COUNTS));
        let said = helper.ask(&RunFolder::at("runs/two"), &question("say")).unwrap_err();
        assert_eq!(said, "no run two");
        let mut helper = Helper::new("/no/such/program".into());
        let said = helper.ask(&RunFolder::at("runs/one"), &question("say")).unwrap_err();
        assert!(said.starts_with("cannot start /no/such/program"), "{said}");
    }
}
