//! The terminal: taken, given back whatever happens, lent to other programs.

use std::io::{self, BufWriter, Stdout, Write, stdout};
use std::mem::ManuallyDrop;
use std::panic;
use std::sync::Once;

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste,
    EnableFocusChange, EnableMouseCapture,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{Command, cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::dataset::is_decoding;

/// Holds the terminal in raw mode on its alternate screen for as long as it lives.
pub struct Terminal {
    /// Never dropped: its `drop` shows the cursor, as `leave` does, but panics where the terminal
    /// is gone.
    inner: ManuallyDrop<ratatui::Terminal<CrosstermBackend<BufWriter<Stdout>>>>,
}

impl Terminal {
    pub fn enter() -> io::Result<Terminal> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let report = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                // A decoder's panic is caught: the screens go on.
                if !is_decoding() {
                    leave();
                }
                report(info);
            }));
        });
        take()?;
        let backend = CrosstermBackend::new(BufWriter::with_capacity(1 << 16, stdout()));
        match ratatui::Terminal::new(backend) {
            Ok(inner) => Ok(Terminal { inner: ManuallyDrop::new(inner) }),
            Err(err) => {
                leave();
                Err(err)
            }
        }
    }

    /// Draws one frame; what did not change is not sent. A terminal without cells gets nothing.
    pub fn draw(&mut self, paint: impl FnOnce(Rect, &mut Buffer)) -> io::Result<()> {
        let size = self.inner.size()?;
        if size.width == 0 || size.height == 0 {
            return Ok(());
        }
        queue!(self.inner.backend_mut(), BeginSynchronizedUpdate)?;
        self.inner.draw(|frame| paint(frame.area(), frame.buffer_mut()))?;
        queue!(self.inner.backend_mut(), EndSynchronizedUpdate)?;
        self.inner.backend_mut().flush()
    }

    /// Writes something that is no part of a frame.
    pub fn write(&mut self, sequence: &str) -> io::Result<()> {
        let backend = self.inner.backend_mut();
        backend.write_all(sequence.as_bytes())?;
        backend.flush()
    }

    /// Forgets what is on the screen: the next frame is sent whole.
    pub fn repaint(&mut self) -> io::Result<()> {
        let size = self.inner.size()?;
        if size.width == 0 || size.height == 0 {
            return Ok(());
        }
        self.inner.clear()
    }

    /// Gives the terminal back while `act` runs, then takes it again.
    pub fn suspended<T>(&mut self, act: impl FnOnce() -> T) -> io::Result<T> {
        leave();
        let done = act();
        take()?;
        self.repaint()?;
        Ok(done)
    }

    /// Takes the terminal again after others may have changed its mode.
    pub fn retake(&mut self) -> io::Result<()> {
        self.suspended(|| ())
    }

    /// Puts `text` on the clipboard of the person's own machine, through SSH and tmux (OSC 52).
    pub fn copy(&mut self, text: &str, in_tmux: bool) -> io::Result<()> {
        let mut sequence = String::new();
        CopyToClipboard::to_clipboard_from(text)
            .write_ansi(&mut sequence)
            .expect("a String takes all");
        // tmux itself gets it too, for its own paste buffer.
        let passed_on = if in_tmux { in_envelope(&sequence) } else { String::new() };
        self.write(&(sequence + &passed_on))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        leave();
    }
}

/// In tmux's envelope, with every escape doubled: the terminal around tmux gets it.
pub fn in_envelope(sequence: &str) -> String {
    format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"))
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    let taken = execute!(
        stdout(),
        EnterAlternateScreen,
        // A program that was killed may have left that screen open, with what it had drawn.
        Clear(ClearType::All),
        EnableMouseCapture,
        EnableBracketedPaste,
        EnableFocusChange,
        cursor::Hide
    );
    if taken.is_err() {
        leave();
    }
    taken
}

/// Gives the terminal back. It may be gone already: then there is nothing to be said to it.
fn leave() {
    let _ = execute!(
        stdout(),
        DisableFocusChange,
        DisableBracketedPaste,
        DisableMouseCapture,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tmux_passes_the_clipboard_on_to_the_outer_terminal() {
        let wrapped = in_envelope("\x1b]52;c;eA==\x1b\\");
        assert_eq!(wrapped, "\x1bPtmux;\x1b\x1b]52;c;eA==\x1b\x1b\\\x1b\\");
    }
}
