//! Rows of the live screen, from the header to the worker's log.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::widgets::Widget;

use super::host::HostMetrics;
use super::state::LiveState;
use super::words::{sanitised, state_in_words};
use super::{charts, result};
use crate::store::{End, Ending, FeatureProgress, Run, Stage, State};
use crate::tui::widgets::chart::{Marker, format_value};
use crate::tui::widgets::safe;
use crate::words::{duration, percent};

/// The theme, as far as this screen needs it.
#[derive(Clone, Copy, Debug, Default)]
pub struct LiveStyles {
    pub text: Style,
    pub dim: Style,
    pub accent: Style,
    pub good: Style,
    pub warning: Style,
    pub bad: Style,
    pub train: Style,
    pub validation: Style,
}

/// One run and how it is looked at; drawing changes nothing.
#[derive(Clone, Copy, Debug)]
pub struct LivePanel<'a> {
    pub run_id: &'a str,
    pub run: &'a Run,
    /// What the run is now: `Lost` is known only to who looks for its worker.
    pub run_state: State,
    pub state: &'a LiveState,
    pub host: Option<&'a HostMetrics>,
    /// The worker's log, oldest line first.
    pub log: &'a [String],
    /// What goes wrong and the likely cause, in words.
    pub trouble: Option<&'a str>,
    pub marker: Marker,
    pub styles: LiveStyles,
}

impl Widget for &LivePanel<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return;
        }
        let trouble = self.trouble_lines(area);
        let log = self.log_lines(area);
        let [header, stage, numbers, trouble_area, result_area, middle, best, host, log_area] =
            self.layout(area, trouble.len(), log.len());
        self.draw_header(header, buffer);
        self.draw_stage(stage, buffer);
        put(numbers, &self.numbers(), self.styles.text, buffer);
        for ((text, style), row) in trouble.iter().zip(trouble_area.rows()) {
            put(row, text, *style, buffer);
        }
        result::draw(self, result_area, buffer);
        if self.run.steps.is_empty() {
            self.draw_counts(middle, buffer);
        } else {
            charts::draw(self, middle, buffer);
        }
        put(best, &self.best(), self.styles.text, buffer);
        if let Some(metrics) = self.host {
            put(host, &host_line(metrics), self.styles.dim, buffer);
        }
        for (line, row) in log.iter().zip(log_area.rows()) {
            put(row, &format!("› {}", sanitised(line)), self.styles.dim, buffer);
        }
    }
}

