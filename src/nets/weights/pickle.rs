//! Python's pickle format, as far as a saved state dict uses it.
//!
//! A pickle may ask its reader to call any function of Python. Nothing is called here: a call becomes
//! a [`Value::Call`], and `pth.rs` recognises those that stand for tensors.
//!
//! Source: CPython's `Lib/pickletools.py` describes every instruction.

use std::collections::HashMap;

use super::reader::Reader;

/// Index of a value in [`Pickle`]. A pickle may use one value in several places, and fill a list or a
/// dict after it has used it, so values refer to each other by index.
pub(super) type Id = usize;

#[derive(Debug)]
pub(super) enum Value {
    Int(i64),
    Text(String),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// `module.name` of a class or function.
    Global(String),
    Call {
        function: Id,
        arguments: Id,
    },
    /// A reference to something outside the pickle: in a state dict, the storage of a tensor.
    Persistent(Id),
    /// `None`, booleans, floats and long integers: state dicts hold them, but nothing here needs
    /// them.
    Other,
}

pub(super) struct Pickle {
    values: Vec<Value>,
    root: Id,
}

impl Pickle {
    /// Reads one pickle; the reader stands behind it afterwards.
    pub(super) fn read(reader: &mut Reader) -> Result<Pickle, String> {
        let mut machine = Machine::default();
        while !machine.step(reader)? {}
        let root = machine.pop()?;
        Ok(Pickle { values: machine.values, root })
    }

    pub(super) fn root(&self) -> &Value {
        &self.values[self.root]
    }

    pub(super) fn value(&self, id: Id) -> &Value {
        &self.values[id]
    }

