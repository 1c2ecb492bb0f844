//! What reaches the main thread, and the threads that send it: the keyboard's and the signals'.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use crossterm::event::Event;
use rustix::termios::tcgetattr;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use signal_hook::low_level::pipe;

use super::news::News;
use super::preview::Question;

/// The keyboard's thread looks this often whether it has to pause.
const PATIENCE: Duration = Duration::from_millis(200);

/// Everything that wakes the main thread.
#[derive(Debug)]
pub enum Input {
    /// A key, the mouse, pasted text or another size.
    Terminal(Event),
    /// Something that a thread or an effect found out.
    News(News),
    /// A signal to this process.
    Signal(Signal),
}

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Terminated, hung up, or the terminal is gone.
    Quit,
    /// To be stopped, as by ctrl-z in a shell.
    Suspend,
    /// Running again after a stop.
    Continued,
}

/// Keeps the keyboard's thread from reading what is meant for another program.
#[derive(Clone, Default)]
pub struct Keyboard {
    gate: Arc<(Mutex<Gate>, Condvar)>,
}

#[derive(Default)]
struct Gate {
    closed: bool,
    reading: bool,
}

impl Keyboard {
    /// Starts the thread that reads the terminal, first of all its answer to `question`.
    pub fn listen(&self, send: Sender<Input>, question: Option<Question>) -> io::Result<()> {
        let keyboard = self.clone();
        thread::Builder::new().name("keyboard".into()).spawn(move || {
            if let Some(question) = question {
                let (graphics, keys) = question.hear();
                let keys = keys.into_iter().map(|key| Input::Terminal(Event::Key(key)));
                let inputs = std::iter::once(Input::News(News::Graphics(graphics))).chain(keys);
                if inputs.into_iter().any(|input| send.send(input).is_err()) {
                    return;
                }
            }
            loop {
                let events = keyboard.read();
                let gone = events.is_err();
                let inputs = match events {
                    Ok(event) => event.map(Input::Terminal),
                    Err(_) => Some(Input::Signal(Signal::Quit)),
                };
                if inputs.is_some_and(|input| send.send(input).is_err()) || gone {
                    return;
                }
            }
        })?;
        Ok(())
    }

    fn read(&self) -> io::Result<Option<Event>> {
        // The other end may go without a signal. From then on every read ends at once, with
        // nothing and with no error.
        tcgetattr(io::stdin())?;
        let (gate, changed) = &*self.gate;
        let open = changed.wait_while(gate.lock().expect("no panic inside"), |gate| gate.closed);
        open.expect("no panic inside").reading = true;
        let event = match crossterm::event::poll(PATIENCE) {
            Ok(true) => crossterm::event::read().map(Some),
            Ok(false) => Ok(None),
            Err(err) => Err(err),
        };
        gate.lock().expect("no panic inside").reading = false;
        changed.notify_all();
        event
    }

    /// Does something while nobody reads the terminal.
    pub fn paused<T>(&self, act: impl FnOnce() -> T) -> T {
        let (gate, changed) = &*self.gate;
        let mut state = gate.lock().expect("no panic inside");
        state.closed = true;
        drop(changed.wait_while(state, |gate| gate.reading).expect("no panic inside"));
        let done = act();
        gate.lock().expect("no panic inside").closed = false;
        changed.notify_all();
        done
    }
}

/// Turns signals into inputs: each signal writes a byte to a pipe on which a thread sleeps.
pub fn listen_to_signals(send: &Sender<Input>) -> io::Result<()> {
    const MEANINGS: [(&[i32], Signal); 3] = [
        (&[SIGTERM, SIGHUP, SIGINT], Signal::Quit),
        (&[SIGTSTP], Signal::Suspend),
        (&[SIGCONT], Signal::Continued),
    ];
    for (signals, meaning) in MEANINGS {
        let (mut read, write) = UnixStream::pair()?;
        for &signal in signals {
            pipe::register(signal, write.try_clone()?)?;
        }
        let send = send.clone();
        thread::Builder::new().name("signals".into()).spawn(move || {
            let mut byte = [0];
            while matches!(read.read(&mut byte), Ok(1)) {
                if send.send(Input::Signal(meaning)).is_err() {
                    return;
                }
            }
        })?;
    }
    Ok(())
}
