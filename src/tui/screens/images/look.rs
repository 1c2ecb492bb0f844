//! Where the network looked in the photo under the cursor, and the training photos that are most like it.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::details::Layout;
use crate::heatmap::{Grid, Overlay};
use crate::insight::likeness_in_words;
use crate::store::{RunFolder, shown, unshown};
use crate::tui::effect::Effect;
use crate::tui::look::{Answer, CategoryMap, LookNews, Looked, Question, Similar};
use crate::tui::news::News;
use crate::tui::preview::{Graphics, Preview, Wanted};
use crate::tui::scores::ScoreTable;
use crate::tui::screens::World;
use crate::tui::theme::Role;
use crate::tui::widgets::{fit, fit_end, put, width as text_width, wrap};

/// Training photos that are shown.
const SIMILAR: usize = 5;
/// Cells of a small picture, and of the lines below it.
const SMALL: (u16, u16) = (14, 7);
const CAPTION: u16 = 2;
/// Small pictures are shown where the photo keeps this many rows.
const LEAST_ROWS: u16 = 9;
/// Scores of one head differ less than this, whatever they were computed on.
const SAME_SCORE: f32 = 0.02;
const OTHER_HEAD: &str = "of the head that was kept; the list has scores of others";
/// From this width on two maps stand side by side.
const SIDE_BY_SIDE: u16 = 48;

/// What is asked of the network of a run, and what it answered.
#[derive(Debug, Default)]
pub struct Looking {
    /// Drawn over the photo: where the score comes from.
    pub shows_map: bool,
    /// Below the photo: training photos that are like it.
    pub shows_similar: bool,
    asked: Option<(RunFolder, Question)>,
    heard: Option<Arc<LookNews>>,
}

/// A picture with its place and the lines with it.
#[derive(Debug)]
struct Placed {
    wanted: Wanted,
    area: Rect,
    /// Above the picture of the photo, below a small one.
    caption: Vec<String>,
    caption_area: Rect,
}

/// Everything of the photo under the cursor but its facts: where it stands and what it says.
#[derive(Debug)]
pub struct Scene {
    /// The photo, once or with the map of each category.
    photo: Vec<Placed>,
    similar: Vec<Placed>,
    pub bars: Rect,
    notes: Rect,
    lines: Vec<(String, Role)>,
}

impl Looking {
    /// Asks about an image, unless that was asked last or nothing of it would be shown.
    pub fn ask(&mut self, run: &RunFolder, table: &ScoreTable, at: usize) -> Option<Effect> {
        let image = &table.images()[at];
        if !(self.shows_map || self.shows_similar) || image.problem.is_some() {
            self.asked = None;
            return None;
        }
        let mut categories: Vec<String> = [image.truth, image.predicted]
            .into_iter()
            .flatten()
            .map(|category| table.category(Some(category)).to_owned())
            .collect();
        categories.dedup();
        let question = Question { photo: shown(&table.path(at)), categories, nearest: SIMILAR };
        let asked = Some((run.clone(), question.clone()));
        if self.asked == asked {
            return None;
        }
        self.asked = asked;
        Some(Effect::Look(run.clone(), question))
    }

    /// Keeps what answers the last question.
    pub fn hear(&mut self, news: &[News]) {
        for one in news {
            if let News::Looked(look) = one
                && self.is_answered_by(look)
            {
                self.heard = Some(look.clone());
            }
        }
    }

    fn is_answered_by(&self, look: &LookNews) -> bool {
        self.asked
            .as_ref()
            .is_some_and(|(run, question)| *run == look.run && *question == look.question)
    }

    /// What was answered about this image; `None`: nothing yet.
    fn answer(&self, table: &ScoreTable, at: usize) -> Option<&Answer> {
        let look = self.heard.as_ref().filter(|look| self.is_answered_by(look))?;
        (look.question.photo == shown(&table.path(at))).then_some(&look.answer)
    }

