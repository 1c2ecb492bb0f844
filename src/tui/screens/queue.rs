//! The queue: what works, what waits and in which order.

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Message, Page, World, beside, format, names as runs_by, run_facts, runs};
use crate::store::{RunFolder, Stage, State, Summary};
use crate::tui::effect::{Confirm, Destination, Effect, QueueEdit};
use crate::tui::keys::{Action, Context, names};
use crate::tui::known::Known;
use crate::tui::known_run::KnownRun;
use crate::tui::news::Toast;
use crate::tui::theme::Role;
use crate::tui::widgets::{Align, Cell, Column, Order, Reaction, Table, put};
use crate::words;

pub const CONTEXTS: &[Context] = &[Context::Queue, Context::List];

const PLACE: &str = "place";
const RUN: &str = "run";
const PROGRESS: &str = "progress";
const SINCE: &str = "since";
const FOLDER: &str = "folder";

#[derive(Debug)]
pub struct Queue {
    table: Table,
    /// First those at work, then those that wait.
    rows: Vec<Row>,
    /// The runs of the rows by what makes them different.
    names: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Row {
    AtWork(String),
    Waiting(String),
}

impl Row {
    fn run(&self) -> &str {
        match self {
            Row::AtWork(run) | Row::Waiting(run) => run,
        }
    }
}

impl Default for Queue {
    fn default() -> Queue {
        let mut table = Table::new(Order { key: String::new(), descending: false });
        let column = |key: &str, width, fills, align| Column {
            key: key.into(),
            title: key.into(),
            width,
            fills,
            align,
        };
        table.set_columns(vec![
            column(PLACE, 7, false, Align::Right),
            column(RUN, 16, true, Align::Left),
            column(PROGRESS, 16, false, Align::Right),
            column(SINCE, 16, false, Align::Left),
            column(FOLDER, 24, false, Align::Left),
        ]);
        Queue { table, rows: Vec::new(), names: Vec::new() }
    }
}

impl Queue {
    /// The cursor stays on its run, also when that moves.
    fn learn(&mut self, known: &Known, zone: &TimeZone) {
        let selected = self.selected().map(|row| row.run().to_owned());
        let at_work = known.runs.values().filter(|run| run.state() == Some(State::Running));
        let at_work = at_work.map(|run| Row::AtWork(run.id().to_owned()));
        let waiting = known.queue.waiting.iter().map(|waiting| Row::Waiting(waiting.run.clone()));
        self.rows = at_work.chain(waiting).collect();
        let ids: Vec<&str> = self.rows.iter().map(Row::run).collect();
        self.names = runs_by::names(&ids, known, zone);
        let place = |run: String| self.rows.iter().position(|row| row.run() == run);
        let at = selected.and_then(place).or(self.table.selected()).unwrap_or(0);
        self.table.set_rows(self.rows.len(), at);
    }

    fn selected(&self) -> Option<&Row> {
        self.rows.get(self.table.selected()?)
    }

    fn act(&mut self, action: Action, world: &World) -> Vec<Effect> {
        let queue = &world.known.queue;
        let edit = |edit| vec![Effect::EditQueue(edit)];
        match (action, self.selected().cloned()) {
            (Action::Hold, _) => edit(QueueEdit::Hold(!queue.held)),
            (Action::EmptyQueue, _) if queue.waiting.is_empty() => refuse("nothing waits".into()),
            (Action::EmptyQueue, _) => vec![confirm_empty(queue.waiting.len())],
            (Action::Enter, Some(row)) => vec![open(&row, world)],
            (
                Action::MoveUp | Action::MoveDown | Action::MoveFirst | Action::Remove,
                Some(Row::AtWork(run)),
            ) => refuse(format!(
                "{run} is at work already; {} shows it, {} there stops it",
                names::ENTER,
                names::STOP
            )),
            (Action::MoveUp, Some(Row::Waiting(run))) => edit(QueueEdit::Up(run)),
            (Action::MoveDown, Some(Row::Waiting(run))) => edit(QueueEdit::Down(run)),
            (Action::MoveFirst, Some(Row::Waiting(run))) => edit(QueueEdit::First(run)),
            (Action::Remove, Some(Row::Waiting(run))) => edit(QueueEdit::Remove(run)),
            (action, _) => {
                let _ = self.table.on(action, table_area(world.area));
                Vec::new()
            }
        }
    }

