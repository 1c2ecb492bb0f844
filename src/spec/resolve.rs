//! An experiment as it will run, written down: the text as it is, and every default behind it.

use std::path::Path;

use toml_edit::{DocumentMut, InlineTable, Item, Key, RawString, Table, TableLike, Value};

use super::check::{Checked, check};
use super::draft::{DEFAULT_MARK, Draft, Override};
use super::fields::{FIELDS, SECTIONS};
use super::sweep::SWEEP;
use super::{Experiment, ExperimentField, SpecError};
use crate::config::{Mistake, Mistakes};

/// What will run, and the text that says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The text as written, with the overrides, and with each field that was left out as
    /// `key = value # default`.
    pub text: String,
    /// What the text says.
    pub experiment: Experiment,
    /// As of [`Checked`].
    pub warnings: Vec<Mistake>,
}

/// Applies `key=value` overrides and writes every default down, keeping comments and order.
///
/// A value is TOML; a bare word is taken as a string. The result's text parses to the same
/// experiment, and resolving it again changes nothing.
pub fn resolve(text: &str, overrides: &[String], origin: &Path) -> Result<Resolved, SpecError> {
    let (mut arguments, mut refused) = (Vec::new(), Vec::new());
    for argument in overrides {
        match Override::parse(argument) {
            Ok(argument) => arguments.push(argument),
            Err(mistake) => refused.push(mistake),
        }
    }
    let mut draft = Draft::read(text, &arguments, origin);
    draft.mistakes.extend(refused);
    let Checked { experiment, warnings, .. } = check(draft)?;
    let text = write_out(text, &arguments, &experiment).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        let shown = origin.display().to_string();
        Mistakes(vec![Mistake::in_text(&shown, text, span, error.message().to_owned())])
    })?;
    Ok(Resolved { text, experiment, warnings })
}

fn write_out(
    text: &str,
    arguments: &[Override],
    experiment: &Experiment,
) -> Result<String, toml_edit::TomlError> {
    let mut document: DocumentMut = text.parse()?;
    // A run is one of a sweep's, and its values are among the arguments.
    document.remove(SWEEP);
    let belongs = |section: &str| {
        FIELDS.iter().any(|field| field.section() == section && field.belongs_to(experiment))
    };
    let mut added = Vec::new();
    for section in SECTIONS.iter().filter(|section| belongs(section.name)) {
        if make_table(&mut document, section.name) {
            added.push(section.name);
        }
    }
    for field in FIELDS.iter() {
        move_from_former(&mut document, field);
    }
    for argument in arguments {
        if let Some(table) = table_of(&mut document, argument.field.section()) {
            assign(table, argument.field.leaf(), argument.toml.parse()?);
        }
    }
    for field in FIELDS.iter().filter(|field| field.belongs_to(experiment)) {
        let (Some(default), Some(table)) =
            (field.default, table_of(&mut document, field.section()))
        else {
            continue;
        };
        if !table.contains_key(field.leaf()) {
            let value: Value = default.parse()?;
            let value = value.decorated(" ", format!(" {DEFAULT_MARK}"));
            table.insert(field.leaf(), Item::Value(value));
        }
    }
    if let Some(section) = added.first() {
        move_trailing_before(&mut document, section);
    }
    Ok(document.to_string())
}

/// Makes sure that a section is there and can hold comments; whether it is a new one, at the end.
/// The table that it stands in is there already.
fn make_table(document: &mut DocumentMut, section: &str) -> bool {
    let end = last_position(document.as_table()) + 1;
    let (outer, leaf) = section.rsplit_once('.').unwrap_or(("", section));
    let Some(outer) = table_of(document, outer) else { return false };
    match outer.get_mut(leaf) {
        // Only a table inside it was written: now it needs a line of its own.
        Some(Item::Table(table)) if table.is_implicit() && !table.is_dotted() => {
            table.set_implicit(false);
            table.decor_mut().set_prefix("\n");
            return false;
        }
        Some(item) if !item.is_inline_table() => return false,
        _ => {}
    }
    let old = outer.get_key_value(leaf).map(|(key, _)| key.clone()).zip(outer.remove(leaf));
    let mut table = match old {
        Some((key, Item::Value(Value::InlineTable(inline)))) => unfold(&key, &inline),
        _ => {
            let mut table = Table::new();
            table.decor_mut().set_prefix("\n");
            table
        }
    };
    table.set_position(Some(end));
    outer.insert(leaf, Item::Table(table));
    true
}

