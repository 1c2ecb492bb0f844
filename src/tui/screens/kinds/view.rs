//! How kinds of photos look: the list, what is known of the one under the cursor, and its pictures.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::KindsScreen;
use crate::store::shown;
use crate::tui::kinds::{Group, Kinds, What};
use crate::tui::screens::World;
use crate::tui::screens::images::details::{self, Layout};
use crate::tui::screens::notice::notice;
use crate::tui::theme::Role;
use crate::tui::widgets::{Align, Cell, Column, fit, fit_end, put};
use crate::words::{counted, grouped, percent};

const NAME: &str = "photos";
const COUNT: &str = "count";
const SETS: &str = "train/val/test";
const WRONG: &str = "wrong";
const NOTE: &str = "note";
/// Rows of the smallest picture that shows something.
const SMALLEST_PICTURE: u16 = 8;

pub fn columns() -> Vec<Column> {
    vec![
        Column::new(NAME, 16, Align::Left).filling(),
        Column::new(COUNT, 6, Align::Right),
        Column::new(WRONG, 10, Align::Right),
        Column::new(NOTE, 10, Align::Left),
        Column::new(SETS, 14, Align::Right),
    ]
}

fn layout(area: Rect) -> Layout {
    let Layout { status, list, facts, picture, bars } = details::layout(area, 0, false);
    // What is beside the picture elsewhere has more pictures here.
    Layout { status, list, facts, picture: picture.union(bars), bars: Rect::default() }
}

pub fn list_area(area: Rect) -> Rect {
    layout(area).list
}

/// Where pictures stand, all of one size; half-blocks are square, so a picture is twice as wide as high.
pub fn pictures(area: Rect) -> Vec<Rect> {
    let room = layout(area).picture;
    if room.is_empty() {
        return Vec::new();
    }
    let columns_of = |rows: u16| room.width / (2 * (room.height / rows)).max(1);
    // As large as they can be with two beside each other.
    let most = (room.height / SMALLEST_PICTURE).max(1);
    let rows = (1..most).find(|&rows| columns_of(rows) >= 2).unwrap_or(most);
    let height = room.height / rows;
    let columns = columns_of(rows).max(1);
    let width = room.width / columns;
    let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    places
        .map(|(row, column)| Rect {
            x: room.x + column * width,
            y: room.y + row * height,
            width: width.saturating_sub(1).max(1),
            height: height - u16::from(rows > 1 && height > 2),
        })
        .collect()
}

impl KindsScreen {
    pub(super) fn draw_all(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let known = match &self.found.kinds {
            Some(Ok(known)) => known,
            Some(Err(problem)) => return notice(problem, Role::Bad, area, buffer, world),
            None => {
                let text = "photos that are alike are put together, from their features: seconds";
                return notice(text, Role::Dim, area, buffer, world);
            }
        };
        let Layout { status, list, facts, .. } = layout(area);
        self.draw_status(known, status, buffer, world);
        if self.shown.is_empty() {
            return notice("no row: nothing is wrong here", Role::Dim, list, buffer, world);
        }
        self.list.draw(
            list,
            buffer,
            world.theme,
            |_| false,
            |row, key| cell(known, &known.groups[self.shown[row]], key),
        );
        if let Some(group) = self.group() {
            self.draw_facts(known, group, facts, buffer, world);
            let shown = group.photos.len() - self.first.min(group.photos.len());
            for (place, room) in pictures(area).into_iter().take(shown).enumerate() {
                self.preview.draw_one(place, room, buffer, world);
            }
        }
    }

    fn draw_status(&self, known: &Kinds, area: Rect, buffer: &mut Buffer, world: &World) {
        let mut parts =
            vec![counted(known.photos.len(), "photo"), format!("{} tested", grouped(known.tested))];
        parts.extend(self.found.filters(known));
        put(buffer, area, area.x + 2, area.y, &parts.join(" · "), world.theme.style(Role::Dim));
    }

