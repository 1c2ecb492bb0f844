//! A graph that grows node by node, and the bytes of its file.

use std::rc::Rc;

use prost::Message;

use super::message::{
    AttributeMessage, Entry, GraphMessage, Model, Node, OperatorSet, Shape, Side, Tensor,
    TensorType, TypeMessage, ValueInfo,
};
use super::{FORM, OPERATORS};

/// How a number is stored, by the number that ONNX has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are the names of the types")]
pub enum Type {
    F32 = 1,
    U8 = 2,
    I64 = 7,
    Bool = 9,
    F16 = 10,
}

/// What a node gives, or a number that is written in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Value(Rc<str>);

/// A setting of a node.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "they are the types of the values")]
pub enum Attribute {
    Int(i64),
    Ints(Vec<i64>),
    Float(f32),
}

/// The length of one axis of an input or output.
#[derive(Clone, Copy, Debug)]
pub enum Length {
    /// Always this.
    Fixed(usize),
    /// Whatever comes; the same name is the same length.
    Named(&'static str),
}

/// Numbers as they are stored; all of them stand for f32.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    /// As they are.
    F32(Vec<f32>),
    /// Half precision, two bytes each, the low one first.
    F16(Vec<u8>),
    /// A number is `code * scale + min`, rounded after each of the two.
    Codes {
        /// One a number.
        codes: Vec<u8>,
        /// What a step of one is.
        scale: f32,
        /// What code 0 is.
        min: f32,
    },
}

/// Nodes and numbers in the order in which they are computed.
#[derive(Debug, Default)]
pub struct Graph {
    message: GraphMessage,
    /// How many values were named.
    count: usize,
}

impl Graph {
    /// A graph of nothing, under the name that viewers show.
    pub fn new(name: &str) -> Graph {
        let message = GraphMessage { name: name.to_owned(), ..GraphMessage::default() };
        Graph { message, count: 0 }
    }

    /// What is given to the graph.
    pub fn input(&mut self, name: &str, dtype: Type, shape: &[Length]) -> Value {
        self.message.inputs.push(info(name, dtype, shape));
        Value(name.into())
    }

    /// Gives a value to the outside under this name.
    pub fn output(&mut self, name: &str, value: &Value, dtype: Type, shape: &[Length]) {
        self.message.outputs.push(info(name, dtype, shape));
        self.push("Identity", &[value], &[], name);
    }

    /// What an operator makes of its inputs; ONNX says which inputs and attributes it takes.
    pub fn node(
        &mut self,
        operator: &str,
        inputs: &[&Value],
        attributes: &[(&str, Attribute)],
    ) -> Value {
        let name = self.name(operator);
        self.push(operator, inputs, attributes, &name)
    }

    /// Numbers of this shape.
    pub fn numbers(&mut self, shape: &[usize], numbers: &[f32]) -> Value {
        let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let name = self.name("numbers");
        self.tensor(name, Type::F32, shape, bytes)
    }

    /// One number, for an operation with each of many.
    pub fn number(&mut self, number: f32) -> Value {
        self.numbers(&[], &[number])
    }

    /// Whole numbers, as shapes and places are.
    pub fn integers(&mut self, integers: &[i64]) -> Value {
        let bytes = integers.iter().flat_map(|integer| integer.to_le_bytes()).collect();
        let name = self.name("integers");
        self.tensor(name, Type::I64, &[integers.len()], bytes)
    }

    /// One whole number.
    pub fn integer(&mut self, integer: i64) -> Value {
        let name = self.name("integer");
        self.tensor(name, Type::I64, &[], integer.to_le_bytes().to_vec())
    }

    /// Numbers as f32 that are stored in another way, under a name that nothing else has.
    pub fn stored(&mut self, name: &str, shape: &[usize], numbers: Numbers) -> Value {
        match numbers {
            Numbers::F32(numbers) => {
                let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
                self.tensor(name.to_owned(), Type::F32, shape, bytes)
            }
            Numbers::F16(bytes) => {
                let halves = self.tensor(name.to_owned(), Type::F16, shape, bytes);
                self.cast(&halves, Type::F32)
            }
            // Not DequantizeLinear: it has whole numbers for the zero only, and some runtimes compute it
            // anew for every picture.
            Numbers::Codes { codes, scale, min } => {
                let codes = self.tensor(name.to_owned(), Type::U8, shape, codes);
                let codes = self.cast(&codes, Type::F32);
                let (scale, min) = (self.number(scale), self.number(min));
                let scaled = self.node("Mul", &[&codes, &scale], &[]);
                self.node("Add", &[&scaled, &min], &[])
            }
        }
    }

    /// The same numbers, of another type.
    pub fn cast(&mut self, value: &Value, to: Type) -> Value {
        self.node("Cast", &[value], &[("to", Attribute::Int(to as i64))])
    }

