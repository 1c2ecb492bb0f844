//! Tables of categories: the confusion matrix, and how well each is recognised.

use super::markup::{scrolling, text};
use crate::insight::{CategoryMetrics, Confusion, Evaluation, MOST_ROWS, WORST_ROWS, wilson};
use crate::report::facts::TestScores;
use crate::store::Counts;
use crate::words::{grouped, percent, percent_range};

/// With more categories their names stand upright over the columns.
const LEVEL_NAMES: usize = 8;
/// Shades of a cell, from the lightest.
pub const SHADES: usize = 10;

/// The matrix; of very many categories only the largest confusions.
pub fn confusion(scores: &TestScores) -> String {
    let TestScores { categories, evaluation } = scores;
    if categories.len() > MOST_ROWS {
        return confusion_list(categories, &evaluation.confusion.confusions());
    }
    let matrix = &evaluation.confusion;
    let upright = if categories.len() > LEVEL_NAMES { " class=\"upright\"" } else { "" };
    let mut html = "<table class=\"matrix\">\n<thead>\n<tr><td></td>".to_owned();
    html +=
        &format!("<th scope=\"colgroup\" colspan=\"{}\">predicted</th></tr>\n", categories.len());
    html += "<tr><th scope=\"col\">true</th>";
    for name in categories {
        html += &format!("<th scope=\"col\"{upright}><span>{}</span></th>", text(name));
    }
    html += "</tr>\n</thead>\n<tbody>\n";
    for (truth, name) in categories.iter().enumerate() {
        html += &format!("<tr><th scope=\"row\">{}</th>", text(name));
        for predicted in 0..categories.len() {
            let count = matrix.count(truth, predicted);
            let class = match shade(count, matrix.support(truth)) {
                0 => "zero".to_owned(),
                shade if truth == predicted => format!("right{shade}"),
                shade => format!("wrong{shade}"),
            };
            html += &format!("<td class=\"{class}\">{}</td>", grouped(count));
        }
        html += "</tr>\n";
    }
    scrolling("confusion matrix", &(html + "</tbody>\n</table>\n"))
}

/// 0 for nothing, else 1 to [`SHADES`] by the share of the true category's photos.
fn shade(count: usize, support: usize) -> usize {
    (count * SHADES).div_ceil(support.max(1))
}

fn confusion_list(categories: &[String], confusions: &[Confusion]) -> String {
    if confusions.is_empty() {
        return "<p>No photo was taken for another category.</p>\n".to_owned();
    }
    let mut html = format!("<p>The largest of {} confusions.</p>\n", grouped(confusions.len()));
    let mut table = "<table>\n<tr><th scope=\"col\">true</th><th scope=\"col\">predicted</th>\
                     <th scope=\"col\" class=\"number\">photos</th></tr>\n"
        .to_owned();
    for Confusion { truth, predicted, images } in confusions.iter().take(WORST_ROWS) {
        let (truth, predicted) = (text(&categories[*truth]), text(&categories[*predicted]));
        let images = grouped(*images);
        table += &format!(
            "<tr><td>{truth}</td><td>{predicted}</td><td class=\"number\">{images}</td></tr>\n"
        );
    }
    html += &scrolling("largest confusions", &(table + "</table>\n"));
    html
}

/// Recall and precision of each category with their intervals; of very many those with the lowest F1.
pub fn categories(scores: &TestScores) -> String {
    let TestScores { categories, evaluation } = scores;
    let mut html = String::new();
    let places = listed(evaluation);
    if places.len() < categories.len() {
        let all = grouped(categories.len());
        html += &format!("<p>The {} of {all} categories with the lowest F1.</p>\n", places.len());
    }
    let mut table = "<table>\n<thead>\n<tr><th scope=\"col\">category</th>\
                     <th scope=\"col\" class=\"number\">test photos</th>\
                     <th scope=\"col\" class=\"number\">recall</th>\
                     <th scope=\"col\">95% interval</th>\
                     <th scope=\"col\"><span class=\"hidden\">recall, drawn</span></th>\
                     <th scope=\"col\" class=\"number\">precision</th>\
                     <th scope=\"col\">95% interval</th>\
                     <th scope=\"col\" class=\"number\">F1</th></tr>\n</thead>\n<tbody>\n"
        .to_owned();
    for place in places {
        table += &category_row(&categories[place], evaluation, place);
    }
    table += "</tbody>\n<tfoot>\n";
    table += &mean_row("mean", &evaluation.macro_mean());
    table += "</tfoot>\n</table>\n";
    html + &scrolling("each category", &table)
}

