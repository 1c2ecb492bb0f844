//! A report as a page that stands alone: no script, no address, pictures inside it.

mod chart;
mod markup;
mod photos;
mod tables;

use self::chart::{Chart, Line, legend};
use self::markup::{pairs, scrolling, text};
use super::facts::{Report, RunFacts};
use super::sentences::{self, MARK_IN_HTML};
use crate::store::End;
use crate::ticks::Unit;
use crate::words::{counted, grouped};

pub use self::photos::score;
pub use self::tables::listed;

const STYLE: &str = include_str!("style.css");
/// What a browser may do with the page: show it. It fetches nothing and runs nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                      base-uri 'none'; form-action 'none'";

/// The whole page.
pub fn html(report: &Report) -> String {
    let title = text(&sentences::title(report));
    let style = format!("{STYLE}{}", shades());
    let body = match &report.runs[..] {
        [only] => one_run(only, report),
        _ => several_runs(report),
    };
    let origin = text(&sentences::origin(report));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n{MARK_IN_HTML}\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n{body}</main>\n<footer>{origin}</footer>\n</body>\n</html>\n"
    )
}

/// The colours of the matrix: the larger the share, the stronger.
fn shades() -> String {
    let shade = |level: usize| {
        let strength = 0.06 * level as f64;
        format!(
            ".right{level}{{background:rgba(var(--right),{strength:.2})}}\
             .wrong{level}{{background:rgba(var(--wrong),{:.2})}}\n",
            0.04 + strength
        )
    };
    (1..=tables::SHADES).map(shade).collect()
}

fn one_run(facts: &RunFacts, report: &Report) -> String {
    let mut html = answer(facts, "p");
    html += &notices(facts);
    html += &section("The run", &run_in_short(facts, report));
    html += &section("Training", &curves(facts));
    html += &scores(facts, "h2");
    html += &section("Photos", &photo_counts(facts));
    html += &section("Settings", &settings(facts));
    html + &section("Network", &network(facts))
}

fn several_runs(report: &Report) -> String {
    let mut html = "<ul class=\"answers\">\n".to_owned();
    for (number, versus) in (2..).zip(&report.versus) {
        let said = text(&sentences::against_first(number, &versus.difference));
        html += &format!("<li>{said}</li>\n");
    }
    html += "</ul>\n";
    if let Some(caution) = sentences::many_comparisons(report) {
        html += &format!("<p class=\"soft\">{caution}</p>\n");
    }
    html += &section("The runs", &table_of_runs(report));
    html += &section("Training", &overlaid(report));
    for (number, (facts, versus)) in (2..).zip(report.others()) {
        let Ok(difference) = &versus.difference else { continue };
        let id = text(&facts.id);
        for (name, all, cards) in [
            ("fixed", difference.comparison.only_second_right, &difference.fixed),
            ("broke", difference.comparison.only_first_right, &difference.broken),
        ] {
            let title = format!("What run {number} {name}");
            let count = sentences::some_of(cards.len(), all);
            let head = format!(
                "<p class=\"soft\">{id}: {count}, the largest change first. Below each photo its true \
                 category, then what run 1 and run {number} said.</p>\n"
            );
            if !cards.is_empty() {
                html += &section(&title, &(head + &photos::cards(cards)));
            }
        }
    }
    for (number, facts) in (1..).zip(&report.runs) {
        let title = format!("Run {number}: {}", text(&facts.id));
        let mut inside = answer(facts, "p") + &notices(facts) + &run_in_short(facts, report);
        inside += &curves(facts);
        inside += &scores(facts, "h3");
        for (name, part) in [
            ("Photos", photo_counts(facts)),
            ("Settings", settings(facts)),
            ("Network", network(facts)),
        ] {
            if !part.is_empty() {
                inside += &format!("<h3>{name}</h3>\n{part}");
            }
        }
        html += &format!("<section>\n<h2>{title}</h2>\n{inside}</section>\n");
    }
    html
}

/// Nothing where there is nothing inside. `title` is markup.
fn section(title: &str, inside: &str) -> String {
    match inside.is_empty() {
        true => String::new(),
        false => format!("<section>\n<h2>{title}</h2>\n{inside}</section>\n"),
    }
}

fn answer(facts: &RunFacts, tag: &str) -> String {
    let said = sentences::answer(facts);
    let figure =
        said.figure.map_or(String::new(), |figure| format!("<strong>{}</strong> ", text(&figure)));
    let mut html = format!("<{tag} class=\"answer\">{figure}{}</{tag}>\n", text(&said.rest));
    if let Some(beside) = sentences::beside_the_answer(facts) {
        html += &format!("<p class=\"soft\">{}</p>\n", text(&beside));
    }
    html
}

fn notices(facts: &RunFacts) -> String {
    let said = sentences::notices(facts);
    said.iter().map(|notice| format!("<p class=\"notice\">{}</p>\n", text(notice))).collect()
}

fn run_in_short(facts: &RunFacts, report: &Report) -> String {
    let rows = sentences::in_short(facts, report);
    pairs(rows.iter().map(|(name, value)| (*name, value.as_str())))
}

