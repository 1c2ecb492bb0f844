//! A report as Markdown for a pull request: tables, sentences and curves in characters.

use super::facts::{Difference, PhotoCard, Report, RunFacts, TestScores};
use super::html::{listed, score};
use super::sentences::{self, MARK_IN_MARKDOWN};
use crate::insight::{MOST_ROWS, WORST_ROWS, wilson};
use crate::store::harmless;
use crate::words::{grouped, percent, percent_range};

/// Photos named in one list.
const MOST_PHOTOS: usize = 10;
/// Characters of a curve.
const CURVE: usize = 40;

/// The whole text.
pub fn markdown(report: &Report) -> String {
    let mut text = format!("{MARK_IN_MARKDOWN}\n\n## {}\n\n", plain(&sentences::title(report)));
    match &report.runs[..] {
        [only] => text += &one_run(only, report, "###"),
        runs => {
            for (number, versus) in (2..).zip(&report.versus) {
                let said = sentences::against_first(number, &versus.difference);
                text += &format!("- {}\n", plain(&said));
            }
            if let Some(caution) = sentences::many_comparisons(report) {
                text += &format!("\n{caution}\n");
            }
            text += &format!("\n{}", table_of_runs(report));
            for (number, versus) in (2..).zip(&report.versus) {
                if let Ok(difference) = &versus.difference {
                    text += &changes(number, difference);
                }
            }
            for (number, facts) in (1..).zip(runs) {
                let inside = one_run(facts, report, "####");
                text += &format!(
                    "\n<details>\n<summary>Run {number}</summary>\n\n{inside}\n</details>\n"
                );
            }
        }
    }
    text + &format!("\n{}\n", plain(&sentences::origin(report)))
}

fn one_run(facts: &RunFacts, report: &Report, heading: &str) -> String {
    let answer = sentences::answer(facts);
    let figure = answer.figure.map_or(String::new(), |figure| format!("**{figure}** "));
    let mut text = format!("{figure}{}\n", plain(&answer.rest));
    if let Some(beside) = sentences::beside_the_answer(facts) {
        text += &format!("\n{}\n", plain(&beside));
    }
    for notice in sentences::notices(facts) {
        text += &format!("\n> {}\n", plain(&notice));
    }
    text += "\n";
    let rows = sentences::in_short(facts, report).into_iter();
    text += &table(&["", ""], rows.map(|(name, value)| vec![name.to_owned(), value]));
    text += &curves(facts);
    if let Ok(scores) = &facts.scores {
        text += &format!("\n{heading} Confusion\n\n{}", confusion(scores));
        text += &format!("\n{heading} Each category\n\n{}", categories(scores));
        let wrong: Vec<&PhotoCard> =
            facts.photos.iter().filter(|photo| !photo.guesses[0].is_right).collect();
        if !wrong.is_empty() {
            let all = scores.evaluation.images - scores.evaluation.correct;
            text += &format!("\n{heading} Wrong photos\n\n{}", wrong_photos(&wrong, all));
        }
    } else if facts.run.test().is_some() {
        text += &format!("\n> {}\n", plain(facts.scores.as_ref().err().map_or("", String::as_str)));
    }
    text + &settings(facts)
}

fn table_of_runs(report: &Report) -> String {
    let columns: Vec<String> = (1..=report.runs.len())
        .map(|number| format!("run {number}{}", if number == 1 { ", the baseline" } else { "" }))
        .collect();
    let head: Vec<&str> = [""].into_iter().chain(columns.iter().map(String::as_str)).collect();
    let rows = sentences::table_of_runs(report).into_iter();
    table(&head, rows.map(|(name, values)| [vec![name], values].concat()))
}

