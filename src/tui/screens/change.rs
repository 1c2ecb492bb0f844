//! What the change from one run to another comes from, part by part.

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Message, Page, World, names};
use crate::store::RunFolder;
use crate::tui::effect::Effect;
use crate::tui::explained::Explained;
use crate::tui::keys::{Action, Context};
use crate::tui::known::Known;
use crate::tui::news::News;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::{fit, put, width, wrap};
use crate::words::{pad_left, pad_right, percent, points};

pub const CONTEXTS: &[Context] = &[Context::Change];

/// Columns of a part's points, such as `-12.3`.
const POINTS: usize = 6;
/// Narrower bars tell nothing.
const SMALLEST_BARS: usize = 12;

#[derive(Debug)]
pub struct Change {
    /// The runs before and after the change.
    runs: [RunFolder; 2],
    explained: Option<Result<Explained, String>>,
}

/// A line about a part: its points, what it is, and how far its mean reaches.
struct Line<'a> {
    points: f64,
    in_words: &'a str,
    reach: String,
}

impl Change {
    pub fn between(first: RunFolder, second: RunFolder) -> Change {
        Change { runs: [first, second], explained: None }
    }

    /// The runs, and with what accuracy they ended.
    fn draw_runs(&self, known: &Explained, area: Rect, buffer: &mut Buffer, world: &World) {
        let ids = self.runs.each_ref().map(RunFolder::id);
        let ids = ids.each_ref().map(String::as_str);
        let told = names::names(&ids, world.known, world.zone);
        let rows = ["before", "after"].into_iter().zip(told).zip(known.accuracy);
        for (y, ((when, name), accuracy)) in (area.y..area.bottom()).zip(rows) {
            let x = put(buffer, area, area.x, y, &pad_right(when, 8), world.theme.style(Role::Dim));
            let accuracy = pad_left(&percent(accuracy), POINTS);
            put(buffer, area, x, y, &format!("{accuracy}  {name}"), world.theme.style(Role::Text));
        }
    }

    fn draw_explained(&self, known: &Explained, area: Rect, buffer: &mut Buffer, world: &World) {
        self.draw_runs(known, area, buffer, world);
        let style = |role| world.theme.style(role);
        let cells = usize::from(area.width);
        let mut y = area.y + 3;
        for line in wrap(&known.in_words, cells) {
            y = put_line(buffer, area, y, &line, style(Role::Accent));
        }
        y = draw_parts(
            known,
            Rect { y: y + 1, height: area.bottom().saturating_sub(y + 1), ..area },
            buffer,
            world.theme,
        );
        for line in known.notes.iter().flat_map(|note| wrap(note, cells)) {
            y = put_line(buffer, area, y, &line, style(Role::Dim));
        }
    }
}

/// The row below.
fn put_line(
    buffer: &mut Buffer,
    area: Rect,
    y: u16,
    line: &str,
    style: ratatui::style::Style,
) -> u16 {
    if y < area.bottom() {
        put(buffer, area, area.x, y, line, style);
    }
    y + 1
}

/// Every part with a bar to the left where it lowered the accuracy, to the right where it raised it;
/// the row below them, and a gap, is answered.
fn draw_parts(known: &Explained, area: Rect, buffer: &mut Buffer, theme: &Theme) -> u16 {
    let luck =
        Line { points: known.luck_points, in_words: &known.luck_in_words, reach: String::new() };
    let parts = known.parts.iter().map(|part| Line {
        points: part.points,
        in_words: &part.in_words,
        reach: format!("±{:.1}", part.reach_95 * 100.0),
    });
    let lines: Vec<Line> = parts.chain([luck]).collect();
    let longest = lines.iter().map(|line| width(line.in_words)).max().unwrap_or(0);
    let reach = lines.iter().map(|line| width(&line.reach)).max().unwrap_or(0);
    let room = usize::from(area.width).saturating_sub(POINTS + reach + 6);
    // The bars give way to the words, and the words to bars that can be read.
    let words = longest.min(room.saturating_sub(SMALLEST_BARS));
    let bars = room - words;
    let most = lines.iter().map(|line| line.points.abs()).fold(0.1, f64::max);
    let mut y = area.y;
    for line in &lines {
        if y >= area.bottom() {
            break;
        }
        let role = match line.points {
            raised if raised > 0.0 => Role::Good,
            lowered if lowered < 0.0 => Role::Bad,
            _ => Role::Dim,
        };
        let number = pad_left(&points(line.points / 100.0), POINTS);
        let x = put(buffer, area, area.x, y, &number, theme.style(role));
        let x = put(buffer, area, x + 1, y, &pad_left(&line.reach, reach), theme.style(Role::Dim));
        let text = pad_right(&fit(line.in_words, words), words);
        let x = put(buffer, area, x + 2, y, &text, theme.style(Role::Text));
        put(buffer, area, x + 2, y, &bar(line.points / most, bars), theme.style(role));
        y += 1;
    }
    y + 1
}