    fn cell(&self, at: usize, column: &str, world: &World) -> Cell {
        let (row, name) = (&self.rows[at], &self.names[at]);
        let known = world.known.runs.get(row.run());
        let summary = known.and_then(KnownRun::summary);
        let queue = &world.known.queue;
        let place = queue.place(row.run());
        let waiting = place.and_then(|place| queue.waiting.get(place));
        let text = match column {
            PLACE => match (row, place) {
                (Row::Waiting(_), Some(place)) => (place + 1).to_string(),
                _ => "at work".into(),
            },
            RUN => match waiting.filter(|waiting| !waiting.target.is_this_machine()) {
                Some(waiting) => format!("{name} (on {})", waiting.target.name()),
                None => name.clone(),
            },
            FOLDER => row.run().to_owned(),
            // Before training its iterations say nothing.
            PROGRESS if waiting.is_none() && summary.is_some_and(is_before_training) => {
                summary.and_then(|summary| summary.stage).map_or("begins", Stage::name).to_owned()
            }
            PROGRESS => summary.map_or(String::new(), |summary| {
                let iterations = waiting.and_then(|waiting| waiting.iterations);
                words::progress(summary.step, iterations.unwrap_or(summary.iterations))
            }),
            _ => match (row, waiting) {
                (Row::Waiting(_), Some(waiting)) => format::time(waiting.since, world.zone),
                _ => summary
                    .and_then(|summary| summary.started)
                    .map_or(String::new(), |started| format::time(started, world.zone)),
            },
        };
        let role = if matches!(row, Row::AtWork(_)) { Role::Accent } else { Role::Text };
        Cell { text, role }
    }

    /// The run under the cursor: beside the list, or its folder below.
    fn draw_selected(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let Some(row) = self.selected() else { return };
        let run = world.known.runs.get(row.run());
        match (beside::split(Rect { y: area.y + 1, height: area.height - 1, ..area }).1, run) {
            (Some(detail), Some(run)) => {
                beside::draw_rule(detail, buffer, world.theme);
                let known = self.rows.iter().filter_map(|row| world.known.runs.get(row.run()));
                let differing = runs::differing_settings(&known.collect::<Vec<_>>(), false);
                let cells = detail.width.into();
                let page = run_facts::lines(run, &differing, None, world.zone, cells);
                page.draw(0, "", detail, buffer, world.theme);
            }
            _ => {
                let (y, style) = (area.bottom() - 1, world.theme.style(Role::Accent));
                put(buffer, area, area.x + 2, y, row.run(), style);
            }
        }
    }

    fn draw_status(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let queue = &world.known.queue;
        let at_work = self.rows.len() - queue.waiting.len().min(self.rows.len());
        let slots = world.context.slots;
        let mut x = area.x + 2;
        if queue.held {
            let held = format!("held until {} releases it · ", names::HOLD);
            x = put(buffer, area, x, area.y, &held, world.theme.style(Role::Warning));
        }
        let words = format!("{at_work} at work, {} waiting · {slots} at once", queue.waiting.len());
        put(buffer, area, x, area.y, &words, world.theme.style(Role::Dim));
    }
}

fn is_before_training(summary: &Summary) -> bool {
    !matches!(summary.stage, Some(Stage::Training | Stage::Evaluation))
}

fn refuse(why: String) -> Vec<Effect> {
    vec![Effect::Toast(Toast::error(why))]
}

fn open(row: &Row, world: &World) -> Effect {
    let run = RunFolder::at(world.context.config.runs.join(row.run()));
    Effect::Open(Destination::Live(run))
}

fn confirm_empty(count: usize) -> Effect {
    Effect::Confirm(Confirm {
        question: format!("take {} off the queue?", words::counted(count, "waiting run")),
        consequences: vec![
            "runs at work go on; those that waited stay in Runs,".into(),
            format!("where {} queues them again", names::RESUME),
        ],
        effect: Box::new(Effect::EditQueue(QueueEdit::Empty)),
    })
}

/// Below the status line, and above the line about the run under the cursor or left of its detail.
fn table_area(area: Rect) -> Rect {
    beside::split(Rect { y: area.y + 1, height: area.height.saturating_sub(2), ..area }).0
}

impl Page for Queue {
    fn way(&self, _: &Known, _: &TimeZone) -> Vec<String> {
        vec!["Queue".into()]
    }

    fn contexts(&self) -> &'static [Context] {
        CONTEXTS
    }

    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect> {
        match message {
            Message::Action(action) => return self.act(*action, world),
            Message::Mouse(mouse) => {
                let reaction = self.table.on_mouse(mouse, table_area(world.area));
                if let (Reaction::Opened, Some(row)) = (reaction, self.selected()) {
                    return vec![open(row, world)];
                }
            }
            Message::News(_) | Message::Shown => self.learn(world.known, world.zone),
            Message::Key(_) | Message::Paste(_) => {}
        }
        Vec::new()
    }

