//! Two settings at once: their values in rows and columns, shaded by validation accuracy.

use std::collections::HashMap;

use ratatui::style::{Modifier, Style};

use super::scale::{Line, Scale};
use crate::compare::{Effect, SweepResult};
use crate::spec::short_key;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::{fit, width};
use crate::words::{pad_left, percent};

/// More values are drawn ones, of which nearly every cell would be empty.
const MOST_VALUES: usize = 16;
/// `[100.0%]`, and the same beside a longer value.
const CELLS: [usize; 2] = [10, 8];
const LONGEST_NAME: usize = 12;

/// The map, where exactly two settings differ and all of it fits; `selected`: the combination under the
/// cursor. The number stands in every cell, so that no colour is needed; the best has brackets.
pub fn lines(
    found: &SweepResult,
    selected: Option<usize>,
    cells: usize,
    theme: &Theme,
) -> Option<Vec<Line>> {
    let [first, second] = &found.keys[..] else { return None };
    let effects = [found.effects(0), found.effects(1)];
    let fits = |values: &[Effect]| (2..=MOST_VALUES).contains(&values.len());
    if !effects.iter().all(|values| fits(values)) {
        return None;
    }
    let names = |down: usize| {
        let names = effects[down].iter().map(|effect| width(&effect.value));
        names.max().unwrap_or(0).clamp(4, LONGEST_NAME)
    };
    let room = |down: usize, cell: usize| names(down) + 2 + effects[1 - down].len() * cell <= cells;
    // More values stand below each other than beside each other.
    let preferred = if effects[0].len() >= effects[1].len() { 0 } else { 1 };
    let down = [preferred, 1 - preferred].into_iter().find(|&down| room(down, CELLS[1]))?;
    let is_long = effects[1 - down].iter().any(|effect| width(&effect.value) >= CELLS[1]);
    let cell = if is_long && room(down, CELLS[0]) { CELLS[0] } else { CELLS[1] };
    let keys = [first, second].map(|key| short_key(key, &found.keys));
    let (title, dim) = (theme.style(Role::Accent), theme.style(Role::Dim));
    let mut lines: Vec<Line> = vec![vec![
        (keys[down].clone(), title),
        (" down, ".into(), dim),
        (keys[1 - down].clone(), title),
        (" across; [ ] is the best".into(), dim),
    ]];
    let at: HashMap<(&str, &str), usize> = found
        .combinations
        .iter()
        .enumerate()
        .map(|(at, one)| ((one.values[down].as_str(), one.values[1 - down].as_str()), at))
        .collect();
    let scale = Scale::of(found.combinations.iter().map(|one| one.validation_accuracy));
    let name_cells = names(down);
    let mut head = vec![(" ".repeat(name_cells + 2), dim)];
    for column in &effects[1 - down] {
        head.push((pad_left(&fit(column.value.trim_matches('"'), cell - 1), cell - 1) + " ", dim));
    }
    lines.push(head);
    for row in &effects[down] {
        let mut line =
            vec![(pad_left(&fit(row.value.trim_matches('"'), name_cells), name_cells) + "  ", dim)];
        for column in &effects[1 - down] {
            let place = at.get(&(row.value.as_str(), column.value.as_str())).copied();
            line.push(match place {
                Some(at) => {
                    let accuracy = found.combinations[at].validation_accuracy;
                    let share = scale.share(accuracy);
                    look(accuracy, share, cell, at == 0, selected == Some(at), theme)
                }
                None => (pad_left("· ", cell), dim),
            });
        }
        lines.push(line);
    }
    lines.push(Vec::new());
    Some(lines)
}

/// A cell: its accuracy on a shade; with too few colours a sign before it says how far up it is.
fn look(
    accuracy: f64,
    share: f64,
    cells: usize,
    is_best: bool,
    is_selected: bool,
    theme: &Theme,
) -> (String, Style) {
    /// Of each quarter of the way from the worst to the best.
    const SIGNS: [&str; 4] = [" ", "░", "▄", "█"];
    let quarter = ((share * 4.0) as usize).min(3);
    // The worst has a shade, too: it is not the same as no result.
    let shade = theme.shade(true, 0.1 + 0.9 * share);
    let role = [Role::Dim, Role::Text, Role::Text, Role::Good][quarter];
    let sign = if shade.is_some() { " " } else { SIGNS[quarter] };
    let mut style = shade.unwrap_or_else(|| theme.style(role));
    if is_best {
        style = style.add_modifier(Modifier::BOLD);
    }
    if is_selected {
        style = style.patch(theme.style(Role::Selection)).add_modifier(Modifier::UNDERLINED);
    }
    let (before, behind) = if is_best { ("[", "]") } else { (sign, " ") };
    (format!("{}{behind}", pad_left(&format!("{before}{}", percent(accuracy)), cells - 1)), style)
}