/// Where the last of the written tables stands.
fn last_position(table: &dyn TableLike) -> isize {
    let inner = table.iter().filter_map(|(_, item)| item.as_table());
    let places = inner.map(|inner| inner.position().unwrap_or(0).max(last_position(inner)));
    places.max().unwrap_or(0)
}

/// What stands under a former key goes under the present one, with its comments.
fn move_from_former(document: &mut DocumentMut, field: &ExperimentField) {
    let Some((section, leaf)) = field.former.and_then(|former| former.rsplit_once('.')) else {
        return;
    };
    let Some(table) = table_of(document, section) else { return };
    let Some(old) = table.get_key_value(leaf).map(|(key, _)| key.clone()) else { return };
    let Some(Item::Value(value)) = table.remove(leaf) else { return };
    make_table(document, field.section());
    if let Some(table) = table_of(document, field.section()) {
        let mut key = Key::new(field.leaf());
        key.leaf_decor_mut().clone_from(old.leaf_decor());
        table.entry_format(&key).or_insert(Item::Value(value));
    }
}

/// An inline table as a table of lines, with all its comments.
fn unfold(name: &Key, inline: &InlineTable) -> Table {
    let mut table = Table::new();
    for (key, value) in inline {
        let own = inline.key(key).and_then(|key| key.leaf_decor().prefix());
        let above = comments(own) + &comments(value.decor().suffix());
        let mut key = Key::new(key);
        key.leaf_decor_mut().set_prefix(above);
        table.insert_formatted(&key, Item::Value(value.clone().decorated(" ", "")));
    }
    let above = comments(name.leaf_decor().prefix()) + &comments(Some(inline.trailing()));
    let behind = inline.decor().suffix().and_then(RawString::as_str).unwrap_or("");
    table.decor_mut().set_prefix(format!("\n{above}"));
    table.decor_mut().set_suffix(behind);
    table
}

/// The comments between two values, each on a line.
fn comments(between: Option<&RawString>) -> String {
    let lines = between.and_then(RawString::as_str).unwrap_or("").lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).flat_map(|line| [line, "\n"]).collect()
}

/// The table of this dotted name; `""`: the document.
fn table_of<'a>(document: &'a mut DocumentMut, section: &str) -> Option<&'a mut dyn TableLike> {
    let mut table: &mut dyn TableLike = document.as_table_mut();
    for name in section.split('.').filter(|name| !name.is_empty()) {
        table = table.get_mut(name)?.as_table_like_mut()?;
    }
    Some(table)
}

/// Sets a value and keeps the comments around the old one, which assignment alone would drop.
fn assign(table: &mut dyn TableLike, leaf: &str, mut value: Value) {
    let Some(item) = table.get_mut(leaf) else {
        table.insert(leaf, Item::Value(value));
        return;
    };
    if let Some(old) = item.as_value() {
        *value.decor_mut() = old.decor().clone();
        let behind = old.decor().suffix().and_then(RawString::as_str);
        if behind.is_some_and(|behind| behind.trim() == DEFAULT_MARK) {
            value.decor_mut().set_suffix("");
        }
    }
    *item = Item::Value(value);
}

