//! The file that a report goes into.

use std::path::{Path, PathBuf};

use super::sentences::{MARK_IN_HTML, MARK_IN_MARKDOWN};
use super::{Report, html, markdown};
use crate::store::{ReplaceError, RunFolder, replace_own};

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A page for a browser, with pictures.
    Html,
    /// For a pull request, without.
    Markdown,
}

impl Form {
    /// The form of a file of this name; `None` when its ending is of neither.
    pub fn of(path: &Path) -> Option<Form> {
        match path.extension()?.to_str()? {
            "html" | "htm" => Some(Form::Html),
            "md" | "markdown" => Some(Form::Markdown),
            _ => None,
        }
    }

    /// The text of a report.
    pub fn text(self, report: &Report) -> String {
        match self {
            Form::Html => html(report),
            Form::Markdown => markdown(report),
        }
    }
}

/// The name of the page of these runs: `report-RUN.html`, of several `report-RUN-and-2-more.html`.
pub fn file_name(runs: &[RunFolder]) -> PathBuf {
    let first = runs.first().map_or_else(String::new, RunFolder::id);
    match runs.len() {
        0 | 1 => format!("report-{first}.html").into(),
        several => format!("report-{first}-and-{}-more.html", several - 1).into(),
    }
}

/// Writes a report, whole or not at all, where nothing is or an earlier report.
pub fn write(path: &Path, text: &str) -> Result<(), ReplaceError> {
    replace_own(path, text.as_bytes(), is_report, "no report of retrain's")
}

/// Whether a file that begins so is one.
fn is_report(begin: &[u8]) -> bool {
    let begin = String::from_utf8_lossy(begin);
    begin.contains(MARK_IN_HTML) || begin.starts_with(MARK_IN_MARKDOWN)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_a_report_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.html");
        let report = format!("<!DOCTYPE html>\n{MARK_IN_HTML}\n");
        write(&path, &report).unwrap();
        write(&path, &format!("{report}newer")).unwrap();
        assert!(fs::read_to_string(&path).unwrap().ends_with("newer"));
        for theirs in ["", "<html>my page</html>", "see <!-- retrain report -->"] {
            fs::write(&path, theirs).unwrap();
            let said = write(&path, &report).unwrap_err().to_string();
            assert!(said.contains("is there and is no report of retrain's"), "{said}");
            assert_eq!(fs::read_to_string(&path).unwrap(), theirs);
        }
        let link = folder.path().join("link.md");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        assert!(matches!(write(&link, &report), Err(ReplaceError::Taken { .. })));
        assert!(matches!(write(folder.path(), &report), Err(ReplaceError::Taken { .. })));
        let missing = write(&folder.path().join("no/a.md"), &report).unwrap_err().to_string();
        assert!(missing.starts_with("cannot write") && missing.contains("no/a.md"), "{missing}");
    }

    #[test]
    fn the_ending_says_the_form() {
        let form = |name: &str| Form::of(Path::new(name));
        assert_eq!([form("a.html"), form("a.htm")], [Some(Form::Html); 2]);
        assert_eq!([form("a.md"), form("a.markdown")], [Some(Form::Markdown); 2]);
        assert_eq!([form("a"), form("a.pdf"), form(".md")], [None; 3]);
        let runs = ["runs/a", "runs/b", "runs/c"].map(RunFolder::at);
        assert_eq!(file_name(&runs[..1]), Path::new("report-a.html"));
        assert_eq!(file_name(&runs), Path::new("report-a-and-2-more.html"));
    }
}