impl LivePanel<'_> {
    /// The iteration under a place of the screen when the panel is drawn on `area`; `None` outside
    /// of the charts.
    pub fn iteration_at(&self, area: Rect, place: Position) -> Option<f64> {
        let rows = (self.trouble_lines(area).len(), self.log_lines(area).len());
        let [.., middle, _, _, _] = self.layout(area, rows.0, rows.1);
        let is_drawn = !self.run.steps.is_empty();
        is_drawn.then(|| charts::iteration_at(self, middle, place)).flatten()
    }

    /// Header, stage, numbers, trouble, result, charts, best, host, log.
    fn layout(&self, area: Rect, trouble: usize, log: usize) -> [Rect; 9] {
        Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Length(trouble as u16),
            Constraint::Length(result::height(self, area)),
            Constraint::Fill(1),
            Constraint::Length(1),
            Constraint::Length(u16::from(self.host.is_some())),
            Constraint::Length(log as u16),
        ])
        .areas(area)
    }

    fn draw_header(&self, row: Rect, buffer: &mut Buffer) {
        let (symbol, word) = state_in_words(self.run_state);
        let style = match self.run_state {
            State::Created | State::Queued | State::Cancelled => self.styles.dim,
            State::Running => self.styles.accent,
            State::Done => self.styles.good,
            State::Stopped | State::Paused | State::Lost => self.styles.warning,
            State::Failed => self.styles.bad,
        };
        let stage = self.run.stage.filter(|_| self.run_state == State::Running);
        let stage = stage.map_or(String::new(), |stage| format!(" · {}", stage.name()));
        let state = format!("{symbol} {word}{stage}");
        let x = put(row, &state, style.add_modifier(Modifier::BOLD), buffer);
        let rest = Rect { x, width: row.right().saturating_sub(x), ..row };
        let names = format!("  {}  {}", sanitised(&self.run.experiment), sanitised(self.run_id));
        put(rest, &names, self.styles.text, buffer);
    }

    /// What happens now, with a gauge where it is known how much there is to do.
    fn draw_stage(&self, row: Rect, buffer: &mut Buffer) {
        let (share, words) = match (&self.run.end, self.run.stage) {
            (Some(end), _) => (None, self.end_in_words(end)),
            (None, None) if self.run_state == State::Queued => {
                (None, "waits in the queue for its turn; W shows the queue".into())
            }
            (None, None) => (None, "waiting for a worker".into()),
            (None, Some(Stage::Scan)) => (None, "finding, hashing and splitting the photos".into()),
            (None, Some(Stage::Features)) => match &self.run.features {
                Some(progress) => (share(progress.done, progress.total), features(progress)),
                None => (None, "loading the network".into()),
            },
            (None, Some(Stage::Training)) => {
                (share(self.run.step(), self.run.iterations), self.iterations())
            }
            (None, Some(Stage::Evaluation)) => (None, "scoring every image".into()),
        };
        let mut row = row;
        if let Some(share) = share {
            let width = (row.width / 5).clamp(8, 24).min(row.width);
            let full = (share * f64::from(width)).floor() as usize;
            let gauge = "█".repeat(full) + &"░".repeat(usize::from(width) - full);
            let x = put(row, &gauge, self.styles.accent, buffer) + 1;
            row = Rect { x, width: row.right().saturating_sub(x), ..row };
        }
        put(row, &words, self.styles.text, buffer);
    }

    fn iterations(&self) -> String {
        let left = self.run.iterations.saturating_sub(self.run.step());
        let mut words = format!("iteration {}/{}", self.run.step(), self.run.iterations);
        if let Some(rate) = self.state.iterations_per_second() {
            words += &format!(" · {} iterations/s", format_value(rate));
            if rate > 0.0 {
                words += &format!(" · {} left", duration(left as f64 / rate));
            }
        }
        words
    }

    fn end_in_words(&self, end: &End) -> String {
        match end {
            End::Finished { ending, step, kept_step, .. } => {
                let how = match ending {
                    Ending::Completed => "completed",
                    Ending::EarlyStop => "stopped early: validation no longer improved",
                    Ending::Stopped => "stopped by a person, with what it had",
                };
                let seconds = duration(self.run.seconds());
                format!("{how} · {step} iterations in {seconds} · kept iteration {kept_step}")
            }
            End::Failed(_) => format!("failed after {}", duration(self.run.seconds())),
            End::Cancelled => "cancelled: no result was kept; r goes on".into(),
            End::Paused => match self.run.step() {
                0 => "paused before the first iteration; r goes on".into(),
                step => format!("paused at iteration {step}/{}; r goes on", self.run.iterations),
            },
        }
    }

    /// The newest values; before there are any, what is known of the network and the photos.
    fn numbers(&self) -> String {
        let Some(step) = self.run.steps.last() else {
            let cache = self.run.features.as_ref().map(reused);
            let network = self.run.network.as_ref();
            let network = network
                .map(|network| sanitised(&format!("{} · {}", network.backbone, network.weights)));
            return cache.into_iter().chain(network).collect::<Vec<_>>().join(" · ");
        };
        let mut words = format!(
            "train {}, loss {} · learning rate {}",
            percent(step.accuracy),
            format_value(step.loss),
            format_value(step.learning_rate),
        );
        if self.run.skipped > 0 {
            words += &format!(" · {} skipped", self.run.skipped);
        }
        words
    }

    fn best(&self) -> String {
        let (Some(best), Some(latest)) = (self.run.best(), self.run.evaluations.last()) else {
            return String::new();
        };
        format!(
            "validation best {} at {}, latest {}, loss {} at {}",
            percent(best.validation_accuracy),
            best.step,
            percent(latest.validation_accuracy),
            format_value(latest.validation_loss),
            latest.step,
        )
    }

    /// Failure, trouble and the newest warning, each in at most a few rows; a failure, after which
    /// there is little else to show, in up to a third of the screen.
    fn trouble_lines(&self, area: Rect) -> Vec<(String, Style)> {
        let rows = if area.height >= 30 { 4 } else { 2 };
        let mut said: Vec<(String, Style, usize)> = Vec::new();
        if let Some(End::Failed(message)) = &self.run.end {
            said.push((format!("✗ {message}"), self.styles.bad, usize::from(area.height / 3)));
        }
        if let Some(refusal) = self.run.refusal.as_ref().filter(|_| said.is_empty()) {
            said.push((format!("✗ did not go on: {refusal}"), self.styles.bad, rows));
        }
        if let Some(trouble) = self.trouble {
            said.push((format!("✗ {trouble}"), self.styles.bad, rows));
        }
        if let Some(warning) = self.run.warnings.last() {
            let more = match self.run.warnings.len() {
                1 => String::new(),
                n => format!("({n} warnings) "),
            };
            said.push((format!("! {more}{warning}"), self.styles.warning, rows));
        }
        let wrap = |(text, style, rows): &(String, Style, usize)| -> Vec<(String, Style)> {
            let lines = wrapped(&sanitised(text), usize::from(area.width), *rows);
            lines.into_iter().map(|line| (line, *style)).collect()
        };
        said.iter().flat_map(wrap).collect()
    }

    fn log_lines(&self, area: Rect) -> &[String] {
        let rows = match area.height {
            0..20 => 0,
            20..24 => 1,
            24..36 => 2,
            _ => 6,
        };
        &self.log[self.log.len().saturating_sub(rows)..]
    }

    /// Photos per category and set, while there is no curve to look at; before they are counted,
    /// the experiment's settings.
    fn draw_counts(&self, area: Rect, buffer: &mut Buffer) {
        if area.height < 3 {
            return;
        }
        if self.run.counts.is_empty() {
            for ((key, value), row) in self.run.settings.iter().zip(area.rows().skip(1)) {
                put(row, &sanitised(&format!("{key} = {value}")), self.styles.dim, buffer);
            }
            return;
        }
        let [_, heading, rows] = Layout::vertical([1, 1, area.height - 2]).areas(area);
        let words = "training  validation      test  category";
        put(heading, words, self.styles.dim, buffer);
        let fits = usize::from(rows.height);
        let shown = if self.run.counts.len() > fits { fits.saturating_sub(1) } else { fits };
        for (counts, row) in self.run.counts.iter().take(shown).zip(rows.rows()) {
            let line = format!(
                "{:>8}  {:>10}  {:>8}  {}",
                counts.training,
                counts.validation,
                counts.test,
                sanitised(&counts.category)
            );
            put(row, &line, self.styles.text, buffer);
        }
        if let Some(row) = rows.rows().nth(shown).filter(|_| self.run.counts.len() > shown) {
            let more = format!("and {} more categories", self.run.counts.len() - shown);
            put(row, &more, self.styles.dim, buffer);
        }
    }
}

