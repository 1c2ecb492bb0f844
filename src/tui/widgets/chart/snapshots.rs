//! What the chart looks like.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget;

use super::{Chart, Marker, Series, Trace, Unit, Weight, YScale};
use crate::insight::{MeanPoint, mean_curve};
use crate::random::Rng;

fn drawn(chart: &Chart, width: u16, height: u16) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    chart.render(buffer.area, &mut buffer);
    let rows = buffer.content.chunks(usize::from(width.max(1)));
    let text = |row: &[ratatui::buffer::Cell]| -> String {
        row.iter().map(ratatui::buffer::Cell::symbol).collect()
    };
    rows.map(|row| text(row).trim_end().to_owned() + "\n").collect()
}

/// A loss as of training: it falls, with noise; `factor` is the smoothing.
fn noisy(seed: u64, count: usize, factor: f64) -> Trace {
    let mut random = Rng::new(seed);
    let loss = move |step: usize| {
        let noise = random.uniform() - 0.5;
        (step as f64, 1.1 / (1.0 + step as f64 / 40.0) + 0.1 + noise * 0.15)
    };
    Trace::from_points((1..=count).map(loss), factor)
}

fn validation() -> Trace {
    let loss = |step: usize| (step as f64, 1.1 / (1.0 + step as f64 / 35.0) + 0.2);
    Trace::from_points((10..=400).step_by(10).map(loss), 0.0)
}

fn series<'a>(name: &'a str, trace: &'a Trace, weight: Weight) -> Series<'a> {
    Series { name, trace, style: Style::new(), weight, band: weight == Weight::Thin, spread: &[] }
}

fn snapshot(name: &str, chart: &Chart) {
    for (width, height) in [(58, 12), (78, 16), (138, 20)] {
        let name = format!("{name}_{width}x{height}");
        insta::assert_snapshot!(name, drawn(chart, width, height));
    }
}

#[test]
fn a_chart_without_points_says_so() {
    let empty = Trace::default();
    let chart = Chart {
        series: vec![series("train", &empty, Weight::Thin)],
        x_range: Some((1.0, 400.0)),
        ..Chart::default()
    };
    snapshot("empty", &chart);
}

#[test]
fn a_value_lies_on_the_line_of_its_label_and_all_and_nothing_are_the_edges() {
    for (marker, height) in [(Marker::Braille, 12), (Marker::Ascii, 12), (Marker::Braille, 30)] {
        for (unit, value, label) in [
            (Unit::Share, 1.0, "100%"),
            (Unit::Share, 0.0, "0%"),
            (Unit::Number, 0.0, "0"),
            (Unit::Share, 0.6, "60%"),
        ] {
            // Away from the value, then on it.
            let far = if value == 1.0 { 0.0 } else { 1.0 };
            let points = (1..=40).map(|x| (f64::from(x), if x < 3 { far } else { value }));
            let trace = Trace::from_points(points, 0.0);
            let series = vec![series("validation", &trace, Weight::Bold)];
            let chart = Chart { series, unit, marker, ..Chart::default() };
            let text = drawn(&chart, 58, height);
            let is_labelled =
                |line: &&str| line.trim_start().split(['┤', '+']).next() == Some(label);
            let line = text.lines().skip(1).find(is_labelled).unwrap_or_else(|| panic!("{text}"));
            assert!(line.chars().count() > 50, "{label} in {text}");
            let [top, bottom] =
                [1, usize::from(height) - 3].map(|at| text.lines().nth(at).unwrap());
            match value {
                1.0 => assert_eq!(line, top, "{text}"),
                0.0 => assert_eq!(line, bottom, "{text}"),
                _ => {}
            }
        }
    }
}

#[test]
fn means_have_their_deviation_behind_the_line_in_patterns_that_differ() {
    let runs = |height: f64| -> Vec<Vec<(f64, f64)>> {
        let loss = |run: f64, step: usize| {
            let x = step as f64;
            (x, height / (1.0 + x / 40.0) + run * x / 4000.0)
        };
        let steps = || (10..=400).step_by(10);
        (0..5).map(|run| steps().map(|step| loss(f64::from(run), step)).collect()).collect()
    };
    let [high, low] = [1.2, 0.5].map(|height| mean_curve(&runs(height)));
    let trace = |mean: &[MeanPoint]| Trace::from_points(mean.iter().map(|at| (at.x, at.mean)), 0.0);
    let (of_high, of_low) = (trace(&high), trace(&low));
    let chart = Chart {
        series: vec![
            Series { spread: &high, ..series("rate 0.1", &of_high, Weight::Bold) },
            Series { spread: &low, ..series("rate 0.2", &of_low, Weight::Bold) },
        ],
        ..Chart::default()
    };
    snapshot("spread", &chart);
    snapshot("spread_ascii", &Chart { marker: Marker::Ascii, ..chart });
}