    /// Where all of an image stands, in the places that `layout` has for its picture and its bars.
    pub fn scene(
        &self,
        layout: &Layout,
        table: &ScoreTable,
        at: usize,
        graphics: Graphics,
    ) -> Scene {
        let answer = self.answer(table, at);
        let looked = answer.and_then(|answer| answer.as_ref().ok());
        let similar = looked.and_then(|looked| looked.nearest.as_deref().ok());
        let is_beside = !layout.bars.is_empty() && layout.bars.y == layout.picture.y;
        let strip = SMALL.1 + CAPTION + 1;
        let has_strip = self.shows_similar
            && !is_beside
            && similar.is_none_or(|similar| !similar.is_empty())
            && answer.is_none_or(Result::is_ok)
            && layout.picture.height >= LEAST_ROWS + strip;
        let lines = self.lines(table, at, answer, has_strip, graphics);
        let width = if is_beside { layout.bars.width } else { layout.picture.width };
        let lines: Vec<(String, Role)> = lines
            .into_iter()
            .flat_map(|(text, role)| {
                wrap(&text, width.into()).into_iter().map(move |line| (line, role))
            })
            .collect();
        let rows = lines.len() as u16;
        let (mut picture, mut bars) = (layout.picture, layout.bars);
        let notes = if is_beside {
            // The bars keep a row for each category, or half.
            let needed = (table.categories.len() as u16).min(bars.height);
            if rows > 0 {
                bars.height = needed.min(bars.height - rows.min(bars.height / 2));
            }
            let y = (bars.bottom() + 1).min(layout.bars.bottom());
            Rect { y, height: layout.bars.bottom() - y, ..bars }
        } else {
            let [above, notes] = split(picture, rows.min(picture.height / 3));
            picture = above;
            notes
        };
        let mut small = Vec::new();
        if has_strip {
            let [above, strip] = split(picture, strip);
            picture = above;
            small = strip_of(similar.unwrap_or_default(), strip, graphics);
        }
        let photo = Wanted {
            path: table.path(at),
            room: (picture.width, picture.height),
            graphics,
            overlay: None,
        };
        let photo = match looked.filter(|_| self.shows_map) {
            Some(looked) if looked.maps.as_ref().is_ok_and(|maps| !maps.is_empty()) => {
                maps_of(looked, &photo, picture, table, at)
            }
            _ => vec![Placed {
                wanted: photo,
                area: picture,
                caption: Vec::new(),
                caption_area: Rect { height: 0, ..picture },
            }],
        };
        Scene { photo, similar: small, bars, notes, lines }
    }

    /// What is said of an image below its picture.
    fn lines(
        &self,
        table: &ScoreTable,
        at: usize,
        answer: Option<&Answer>,
        has_strip: bool,
        graphics: Graphics,
    ) -> Vec<(String, Role)> {
        let mut lines = Vec::new();
        let image = &table.images()[at];
        let looked = answer.and_then(|answer| answer.as_ref().ok());
        let judged = looked.and_then(|looked| looked.verdict);
        let judged = judged.map(|judged| (judged.less_like_than, judged.is_none_of_these));
        let known = image.less_like_than.map(|share| (f64::from(share), image.is_none_of_these));
        if let Some((share, is_none)) = judged.or(known) {
            let role = if is_none { Role::Warning } else { Role::Dim };
            lines.push((likeness_in_words(share, is_none), role));
        }
        let looked = match answer {
            _ if self.asked.is_none() => return lines,
            None => {
                lines.push(("the network looks at the photo".into(), Role::Dim));
                return lines;
            }
            Some(Err(problem)) => {
                lines.push((problem.clone(), Role::Bad));
                return lines;
            }
            Some(Ok(looked)) => looked,
        };
        if self.shows_map {
            match &looked.maps {
                Ok(maps) => {
                    lines.push((legend(maps, graphics), Role::Dim));
                    let is_other = |map: &CategoryMap| is_other_head(map, table, at);
                    if maps.iter().any(is_other) {
                        lines.push((OTHER_HEAD.to_owned(), Role::Dim));
                    }
                }
                Err(problem) => lines.push((problem.clone(), Role::Warning)),
            }
        }
        if self.shows_similar {
            match &looked.nearest {
                Err(problem) => lines.push((problem.clone(), Role::Warning)),
                Ok(_) if has_strip => {}
                Ok(similar) => {
                    lines.push(("the most similar training photos:".into(), Role::Dim));
                    let line = |one: &Similar| {
                        format!("{:.3} {} {}", one.distance, one.category, one.file)
                    };
                    lines.extend(similar.iter().map(|one| (line(one), Role::Text)));
                }
            }
        }
        lines
    }
}

/// Whether a score of the table is of another head than the map: with folds it is, and after a run was
/// calibrated.
fn is_other_head(map: &CategoryMap, table: &ScoreTable, at: usize) -> bool {
    let category = table.categories.iter().position(|category| *category == map.category);
    category.is_some_and(|category| (table.scores(at)[category] - map.score).abs() > SAME_SCORE)
}

