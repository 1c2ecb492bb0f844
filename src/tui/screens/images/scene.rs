//! The photo under the cursor with all that is said of it: where its picture, its maps, the small pictures of
//! similar photos and the lines stand.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::details::Layout;
use crate::heatmap::{Grid, Overlay};
use crate::insight::likeness_in_words;
use crate::store::unshown;
use crate::tui::look::{Answer, CategoryMap, Looked, Similar};
use crate::tui::preview::{Graphics, Preview, Wanted};
use crate::tui::scores::ScoreTable;
use crate::tui::screens::World;
use crate::tui::theme::Role;
use crate::tui::widgets::{fit, fit_end, put, width as text_width, wrap};

/// Cells of a small picture, and of the lines below it.
const SMALL: (u16, u16) = (14, 7);
const CAPTION: u16 = 2;
/// Rows of small pictures with their lines and one between.
const STRIP: u16 = SMALL.1 + CAPTION + 1;
/// Small pictures are shown where the photo keeps this many rows.
const LEAST_ROWS: u16 = 9;
/// Scores of one head differ less than this, whatever they were computed on.
const SAME_SCORE: f32 = 0.02;
const OTHER_HEAD: &str = "of the head that was kept; the list has scores of others";
/// From this width on two maps stand side by side.
const SIDE_BY_SIDE: u16 = 48;

/// An image, and what of it is shown.
pub struct Subject<'a> {
    pub table: &'a ScoreTable,
    /// Its place in the table.
    pub at: usize,
    /// What the network says of it; `None`: nothing yet.
    pub answer: Option<&'a Answer>,
    pub shows_map: bool,
    pub shows_similar: bool,
    pub graphics: Graphics,
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

/// A line with its role.
type Line = (String, Role);

impl<'a> Subject<'a> {
    pub fn scene(&self, layout: &Layout) -> Scene {
        // In a narrow terminal the bars stand beside the picture, and what is said below them.
        let is_beside = !layout.bars.is_empty() && layout.bars.y == layout.picture.y;
        let has_strip = !is_beside && self.has_strip(layout.picture.height);
        let width = if is_beside { layout.bars.width } else { layout.picture.width };
        let wrapped = |(text, role): Line| {
            wrap(&text, width.into()).into_iter().map(move |line| (line, role))
        };
        let lines: Vec<Line> = self.lines(has_strip).into_iter().flat_map(wrapped).collect();
        let (mut picture, mut bars) = (layout.picture, layout.bars);
        let notes = match is_beside {
            true => self.below_bars(&mut bars, lines.len() as u16),
            false => {
                let [above, notes] = split(picture, (lines.len() as u16).min(picture.height / 3));
                picture = above;
                notes
            }
        };
        let mut similar = Vec::new();
        if has_strip {
            let [above, strip] = split(picture, STRIP);
            picture = above;
            similar = self.small(strip);
        }
        Scene { photo: self.photo(picture), similar, bars, notes, lines }
    }