/// A bar of `share`, -1 to 1, on `cells` cells with nought in their middle.
fn bar(share: f64, cells: usize) -> String {
    let half = cells.saturating_sub(1) / 2;
    let full = "█".repeat((share.abs() * half as f64).round() as usize);
    match share < 0.0 {
        true => format!("{}│", pad_left(&full, half)),
        false => format!("{}│{full}", " ".repeat(half)),
    }
}

impl Page for Change {
    fn way(&self, _: &Known, _: &TimeZone) -> Vec<String> {
        vec!["explanation".to_owned()]
    }

    fn contexts(&self) -> &'static [Context] {
        CONTEXTS
    }

    fn on(&mut self, message: &Message, _: &World) -> Vec<Effect> {
        match message {
            Message::News(news) => {
                for one in news {
                    if let News::Explained(found) = one
                        && [&found.first, &found.second] == [&self.runs[0].id(), &self.runs[1].id()]
                    {
                        self.explained = Some(found.explained.clone());
                    }
                }
            }
            Message::Shown if self.explained.is_none() => {
                let [first, second] = self.runs.clone();
                return vec![Effect::ExplainChange(first, second)];
            }
            Message::Action(Action::Yank) => {
                if let Some(Ok(known)) = &self.explained {
                    return vec![Effect::Copy(known.in_words.clone())];
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let inside = Rect {
            x: area.x + 2,
            y: area.y + 1,
            width: area.width.saturating_sub(4),
            height: area.height.saturating_sub(1),
        };
        let (text, role) = match &self.explained {
            Some(Ok(known)) => return self.draw_explained(known, inside, buffer, world),
            Some(Err(problem)) => (problem.as_str(), Role::Bad),
            None => (
                "heads are trained on the old and the new photos with the old and the new settings: \
                 seconds, as a rule",
                Role::Dim,
            ),
        };
        for (y, line) in (inside.y..inside.bottom()).zip(wrap(text, inside.width.into())) {
            put(buffer, inside, inside.x, y, &line, world.theme.style(role));
        }
    }

    fn offers(&self, action: Action, _: &Known) -> bool {
        action != Action::Yank || matches!(self.explained, Some(Ok(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::State;
    use crate::tui::app::App;
    use crate::tui::explained::{ExplainedNews, Part};
    use crate::tui::testing::{self, SIZES, all, press, run, summary};
    use crate::tui::theme::ThemeName;

    const IDS: [&str; 2] = ["20260102-030000-fire", "20260102-030100-fire"];

    fn explained() -> Explained {
        let part = |in_words: &str, points: f64| Part {
            in_words: in_words.into(),
            points,
            reach_95: 0.004,
        };
        Explained {
            accuracy: [0.842, 0.821],
            in_words:
                "-2.1 points: -1.6 from 12 new test photos, -0.9 from learning_rate, +0.4 from \
                       luck; by chance alone ±0.8"
                    .into(),
            parts: vec![
                part("12 new test photos", -1.6),
                part("learning_rate = 0.01, then 0.1", -0.9),
            ],
            luck_points: 0.4,
            luck_in_words: "luck: these two training seeds, not others".into(),
            notes: vec!["of 21 heads, each part the mean of 5 training seeds".into()],
        }
    }

    /// Two runs photo by photo, `ge` pressed, and an answer for what that asks.
    fn answered(explained: Result<Explained, String>) -> App {
        let runs = IDS
            .iter()
            .zip(["0.01", "0.1"])
            .map(|(id, rate)| run(id, summary(State::Done, &[("learning_rate", rate)]), "", ""));
        let mut app = testing::app(ThemeName::NoColour);
        app.on_news(all(runs.collect()));
        press(&mut app, "space space c enter");
        let effects = press(&mut app, "ge");
        let [Effect::ExplainChange(first, second)] = &effects[..] else { panic!("{effects:?}") };
        assert!(testing::text(&mut app, (80, 24)).contains("seconds, as a rule"));
        let (first, second) = (first.id(), second.id());
        app.on_news(vec![News::Explained(ExplainedNews { first, second, explained })]);
        app
    }

    #[test]
    fn a_change_is_taken_apart_on_a_screen_of_its_own() {
        let mut app = answered(Ok(explained()));
        for size in SIZES {
            let (columns, rows) = size;
            let name = format!("change_{columns}x{rows}");
            insta::assert_snapshot!(name, testing::text(&mut app, size));
        }
        let copied = press(&mut app, "y");
        assert!(matches!(&copied[..], [Effect::Copy(text)] if text.starts_with("-2.1 points")));
    }

    #[test]
    fn why_it_cannot_be_done_is_said() {
        let mut app = answered(Err("the features of fire are not in the cache".into()));
        assert!(testing::text(&mut app, (80, 24)).contains("not in the cache"));
        assert!(press(&mut app, "y").is_empty());
    }

    #[test]
    fn bars_begin_in_the_middle() {
        assert_eq!(bar(-1.0, 9), "████│");
        assert_eq!(bar(0.5, 9), "    │██");
        assert_eq!(bar(0.0, 9), "    │");
    }
}
