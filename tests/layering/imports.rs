//! Which names each source file takes from which other file, read from its `use` lines and paths.
//!
//! Not a compiler: names that come by a glob or out of a macro are not seen, nor is a method that
//! is called on a value.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

/// The names from the crate on: `["store", "RunFolder"]`.
pub type Name = Vec<String>;

/// One source file as a module.
#[derive(Debug, Default)]
pub struct Module {
    /// Relative to `src`.
    pub file: PathBuf,
    /// Compiled for tests only.
    pub is_test: bool,
    /// What it takes from elsewhere in the crate, each as it is written, from the crate on.
    pub used: BTreeSet<Name>,
    /// The same of its tests.
    pub used_in_tests: BTreeSet<Name>,
    /// `pub use`: its own name for something, and what that is.
    exports: HashMap<String, Name>,
}

/// All modules of the crate, by their names.
pub struct Sources {
    pub modules: BTreeMap<Name, Module>,
}

impl Sources {
    pub fn read(src: &Path) -> Sources {
        let mut files = Vec::new();
        rust_files(src, &mut files);
        let text = |file: &PathBuf| fs::read_to_string(file).unwrap();
        let relative = |file: &PathBuf| file.strip_prefix(src).unwrap().to_owned();
        Sources::of(files.iter().map(|file| (relative(file), text(file))))
    }

    /// `(file, text)` of each, the files relative to `src`.
    fn of(files: impl Iterator<Item = (PathBuf, String)>) -> Sources {
        let mut modules = BTreeMap::new();
        let mut tests: Vec<Name> = Vec::new();
        for (relative, text) in files {
            let name = module_name(&relative);
            let reading = Reading::of(&tokens(&text), &name);
            tests.extend(reading.test_modules);
            let Parts { used, used_in_tests, exports, .. } = reading.parts;
            let module = Module { file: relative, is_test: false, used, used_in_tests, exports };
            modules.insert(name, module);
        }
        for (name, module) in &mut modules {
            module.is_test = tests.iter().any(|test| name.starts_with(test));
        }
        Sources { modules }
    }

    /// The module in which `name` is written down, through every `pub use` on the way.
    pub fn home(&self, name: &[String]) -> Option<&Name> {
        let mut name = name.to_vec();
        for _ in 0..9 {
            let length = (1..=name.len()).rev().find(|&n| self.modules.contains_key(&name[..n]))?;
            let (home, module) = self.modules.get_key_value(&name[..length])?;
            match name.get(length).and_then(|first| module.exports.get(first)) {
                Some(exported) => {
                    let rest = name.split_off(length + 1);
                    name = exported.iter().cloned().chain(rest).collect();
                }
                None => return Some(home),
            }
        }
        None
    }

    /// `(file, file)`: the first takes something from the second; tests aside, and a file and the
    /// folder that it heads count as one.
    pub fn arrows(&self) -> BTreeSet<(&Path, &Path)> {
        let mut arrows = BTreeSet::new();
        for (name, module) in self.modules.iter().filter(|(_, module)| !module.is_test) {
            // A module that is imported is not used yet: the paths that begin with it tell.
            let used = module.used.iter().filter(|used| !self.modules.contains_key(*used));
            for home in used.filter_map(|used| self.home(used)) {
                if !home.starts_with(name) && !name.starts_with(home) {
                    arrows.insert((module.file.as_path(), self.modules[home].file.as_path()));
                }
            }
        }
        arrows
    }
}