    fn looked(&self) -> Option<&'a Looked> {
        self.answer?.as_ref().ok()
    }

    /// Whether similar photos have small pictures below one of this height; also before they are known,
    /// so that the picture stays where it is.
    fn has_strip(&self, height: u16) -> bool {
        let may_come = match self.answer {
            None => true,
            Some(Err(_)) => false,
            Some(Ok(looked)) => looked.nearest.as_ref().is_ok_and(|similar| !similar.is_empty()),
        };
        self.shows_similar && may_come && height >= LEAST_ROWS + STRIP
    }

    /// Leaves the bars a row for each category, or half of theirs; gives what is left below them.
    fn below_bars(&self, bars: &mut Rect, rows: u16) -> Rect {
        let end = bars.bottom();
        if rows > 0 {
            let needed = self.table.categories.len() as u16;
            bars.height = needed.min(bars.height - rows.min(bars.height / 2));
        }
        let y = (bars.bottom() + 1).min(end);
        Rect { y, height: end - y, ..*bars }
    }

    /// What is said of it.
    fn lines(&self, has_strip: bool) -> Vec<Line> {
        let mut lines: Vec<Line> = self.verdict().into_iter().collect();
        if !(self.shows_map || self.shows_similar) {
            return lines;
        }
        match self.answer {
            None => lines.push(("the network looks at the photo".into(), Role::Dim)),
            Some(Err(problem)) => lines.push((problem.clone(), Role::Bad)),
            Some(Ok(looked)) => {
                if self.shows_map {
                    lines.extend(self.of_maps(looked));
                }
                if self.shows_similar {
                    lines.extend(of_similar(looked, has_strip));
                }
            }
        }
        lines
    }

    /// Whether it is any of the categories, where that is known.
    fn verdict(&self) -> Option<Line> {
        let image = &self.table.images()[self.at];
        let judged = self.looked().and_then(|looked| looked.verdict);
        let judged = judged.map(|judged| (judged.less_like_than, judged.is_none_of_these));
        let known = self
            .table
            .less_like_than(self.at)
            .map(|share| (f64::from(share), image.is_none_of_these));
        let (share, is_none) = judged.or(known)?;
        let role = if is_none { Role::Warning } else { Role::Dim };
        Some((likeness_in_words(share, is_none), role))
    }

    fn of_maps(&self, looked: &Looked) -> Vec<Line> {
        let maps = match &looked.maps {
            Ok(maps) => maps,
            Err(problem) => return vec![(problem.clone(), Role::Warning)],
        };
        let mut lines = vec![(legend(maps, self.graphics), Role::Dim)];
        if maps.iter().any(|map| is_other_head(map, self.table, self.at)) {
            lines.push((OTHER_HEAD.to_owned(), Role::Dim));
        }
        lines
    }

    /// The photo as it is, or with the map of each category over it: side by side where there is room,
    /// else that of the predicted one, which is the last.
    fn photo(&self, area: Rect) -> Vec<Placed> {
        let looked = self.looked().filter(|_| self.shows_map);
        let maps = looked.and_then(|looked| looked.maps.as_deref().ok()).unwrap_or_default();
        let count = if area.width >= SIDE_BY_SIDE { maps.len() } else { maps.len().min(1) };
        let (Some(looked), 1..) = (looked, count) else {
            let caption_area = Rect { height: 0, ..area };
            return vec![Placed {
                wanted: self.wanted(area),
                area,
                caption: Vec::new(),
                caption_area,
            }];
        };
        let each = (area.width + 1) / count as u16;
        let one = |(place, map): (u16, &CategoryMap)| {
            let part = Rect { x: area.x + place * each, width: each - 1, ..area };
            let caption_area = Rect { height: part.height.min(1), ..part };
            let [_, part] = split(part, part.height - caption_area.height);
            let overlay = Overlay::new(&map.places, largest(maps), looked.frame);
            Placed {
                wanted: Wanted { overlay: Some(Arc::new(overlay)), ..self.wanted(part) },
                area: part,
                caption: vec![self.caption(map, part.width.into())],
                caption_area,
            }
        };
        (0..).zip(&maps[maps.len() - count..]).map(one).collect()
    }

    fn wanted(&self, area: Rect) -> Wanted {
        let (path, room) = (self.table.path(self.at), (area.width, area.height));
        Wanted { path, room, graphics: self.graphics, overlay: None }
    }

    /// Which category a map is of, with its score and logit where they fit.
    fn caption(&self, map: &CategoryMap, cells: usize) -> String {
        let image = &self.table.images()[self.at];
        let is = |category: Option<u32>| {
            category.is_some() && self.table.category(category) == map.category
        };
        let truth = if is(image.truth) { "●" } else { "" };
        let predicted = if is(image.predicted) { "▸" } else { "" };
        let CategoryMap { category, score, logit, .. } = map;
        let caption = format!("{truth}{predicted} {category} {score:.3} logit {logit:+.2}");
        match text_width(&caption) > cells {
            true => format!("{truth}{predicted} {category} {logit:+.2}"),
            false => caption,
        }
    }

    /// Small pictures of training photos, as many as there is room for.
    fn small(&self, area: Rect) -> Vec<Placed> {
        let nearest = self.looked().and_then(|looked| looked.nearest.as_deref().ok());
        let each = SMALL.0 + 1;
        let count = usize::from((area.width + 1) / each);
        let one = |(place, one): (u16, &Similar)| {
            let x = area.x + place * each;
            let picture = Rect { x, y: area.y + 1, width: SMALL.0, height: SMALL.1 };
            let (path, graphics) = (unshown(&one.path), self.graphics);
            Placed {
                wanted: Wanted { path, room: SMALL, graphics, overlay: None },
                area: picture,
                caption: vec![one.category.clone(), format!("{:.3} away", one.distance)],
                caption_area: Rect { y: picture.bottom(), height: CAPTION, ..picture },
            }
        };
        (0..).zip(nearest.unwrap_or_default().iter().take(count)).map(one).collect()
    }
}

/// The most similar training photos by name, where they have no pictures.
fn of_similar(looked: &Looked, has_strip: bool) -> Vec<Line> {
    let similar = match &looked.nearest {
        Err(problem) => return vec![(problem.clone(), Role::Warning)],
        Ok(_) if has_strip => return Vec::new(),
        Ok(similar) => similar,
    };
    let line =
        |one: &Similar| (format!("{:.3} {} {}", one.distance, one.category, one.file), Role::Text);
    let heading = ("the most similar training photos:".to_owned(), Role::Dim);
    std::iter::once(heading).chain(similar.iter().map(line)).collect()
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
            preview.draw_wanted(&placed.wanted, placed.area, buffer, world);
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