fn changes(number: usize, difference: &Difference) -> String {
    let mut text = String::new();
    let lists = [
        ("fixed", difference.comparison.only_second_right, &difference.fixed),
        ("broke", difference.comparison.only_first_right, &difference.broken),
    ];
    for (name, all, photos) in lists.into_iter().filter(|(.., photos)| !photos.is_empty()) {
        let listed = photos.len().min(MOST_PHOTOS);
        let count = sentences::some_of(listed, all);
        text += &format!("\n### What run {number} {name}: {count}\n\n");
        let said = |photo: &PhotoCard, place: usize| {
            let guess = &photo.guesses[place];
            format!("{} {}", guess.category, score(guess.score))
        };
        let row = |photo: &PhotoCard| {
            vec![photo.file.clone(), photo.truth.clone(), said(photo, 0), said(photo, 1)]
        };
        let here = format!("run {number}");
        text += &table(&["photo", "true", "run 1", &here], photos.iter().take(listed).map(row));
    }
    text
}

fn wrong_photos(photos: &[&PhotoCard], all: usize) -> String {
    let listed = photos.len().min(MOST_PHOTOS);
    let text = format!(
        "{}, the highest wrong score first.\n\n",
        sentences::some_of(listed, all).replacen("all", "All", 1)
    );
    let row = |photo: &&PhotoCard| {
        let guess = &photo.guesses[0];
        vec![
            photo.file.clone(),
            photo.truth.clone(),
            score(guess.true_score),
            guess.category.clone(),
            score(guess.score),
        ]
    };
    text + &table(
        &["photo", "true", "score", "predicted", "score"],
        photos.iter().take(listed).map(row),
    )
}

fn curves(facts: &RunFacts) -> String {
    let curves = &facts.curves;
    let lines = [
        ("training loss", &curves.train_loss, false),
        ("validation loss", &curves.validation_loss, false),
        ("training accuracy", &curves.train_accuracy, true),
        ("validation accuracy", &curves.validation_accuracy, true),
    ];
    let row = |(name, line, is_share): (&str, &Vec<(f64, f64)>, bool)| {
        let value = |value: f64| if is_share { percent(value) } else { format!("{value:.4}") };
        let (first, last) = (line.first()?.1, line.last()?.1);
        let drawn = format!("`{}`", drawn(line, is_share));
        Some(format!("| {name} | {} | {drawn} | {} |\n", value(first), value(last)))
    };
    let rows: String = lines.into_iter().filter_map(row).collect();
    if rows.is_empty() {
        return rows;
    }
    format!("\n| | first | | last |\n|---|---|---|---|\n{rows}")
}

/// A curve in eighths of a line; a loss from 0, a share from 0 to 1.
fn drawn(line: &[(f64, f64)], is_share: bool) -> String {
    const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let top = if is_share { 1.0 } else { line.iter().map(|point| point.1).fold(0.0, f64::max) };
    let eighth = |group: &[(f64, f64)]| {
        let mean = group.iter().map(|point| point.1).sum::<f64>() / group.len() as f64;
        let level = if top > 0.0 { (mean / top * 8.0) as usize } else { 0 };
        EIGHTHS[level.min(7)]
    };
    line.chunks(line.len().div_ceil(CURVE).max(1)).map(eighth).collect()
}

fn confusion(scores: &TestScores) -> String {
    let TestScores { categories, evaluation } = scores;
    if categories.len() > MOST_ROWS {
        let confusions = evaluation.confusion.confusions();
        let row = |found: &crate::insight::Confusion| {
            let name = |place: usize| categories[place].clone();
            vec![name(found.truth), name(found.predicted), grouped(found.images)]
        };
        let rows = confusions.iter().take(WORST_ROWS).map(row);
        return table(&["true", "predicted", "photos"], rows);
    }
    let head: Vec<&str> =
        ["true \\ predicted"].into_iter().chain(categories.iter().map(String::as_str)).collect();
    let row = |(truth, name): (usize, &String)| {
        let counts = (0..categories.len())
            .map(|predicted| grouped(evaluation.confusion.count(truth, predicted)));
        [name.clone()].into_iter().chain(counts).collect()
    };
    table(&head, categories.iter().enumerate().map(row))
}