/// What the colours mean, and how strong the strongest is.
fn legend(maps: &[CategoryMap], graphics: Graphics) -> String {
    let signs = match graphics.renderer.has_colours() {
        true => "orange: for it, blue: against it",
        false => "light: for it",
    };
    format!("{signs}, at most {:.3} a place", largest(maps))
}

/// The scale that all maps of a photo share.
fn largest(maps: &[CategoryMap]) -> f64 {
    maps.iter().map(|map| Grid::largest_size(&map.places)).fold(0.0, f64::max)
}

/// The photo with each map over it, side by side where there is room, else that of the predicted
/// category, which is the last.
fn maps_of(
    looked: &Looked,
    photo: &Wanted,
    area: Rect,
    table: &ScoreTable,
    at: usize,
) -> Vec<Placed> {
    let maps = looked.maps.as_deref().unwrap_or_default();
    let count = if area.width >= SIDE_BY_SIDE { maps.len() } else { 1 };
    let each = (area.width + 1) / count as u16;
    let image = &table.images()[at];
    let is = |category: Option<u32>, map: &CategoryMap| {
        category.is_some() && table.category(category) == map.category
    };
    let one = |(place, map): (usize, &CategoryMap)| {
        let part = Rect { x: area.x + place as u16 * each, width: each - 1, ..area };
        let caption_area = Rect { height: 1.min(part.height), ..part };
        let height = part.height - caption_area.height;
        let part = Rect { y: part.y + caption_area.height, height, ..part };
        let overlay = Overlay::new(&map.places, largest(maps), looked.frame);
        let truth = if is(image.truth, map) { "●" } else { "" };
        let predicted = if is(image.predicted, map) { "▸" } else { "" };
        let CategoryMap { category, score, logit, .. } = map;
        let signs = format!("{truth}{predicted}");
        let caption = format!("{signs} {category} {score:.3} logit {logit:+.2}");
        let caption = match text_width(&caption) > usize::from(part.width) {
            true => format!("{signs} {category} {logit:+.2}"),
            false => caption,
        };
        Placed {
            wanted: Wanted {
                room: (part.width, part.height),
                overlay: Some(Arc::new(overlay)),
                ..photo.clone()
            },
            area: part,
            caption: vec![caption],
            caption_area,
        }
    };
    maps[maps.len() - count..].iter().enumerate().map(one).collect()
}

/// Small pictures of training photos, as many as there is room for.
fn strip_of(similar: &[Similar], area: Rect, graphics: Graphics) -> Vec<Placed> {
    let each = SMALL.0 + 1;
    let count = usize::from((area.width + 1) / each);
    let one = |(place, one): (u16, &Similar)| {
        let x = area.x + place * each;
        let picture = Rect { x, y: area.y + 1, width: SMALL.0, height: SMALL.1 };
        Placed {
            wanted: Wanted { path: unshown(&one.path), room: SMALL, graphics, overlay: None },
            area: picture,
            caption: vec![one.category.clone(), format!("{:.3} away", one.distance)],
            caption_area: Rect { y: picture.bottom(), height: CAPTION, ..picture },
        }
    };
    (0..).zip(similar.iter().take(count)).map(one).collect()
}

/// What is above the last `rows` rows, and these.
fn split(area: Rect, rows: u16) -> [Rect; 2] {
    let height = area.height - rows.min(area.height);
    let below = Rect { y: area.y + height, height: area.height - height, ..area };
    [Rect { height, ..area }, below]
}

impl Scene {
    /// All its pictures, in the order in which they are looked at.
    pub fn wanted(&self) -> impl Iterator<Item = Wanted> {
        self.photo.iter().chain(&self.similar).map(|placed| placed.wanted.clone())
    }

    /// The picture of the photo.
    pub fn photo_alone(&self) -> Option<Wanted> {
        self.photo.first().map(|placed| placed.wanted.clone())
    }

    pub fn draw(&self, preview: &Preview, buffer: &mut Buffer, world: &World) {
        let style = |role| world.theme.style(role);
        for placed in self.photo.iter().chain(&self.similar) {
            preview.draw_one(&placed.wanted, placed.area, buffer, world);
            let area = placed.caption_area;
            for (y, line) in (area.y..area.bottom()).zip(&placed.caption) {
                put(buffer, area, area.x, y, &fit(line, area.width.into()), style(Role::Text));
            }
        }
        for (y, (line, role)) in (self.notes.y..self.notes.bottom()).zip(&self.lines) {
            let line = fit_end(line, self.notes.width.into());
            put(buffer, self.notes, self.notes.x, y, &line, style(*role));
        }
    }
}
