//! How photos with doubtful labels look: the list, the picture, and what heads say of it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Labels;
use crate::insight::label_lines;
use crate::store::{Verdict, shown};
use crate::tui::keys::names::RERUN;
use crate::tui::labels::{DoubtedPhoto, Doubts};
use crate::tui::screens::images::details::{self, Layout};
use crate::tui::screens::notice::notice;
use crate::tui::screens::{World, category_keys};
use crate::tui::theme::Role;
use crate::tui::widgets::{Align, Cell, Column, fit_end, put, width};
use crate::words::counted;

const FILE: &str = "file";
const LABEL: &str = "label";
const SUGGESTION: &str = "suggestion";
const QUALITY: &str = "quality";
const DECIDED: &str = "decided";

pub fn columns(doubts: &Doubts) -> Vec<Column> {
    let longest = doubts.categories.iter().map(|name| width(name)).max().unwrap_or(0) as u16;
    let category = longest.clamp(8, 14);
    vec![
        Column::new(FILE, 14, Align::End).filling(),
        Column::new(LABEL, category, Align::Left),
        Column::new(SUGGESTION, (category + 2).max(10), Align::Left),
        Column::new(QUALITY, 7, Align::Right),
        Column::new(DECIDED, category.max(8), Align::Left),
    ]
}

pub fn layout(doubts: &Doubts, area: Rect, is_large: bool) -> Layout {
    let body = Rect { height: area.height.saturating_sub(1), ..area };
    details::layout(body, doubts.categories.len(), is_large)
}

/// Where the list is scrolled; while the picture is large too.
pub fn list_area(area: Rect) -> Rect {
    details::layout(Rect { height: area.height.saturating_sub(1), ..area }, 0, false).list
}

impl Labels {
    pub(super) fn draw_all(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let known = match &self.doubts {
            Some(Ok(known)) => known,
            Some(Err(problem)) => return notice(problem, Role::Bad, area, buffer, world),
            None => {
                let text = "every photo is scored by a head that was not trained on it: a second or \
                            two";
                return notice(text, Role::Dim, area, buffer, world);
            }
        };
        let Layout { status, list, facts, picture, bars } = layout(known, area, self.is_large);
        self.draw_status(known, status, buffer, world);
        self.draw_list(known, list, buffer, world);
        if let Some(photo) = self.photo() {
            self.draw_facts(known, photo, facts, buffer, world);
            self.preview.draw(picture, buffer, world);
            draw_scores(known, photo, bars, buffer, world);
        }
        let last = Rect { y: area.bottom().saturating_sub(1), height: 1, ..area };
        match &self.typing {
            Some(prompt) => {
                let line = Rect { x: last.x + 2, width: last.width.saturating_sub(3), ..last };
                prompt.draw(line, area, buffer, "category: ", None, world.theme);
            }
            None => category_keys::draw(&known.categories, last, buffer, world.theme),
        }
    }

    fn draw_status(&self, known: &Doubts, area: Rect, buffer: &mut Buffer, world: &World) {
        let wrong = known.photos.iter().filter(|photo| photo.is_wrong).count();
        let mut parts =
            vec![counted(known.photos.len(), "photo"), format!("{wrong} probably wrong")];
        if self.wrong_only {
            parts.push("only these".to_owned());
        }
        if !self.marks.is_empty() {
            parts.push(format!("{} marked", self.marks.len()));
        }
        let decided = self.verdicts.len();
        if decided > 0 {
            parts.push(format!("{decided} decided"));
        }
        match self.is_learning {
            true => parts.push("training with these labels".to_owned()),
            false => parts.extend((decided > 0).then(|| format!("{RERUN} trains with them"))),
        }
        put(buffer, area, area.x + 2, area.y, &parts.join(" · "), world.theme.style(Role::Dim));
    }

    fn draw_list(&self, known: &Doubts, area: Rect, buffer: &mut Buffer, world: &World) {
        self.list.draw(
            area,
            buffer,
            world.theme,
            |row| self.marks.contains(&self.shown[row]),
            |row, key| {
                let at = self.shown[row];
                let photo = &known.photos[at];
                let plain = |text: String| Cell { text, role: Role::Text };
                match key {
                    FILE => plain(shown(&photo.file)),
                    LABEL => plain(known.categories[photo.label].clone()),
                    SUGGESTION if photo.suggestion == photo.label => plain(String::new()),
                    SUGGESTION => {
                        let name = &known.categories[photo.suggestion];
                        match photo.is_wrong {
                            true => Cell { text: format!("✗ {name}"), role: Role::Bad },
                            false => plain(format!("  {name}")),
                        }
                    }
                    QUALITY => plain(format!("{:.3}", photo.quality)),
                    _ => match self.verdicts.get(&at) {
                        Some(verdict) => Cell { text: verdict.to_string(), role: Role::Good },
                        None => plain(String::new()),
                    },
                }
            },
        );
    }

    fn draw_facts(
        &self,
        known: &Doubts,
        photo: &DoubtedPhoto,
        area: Rect,
        buffer: &mut Buffer,
        world: &World,
    ) {
        let style = |role| world.theme.style(role);
        let is_one_line = area.height < 2;
        let room = usize::from(area.width) / if is_one_line { 2 } else { 1 };
        let name = fit_end(&shown(&photo.file), room);
        let x = put(buffer, area, area.x, area.y, &name, style(Role::Accent));
        let (x, y) = if is_one_line { (x + 2, area.y) } else { (area.x, area.y + 1) };
        let mut facts = vec![format!("● {}", known.categories[photo.label])];
        if photo.suggestion != photo.label {
            facts.push(format!("more like {}", known.categories[photo.suggestion]));
        }
        let decided = self.selected().and_then(|at| self.verdicts.get(&at));
        facts.extend(decided.map(|verdict| match verdict {
            Verdict::Category(name) => format!("decided: {name}"),
            other => format!("decided: {other}"),
        }));
        put(buffer, area, x, y, &facts.join("  "), style(Role::Text));
    }
}

/// The scores of heads that were not trained on it, as predict prints them.
fn draw_scores(
    known: &Doubts,
    photo: &DoubtedPhoto,
    area: Rect,
    buffer: &mut Buffer,
    world: &World,
) {
    let lines = label_lines(&known.categories, &photo.scores);
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        put(buffer, area, area.x, y, &line, world.theme.style(Role::Text));
    }
}