/// Groups of files each of which reaches all others of its group by arrows.
pub fn circles<'a>(arrows: &BTreeSet<(&'a Path, &'a Path)>) -> Vec<BTreeSet<&'a Path>> {
    let mut reached: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
    for &(from, _) in arrows {
        let mut found = BTreeSet::new();
        let mut open = vec![from];
        while let Some(file) = open.pop() {
            let next = arrows.range((file, Path::new(""))..).take_while(|(from, _)| *from == file);
            open.extend(next.map(|&(_, to)| to).filter(|to| found.insert(*to)));
        }
        reached.insert(from, found);
    }
    let reaches =
        |from: &Path, to: &Path| reached.get(from).is_some_and(|found| found.contains(to));
    let mut circles: Vec<BTreeSet<&Path>> = Vec::new();
    for (&file, found) in &reached {
        if reaches(file, file) && !circles.iter().any(|circle| circle.contains(file)) {
            circles.push(found.iter().copied().filter(|other| reaches(other, file)).collect());
        }
    }
    circles
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// `tui/keys/mod.rs` is `["tui", "keys"]`.
fn module_name(file: &Path) -> Name {
    let mut name: Name =
        file.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    name.pop_if(|last| last == "mod");
    name
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `::`
    Sep,
    Sign(char),
}

/// Words and signs, without comments, strings and lifetimes.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if rest.starts_with("/*") {
            rest = &rest[rest.find("*/").map_or(rest.len(), |end| end + 2)..];
        } else if let Some(behind) = string(rest) {
            rest = behind;
        } else if let Some(behind) = rest.strip_prefix("::") {
            tokens.push(Token::Sep);
            rest = behind;
        } else if c.is_alphanumeric() || c == '_' {
            let is_part = |c: char| c.is_alphanumeric() || c == '_';
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        } else {
            if !c.is_whitespace() {
                tokens.push(Token::Sign(c));
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    tokens
}

/// What stands behind the string, character or lifetime at the beginning of `text`.
fn string(text: &str) -> Option<&str> {
    let raw = text.strip_prefix('b').unwrap_or(text).strip_prefix('r');
    if let Some(raw) = raw
        && let hashes = raw.len() - raw.trim_start_matches('#').len()
        && raw[hashes..].starts_with('"')
    {
        let end = format!("\"{}", "#".repeat(hashes));
        let inside = &raw[hashes + 1..];
        return Some(&inside[inside.find(&end).map_or(inside.len(), |at| at + end.len())..]);
    }
    let plain = text.strip_prefix('b').unwrap_or(text);
    let quote = plain.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inside = &plain[1..];
    let is_character = inside.starts_with('\\') || inside.chars().nth(1) == Some('\'');
    if quote == '\'' && !is_character {
        return Some(inside);
    }
    let mut is_escaped = false;
    for (at, c) in inside.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == quote => return Some(&inside[at + 1..]),
            _ => {}
        }
    }
    Some("")
}

#[derive(Default)]
struct Parts {
    used: BTreeSet<Name>,
    used_in_tests: BTreeSet<Name>,
    exports: HashMap<String, Name>,
    /// The file's own names for things of the crate.
    imported: HashMap<String, Name>,
    children: BTreeSet<String>,
}

struct Reading {
    module: Name,
    parts: Parts,
    test_modules: Vec<Name>,
}

impl Reading {
    fn of(tokens: &[Token], module: &Name) -> Reading {
        let mut reading =
            Reading { module: module.clone(), parts: Parts::default(), test_modules: Vec::new() };
        for pair in tokens.windows(2) {
            if let [Token::Word(word), Token::Word(name)] = pair
                && word == "mod"
            {
                reading.parts.children.insert(name.clone());
            }
        }
        // Imports first: a path may stand above the `use` that explains it.
        let tests = tests(tokens);
        let is_test = |at: usize| tests.iter().any(|range| range.contains(&at));
        let mut is_read = vec![false; tokens.len()];
        for at in 0..tokens.len() {
            if is_word(&tokens[at], "use") {
                let end = tokens[at..].iter().position(|token| *token == Token::Sign(';'));
                let end = at + end.unwrap_or(tokens.len() - at);
                is_read[at..end].fill(true);
                let is_exported = at > 0
                    && (is_word(&tokens[at - 1], "pub") || tokens[at - 1] == Token::Sign(')'));
                reading.import(&tokens[at + 1..end], is_exported, is_test(at));
            } else if is_word(&tokens[at], "mod")
                && is_test(at)
                && let (Some(Token::Word(name)), Some(Token::Sign(';'))) =
                    (tokens.get(at + 1), tokens.get(at + 2))
            {
                let mut name_of_test = module.clone();
                name_of_test.push(name.clone());
                reading.test_modules.push(name_of_test);
            }
        }
        for (at, name) in paths(tokens) {
            if !is_read[at] {
                reading.take(&name, is_test(at));
            }
        }
        reading
    }

