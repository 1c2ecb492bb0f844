//! What stands beside the table on a wide screen: the run under the cursor, its curve, its matrix.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use super::Runs;
use super::group::{Group, GroupKey, Row};
use crate::compare::repeats_in_brief;
use crate::insight::overfitting;
use crate::spec::short_key;
use crate::tui::effect::Effect;
use crate::tui::keys::names::{COMPARE, ENTER};
use crate::tui::known::Known;
use crate::tui::known_run::KnownRun;
use crate::tui::news::Glance;
use crate::tui::screens::confusion::grid::Grid;
use crate::tui::screens::{World, beside, format, run_facts};
use crate::tui::theme::Role;
use crate::tui::widgets::chart::{Chart, Series, Unit, Weight, YScale};
use crate::tui::widgets::{Lines, put};
use crate::words;

/// The curve takes no more rows than this.
const HIGHEST_CURVE: u16 = 14;
const LOWEST_CURVE: u16 = 6;
/// Beyond this many categories a matrix says nothing in so little room.
const MOST_CATEGORIES: usize = 8;

impl Runs {
    /// Has the run under the cursor looked at, unless that was done or is under way.
    pub(super) fn look(&mut self, world: &World) -> Option<Effect> {
        beside::split(world.area).1?;
        let run = self.selected(world.known)?;
        let now = (run.id().to_owned(), run.summary().and_then(|summary| summary.updated));
        if let Some((id, updated)) = &self.looked_at {
            let is_answered = glance(world.known, id).is_some();
            // What a run at work has added since is read once the last answer is there.
            if *id == now.0 && (*updated == now.1 || !is_answered) {
                return None;
            }
        }
        let folder = run.folder().clone();
        self.looked_at = Some(now);
        Some(Effect::Glance(folder))
    }

    /// What the repeats of the run under the cursor come to.
    pub(super) fn find_repeats(&mut self, known: &Known) {
        self.repeats = self.selected(known).and_then(|run| {
            let is_repeat = |other: &&KnownRun| other.repeat_key() == run.repeat_key();
            let all = known.runs.values().filter(is_repeat).filter_map(|run| run.summary());
            Some((run.id().to_owned(), repeats_in_brief(run.summary()?, all)?))
        });
    }

    /// What is known of several runs in one row.
    fn draw_group(&self, group: &Group, area: Rect, buffer: &mut Buffer, world: &World) {
        let mut page = Lines::new(area.width.into());
        page.say("", &group.in_words(), Role::Accent);
        let (state, role) = &group.facts.state;
        page.say("", state, *role);
        let facts = [
            ("test accuracy", group.accuracy()),
            ("test loss", group.loss()),
            ("validation", group.validation()),
            ("newest made", group.newest().map(|made| format::time_with_zone(made, world.zone))),
            ("worked", Some(words::duration(group.facts.seconds))),
        ];
        for (name, value) in facts {
            if let Some(value) = value {
                page.fact(name, run_facts::NAME, &value, Role::Text);
            }
        }
        page.gap();
        match &group.key {
            GroupKey::Repeats(_) => {
                page.say("", "they differ in their seeds alone", Role::Dim);
                page.say("", "± is the standard deviation between them", Role::Dim);
                let keys = format!("{COMPARE} draws their mean curve, {ENTER} lists them");
                page.say("", &keys, Role::Dim);
            }
            GroupKey::Sweep(name) => {
                let said = format!(
                    "the best by validation is chosen, and only the test accuracy of that one says \
                     something: 'retrain sweep {name}'"
                );
                page.say("", &said, Role::Dim);
            }
        }
        if !self.settings.is_empty() {
            page.gap();
            page.say("", "settings", Role::Dim);
            for key in &self.settings {
                if let Some(value) = group.setting(key) {
                    let name = short_key(key, &self.settings);
                    page.fact(&name, run_facts::NAME, &value, Role::Text);
                }
            }
        }
        page.draw(0, "", area, buffer, world.theme);
    }