/// All, or of more than a page can show those with images that have the lowest F1.
pub fn listed(evaluation: &Evaluation) -> Vec<usize> {
    let mut places: Vec<usize> = (0..evaluation.categories.len()).collect();
    if places.len() > MOST_ROWS {
        let of = |place: &usize| evaluation.categories[*place];
        places.retain(|place| of(place).support > 0);
        places.sort_by(|a, b| of(a).f1.total_cmp(&of(b).f1));
        places.truncate(WORST_ROWS);
    }
    places
}

fn category_row(name: &str, evaluation: &Evaluation, place: usize) -> String {
    let matrix = &evaluation.confusion;
    let right = matrix.count(place, place);
    let of = evaluation.categories[place];
    let recall = wilson(right, of.support);
    let precision = wilson(right, matrix.predictions(place));
    let share = |share: f64, interval: Option<(f64, f64)>| match interval {
        Some((low, high)) => {
            let (share, interval) = (percent(share), percent_range(low, high));
            format!("<td class=\"number\">{share}</td><td class=\"soft\">{interval}</td>")
        }
        None => "<td></td><td class=\"soft\">none</td>".to_owned(),
    };
    format!(
        "<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td>{}<td>{}</td>{}\
         <td class=\"number\">{}</td></tr>\n",
        text(name),
        grouped(of.support),
        share(of.recall, recall),
        recall.map_or(String::new(), |interval| strip(of.recall, interval)),
        share(of.precision, precision),
        percent(of.f1)
    )
}

fn mean_row(name: &str, of: &CategoryMetrics) -> String {
    format!(
        "<tr><th scope=\"row\">{name}</th><td class=\"number\">{}</td>\
         <td class=\"number\">{}</td><td></td><td></td>\
         <td class=\"number\">{}</td><td></td><td class=\"number\">{}</td></tr>\n",
        grouped(of.support),
        percent(of.recall),
        percent(of.precision),
        percent(of.f1)
    )
}

/// A share with its interval, drawn from 0 to 100%.
fn strip(share: f64, (low, high): (f64, f64)) -> String {
    let [share, low, high] = [share, low, high].map(|value| 4.0 + 112.0 * value);
    format!(
        "<svg class=\"strip\" viewBox=\"0 0 120 12\" aria-hidden=\"true\">\
         <path class=\"grid\" d=\"M4 6H116\"/><path class=\"range\" d=\"M{low:.1} 6H{high:.1}\"/>\
         <circle class=\"dot l0\" cx=\"{share:.1}\" cy=\"6\" r=\"4\"/></svg>"
    )
}

/// How many photos each category has in each set; nothing of very many categories.
pub fn counts(counts: &[Counts]) -> String {
    if counts.is_empty() || counts.len() > MOST_ROWS {
        return String::new();
    }
    let mut table = "<table>\n<thead>\n<tr><th scope=\"col\">category</th>".to_owned();
    for set in ["training", "validation", "test", "all"] {
        table += &format!("<th scope=\"col\" class=\"number\">{set}</th>");
    }
    table += "</tr>\n</thead>\n<tbody>\n";
    for of in counts {
        table += &format!("<tr><th scope=\"row\">{}</th>", text(&of.category));
        for count in [of.training, of.validation, of.test, of.total()] {
            table += &format!("<td class=\"number\">{}</td>", grouped(count));
        }
        table += "</tr>\n";
    }
    scrolling("photos of each category", &(table + "</tbody>\n</table>\n"))
}