    /// One `use`, from behind that word on.
    fn import(&mut self, tokens: &[Token], is_exported: bool, is_test: bool) {
        let mut leaves = Vec::new();
        leaves_of(tokens, &mut Vec::new(), &mut leaves);
        for (path, name) in leaves {
            let Some(full) = self.full(&path) else { continue };
            if is_exported {
                self.parts.exports.insert(name.clone(), full.clone());
            }
            let used = if is_test { &mut self.parts.used_in_tests } else { &mut self.parts.used };
            // What is only handed on is not used here.
            if !is_exported {
                used.insert(full.clone());
            }
            self.parts.imported.insert(name, full);
        }
    }

    fn take(&mut self, path: &[String], is_test: bool) {
        let full = match self.parts.imported.get(&path[0]) {
            Some(imported) => imported.iter().chain(&path[1..]).cloned().collect(),
            None => match self.full(path) {
                Some(full) => full,
                None => return,
            },
        };
        let used = if is_test { &mut self.parts.used_in_tests } else { &mut self.parts.used };
        used.insert(full);
    }

    /// `path` from the crate on; `None`: it is of another crate.
    fn full(&self, path: &[String]) -> Option<Name> {
        let mut module = self.module.clone();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => {
                module.clear();
                rest = &path[1..];
            }
            "self" => rest = &path[1..],
            "super" => {}
            child if self.parts.children.contains(child) => {}
            _ => return None,
        }
        while rest.first().is_some_and(|part| part == "super") {
            module.pop();
            rest = &rest[1..];
        }
        module.extend_from_slice(rest);
        Some(module)
    }
}

fn is_word(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(found) if found == word)
}

/// The places of what is compiled for tests only.
fn tests(tokens: &[Token]) -> Vec<std::ops::Range<usize>> {
    let head: Vec<Token> = self::tokens("#[cfg(test)]");
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        if !tokens[at..].starts_with(&head) {
            continue;
        }
        let mut depth = 0;
        let end = tokens[at + head.len()..].iter().position(|token| {
            match token {
                Token::Sign('{') => depth += 1,
                Token::Sign('}') => depth -= 1,
                _ => {}
            }
            depth == 0 && matches!(token, Token::Sign(';' | '}'))
        });
        found.push(at..at + head.len() + end.unwrap_or(0) + 1);
    }
    found
}

/// Every path of two names and more, and where it begins.
fn paths(tokens: &[Token]) -> Vec<(usize, Name)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let start = at;
        let mut name = Vec::new();
        while let Some(Token::Word(word)) = tokens.get(at) {
            name.push(word.clone());
            at += 1;
            if tokens.get(at) != Some(&Token::Sep) {
                break;
            }
            at += 1;
        }
        if name.len() > 1 && (start == 0 || tokens[start - 1] != Token::Sep) {
            found.push((start, name));
        }
        at = at.max(start + 1);
    }
    found
}

