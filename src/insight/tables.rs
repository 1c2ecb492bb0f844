//! The confusion matrix and the metrics of each category as plain text tables.

use unicode_width::UnicodeWidthStr;

use super::confusion::{Confusion, ConfusionMatrix};
use super::evaluation::{CategoryMetrics, Evaluation};
use super::text::shorten;
use crate::words::{grouped, pad_left, pad_right, percent};

/// Columns of a terminal that tables are made for.
const TERMINAL: usize = 80;
const NAME_MAX: usize = 16;
const GAP: usize = 2;
/// With more categories, names over the columns would be too short to read.
const NAMED_COLUMNS: usize = 8;
/// With more categories, a list of the worst replaces a table of all: nobody reads a matrix of 1,500
/// rows, and it takes 12 megabytes.
pub const MOST_ROWS: usize = 40;
/// Entries of such a list.
pub const WORST_ROWS: usize = 20;

/// The confusion matrix, rows true and columns predicted; every line ends in `\n`. Up to 8
/// categories it fits 80 columns, names shortened as needed. With more, or when shortened names
/// would be the same, the columns are numbered and the rows carry number and name. With more than
/// 40 categories it is a list of the 20 largest confusions.
///
/// # Panics
/// When there are fewer names than categories.
pub fn confusion_table<N: AsRef<str>>(names: &[N], matrix: &ConfusionMatrix) -> String {
    let categories = matrix.categories();
    let names: Vec<&str> = names[..categories].iter().map(AsRef::as_ref).collect();
    if categories > MOST_ROWS {
        return confusion_list(&names, &matrix.confusions());
    }
    let (rows, headings) = named(&names).unwrap_or_else(|| numbered(&names));
    let first = widest(&rows).max("true".len());

    let mut columns = headings;
    columns.iter_mut().enumerate().for_each(|(predicted, heading)| {
        let counts = (0..categories).map(|truth| matrix.count(truth, predicted).to_string().len());
        let width = counts.chain([heading.width()]).max().unwrap_or(0);
        *heading = pad_left(heading, width);
    });
    let mut table = format!("{}  predicted\n", " ".repeat(first));
    push_row(&mut table, &pad_right("true", first), columns.iter().cloned());
    for (truth, name) in rows.iter().enumerate() {
        let counts = columns.iter().enumerate().map(|(predicted, heading)| {
            pad_left(&matrix.count(truth, predicted).to_string(), heading.width())
        });
        push_row(&mut table, &pad_right(name, first), counts);
    }
    table
}

fn confusion_list(names: &[&str], confusions: &[Confusion]) -> String {
    let shown = &confusions[..confusions.len().min(WORST_ROWS)];
    let mut table = match confusions.len() {
        0 => return "No image was taken for another category.\n".to_owned(),
        all if all > WORST_ROWS => {
            format!("The {WORST_ROWS} largest of {} confusions\n", grouped(all as u64))
        }
        _ => "All confusions\n".to_owned(),
    };
    let truths: Vec<&str> = shown.iter().map(|confusion| names[confusion.truth]).collect();
    let truths = shortened(&truths, 2 * NAME_MAX);
    let first = widest(&truths).max("true".len());
    push_row(&mut table, &pad_right("true", first), ["images", "predicted"].map(str::to_owned));
    for (Confusion { predicted, images, .. }, truth) in shown.iter().zip(&truths) {
        let cells = [pad_left(&images.to_string(), 6), shorten(names[*predicted], 2 * NAME_MAX)];
        push_row(&mut table, &pad_right(truth, first), cells);
    }
    table
}

/// Names of rows and columns, or `None` when the columns have no room for distinct names.
fn named(names: &[&str]) -> Option<(Vec<String>, Vec<String>)> {
    if names.len() > NAMED_COLUMNS {
        return None;
    }
    let rows = shortened(names, NAME_MAX);
    let room = (TERMINAL - widest(&rows).max("true".len())) / names.len().max(1) - GAP;
    let headings = shortened(names, room.min(NAME_MAX));
    let is_distinct = |list: &[String]| {
        list.iter().enumerate().all(|(place, name)| !list[..place].contains(name))
    };
    (is_distinct(&rows) && is_distinct(&headings)).then_some((rows, headings))
}