    /// The bytes of the file, with `(key, value)` of its metadata.
    pub fn to_bytes(self, about: &str, metadata: &[(&str, String)]) -> Vec<u8> {
        let entry =
            |(key, value): &(&str, String)| Entry { key: (*key).to_owned(), value: value.clone() };
        Model {
            ir_version: FORM,
            producer_name: env!("CARGO_PKG_NAME").to_owned(),
            producer_version: env!("CARGO_PKG_VERSION").to_owned(),
            doc_string: about.to_owned(),
            graph: Some(self.message),
            operators: vec![OperatorSet { domain: String::new(), version: OPERATORS }],
            metadata: metadata.iter().map(entry).collect(),
        }
        .encode_to_vec()
    }

    fn name(&mut self, what: &str) -> String {
        self.count += 1;
        format!("{what}_{}", self.count)
    }

    /// The largest numbers of each row, as many as `count`; the largest first.
    pub fn largest(&mut self, rows: &Value, count: i64) -> Value {
        let count = self.integers(&[count]);
        let numbers = self.node("TopK", &[rows, &count], &[]);
        if let Some(node) = self.message.nodes.last_mut() {
            node.outputs.push(format!("{}_places", numbers.0));
        }
        numbers
    }

    fn push(
        &mut self,
        operator: &str,
        inputs: &[&Value],
        attributes: &[(&str, Attribute)],
        output: &str,
    ) -> Value {
        self.message.nodes.push(Node {
            inputs: inputs.iter().map(|value| value.0.to_string()).collect(),
            outputs: vec![output.to_owned()],
            name: output.to_owned(),
            operator: operator.to_owned(),
            attributes: attributes.iter().map(|(name, value)| attribute(name, value)).collect(),
        });
        Value(output.into())
    }

    fn tensor(&mut self, name: String, dtype: Type, shape: &[usize], bytes: Vec<u8>) -> Value {
        let value = Value(name.as_str().into());
        let shape = shape.iter().map(|length| *length as i64).collect();
        self.message.numbers.push(Tensor { shape, dtype: dtype as i32, name, bytes });
        value
    }
}

fn attribute(name: &str, value: &Attribute) -> AttributeMessage {
    let message = AttributeMessage { name: name.to_owned(), ..AttributeMessage::default() };
    match value {
        Attribute::Float(number) => AttributeMessage { float: Some(*number), kind: 1, ..message },
        Attribute::Int(number) => AttributeMessage { integer: Some(*number), kind: 2, ..message },
        Attribute::Ints(numbers) => {
            AttributeMessage { integers: numbers.clone(), kind: 7, ..message }
        }
    }
}

fn info(name: &str, dtype: Type, shape: &[Length]) -> ValueInfo {
    let side = |length: &Length| match length {
        Length::Fixed(length) => Side { length: Some(*length as i64), named: None },
        Length::Named(name) => Side { length: None, named: Some((*name).to_owned()) },
    };
    let shape = Some(Shape { sides: shape.iter().map(side).collect() });
    let tensor = Some(TensorType { dtype: dtype as i32, shape });
    ValueInfo { name: name.to_owned(), kind: Some(TypeMessage { tensor }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by hand after onnx.proto: a field is its number times 8, and its kind.
    #[test]
    fn the_bytes_are_those_of_the_format() {
        let mut graph = Graph::new("g");
        let x = graph.input("x", Type::U8, &[Length::Named("n"), Length::Fixed(3)]);
        let y = graph.cast(&x, Type::F32);
        graph.output("y", &y, Type::F32, &[]);
        let bytes = graph.to_bytes("", &[("k", "v".to_owned())]);
        let input =
            b"\x5a\x14\x0a\x01x\x12\x0f\x0a\x0d\x08\x02\x12\x09\x0a\x03\x12\x01n\x0a\x02\x08\x03";
        let start = b"\x08\x07\x12\x07retrain";
        assert_eq!(bytes[..start.len()], start[..]);
        assert_eq!(bytes[bytes.len() - 8..], b"\x72\x06\x0a\x01k\x12\x01v"[..]);
        let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(holds(input), "the input is named, its type is 2, and its second side 3");
        assert!(holds(b"\x22\x04Cast\x2a\x09\x0a\x02to\x18\x01\xa0\x01\x02"));
        assert!(holds(b"\x42\x02\x10\x0d"), "one set of operators, the 13th");
    }

    #[test]
    fn codes_become_numbers_in_the_graph() {
        let mut graph = Graph::new("g");
        let codes = Numbers::Codes { codes: vec![0, 255], scale: 0.5, min: -1.0 };
        graph.stored("w", &[2], codes);
        let operators: Vec<&str> =
            graph.message.nodes.iter().map(|node| node.operator.as_str()).collect();
        assert_eq!(operators, ["Cast", "Mul", "Add"]);
        let Tensor { shape, dtype, name, bytes } = &graph.message.numbers[0];
        assert_eq!(
            (&shape[..], *dtype, name.as_str(), &bytes[..]),
            (&[2][..], 2, "w", &[0, 255][..])
        );
    }
}
