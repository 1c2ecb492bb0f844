//! Which features a run was made of, read from the beginning of its log.

use std::io::{self, BufRead, BufReader, Read};

use super::event::{Event, LONGEST_LINE, Record};
use super::folder::RunFolder;
use crate::config::open_plain;

/// The run's feature key; `None` when it has not come so far.
///
/// Only lines up to the first iteration are read, as a run goes on only with the same network.
pub fn feature_key(run: &RunFolder) -> io::Result<Option<String>> {
    let mut log = BufReader::new(open_plain(&run.events())?);
    let (mut line, mut key) = (Vec::new(), None);
    loop {
        line.clear();
        match log.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? as u64 {
            0 => return Ok(key),
            LONGEST_LINE.. => return Err(io::Error::other("a line of it never ends")),
            _ => {}
        }
        // Quotes inside a value are escaped: these are no part of one.
        let text = std::str::from_utf8(&line).unwrap_or_default();
        if text.contains(r#""event":"step""#) {
            return Ok(key);
        }
        if text.contains(r#""event":"network""#)
            && let Ok(Record { event: Event::Network(facts), .. }) = serde_json::from_str(text)
        {
            key = Some(facts.feature_key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::store::{EventLog, NetworkFacts};

    #[test]
    fn the_last_network_before_the_first_iteration_is_the_run_s() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        let network = |key: &str| {
            Event::Network(NetworkFacts { feature_key: key.to_owned(), ..Default::default() })
        };
        let mut log = EventLog::open(&run.events()).unwrap();
        log.append(Event::Warning { message: r#""event":"step" "event":"network""#.into() })
            .unwrap();
        assert_eq!(feature_key(&run).unwrap(), None);
        log.append(network("first")).unwrap();
        log.append(network("second")).unwrap();
        assert_eq!(feature_key(&run).unwrap().as_deref(), Some("second"));
        fs::write(run.events(), fs::read_to_string(run.events()).unwrap() + "{\"v\":1,\"ev")
            .unwrap();
        assert_eq!(feature_key(&run).unwrap().as_deref(), Some("second"), "a torn last line");
    }
}
