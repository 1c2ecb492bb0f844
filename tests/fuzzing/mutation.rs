//! Changes to valid files, such as find the places where a reader believes what it reads.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// Numbers at the edges of what lengths, counts and offsets can be.
const NUMBERS: [u64; 16] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x10_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    1 << 40,
    1 << 62,
    i64::MAX as u64,
    1 << 63,
    u64::MAX,
];

/// Valid files, and the words that mean something in them.
#[derive(Clone)]
pub struct Seeds {
    pub files: Vec<Vec<u8>>,
    pub words: Vec<Vec<u8>>,
}

impl Seeds {
    pub fn new(files: Vec<Vec<u8>>, words: &[&str]) -> Seeds {
        assert!(!files.is_empty(), "there must be files to begin with");
        let words = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        Seeds { files, words }
    }
}

#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Truncate(Index),
    Remove(Index, Index),
    /// A part of the file, some times again.
    Duplicate(Index, Index, usize),
    /// The rest of another file.
    Splice(Index, Index, Index),
    /// A number over `width` bytes, in either order.
    Number {
        at: Index,
        value: usize,
        width: usize,
        big: bool,
    },
    Insert(Index, Index),
    /// A word in place of what stands between two marks: a value of JSON, TOML or CSV.
    Replace(Index, Index),
    /// Decimal digits become another number.
    Decimal(Index, u64),
}

/// One of the files, changed in one to four places, and most often in one.
pub fn mutated(seeds: Seeds) -> impl Strategy<Value = Vec<u8>> {
    let changes = prop_oneof![2 => vec(change(), 1), 1 => vec(change(), 2..=4)];
    (any::<Index>(), changes).prop_map(move |(file, changes)| {
        let mut bytes = file.get(&seeds.files).clone();
        for change in &changes {
            apply(change, &mut bytes, &seeds);
        }
        bytes
    })
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, mask)| Change::Flip(at, mask)),
        1 => at().prop_map(Change::Truncate),
        2 => (at(), at()).prop_map(|(at, length)| Change::Remove(at, length)),
        2 => (at(), at(), 1usize..40).prop_map(|(at, n, times)| Change::Duplicate(at, n, times)),
        2 => (at(), at(), at()).prop_map(|(at, file, from)| Change::Splice(at, file, from)),
        4 => (at(), 0..NUMBERS.len(), prop::sample::select(vec![1, 2, 4, 8]), any::<bool>())
            .prop_map(|(at, value, width, big)| Change::Number { at, value, width, big }),
        3 => (at(), at()).prop_map(|(at, word)| Change::Insert(at, word)),
        3 => (at(), at()).prop_map(|(at, word)| Change::Replace(at, word)),
        3 => (at(), prop::sample::select(NUMBERS.to_vec()))
            .prop_map(|(at, value)| Change::Decimal(at, value)),
    ]
}

fn apply(change: &Change, bytes: &mut Vec<u8>, seeds: &Seeds) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len();
    // Most of what can be misunderstood stands near the beginning.
    let place =
        |at: &Index| if at.index(3) == 0 { at.index(length) } else { at.index(length.min(400)) };
    match change {
        Change::Flip(at, mask) => bytes[place(at)] ^= mask,
        Change::Truncate(at) => bytes.truncate(at.index(length)),
        Change::Remove(at, n) => {
            let at = place(at);
            bytes.drain(at..at + n.index((length - at).min(64)));
        }
        Change::Duplicate(at, n, times) => {
            let at = place(at);
            let part = bytes[at..at + n.index((length - at).min(64))].repeat(*times);
            bytes.splice(at..at, part);
        }
        Change::Splice(at, file, from) => {
            let other = file.get(&seeds.files);
            if !other.is_empty() {
                bytes.truncate(at.index(length));
                bytes.extend(&other[from.index(other.len())..]);
            }
        }
        Change::Number { at, value, width, big } => {
            let at = place(at);
            let mut number = NUMBERS[*value].to_le_bytes()[..*width].to_vec();
            if *big {
                number.reverse();
            }
            for (byte, new) in bytes[at..].iter_mut().zip(number) {
                *byte = new;
            }
        }
        Change::Insert(at, word) if !seeds.words.is_empty() => {
            let at = place(at);
            bytes.splice(at..at, word.get(&seeds.words).iter().copied());
        }
        Change::Replace(at, word) if !seeds.words.is_empty() => {
            let is_mark = |byte: &u8| b":=,{}[]\n ".contains(byte);
            let start = place(at);
            let from = bytes[..start].iter().rposition(is_mark).map_or(0, |at| at + 1);
            let to = bytes[start..].iter().position(is_mark).map_or(length, |n| start + n);
            bytes.splice(from..to, word.get(&seeds.words).iter().copied());
        }
        Change::Insert(..) | Change::Replace(..) => {}
        Change::Decimal(at, value) => {
            let start = place(at);
            let Some(from) = bytes[start..].iter().position(u8::is_ascii_digit) else { return };
            let from = start + from;
            let digits = bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            bytes.splice(from..from + digits, value.to_string().into_bytes());
        }
    }
}
