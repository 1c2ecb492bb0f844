//! Event files, as TensorBoard reads them: records with checksums, each an `Event` message.
//!
//! Source: TensorFlow's `record_writer.h`, and RFC 3720 for CRC-32C.

use prost::Message;

use super::event_message::{Event, Histogram, Picture, Source, Summary, Value};
use crate::store::Timestamp;

/// What stands in the first record of every event file that is written here, and of no other program's.
const WRITER: &str = "retrain export";
/// The first record is shorter.
const FIRST_RECORD: usize = 128;

/// The bytes of an event file in the making.
pub struct EventFile {
    bytes: Vec<u8>,
}

/// Names and values that belong to one moment, as TensorBoard shows them.
#[derive(Default)]
pub struct Values(Summary);

/// As many as TensorBoard draws.
const BUCKETS: usize = 30;

impl EventFile {
    /// With the record that every event file begins with.
    pub fn new(at: Timestamp) -> EventFile {
        let mut file = EventFile { bytes: Vec::new() };
        file.record(&Event {
            at: seconds(at),
            version: Some("brain.Event:2".to_owned()),
            source: Some(Source { writer: WRITER.to_owned() }),
            ..Event::default()
        });
        file
    }

    /// Whether a file with these first bytes was written here.
    pub fn is_own(begin: &[u8]) -> bool {
        let begin = &begin[..begin.len().min(FIRST_RECORD)];
        begin.windows(WRITER.len()).any(|bytes| bytes == WRITER.as_bytes())
    }

    /// Adds what was known at an iteration.
    pub fn add(&mut self, at: Timestamp, step: usize, values: Values) {
        let (at, step, values) = (seconds(at), step as i64, Some(values.0));
        self.record(&Event { at, step, values, ..Event::default() });
    }

    /// Bytes so far.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The whole file.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn record(&mut self, event: &Event) {
        let data = event.encode_to_vec();
        let length = (data.len() as u64).to_le_bytes();
        self.bytes.extend(length);
        self.bytes.extend(masked(crc32c(&length)).to_le_bytes());
        self.bytes.extend(&data);
        self.bytes.extend(masked(crc32c(&data)).to_le_bytes());
    }
}

fn seconds(at: Timestamp) -> f64 {
    at.as_nanosecond() as f64 / 1e9
}

impl Values {
    /// A point of a curve.
    pub fn scalar(self, name: &str, value: f64) -> Values {
        self.with(name, |to| to.number = Some(value as f32))
    }

    /// How numbers are spread.
    pub fn histogram(self, name: &str, of: Histogram) -> Values {
        self.with(name, |to| to.histogram = Some(of))
    }

    /// A PNG of this width and height in pixels, with three channels.
    pub fn picture(self, name: &str, (width, height): (u32, u32), png: Vec<u8>) -> Values {
        let (width, height) = (width as i32, height as i32);
        self.with(name, |to| to.picture = Some(Picture { height, width, channels: 3, png }))
    }

    fn with(mut self, name: &str, fill: impl FnOnce(&mut Value)) -> Values {
        let mut value = Value { name: name.to_owned(), ..Value::default() };
        fill(&mut value);
        self.0.values.push(value);
        self
    }
}

impl Histogram {
    /// Of numbers that are finite, in buckets of equal width from the least to the greatest, as
    /// `numpy.histogram` has them; `None` without numbers.
    pub fn of(numbers: &[f32]) -> Option<Histogram> {
        let numbers = || numbers.iter().map(|&number| f64::from(number));
        let (min, max) = (numbers().reduce(f64::min)?, numbers().reduce(f64::max)?);
        let width = if min < max { max - min } else { 1.0 } / BUCKETS as f64;
        let mut counts = [0.0; BUCKETS];
        for number in numbers() {
            counts[(((number - min) / width) as usize).min(BUCKETS - 1)] += 1.0;
        }
        let limits = (1..=BUCKETS).map(|place| min + width * place as f64);
        Some(Histogram {
            min,
            max,
            count: numbers().count() as f64,
            sum: numbers().sum(),
            sum_of_squares: numbers().map(|number| number * number).sum(),
            limits: limits.collect(),
            counts: counts.to_vec(),
        })
    }
}

/// A checksum as it stands in a record: so changed that the checksum of data that holds checksums is
/// as good as any.
fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32C (Castagnoli).
fn crc32c(data: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    !data.iter().fold(!0, |crc, &byte| TABLE[usize::from(crc as u8 ^ byte)] ^ crc >> 8)
}

const fn table() -> [u32; 256] {
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ POLYNOMIAL } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
}

#[cfg(test)]
/// The data of each record of an event file, whose checksums hold.
pub(super) fn records(mut bytes: &[u8]) -> Vec<&[u8]> {
    let number = |bytes: &[u8]| u32::from_le_bytes(bytes[..4].try_into().unwrap());
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_at(8);
        assert_eq!(number(rest), masked(crc32c(length)));
        let (data, end) =
            rest[4..].split_at(u64::from_le_bytes(length.try_into().unwrap()) as usize);
        assert_eq!(number(end), masked(crc32c(data)));
        found.push(data);
        bytes = &end[4..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_rfc() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
    }

    #[test]
    fn a_file_is_records_of_events_and_knows_itself() {
        let at = Timestamp::from_millisecond(1_500).unwrap();
        let mut file = EventFile::new(at);
        file.add(at, 3, Values::default().scalar("loss", 0.5));
        let bytes = file.into_bytes();
        let records = records(&bytes);
        assert_eq!(records.len(), 2);
        assert_eq!(records[1][..9], *b"\x09\0\0\0\0\0\0\xf8\x3f", "the time, 1.5 s");
        assert!(records[1].ends_with(b"\x10\x03\x2a\x0d\x0a\x0b\x0a\x04loss\x15\0\0\0\x3f"));
        assert!(EventFile::is_own(&bytes));
        assert!(records[0].len() < FIRST_RECORD - 16);
        let foreign = [&bytes[12..20], b"brain.Event:2", &[0; 200], WRITER.as_bytes()].concat();
        assert!(!EventFile::is_own(&foreign) && !EventFile::is_own(b""));
    }

    #[test]
    fn a_histogram_holds_all_numbers_be_they_equal() {
        let histogram = Histogram::of(&[-1.0, 0.0, 0.1, 2.0]).unwrap();
        assert_eq!((histogram.min, histogram.max, histogram.count), (-1.0, 2.0, 4.0));
        assert_eq!((histogram.limits.len(), histogram.counts.len()), (BUCKETS, BUCKETS));
        let counts = |of: &Histogram| of.counts.iter().sum::<f64>();
        assert_eq!(counts(&histogram), 4.0);
        assert_eq!(histogram.limits.last(), Some(&2.0));
        assert_eq!(histogram.counts.last(), Some(&1.0), "the greatest is in the last");
        let equal = Histogram::of(&[0.0; 7]).unwrap();
        assert_eq!((counts(&equal), equal.sum), (7.0, 0.0));
        assert_eq!(Histogram::of(&[]), None);
    }
}