    /// What the group is in a sentence, and the name of its first picture.
    fn draw_facts(
        &self,
        known: &Kinds,
        group: &Group,
        area: Rect,
        buffer: &mut Buffer,
        world: &World,
    ) {
        let room = usize::from(area.width);
        let style = |role| world.theme.style(role);
        let sentence = fit(&sentence(known, group), room);
        put(buffer, area, area.x, area.y, &sentence, style(Role::Text));
        let Some(&photo) = group.photos.get(self.first) else { return };
        let of = match self.first {
            0 => "middle ".to_owned(),
            first => format!("{} of {} ", first + 1, group.photos.len()),
        };
        if area.height > 1 {
            let x = put(buffer, area, area.x, area.y + 1, &of, style(Role::Dim));
            let room = usize::from(area.right().saturating_sub(x));
            let name = fit_end(&shown(&known.photos[photo].file), room);
            put(buffer, area, x, area.y + 1, &name, style(Role::Accent));
        }
    }
}

/// `25 of 80 smoke photos are one kind, 12.0% wrong`
fn sentence(known: &Kinds, group: &Group) -> String {
    let category = &known.categories[group.category];
    let n = grouped(group.photos.len());
    match group.what {
        What::Kind { number, tested, wrong, is_harder, .. } => {
            let all = known.photos.iter().filter(|photo| photo.category == group.category).count();
            let kind = match number {
                Some(_) => {
                    format!("{n} of {} are one kind", counted(all, &format!("{category} photo")))
                }
                None => format!("all {} are one kind", counted(all, &format!("{category} photo"))),
            };
            let more = if is_harder { ", more than chance gives" } else { "" };
            match tested {
                0 => format!("{kind}, none tested"),
                tested => format!("{kind}, {} wrong{more}", percent(wrong as f64 / tested as f64)),
            }
        }
        What::Wrong { predicted, of_wrong, are_alike } => {
            let alike = if are_alike { " and are alike" } else { "" };
            let of = counted(of_wrong, &format!("wrong {category} photo"));
            format!("{n} of {of} were taken for {}{alike}", known.categories[predicted])
        }
    }
}

fn cell(known: &Kinds, group: &Group, key: &str) -> Cell {
    let plain = |text: String| Cell { text, role: Role::Text };
    match (key, &group.what) {
        (NAME, What::Wrong { .. }) => {
            Cell { text: format!("✗ {}", known.name(group)), role: Role::Bad }
        }
        (NAME, What::Kind { .. }) => plain(known.name(group)),
        (COUNT, _) => plain(grouped(group.photos.len())),
        (WRONG, What::Kind { wrong, tested, .. }) if *tested > 0 => {
            plain(format!("{wrong} of {tested}"))
        }
        (WRONG, What::Wrong { of_wrong, .. }) => {
            plain(format!("{} of {of_wrong}", group.photos.len()))
        }
        (SETS, What::Kind { sets, .. }) => plain(sets.map(|n| n.to_string()).join("/")),
        (NOTE, What::Kind { is_harder: true, .. }) => {
            Cell { text: "! harder".into(), role: Role::Bad }
        }
        (NOTE, What::Kind { number: None, .. }) => {
            Cell { text: "one kind".into(), role: Role::Dim }
        }
        (NOTE, What::Wrong { are_alike: true, .. }) => {
            Cell { text: "alike".into(), role: Role::Warning }
        }
        _ => plain(String::new()),
    }
}

#[cfg(test)]
mod room_tests {
    use super::*;

    #[test]
    fn pictures_do_not_overlap_and_stand_inside_at_any_size() {
        for (width, height) in [(0, 0), (60, 18), (80, 22), (140, 38), (220, 60), (30, 8)] {
            let area = Rect::new(0, 1, width, height);
            let rooms = pictures(area);
            assert!(rooms.is_empty() == layout(area).picture.is_empty(), "{width}x{height}");
            for (at, room) in rooms.iter().enumerate() {
                assert_eq!(area.union(*room), area, "{width}x{height}: {rooms:?}");
                assert!(rooms[at + 1..].iter().all(|other| !other.intersects(*room)), "{rooms:?}");
                assert_eq!((room.width, room.height), (rooms[0].width, rooms[0].height));
            }
        }
    }
}