fn curves(facts: &RunFacts) -> String {
    let curves = &facts.curves;
    if curves.is_empty() {
        return String::new();
    }
    let kept = match facts.run.end {
        Some(End::Finished { kept_step, .. }) => Some((kept_step as f64, "kept")),
        _ => None,
    };
    let chart = |title, unit, train, validation| Chart {
        title,
        unit,
        lines: vec![
            Line { name: "training", class: "train".to_owned(), points: train },
            Line { name: "validation", class: "l0".to_owned(), points: validation },
        ],
        mark: kept,
    };
    let loss = chart("loss", Unit::Number, &curves.train_loss, &curves.validation_loss);
    let (train, validation) = (&curves.train_accuracy, &curves.validation_accuracy);
    let accuracy = chart("accuracy", Unit::Share, train, validation);
    let mean = match curves.iterations_a_point {
        1 => String::new(),
        many => format!(", here the mean of {} iterations", grouped(many)),
    };
    format!(
        "<div class=\"charts\">\n{}{}</div>\n{}<p class=\"soft\">Training is measured on one batch \
         before its step{mean}; validation on all its photos.</p>\n",
        loss.svg(),
        accuracy.svg(),
        legend(loss.lines.iter().map(|line| (line.name, line.class.clone())))
    )
}

/// The curves of all runs in one chart each.
fn overlaid(report: &Report) -> String {
    let names: Vec<String> =
        (1..=report.runs.len()).map(|number| format!("run {number}")).collect();
    let chart = |title, unit, points: fn(&RunFacts) -> &Vec<(f64, f64)>| Chart {
        title,
        unit,
        lines: report
            .runs
            .iter()
            .zip(&names)
            .enumerate()
            .map(|(place, (facts, name))| Line {
                name,
                class: format!("l{place}"),
                points: points(facts),
            })
            .collect(),
        mark: None,
    };
    let loss = chart("validation loss", Unit::Number, |facts| &facts.curves.validation_loss);
    let accuracy =
        chart("validation accuracy", Unit::Share, |facts| &facts.curves.validation_accuracy);
    let charts = loss.svg() + &accuracy.svg();
    if charts.is_empty() {
        return String::new();
    }
    let runs = names.iter().zip(&report.runs);
    let names: Vec<String> = runs.map(|(name, facts)| format!("{name}: {}", facts.id)).collect();
    let classes = (0..).map(|place| format!("l{place}"));
    let legend = legend(names.iter().map(String::as_str).zip(classes));
    format!("<div class=\"charts\">\n{charts}</div>\n{legend}")
}

/// Confusion, categories and the photos worth a look, each under its heading.
fn scores(facts: &RunFacts, heading: &str) -> String {
    let scores = match &facts.scores {
        Ok(scores) => scores,
        // Where there is no result the answer has said so.
        Err(_) if facts.run.test().is_none() => return String::new(),
        Err(reason) => return format!("<p class=\"notice\">{}</p>\n", text(reason)),
    };
    let mut parts = vec![
        ("Confusion".to_owned(), tables::confusion(scores)),
        ("Each category".to_owned(), tables::categories(scores)),
    ];
    if !facts.photos.is_empty() {
        let head = format!("<p class=\"soft\">{}</p>\n", sentences::worst_photos(facts, scores));
        parts.push(("Photos worth a look".to_owned(), head + &photos::cards(&facts.photos)));
    }
    let part = |(title, inside): (String, String)| {
        format!("<section>\n<{heading}>{title}</{heading}>\n{inside}</section>\n")
    };
    parts.into_iter().map(part).collect()
}

fn photo_counts(facts: &RunFacts) -> String {
    let mut html = tables::counts(&facts.run.counts);
    if !facts.skipped.is_empty() {
        let listed = sentences::some_of(facts.skipped.len(), facts.run.skipped);
        let rows =
            pairs(facts.skipped.iter().map(|(file, reason)| (file.as_str(), reason.as_str())));
        html += &format!(
            "<details>\n<summary>Files that were left out: {listed}</summary>\n{}</details>\n",
            scrolling("files that were left out", &rows)
        );
    }
    html
}

fn settings(facts: &RunFacts) -> String {
    let rows = |is_chosen: bool| {
        let of = facts.settings.iter().filter(move |setting| setting.is_chosen == is_chosen);
        pairs(of.map(|setting| (setting.key.as_str(), setting.value.as_str())))
    };
    let others = facts.settings.iter().filter(|setting| !setting.is_chosen).count();
    format!(
        "{}<details>\n<summary>{} at their defaults</summary>\n{}</details>\n",
        rows(true),
        counted(others, "setting"),
        rows(false)
    )
}

fn network(facts: &RunFacts) -> String {
    let Some(network) = &facts.run.network else { return String::new() };
    let rows = network.properties.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let name = text(&network.backbone);
    format!(
        "<details>\n<summary>{name}: what every feature depends on</summary>\n{}</details>\n",
        pairs(rows)
    )
}

fn table_of_runs(report: &Report) -> String {
    let mut table = "<table class=\"runs\">\n<thead>\n<tr><td></td>".to_owned();
    for number in 1..=report.runs.len() {
        let baseline = if number == 1 { ", the baseline" } else { "" };
        table += &format!("<th scope=\"col\">run {number}{baseline}</th>");
    }
    table += "</tr>\n</thead>\n<tbody>\n";
    for (name, values) in sentences::table_of_runs(report) {
        table += &format!("<tr><th scope=\"row\">{}</th>", text(&name));
        for value in values {
            table += &format!("<td>{}</td>", text(&value));
        }
        table += "</tr>\n";
    }
    scrolling("the runs", &(table + "</tbody>\n</table>\n"))
}