/// Rows with number and name, columns with the number.
fn numbered(names: &[&str]) -> (Vec<String>, Vec<String>) {
    let numbers: Vec<String> = (1..=names.len()).map(|number| number.to_string()).collect();
    let rows = numbers.iter().zip(shortened(names, 2 * NAME_MAX));
    let rows = rows.map(|(number, name)| format!("{} {name}", pad_left(number, widest(&numbers))));
    (rows.collect(), numbers)
}

/// Precision, recall, F1 and support of each category, then their means; every line ends in `\n`.
/// Of more than 40 categories those 20 with images that have the lowest F1.
///
/// # Panics
/// When there are fewer names than categories.
pub fn category_table<N: AsRef<str>>(names: &[N], evaluation: &Evaluation) -> String {
    let categories = evaluation.categories.len();
    let names: Vec<&str> = names[..categories].iter().map(AsRef::as_ref).collect();
    let mut rows: Vec<(String, CategoryMetrics)> =
        shortened(&names, 2 * NAME_MAX).into_iter().zip(evaluation.categories.clone()).collect();
    let mut table = String::new();
    if categories > MOST_ROWS {
        rows.retain(|(_, metrics)| metrics.support > 0);
        rows.sort_by(|a, b| a.1.f1.total_cmp(&b.1.f1));
        rows.truncate(WORST_ROWS);
        let all = grouped(categories as u64);
        table += &format!("The {} of {all} categories with the lowest F1\n", rows.len());
    }
    rows.push(("macro mean".to_owned(), evaluation.macro_mean()));
    rows.push(("weighted mean".to_owned(), evaluation.weighted_mean()));

    let first = rows.iter().map(|row| row.0.width()).max().unwrap_or(0);
    let headings = ["precision", "recall", "F1", "support"].map(|head| pad_left(head, 9));
    push_row(&mut table, &pad_right("category", first), headings);
    for (name, of) in rows {
        let cells =
            [percent(of.precision), percent(of.recall), percent(of.f1), of.support.to_string()];
        push_row(&mut table, &pad_right(&name, first), cells.map(|cell| pad_left(&cell, 9)));
    }
    table
}

fn shortened(names: &[&str], width: usize) -> Vec<String> {
    names.iter().map(|name| shorten(name, width)).collect()
}

fn widest(texts: &[String]) -> usize {
    texts.iter().map(|text| text.width()).max().unwrap_or(0)
}

fn push_row(table: &mut String, first: &str, cells: impl IntoIterator<Item = String>) {
    table.push_str(first);
    for cell in cells {
        table.push_str(&" ".repeat(GAP));
        table.push_str(&cell);
    }
    table.push('\n');
}

#[cfg(test)]
mod tests {
    use super::super::scored::Scored;
    use super::*;

    /// A matrix with `counts(truth, predicted)` images in each cell.
    fn matrix(categories: usize, counts: impl Fn(usize, usize) -> usize) -> ConfusionMatrix {
        let mut matrix = ConfusionMatrix::new(categories);
        for truth in 0..categories {
            for predicted in 0..categories {
                (0..counts(truth, predicted)).for_each(|_| matrix.add(truth, predicted));
            }
        }
        matrix
    }