    /// The members of a tuple or list.
    pub(super) fn items(&self, id: Id) -> Option<&[Id]> {
        match self.value(id) {
            Value::Tuple(items) | Value::List(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn text(&self, id: Id) -> Option<&str> {
        match self.value(id) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn size(&self, id: Id) -> Option<usize> {
        match self.value(id) {
            Value::Int(number) => usize::try_from(*number).ok(),
            _ => None,
        }
    }

    pub(super) fn global(&self, id: Id) -> Option<&str> {
        match self.value(id) {
            Value::Global(name) => Some(name),
            _ => None,
        }
    }
}

#[derive(Default)]
struct Machine {
    values: Vec<Value>,
    stack: Vec<Id>,
    /// Heights of the stack at which the groups that are still open began.
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl Machine {
    fn push(&mut self, value: Value) {
        self.stack.push(self.values.len());
        self.values.push(value);
    }

    /// The value on top of the stack; an error when it was pushed before the innermost open group.
    fn top(&self) -> Result<Id, String> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err("an instruction finds no value to work on".into());
        }
        Ok(self.stack[self.stack.len() - 1])
    }

    fn pop(&mut self) -> Result<Id, String> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    fn pop_group(&mut self) -> Result<Vec<Id>, String> {
        let mark = self.marks.pop().ok_or("a group ends that never began")?;
        Ok(self.stack.split_off(mark))
    }

    fn tuple(&mut self, length: usize) -> Result<(), String> {
        let mut items = (0..length).map(|_| self.pop()).collect::<Result<Vec<_>, _>>()?;
        items.reverse();
        self.push(Value::Tuple(items));
        Ok(())
    }

    fn append(&mut self, items: &[Id]) -> Result<(), String> {
        let list = self.top()?;
        match &mut self.values[list] {
            Value::List(list) => list.extend(items),
            _ => return Err("values are appended to what is no list".into()),
        }
        Ok(())
    }

    fn set(&mut self, keys_and_values: &[Id]) -> Result<(), String> {
        let dict = self.top()?;
        match &mut self.values[dict] {
            Value::Dict(dict) => {
                dict.extend(keys_and_values.chunks_exact(2).map(|pair| (pair[0], pair[1])));
            }
            // Items set on other objects, such as a counter, carry no tensors.
            Value::Call { .. } => {}
            _ => return Err("items are set on what is no dict".into()),
        }
        Ok(())
    }

    fn call(&mut self) -> Result<(), String> {
        let arguments = self.pop()?;
        let function = self.pop()?;
        let is_dict = matches!(&self.values[function], Value::Global(name) if name == "collections.OrderedDict");
        self.push(if is_dict {
            Value::Dict(Vec::new())
        } else {
            Value::Call { function, arguments }
        });
        Ok(())
    }

    fn remember(&mut self, slot: u32) -> Result<(), String> {
        let top = self.top()?;
        self.memo.insert(slot, top);
        Ok(())
    }

    fn recall(&mut self, slot: u32) -> Result<(), String> {
        let id = *self.memo.get(&slot).ok_or("a value is recalled that was never kept")?;
        self.stack.push(id);
        Ok(())
    }

    /// Does one instruction; true after the last.
    fn step(&mut self, reader: &mut Reader) -> Result<bool, String> {
        let at = reader.position();
        match reader.u8()? {
            0x80 => drop(reader.u8()?), // protocol
            b'.' => return Ok(true),
            b'(' => self.marks.push(self.stack.len()),
            b'N' | 0x88 | 0x89 => self.push(Value::Other), // None, True, False
            b'K' => self.push_int(reader.u8()?),
            b'M' => self.push_int(reader.u16()?),
            b'J' => self.push_int(reader.u32()? as i32),
            0x8a => self.long(reader)?,
            b'G' => {
                reader.take(8)?;
                self.push(Value::Other);
            }
            b'X' => self.push_text(reader.u32()? as usize, reader)?,
            b'U' => self.push_text(reader.u8()?.into(), reader)?,
            b'c' => {
                let name = format!("{}.{}", reader.line()?, reader.line()?);
                self.push(Value::Global(name));
            }
            b')' => self.tuple(0)?,
            0x85 => self.tuple(1)?,
            0x86 => self.tuple(2)?,
            0x87 => self.tuple(3)?,
            b't' => {
                let items = self.pop_group()?;
                self.push(Value::Tuple(items));
            }
            b']' => self.push(Value::List(Vec::new())),
            b'a' => {
                let item = self.pop()?;
                self.append(&[item])?;
            }
            b'e' => {
                let items = self.pop_group()?;
                self.append(&items)?;
            }
            b'}' => self.push(Value::Dict(Vec::new())),
            b's' => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.set(&[key, value])?;
            }
            b'u' => {
                let items = self.pop_group()?;
                self.set(&items)?;
            }
            b'R' | 0x81 => self.call()?,
            // Attributes of an object (a state dict's `_metadata`) are of no use here.
            b'b' => drop(self.pop()?),
            b'Q' => {
                let id = self.pop()?;
                self.push(Value::Persistent(id));
            }
            b'q' => self.remember(reader.u8()?.into())?,
            b'r' => self.remember(reader.u32()?)?,
            b'h' => self.recall(reader.u8()?.into())?,
            b'j' => self.recall(reader.u32()?)?,
            other => return Err(format!("unknown pickle instruction {other:#04x} at byte {at}")),
        }
        Ok(false)
    }

    fn push_int(&mut self, number: impl Into<i64>) {
        self.push(Value::Int(number.into()));
    }

    fn push_text(&mut self, length: usize, reader: &mut Reader) -> Result<(), String> {
        let text = reader.text(length)?;
        self.push(Value::Text(text));
        Ok(())
    }

    /// An integer of any length, the lowest byte first, in two's complement.
    fn long(&mut self, reader: &mut Reader) -> Result<(), String> {
        let length = reader.u8()?;
        let bytes = reader.take(length.into())?;
        if bytes.len() > 8 {
            self.push(Value::Other);
            return Ok(());
        }
        let filler = if bytes.last().is_some_and(|&byte| byte >= 0x80) { 0xff } else { 0 };
        let mut wide = [filler; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        self.push_int(i64::from_le_bytes(wide));
        Ok(())
    }
}
