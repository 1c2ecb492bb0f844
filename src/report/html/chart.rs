//! Curves as an SVG that stands in the page.

use std::fmt::Write;

use super::markup::text;
use crate::ticks::{Unit, format_iteration, linear_ticks};

const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 300.0;
/// Room for labels around the plot.
const LEFT: f64 = 60.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 44.0;
/// Points of so few are marked, so that one alone is seen.
const FEW: usize = 12;
/// About so many values stand beside the plot.
const TICKS: usize = 5;
const TO_A_STRING: &str = "writing to a string does not fail";

/// One curve.
pub struct Line<'a> {
    /// For the legend.
    pub name: &'a str,
    /// Its look: a class of the style sheet.
    pub class: String,
    /// Iteration and value.
    pub points: &'a [(f64, f64)],
}

/// The names of lines, each with its look: `(name, class)`.
pub fn legend<'a>(lines: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let key = |(name, class): (&str, String)| {
        format!(
            "<li><svg class=\"key\" viewBox=\"0 0 34 12\" aria-hidden=\"true\">\
             <path class=\"line {class}\" d=\"M1 6h32\"/></svg> {}</li>\n",
            text(name)
        )
    };
    let keys: String = lines.into_iter().map(key).collect();
    format!("<ul class=\"keys\">\n{keys}</ul>\n")
}

/// Curves over the iterations.
pub struct Chart<'a> {
    /// What the values are.
    pub title: &'a str,
    pub unit: Unit,
    pub lines: Vec<Line<'a>>,
    /// An iteration to mark, with its name.
    pub mark: Option<(f64, &'a str)>,
}

/// From values to places in the picture.
struct Scale {
    x: (f64, f64),
    y: (f64, f64),
}

impl Scale {
    fn x(&self, value: f64) -> f64 {
        LEFT + (value - self.x.0) / (self.x.1 - self.x.0) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - (value - self.y.0) / (self.y.1 - self.y.0) * (HEIGHT - TOP - BOTTOM)
    }
}

impl Chart<'_> {
    /// The picture; empty where there is nothing to draw.
    pub fn svg(&self) -> String {
        let Some(scale) = self.scale() else { return String::new() };
        let names: Vec<&str> = self.lines.iter().map(|line| line.name).collect();
        let label = text(&format!("{} over the iterations: {}", self.title, names.join(", ")));
        let mut svg =
            format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{label}\">\n");
        svg += &self.axes(&scale);
        if let Some((at, name)) = self.mark {
            svg += &mark(&scale, at, name);
        }
        for line in &self.lines {
            svg += &curve(&scale, line);
        }
        svg + "</svg>\n"
    }

    /// `None` without points. Shares end at 100%, losses begin at 0.
    fn scale(&self) -> Option<Scale> {
        let points = || self.lines.iter().flat_map(|line| line.points);
        let extent = |value: fn(&(f64, f64)) -> f64| {
            let values = || points().map(value);
            Some((values().reduce(f64::min)?, values().reduce(f64::max)?))
        };
        let (x, y) = (extent(|point| point.0)?, extent(|point| point.1)?);
        // A point that is the mean of several iterations lies before the last of them.
        let reached = self.mark.map_or(x.1, |(at, _)| at.max(x.1));
        let x = (0.0, reached.max(1.0));
        let y = match self.unit {
            Unit::Share => ((y.0 * 10.0).floor().min(9.0) / 10.0, 1.0),
            Unit::Number => (0.0, top(y.1)),
        };
        y.1.is_finite().then_some(Scale { x, y })
    }

    fn axes(&self, scale: &Scale) -> String {
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        let mut svg = String::new();
        let ticks = linear_ticks(scale.y.0, scale.y.1, TICKS);
        for (tick, label) in ticks.iter().zip(self.unit.labels(&ticks)) {
            let y = scale.y(*tick);
            writeln!(
                svg,
                "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{right}\"/>\
                 <text class=\"end\" x=\"{:.1}\" y=\"{:.1}\">{label}</text>",
                LEFT - 8.0,
                y + 4.5
            )
            .expect(TO_A_STRING);
        }
        for tick in linear_ticks(scale.x.0, scale.x.1, 4) {
            let (x, label) = (scale.x(tick), format_iteration(tick));
            // The last label would leave the picture.
            let class = if x > right - 20.0 { "end" } else { "middle" };
            let x_of_label = if class == "end" { right } else { x };
            writeln!(
                svg,
                "<path class=\"axis\" d=\"M{x:.1} {bottom}v5\"/>\
                 <text class=\"{class}\" x=\"{x_of_label:.1}\" y=\"{:.1}\">{label}</text>",
                bottom + 20.0
            )
            .expect(TO_A_STRING);
        }
        let (middle, below) = ((LEFT + right) / 2.0, HEIGHT - 6.0);
        writeln!(
            svg,
            "<path class=\"axis\" d=\"M{LEFT} {bottom}H{right}\"/>\
             <text class=\"middle soft\" x=\"{middle}\" y=\"{below}\">iteration</text>\
             <text class=\"title\" x=\"0\" y=\"16\">{}</text>",
            text(self.title)
        )
        .expect(TO_A_STRING);
        svg
    }
}

/// The first tick at or above the largest value.
fn top(largest: f64) -> f64 {
    match linear_ticks(0.0, largest, TICKS)[..] {
        [first, second, ..] => (largest / (second - first)).ceil() * (second - first),
        _ => 1.0,
    }
}

fn mark(scale: &Scale, at: f64, name: &str) -> String {
    let (x, bottom) = (scale.x(at), HEIGHT - BOTTOM);
    let class = if x > WIDTH / 2.0 { "end soft" } else { "soft" };
    let beside = if x > WIDTH / 2.0 { x - 5.0 } else { x + 5.0 };
    format!(
        "<path class=\"mark\" d=\"M{x:.1} {TOP}V{bottom}\"/>\
         <text class=\"{class}\" x=\"{beside:.1}\" y=\"{:.1}\">{}</text>\n",
        bottom - 8.0,
        text(name)
    )
}

fn curve(scale: &Scale, line: &Line) -> String {
    let places: Vec<String> =
        line.points.iter().map(|&(x, y)| format!("{:.1} {:.1}", scale.x(x), scale.y(y))).collect();
    if places.is_empty() {
        return String::new();
    }
    let mut svg = format!("<path class=\"line {}\" d=\"M{}\"/>\n", line.class, places.join("L"));
    if line.points.len() <= FEW {
        for &(x, y) in line.points {
            let (x, y) = (scale.x(x), scale.y(y));
            writeln!(
                svg,
                "<circle class=\"dot {}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>",
                line.class
            )
            .expect(TO_A_STRING);
        }
    }
    svg
}
