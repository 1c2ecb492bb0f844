use std::path::{Path, PathBuf};
pub fn shown(p: &Path) -> String {
    p.to_string_lossy().replace('\\', "\\\\").replace('\n', "\\n")
}
pub fn unshown(s: &str) -> PathBuf {
    PathBuf::from(s.replace("\\n", "\n").replace("\\\\", "\\"))
}
