//! How it looks: the answer, the curve, and a row for each category.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::widgets::Widget;

use super::GrowthScreen;
use crate::tui::growth::{Asked, Curve, Growth, OfCategory};
use crate::tui::screens::World;
use crate::tui::theme::Role;
use crate::tui::widgets::chart::{Chart, Series, Unit, Weight, YScale};
use crate::tui::widgets::{Align, Cell, Column, put, wrap};
use crate::words::{duration, grouped};

const CATEGORY: &str = "category";
const MORE: &str = "more";
const GAIN: &str = "what these alone would bring";
/// From this width the curve stands beside the categories.
const SIDE_BY_SIDE: u16 = 120;
/// From this height it is also said what the numbers are of.
const WITH_NOTES: u16 = 20;

pub fn columns() -> Vec<Column> {
    vec![
        Column::new(CATEGORY, 9, Align::Left).filling(),
        Column::new(MORE, 5, Align::Right),
        Column::new(GAIN, 40, Align::Left),
    ]
}

struct Places {
    answer: Rect,
    chart: Rect,
    list: Rect,
    notes: Rect,
}

fn places(growth: &Growth, area: Rect) -> Places {
    let inside = inside(area);
    let rows = |text: &str| wrap(text, inside.width.into()).len() as u16;
    let notes = if area.height < WITH_NOTES { 0 } else { rows(&self::notes(growth)) };
    let [answer, _, body, notes] = Layout::vertical([
        Constraint::Length(rows(&growth.in_words)),
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(notes),
    ])
    .areas(inside);
    let body = Rect { height: body.height.saturating_sub(u16::from(notes.height > 0)), ..body };
    let [chart, list] = match area.width >= SIDE_BY_SIDE {
        true => {
            Layout::horizontal([Constraint::Fill(1), Constraint::Length(64)]).spacing(2).areas(body)
        }
        false => {
            // The heading, and as many rows as leave the curve half of the room.
            let list = (growth.of_categories.len() as u16).saturating_add(1).min(body.height / 2);
            Layout::vertical([Constraint::Fill(1), Constraint::Length(list)]).areas(body)
        }
    };
    // The table has a gutter of its own.
    let list = match area.width >= SIDE_BY_SIDE {
        true => list,
        false => Rect { x: area.x, width: area.width, ..list },
    };
    Places { answer, chart, list, notes }
}

pub fn list_area(growth: &Growth, area: Rect) -> Rect {
    places(growth, area).list
}

fn inside(area: Rect) -> Rect {
    Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area }
}

impl GrowthScreen {
    pub(super) fn draw_all(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let growth = match world.known.growth(&self.run.id()) {
            Some(Asked::Answered(Ok(growth))) => growth,
            Some(Asked::Answered(Err(problem))) => {
                let room = Rect { y: area.y + 1, ..inside(area) };
                return say(problem, Role::Bad, room, buffer, world);
            }
            asked => {
                let room = Rect { y: area.y + 1, ..inside(area) };
                return say(&waiting(asked, world), Role::Dim, room, buffer, world);
            }
        };
        let Places { answer, chart, list, notes } = places(growth, area);
        say(&growth.in_words, Role::Accent, answer, buffer, world);
        put(
            buffer,
            chart,
            chart.x,
            chart.y,
            "accuracy over the number of training photos",
            world.theme.style(Role::Dim),
        );
        let below = Rect { y: chart.y + 1, height: chart.height.saturating_sub(1), ..chart };
        self.chart(growth, world).render(below, buffer);
        self.list.draw(
            list,
            buffer,
            world.theme,
            |_| false,
            |row, key| cell(&growth.of_categories[row], key),
        );
        say(&self::notes(growth), Role::Dim, notes, buffer, world);
    }

    fn chart<'a>(&self, growth: &'a Growth, world: &World) -> Chart<'a> {
        let curves: [(&str, &Curve); 2] =
            [("measured", &growth.measured), ("foretold", &growth.continued)];
        let series = curves.into_iter().enumerate().map(|(index, (name, curve))| Series {
            name,
            trace: &curve.trace,
            style: world.theme.series(index),
            weight: Weight::Bold,
            band: false,
            spread: &curve.spread,
        });
        let numbers = growth.numbers();
        Chart {
            series: series.collect(),
            x_range: None,
            zoom: None,
            y_scale: YScale::Linear,
            unit: Unit::Share,
            cursor: self.cursor.and_then(|at| numbers.get(at).copied()),
            marker: world.theme.marker(),
            styles: world.theme.chart_styles(),
        }
    }
}

/// What the numbers are of.
fn notes(growth: &Growth) -> String {
    format!("{}; {}", growth.measured_in_words, growth.notes)
}

/// What is being done, and for how long.
fn waiting(asked: Option<&Asked>, world: &World) -> String {
    let text = "heads are trained on parts of the photos: for 300 photos some seconds, for 1,300 half a \
                minute or more; other screens can be looked at meanwhile";
    match asked {
        Some(Asked::AtWork(since)) => {
            let seconds = world.now.duration_since(*since).as_secs();
            format!("{} so far: {text}", duration(seconds as f64))
        }
        _ => text.to_owned(),
    }
}

fn cell(of: &OfCategory, key: &str) -> Cell {
    let role = if of.is_seen { Role::Good } else { Role::Dim };
    match key {
        CATEGORY => Cell { text: of.category.clone(), role: Role::Text },
        MORE => Cell { text: grouped(of.more), role: Role::Text },
        _ => Cell { text: of.in_words.clone(), role },
    }
}

fn say(text: &str, role: Role, area: Rect, buffer: &mut Buffer, world: &World) {
    for (y, line) in (area.y..area.bottom()).zip(wrap(text, area.width.into())) {
        put(buffer, area, area.x, y, &line, world.theme.style(role));
    }
}
