//! Protocol Buffers as bytes, written field by field; which numbers mean what is for the caller to know.
//!
//! Source: the encoding of Protocol Buffers (<https://protobuf.dev/programming-guides/encoding/>).

/// How a field's bytes are to be read.
#[derive(Clone, Copy)]
enum Wire {
    Varint = 0,
    Eight = 1,
    Length = 2,
    Four = 5,
}

/// A message in the making.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    bytes: Vec<u8>,
}

impl Message {
    /// Without fields.
    pub fn new() -> Message {
        Message::default()
    }

    /// An `int64`, `int32`, `uint64`, `bool` or `enum`.
    pub fn int(mut self, field: u32, value: i64) -> Message {
        self.key(field, Wire::Varint);
        // Negative ones have all ten bytes, in every one of these types.
        self.varint(value as u64);
        self
    }

    /// A `double`.
    pub fn double(mut self, field: u32, value: f64) -> Message {
        self.key(field, Wire::Eight);
        self.bytes.extend(value.to_le_bytes());
        self
    }

    /// A `float`.
    pub fn float(mut self, field: u32, value: f32) -> Message {
        self.key(field, Wire::Four);
        self.bytes.extend(value.to_le_bytes());
        self
    }

    /// `bytes`, or a `string` that is known to be UTF-8.
    pub fn bytes(mut self, field: u32, value: &[u8]) -> Message {
        self.key(field, Wire::Length);
        self.varint(value.len() as u64);
        self.bytes.extend(value);
        self
    }

    /// A `string`.
    pub fn text(self, field: u32, value: &str) -> Message {
        self.bytes(field, value.as_bytes())
    }

    /// A message within this one.
    pub fn message(self, field: u32, value: &Message) -> Message {
        self.bytes(field, &value.bytes)
    }

    /// `repeated double`, packed.
    pub fn doubles(self, field: u32, values: &[f64]) -> Message {
        let packed: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.bytes(field, &packed)
    }

    /// What is written so far.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn key(&mut self, field: u32, wire: Wire) {
        self.varint(u64::from(field) << 3 | wire as u64);
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_texts_and_messages_are_as_the_documentation_of_the_format_has_them() {
        let bytes = |message: Message| message.as_bytes().to_vec();
        assert_eq!(bytes(Message::new().int(1, 150)), [0x08, 0x96, 0x01]);
        assert_eq!(bytes(Message::new().text(2, "testing")), *b"\x12\x07testing");
        let inner = Message::new().int(1, 150);
        assert_eq!(bytes(Message::new().message(3, &inner)), [0x1a, 0x03, 0x08, 0x96, 0x01]);
        assert_eq!(
            bytes(Message::new().int(1, -2))[1..],
            [[0xfe].as_slice(), &[0xff; 8], &[1]].concat()
        );
        assert_eq!(bytes(Message::new().float(2, 1.0)), [0x15, 0, 0, 0x80, 0x3f]);
        assert_eq!(bytes(Message::new().double(1, 1.0)), [0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
        let packed = bytes(Message::new().doubles(16, &[1.0, -0.0]));
        assert_eq!(packed[..3], [0x82, 0x01, 16]);
        assert_eq!(packed.len(), 3 + 16);
    }
}