    fn offers(&self, action: Action, known: &Known) -> bool {
        match action {
            Action::Enter => self.selected().is_some(),
            Action::MoveUp | Action::MoveDown | Action::Remove => {
                matches!(self.selected(), Some(Row::Waiting(_)))
            }
            Action::EmptyQueue => !known.queue.waiting.is_empty(),
            _ => true,
        }
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        self.draw_status(Rect { height: 1, ..area }, buffer, world);
        if self.rows.is_empty() {
            let style = world.theme.style(Role::Dim);
            put(buffer, area, area.x + 2, area.y + 2, "nothing works and nothing waits", style);
            let next = format!(
                "{} on an experiment ({}) or {} on a run ({}) queues it",
                names::RUN,
                names::EXPERIMENTS,
                names::RESUME,
                names::RUNS
            );
            put(buffer, area, area.x + 2, area.y + 3, &next, style);
            return;
        }
        self.table.draw(
            table_area(area),
            buffer,
            world.theme,
            |_| false,
            |row, key| self.cell(row, key, world),
        );
        self.draw_selected(area, buffer, world);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Machine, Queue as Stored, Target, Waiting};
    use crate::tui::app::App;
    use crate::tui::news::News;
    use crate::tui::testing::{self, SIZES, all, press, run, summary};
    use crate::tui::theme::ThemeName;

    const NAMES: [&str; 3] = ["20260102-030400-a", "20260102-030500-b", "20260102-030600-c"];

    fn app(held: bool, stage: Stage) -> App {
        let mut app = testing::app(ThemeName::NoColour);
        let settings = vec![("learning_rate", "0.01")];
        let mut at_work = summary(State::Running, &settings);
        at_work.stage = Some(stage);
        let mut runs = vec![run(NAMES[0], at_work, "", "")];
        for name in &NAMES[1..] {
            let mut waiting = summary(State::Queued, &settings);
            waiting.step = 0;
            runs.push(run(name, waiting, "", ""));
        }
        app.on_news(all(runs));
        let mut queue = Stored::default();
        queue.held = held;
        let waiting = |name: &&str| {
            let folder = RunFolder::at(format!("./runs/{name}"));
            Waiting::new(&folder, Target::this_machine(), None)
        };
        queue.waiting = NAMES[1..].iter().map(waiting).collect();
        for waiting in &mut queue.waiting {
            waiting.since = "2026-01-02T03:04:00Z".parse().unwrap();
        }
        queue.waiting[1].target = Target::Machine(Machine::named("gpu-box"));
        queue.waiting[1].iterations = Some(8000);
        app.on_news(vec![News::Queue(queue)]);
        press(&mut app, "w");
        app
    }

    fn edits(app: &mut App, keys: &str) -> Vec<QueueEdit> {
        let edit = |effect| match effect {
            Effect::EditQueue(edit) => Some(edit),
            _ => None,
        };
        press(app, keys).into_iter().filter_map(edit).collect()
    }

    #[test]
    fn what_works_and_what_waits_is_seen_in_its_order() {
        for (name, held) in [("queue", false), ("queue_held", true)] {
            for size in SIZES {
                let (columns, rows) = size;
                let text = testing::text(&mut app(held, Stage::Training), size);
                insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), text);
            }
        }
    }

    #[test]
    fn a_run_that_does_not_train_yet_is_told_by_its_stage() {
        let text = testing::text(&mut app(false, Stage::Features), (80, 24));
        assert!(text.contains("features") && !text.contains("120/400"), "{text}");
    }

    #[test]
    fn an_empty_queue_says_how_to_fill_it() {
        let mut app = testing::app(ThemeName::NoColour);
        app.on_news(all(Vec::new()));
        press(&mut app, "w");
        insta::assert_snapshot!("queue_empty_80x24", testing::text(&mut app, (80, 24)));
    }

    #[test]
    fn the_order_is_changed_by_keys_and_emptying_asks() {
        let mut app = app(false, Stage::Training);
        let (b, c) = (NAMES[1].to_owned(), NAMES[2].to_owned());
        assert!(edits(&mut app, "d").is_empty(), "the first is at work");
        assert_eq!(edits(&mut app, "j J"), [QueueEdit::Down(b.clone())]);
        assert_eq!(edits(&mut app, "j K"), [QueueEdit::Up(c.clone())]);
        assert_eq!(edits(&mut app, "T"), [QueueEdit::First(c.clone())]);
        assert_eq!(edits(&mut app, "d"), [QueueEdit::Remove(c)]);
        assert_eq!(edits(&mut app, "H"), [QueueEdit::Hold(true)]);
        assert!(edits(&mut app, "Q").is_empty());
        assert_eq!(edits(&mut app, "y"), [QueueEdit::Empty]);
    }
}