/// The single names of a `use` tree: the path of each, and what it is called here.
fn leaves_of(tokens: &[Token], prefix: &mut Name, leaves: &mut Vec<(Name, String)>) {
    let length = prefix.len();
    let mut at = 0;
    while let Some(Token::Word(word)) = tokens.get(at) {
        if word == "as" {
            break;
        }
        if word != "self" || prefix.is_empty() {
            prefix.push(word.clone());
        }
        at += 1;
        if tokens.get(at) != Some(&Token::Sep) {
            break;
        }
        at += 1;
    }
    match tokens.get(at) {
        Some(Token::Sign('{')) => {
            let inside = &tokens[at + 1..tokens.len().saturating_sub(1)];
            let mut depth = 0;
            let parts = inside.split(|token| {
                match token {
                    Token::Sign('{') => depth += 1,
                    Token::Sign('}') => depth -= 1,
                    _ => {}
                }
                depth == 0 && *token == Token::Sign(',')
            });
            parts.for_each(|part| {
                if !part.is_empty() {
                    leaves_of(part, prefix, leaves);
                }
            });
        }
        Some(Token::Sign('*')) => leaves.push((prefix.clone(), "*".into())),
        Some(Token::Word(_)) => {
            if let Some(Token::Word(alias)) = tokens.get(at + 1) {
                leaves.push((prefix.clone(), alias.clone()));
            }
        }
        _ => leaves.push((prefix.clone(), prefix.last().cloned().unwrap_or_default())),
    }
    prefix.truncate(length);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A crate of a few files.
    fn crate_of(files: &[(&str, &str)]) -> Sources {
        Sources::of(files.iter().map(|&(file, text)| (file.into(), text.to_owned())))
    }

    fn arrows_of(files: &[(&str, &str)]) -> Vec<String> {
        let sources = crate_of(files);
        let arrow = |(from, to): &(&Path, &Path)| format!("{} {}", from.display(), to.display());
        sources.arrows().iter().map(arrow).collect()
    }

    #[test]
    fn a_name_is_found_however_it_is_imported() {
        let home = ("b/c.rs", "pub struct C;");
        let door = ("b/mod.rs", "mod c; pub use c::{C, D as E};");
        for text in [
            "use crate::b::C;",
            "use crate::{b::{self, C}, x};",
            "use super::b::E as F;",
            "use crate::b;\nfn f() -> b::C { b::C }",
            "use crate::{x, b::{self as y, c::{C}}};",
            "fn f() { crate::b::C::new() }",
            "fn f<'a>(c: &'a char) -> bool { *c == '\"' || super::b::C.is(c) }",
        ] {
            assert_eq!(arrows_of(&[("a.rs", text), home, door]), ["a.rs b/c.rs"], "{text}");
        }
    }

    #[test]
    fn a_name_from_above_is_found_at_any_depth() {
        for text in [
            "use super::super::{b::C, a};",
            "use super::super::b;\nfn f(c: b::C) {}",
            "fn f() { super::super::b::C::new() }",
        ] {
            let files = [("a/e.rs", text), ("b.rs", ""), ("a/mod.rs", "")];
            assert_eq!(arrows_of(&files), ["a/e.rs b.rs"], "{text}");
        }
        let text = "#[cfg(test)]\nmod tests { use super::super::b::C; }";
        let sources = crate_of(&[("a.rs", text), ("b.rs", "")]);
        let found = &sources.modules[&vec!["a".to_owned()]].used_in_tests;
        assert!(found.contains(&vec!["b".to_owned(), "C".to_owned()]), "{found:?}");
    }

    #[test]
    fn comments_strings_and_tests_are_no_arrows() {
        let text = "// use crate::b::B;\nconst A: &str = \"crate::b::B\";\n\
                    #[cfg(test)]\nmod tests { use crate::b::B; fn f() { {} } }\n";
        assert!(arrows_of(&[("a.rs", text), ("b.rs", "")]).is_empty());
        let sources = crate_of(&[("a.rs", text), ("b.rs", "")]);
        assert_eq!(sources.modules[&vec!["a".to_owned()]].used_in_tests.len(), 1);
    }

    #[test]
    fn a_circle_of_any_length_is_found_and_what_only_leads_to_it_is_not_in_it() {
        let files = [
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "use crate::c::C;"),
            ("c.rs", "use crate::a::A;"),
            ("d.rs", "use crate::a::A;"),
        ];
        let sources = crate_of(&files);
        let found = circles(&sources.arrows());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].len(), 3);
    }
}