#[test]
fn one_point_is_seen() {
    let one = Trace::from_points([(1.0, 1.0986)], 0.6);
    snapshot(
        "one_point",
        &Chart { series: vec![series("train", &one, Weight::Thin)], ..Chart::default() },
    );
}

#[test]
fn noise_is_a_band_behind_the_smoothed_line_and_validation_is_bold() {
    let (train, validation) = (noisy(1, 400, 0.9), validation());
    let chart = Chart {
        series: vec![
            series("train", &train, Weight::Thin),
            series("validation", &validation, Weight::Bold),
        ],
        x_range: Some((1.0, 400.0)),
        ..Chart::default()
    };
    snapshot("noisy", &chart);
    snapshot("noisy_ascii", &Chart { marker: Marker::Ascii, ..chart });
}

#[test]
fn a_log_scale_shows_decades() {
    let falling = Trace::from_points((1..=400).map(|x| (x as f64, 2.0 / (x * x) as f64)), 0.0);
    let chart = Chart {
        series: vec![series("train", &falling, Weight::Thin)],
        y_scale: YScale::Log,
        ..Chart::default()
    };
    snapshot("log", &chart);
}

#[test]
fn values_below_zero_on_a_log_scale_are_drawn_linearly_and_said() {
    let wave = Trace::from_points((0..100).map(|x| (x as f64, (x as f64 / 9.0).sin())), 0.0);
    let chart = Chart {
        series: vec![series("margin", &wave, Weight::Thin)],
        y_scale: YScale::Log,
        ..Chart::default()
    };
    let text = drawn(&chart, 78, 16);
    assert!(text.contains("values at or below 0: no log scale"), "{text}");
}

#[test]
fn values_that_are_no_number_are_marked_and_counted() {
    let loss = |x: i32| (x as f64, if x > 60 { f64::NAN } else { 1.1f64.powi(x) });
    let diverging = Trace::from_points((1..=80).map(loss), 0.0);
    let chart = Chart {
        series: vec![series("train", &diverging, Weight::Thin)],
        x_range: Some((1.0, 100.0)),
        y_scale: YScale::Log,
        ..Chart::default()
    };
    snapshot("diverging", &chart);
}

#[test]
fn two_runs_are_told_apart_without_colour() {
    let (a, b) = (noisy(1, 400, 0.9), noisy(2, 250, 0.9));
    let line = |name, trace| Series { band: false, ..series(name, trace, Weight::Thin) };
    let chart = Chart { series: vec![line("0041", &a), line("0042", &b)], ..Chart::default() };
    snapshot("two_runs", &chart);
}

#[test]
fn zoomed_in_the_cursor_reads_every_series() {
    let (train, validation) = (noisy(1, 400, 0.9), validation());
    let chart = Chart {
        series: vec![
            series("train", &train, Weight::Thin),
            series("validation", &validation, Weight::Bold),
        ],
        zoom: Some((100.0, 160.0)),
        cursor: Some(134.0),
        ..Chart::default()
    };
    snapshot("zoomed", &chart);
}

#[test]
fn no_size_and_no_values_make_it_panic() {
    let extremes: [&[f64]; 8] = [
        &[],
        &[0.0],
        &[5.0; 40],
        &[f64::MIN, f64::MAX],
        &[1e-310, 2e-310],
        &[1.0, 1.0 + f64::EPSILON],
        &[-1.0, -1e-9],
        &[f64::NAN, f64::INFINITY, f64::NEG_INFINITY],
    ];
    for values in extremes {
        let points = values.iter().enumerate().map(|(x, y)| (x as f64 * 1e5, *y));
        let trace = Trace::from_points(points, 0.5);
        for marker in [Marker::Braille, Marker::Ascii] {
            for (width, height) in [(0, 0), (1, 1), (19, 5), (20, 4), (20, 5), (21, 40), (300, 6)] {
                for (y_scale, zoom) in [
                    (YScale::Log, None),
                    (YScale::Linear, Some((f64::MAX, f64::MIN))),
                    (YScale::Linear, Some((3.0, 4.0))),
                ] {
                    let series = vec![series("n\u{301}日本", &trace, Weight::Bold)];
                    let cursor = Some(1e9);
                    let chart = Chart { series, y_scale, zoom, cursor, marker, ..Chart::default() };
                    drawn(&chart, width, height);
                }
            }
        }
    }
}