    pub(super) fn draw_beside(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        beside::draw_rule(area, buffer, world.theme);
        let known = world.known;
        if let Some(group) = self.selected_row().and_then(Row::group) {
            return self.draw_group(group, area, buffer, world);
        }
        let Some(run) = self.selected(known) else { return };
        let compared =
            known.baseline().and_then(|baseline| known.compared(baseline.id(), run.id()));
        let compared = compared.and_then(|compared| compared.as_ref().ok());
        let cells = area.width.into();
        let mut page = run_facts::lines(run, &self.settings, compared, world.zone, cells);
        if let Some(summary) = run.summary() {
            if let Some((_, said)) = self.repeats.as_ref().filter(|(id, _)| id == run.id()) {
                page.gap();
                page.say("", said, Role::Text);
            }
            if let Some(sweep) = &summary.group {
                page.gap();
                page.say("", &format!("of the sweep {sweep}: 'retrain sweep {sweep}'"), Role::Dim);
            }
        }
        let glance = glance(known, run.id());
        match glance {
            Some(Ok(glance)) => {
                if let Some(said) = overfitting(&glance.run) {
                    page.gap();
                    page.say("! ", &said, Role::Warning);
                }
            }
            Some(Err(problem)) => page.say("✗ ", problem, Role::Bad),
            None => {}
        }
        // The words as far as they leave room for a curve.
        let rows = (page.lines.len() as u16).min(area.height.saturating_sub(LOWEST_CURVE + 1));
        page.draw(0, "", Rect { height: rows, ..area }, buffer, world.theme);
        let height = area.height - rows.min(area.height);
        let below = Rect { y: area.y + rows + 1, height: height.saturating_sub(1), ..area };
        if let Some(Ok(glance)) = glance {
            draw_curve_and_matrix(glance, below, buffer, world);
        }
    }
}

/// What was read of the run, if that is what was read last.
fn glance<'a>(known: &'a Known, id: &str) -> Option<Result<&'a Glance, &'a String>> {
    let news = known.glance.as_ref().filter(|news| news.run == id)?;
    Some(news.glance.as_ref().map(AsRef::as_ref))
}

fn draw_curve_and_matrix(glance: &Glance, area: Rect, buffer: &mut Buffer, world: &World) {
    let has_room = |names: &[String], height: u16| {
        names.len() <= MOST_CATEGORIES && usize::from(height) > names.len()
    };
    let spare = area.height.saturating_sub(LOWEST_CURVE + 2);
    let matrix = glance.tested.as_ref().filter(|(names, _)| has_room(names, spare));
    let mut curve = area;
    if let Some((names, matrix)) = matrix {
        let all = area.height - 2;
        curve.height =
            (all / 2).clamp(LOWEST_CURVE, HIGHEST_CURVE).min(all - names.len() as u16 - 1);
        let y = curve.bottom() + 1;
        put(buffer, area, area.x, y, TITLE, world.theme.style(Role::Dim));
        let below = Rect { y: y + 1, height: area.bottom().saturating_sub(y + 1), ..area };
        Grid::new(names, matrix, None, below).draw(names, matrix, None, buffer, world.theme);
    } else {
        curve.height = curve.height.min(HIGHEST_CURVE);
    }
    let curves = &glance.curves;
    if glance.run.latest.is_none() {
        return;
    }
    let series = |name, trace, index, weight, band| Series {
        name,
        trace,
        style: world.theme.series(index),
        weight,
        band,
        spread: &[],
    };
    let chart = Chart {
        series: vec![
            series("train", &curves.train_loss, 0, Weight::Thin, true),
            series("validation loss", &curves.validation_loss, 1, Weight::Bold, false),
        ],
        x_range: None,
        zoom: None,
        y_scale: YScale::Linear,
        unit: Unit::Number,
        cursor: None,
        marker: world.theme.marker(),
        styles: world.theme.chart_styles(),
    };
    (&chart).render(curve, buffer);
}

const TITLE: &str = "test set: rows true, columns predicted";