fn categories(scores: &TestScores) -> String {
    let TestScores { categories, evaluation } = scores;
    let places = listed(evaluation);
    let mut text = String::new();
    if places.len() < categories.len() {
        let all = grouped(categories.len());
        text += &format!("The {} of {all} categories with the lowest F1.\n\n", places.len());
    }
    let row = |place: usize| {
        let (of, matrix) = (evaluation.categories[place], &evaluation.confusion);
        let right = matrix.count(place, place);
        let share = |share: f64, interval: Option<(f64, f64)>| {
            let range = |(low, high)| format!("{} ({})", percent(share), percent_range(low, high));
            interval.map_or("none".to_owned(), range)
        };
        vec![
            categories[place].clone(),
            grouped(of.support),
            share(of.recall, wilson(right, of.support)),
            share(of.precision, wilson(right, matrix.predictions(place))),
            percent(of.f1),
        ]
    };
    let head =
        ["category", "test photos", "recall (95% interval)", "precision (95% interval)", "F1"];
    text + &table(&head, places.into_iter().map(row))
}

fn settings(facts: &RunFacts) -> String {
    let rows = |is_chosen: bool| {
        let of = facts.settings.iter().filter(move |setting| setting.is_chosen == is_chosen);
        table(
            &["setting", "value"],
            of.map(|setting| vec![setting.key.clone(), setting.value.clone()]),
        )
    };
    let network = facts.run.network.as_ref().map_or(String::new(), |network| {
        let rows = network.properties.iter().map(|(name, value)| vec![name.clone(), value.clone()]);
        format!("\n{}", table(&["network", "value"], rows))
    });
    format!(
        "\n<details>\n<summary>Settings and network</summary>\n\n{}\n{}{network}\n</details>\n",
        rows(true),
        rows(false)
    )
}

fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(head.iter().map(|cell| plain(cell)).collect());
    text += &format!("|{}\n", "---|".repeat(head.len()));
    rows.for_each(|row| text += &line(row.iter().map(|cell| plain(cell)).collect()));
    text
}

/// A text in which nothing is markup, ends its line or cell, or becomes a link: sites of pull
/// requests make links of addresses, and of `@name` and `#1`, which call people.
fn plain(text: &str) -> String {
    let text = harmless(text);
    let mut safe = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        match c {
            '\n' | '\t' => safe.push(' '),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            ':' if rest.starts_with("//") => safe.push_str("&#58;"),
            '.' if safe.to_ascii_lowercase().ends_with("www") => safe.push_str("&#46;"),
            '@' | '#' if rest.starts_with(char::is_alphanumeric) => {
                safe.push(c);
                safe.push(WORD_JOINER);
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => {
                safe.push('\\');
                safe.push(c);
            }
            c => safe.push(c),
        }
    }
    safe
}

/// Takes no room and ends no line.
const WORD_JOINER: char = '\u{2060}';

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_markup_and_call_nobody() {
        for (name, written) in [
            ("a_b*c|d`e", r"a\_b\*c\|d\`e"),
            ("<img>&\n[x](y)", r"&lt;img&gt;&amp; \[x\](y)"),
            ("@me, #12, C# 3, a@ b", "@\u{2060}me, #\u{2060}12, C# 3, a@ b"),
            ("https://x.de www.y.de a: b", "https&#58;//x.de www&#46;y.de a: b"),
            ("\u{202e}\u{7}", r"\\u{202e}\\u{7}"),
        ] {
            assert_eq!(plain(name), written);
        }
    }

    #[test]
    fn a_curve_is_drawn_in_eighths() {
        let rise: Vec<(f64, f64)> = (0..8).map(|at| (at as f64, at as f64 / 8.0)).collect();
        assert_eq!(drawn(&rise, true), "▁▂▃▄▅▆▇█");
        assert_eq!(drawn(&[(1.0, 0.0)], false), "▁");
        assert_eq!(drawn(&vec![(0.0, 2.0); 1000], false).chars().count(), CURVE);
    }
}