    #[test]
    fn rows_are_true_and_columns_predicted() {
        let rows = [[18, 1, 0], [2, 130, 2], [0, 0, 11]];
        let table = confusion_table(
            &["fire", "smoke", "煙"],
            &matrix(3, |truth, predicted| rows[truth][predicted]),
        );
        insta::assert_snapshot!(table, @r"
               predicted
        true   fire  smoke  煙
        fire     18      1   0
        smoke     2    130   2
        煙        0      0  11
        ");
    }

    #[test]
    fn eight_long_names_fit_eighty_columns() {
        let names: Vec<String> = (0..8).map(|i| format!("{i} a rather long name")).collect();
        let table = confusion_table(&names, &matrix(8, |t, p| if t == p { 12_345 } else { 7 }));
        assert!(table.lines().all(|line| line.width() <= 80), "{table}");
        assert!(table.contains("0 a r…") && table.contains("0 a rather long…"), "{table}");
    }

    #[test]
    fn columns_are_numbered_when_there_are_too_many_or_their_names_look_the_same() {
        let names: Vec<String> = (1..=10).map(|i| format!("kind {i}")).collect();
        let table = confusion_table(&names, &matrix(10, |t, p| usize::from(t == p)));
        insta::assert_snapshot!(table, @r"
                    predicted
        true        1  2  3  4  5  6  7  8  9  10
         1 kind 1   1  0  0  0  0  0  0  0  0   0
         2 kind 2   0  1  0  0  0  0  0  0  0   0
         3 kind 3   0  0  1  0  0  0  0  0  0   0
         4 kind 4   0  0  0  1  0  0  0  0  0   0
         5 kind 5   0  0  0  0  1  0  0  0  0   0
         6 kind 6   0  0  0  0  0  1  0  0  0   0
         7 kind 7   0  0  0  0  0  0  1  0  0   0
         8 kind 8   0  0  0  0  0  0  0  1  0   0
         9 kind 9   0  0  0  0  0  0  0  0  1   0
        10 kind 10  0  0  0  0  0  0  0  0  0   1
        ");
        let alike = ["a chimney that smokes", "a chimney that does not"];
        insta::assert_snapshot!(confusion_table(&alike, &matrix(2, |t, p| t + p)), @r"
                                   predicted
        true                       1  2
        1 a chimney that smokes    0  1
        2 a chimney that does not  1  2
        ");
    }

    #[test]
    fn each_category_has_its_line_and_the_means_theirs() {
        let rows = [(0, [0.9f32, 0.1]), (0, [0.2, 0.8]), (0, [0.7, 0.3]), (1, [0.4, 0.6])];
        let images = rows.iter().map(|(truth, scores)| Scored { truth: *truth, scores });
        let table = category_table(&["fire", "smoke"], &Evaluation::of(images, 2));
        insta::assert_snapshot!(table, @r"
        category       precision     recall         F1    support
        fire              100.0%      66.7%      80.0%          3
        smoke              50.0%     100.0%      66.7%          1
        macro mean         75.0%      83.3%      73.3%          4
        weighted mean      87.5%      75.0%      76.7%          4
        ");
    }

    #[test]
    fn of_many_categories_only_the_worst_are_listed() {
        let n = 1500;
        let names: Vec<String> = (0..n).map(|i| format!("kind {i}")).collect();
        let mut scores = vec![vec![0.0f32; n]; n];
        for (truth, row) in scores.iter_mut().enumerate() {
            row[if truth == 7 { 9 } else { truth }] = 1.0;
        }
        let images = scores.iter().enumerate().map(|(truth, scores)| Scored { truth, scores });
        let evaluation = Evaluation::of(images, n);
        insta::assert_snapshot!(confusion_table(&names, &evaluation.confusion), @r"
        All confusions
        true    images  predicted
        kind 7       1  kind 9
        ");
        let table = category_table(&names, &evaluation);
        assert_eq!(table.lines().count(), 1 + 1 + WORST_ROWS + 2, "{table}");
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines[0], "The 20 of 1,500 categories with the lowest F1");
        assert!(lines[2].starts_with("kind 7 ") && lines[3].starts_with("kind 9 "), "{table}");

        let every = matrix(41, |truth, predicted| truth + predicted);
        let table = confusion_table(&names[..41], &every);
        assert!(table.starts_with("The 20 largest of 1,640 confusions\n"), "{table}");
        assert!(table.len() < 2000, "{table}");
    }

    #[test]
    fn tables_of_nothing_do_not_panic() {
        let none: [&str; 0] = [];
        confusion_table(&none, &ConfusionMatrix::new(0));
        category_table(&none, &Evaluation::of::<f32>([], 0));
    }
}