/// Comments at the end of the file stay behind what they followed, in front of the new tables.
fn move_trailing_before(document: &mut DocumentMut, section: &str) {
    let trailing = document.trailing().as_str().unwrap_or("").to_owned();
    if trailing.trim().is_empty() {
        return;
    }
    let (outer, leaf) = section.rsplit_once('.').unwrap_or(("", section));
    let item = table_of(document, outer).and_then(|outer| outer.get_mut(leaf));
    if let Some(table) = item.and_then(Item::as_table_mut) {
        let above = table.decor().prefix().and_then(RawString::as_str).unwrap_or("");
        let end = if trailing.ends_with('\n') { "" } else { "\n" };
        let prefix = format!("{trailing}{end}{above}");
        table.decor_mut().set_prefix(prefix);
        document.set_trailing("");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{parse, settings};

    const ORIGIN: &str = "experiments/x.toml";

    fn resolved(text: &str, overrides: &[&str]) -> Resolved {
        let overrides: Vec<String> = overrides.iter().map(|&set| set.to_owned()).collect();
        let resolved = resolve(text, &overrides, Path::new(ORIGIN)).unwrap();
        let again = resolve(&resolved.text, &[], Path::new(ORIGIN)).unwrap();
        assert_eq!(again.text, resolved.text, "resolving again changed the text");
        assert_eq!(again.experiment, resolved.experiment, "{}", resolved.text);
        resolved
    }

    fn refused(text: &str, overrides: &[&str]) -> String {
        let overrides: Vec<String> = overrides.iter().map(|&set| set.to_owned()).collect();
        resolve(text, &overrides, Path::new(ORIGIN)).unwrap_err().to_string()
    }

    #[test]
    fn every_field_is_written_down_and_defaults_are_marked() {
        let text = "# why\nimages = 'p'  # photos\n\n[train]\nmomentum = 0.5 # mine\n# end\n";
        let resolved = resolved(text, &[]);
        let document: DocumentMut = resolved.text.parse().unwrap();
        for (key, value) in settings(&resolved.experiment) {
            let leaf = key.rsplit('.').next().unwrap();
            let item = key.split('.').try_fold(document.as_item(), |item, key| item.get(key));
            assert!(item.is_some(), "{key}");
            let marked = resolved.text.contains(&format!("{leaf} = {value} # default\n"));
            assert_eq!(marked, key != "images" && key != "train.momentum", "{key}");
        }
        assert!(resolved.text.starts_with("# why\nimages = 'p'  # photos\ndescription"));
        assert!(resolved.text.contains("\n\n[train]\nmomentum = 0.5 # mine\nbatch_size = 100 #"));
        assert!(resolved.text.contains("# end\n"));
    }

    #[test]
    fn defaults_written_down_give_no_warnings_of_their_own() {
        let first = resolved("images = 'p'\ntrain.momentum = 0.9\n", &[]);
        assert_eq!(first.warnings.len(), 1);
        let again = parse(&first.text, Path::new(ORIGIN)).unwrap();
        assert_eq!(again.warnings.len(), 1, "{:?}", again.warnings);
    }

    #[test]
    fn overrides_keep_comments_and_order() {
        let text = "# above\niterations = 400   # few\nimages = 'p' # here\n";
        let overrides = ["iterations=50", "train.optimizer=adam", "images=my photos/2024"];
        let resolved = resolved(text, &overrides);
        let start = "# above\niterations = 50   # few\nimages = \"my photos/2024\" # here\n";
        assert!(resolved.text.starts_with(start), "{}", resolved.text);
        assert!(resolved.text.contains("optimizer = \"adam\"\n"));
        assert_eq!(resolved.experiment.iterations, 50);
    }

    #[test]
    fn overriding_a_default_that_was_written_down_removes_its_mark() {
        let first = resolved("images = 'p'\n", &[]);
        let second = resolved(&first.text, &["train.batch_size=7"]);
        assert!(second.text.contains("batch_size = 7\n"), "{}", second.text);
    }

    #[test]
    fn values_of_overrides_are_toml_or_bare_words() {
        let overrides = [
            "categories=[\"a\", 'b']",
            "description=a \"quoted\" word",
            "network.input_range=0..1",
            "split.by = seed",
            "train.class_weights=[1, 2.5]",
            "learning_rate=1",
            "learning_rate=1e-3",
            "images=2024",
        ];
        let experiment = resolved("", &overrides).experiment;
        assert_eq!(experiment.categories, ["a", "b"]);
        assert_eq!(experiment.description, "a \"quoted\" word");
        assert_eq!(experiment.learning_rate, 1e-3);
        assert_eq!(experiment.images, Path::new("2024"));
    }

    #[test]
    fn mistakes_in_overrides_name_the_argument() {
        let said = refused("images = 'p'", &["iteration=5"]);
        assert_eq!(said, "--set iteration=5: unknown key \"iteration\"; did you mean iterations");
        let said = refused("images = 'p'", &["iterations=0"]);
        assert!(said.starts_with("--set iterations=0: iterations is 0, expected 1 to"), "{said}");
        let said = refused("images = 'p'", &["iterations"]);
        assert!(said.starts_with("--set iterations: expected key=value"), "{said}");
        let said = refused("images = 'p'", &["categories=[a, b]"]);
        assert!(said.starts_with("--set categories=[a, b]: the value is not TOML"), "{said}");
        let said = refused("images = 'p'", &["iterations=5\nlearning_rate=3"]);
        assert!(said.starts_with("--set iterations=5?learning_rate=3: iterations is "), "{said}");
        let said = refused("images = 'p'", &["split.test_percent=95"]);
        assert!(said.starts_with("--set split.test_percent=95: split.validation_"), "{said}");
    }

    #[test]
    fn mistakes_of_text_and_arguments_come_together_with_the_lines_of_the_text() {
        let said = refused("images = 'p'\n\nlearning_rate = 0\n", &["train.batch_size=x", "a=1"]);
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.len(), 3, "{said}");
        assert!(lines[0].starts_with("experiments/x.toml:3: learning_rate is 0"));
        assert!(lines[1].starts_with("--set ") && lines[2].starts_with("--set "));
    }

    #[test]
    fn an_override_replaces_a_wrong_value() {
        assert_eq!(resolved("images = 3\n", &["images=p"]).experiment.images, Path::new("p"));
    }

    #[test]
    fn dotted_keys_and_inline_tables_are_completed() {
        let text = "images = 'p'\nsplit.by = 'seed' # drawn\n# rates\ntrain = { batch_size = 5, \
                    seed = 3 } # small\niterations = 9\n\n# [distort]\n# flip = true\n";
        let resolved = resolved(text, &["train.optimizer=adam"]);
        assert_eq!(resolved.experiment.train.batch_size, 5);
        assert!(resolved.text.contains("split.by = 'seed' # drawn\nsplit.validation_percent = 10"));
        assert!(resolved.text.contains("# rates\n[train] # small\nbatch_size = 5\n"));
        let order = ["iterations = 9", "# [distort]\n# flip = true\n", "[data]", "[train]"];
        let places: Vec<_> = order.iter().map(|part| resolved.text.find(part).unwrap()).collect();
        assert!(places.is_sorted(), "{}", resolved.text);
    }

    #[test]
    fn what_stands_under_a_former_key_moves_to_the_present_one_with_its_comments() {
        let text = "images = 'p'\n\n[network]\n# 2015\nlast_pool = 'max' # as then\n\n[train]\n\
                    seed = 1\n# the end\n";
        let moved = resolved(text, &[]);
        let end = "# the end\n\n[data]\n";
        assert!(moved.text.contains(end), "{}", moved.text);
        let own = "\n[network.inception_v3]\n# 2015\nlast_pool = 'max' # as then\naverage_pool = ";
        assert!(moved.text.contains(own), "{}", moved.text);
        assert!(!moved.text.contains("\n\nlast_pool"), "{}", moved.text);
        assert!(moved.warnings.is_empty());
        let given = resolved(text, &["network.last_pool=average"]);
        assert!(
            given.text.contains("# 2015\nlast_pool = \"average\" # as then\n"),
            "{}",
            given.text
        );
        let alone = resolved("images = 'p'\n", &["network.input_range=0..1"]);
        assert!(alone.text.contains("[network.inception_v3]\ninput_range = \"0..1\"\n"));
    }

    #[test]
    fn a_table_inside_a_table_is_completed_however_it_was_written() {
        for network in [
            "[network.inception_v3]\nlast_pool = 'max' # mine\n",
            "[network]\ninception_v3 = { last_pool = 'max' } # mine\n",
            "[network]\ninception_v3.last_pool = 'max' # mine\n",
            "network = { inception_v3 = { last_pool = 'max' } } # mine\n",
            "network.inception_v3.last_pool = 'max' # mine\n",
            "network.inception_v3 = { last_pool = 'max' } # mine\n",
            "network.last_pool = 'max' # mine\n",
            "network = { last_pool = 'max' } # mine\n",
        ] {
            let text = format!("images = 'p'\n{network}# the end\n");
            let resolved = resolved(&text, &["network.resize=legacy"]);
            let last_pool = resolved.experiment.network.options;
            assert_ne!(last_pool, Default::default(), "{network}");
            assert!(resolved.text.contains("# mine") && resolved.text.contains("# the end"));
        }
    }

    #[test]
    fn odd_but_valid_texts_stay_valid() {
        for text in [
            "\u{feff}images = 'p'\r\niterations = 5 # five\r\n[train]\r\nseed = 1\r\n",
            "images = 'p'",
            "images = 'p' # no newline",
            "images = 'p'\n[train]\n[split]\nseed = 1\n# the end",
            "\"images\" = 'p'\n[ 'train' ]\n'batch_size' = 0x10\n",
            "images = 'p'\ncategories = [\n  'a', # first\n  'b',\n]\n",
            "images = 'p'\ntrain = {\n  batch_size = 5, # five\n  seed = 2, # two\n}\n",
            "images = 'p'\ndescription = '''\nmany\nlines'''\n",
            "[network]\nresize = 'legacy'\n[train]\nseed = 1\n[data]\nmax_megapixels = 5\n",
        ] {
            resolved(text, &["images=p", "train.seed=5", "categories=['x', 'y']"]);
        }
    }
}