fn share(done: usize, total: usize) -> Option<f64> {
    (total > 0).then(|| (done as f64 / total as f64).min(1.0))
}

fn features(progress: &FeatureProgress) -> String {
    let mut words = format!("{}/{} images", progress.done, progress.total);
    if progress.images_per_second > 0.0 {
        words += &format!(" · {} images/s", format_value(progress.images_per_second));
    }
    if let Some(seconds) = progress.seconds_left() {
        words += &format!(" · {} left", duration(seconds));
    }
    words
}

fn reused(progress: &FeatureProgress) -> String {
    format!("from cache {} · skipped {}", progress.from_cache, progress.skipped)
}

fn host_line(metrics: &HostMetrics) -> String {
    let gibibytes = |bytes: u64| format!("{:.2} GiB", bytes as f64 / (1u64 << 30) as f64);
    let mut line =
        format!("CPU {:.0}% · memory {}", metrics.cpu_percent, gibibytes(metrics.memory_bytes));
    if metrics.memory_total_bytes > 0 {
        line += &format!(" of {}", gibibytes(metrics.memory_total_bytes));
    }
    if let Some(gpu) = &metrics.gpu {
        let (used, all) = (gibibytes(gpu.memory_bytes), gibibytes(gpu.memory_total_bytes));
        line += &format!(" · GPU {:.0}%, {used} of {all}", gpu.busy_percent);
    }
    line
}

/// Writes one line, with an ellipsis when it is too long, and returns where it ended.
pub fn put(row: Rect, text: &str, style: Style, buffer: &mut Buffer) -> u16 {
    if row.is_empty() {
        return row.x;
    }
    let text = safe(text);
    let (x, _) = buffer.set_stringn(row.x, row.y, &text, usize::from(row.width), style);
    if unicode_width::UnicodeWidthStr::width(&*text) > usize::from(row.width) {
        buffer.set_string(row.right() - 1, row.y, "…", style);
    }
    x
}

/// Breaks at spaces; what does not fit into `rows` is cut by an ellipsis when it is drawn.
fn wrapped(text: &str, width: usize, rows: usize) -> Vec<String> {
    use unicode_width::UnicodeWidthStr;
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let full = lines.len() == rows;
        let Some(line) = lines.last_mut() else { break };
        if !full && !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
