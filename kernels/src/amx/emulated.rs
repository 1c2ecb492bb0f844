//! AMX in plain Rust: the listing of the product, carried out instruction by instruction as Intel's manual
//! describes them. For tests, on processors that lack the instructions.

use std::array::from_fn;
use std::collections::HashMap;

use super::listing::{Product, Registers, Tiles, listing};
use super::{ROW, TILE};

/// Emulated tiles; of bf16 or of 8-bit integers.
pub(crate) struct Emulated<const BF16: bool> {
    tiles: [[u32; TILE]; 8],
    /// Rows of each tile that are there.
    rows: [usize; 8],
    program: Vec<Instruction>,
}

/// One line of the listing.
enum Instruction {
    Zero(usize),
    Load {
        tile: usize,
        from: Address,
    },
    Store {
        tile: usize,
        to: Address,
    },
    Dot {
        sum: usize,
        pixels: usize,
        weights: usize,
    },
    Move {
        to: Register,
        from: Register,
    },
    Add {
        to: Register,
        what: Operand,
    },
    Decrement(Register),
    /// To this instruction, unless the last decrement gave 0.
    JumpNotZero(usize),
}

type Register = &'static str;

enum Operand {
    Register(Register),
    Number(usize),
}

/// `[base + stride*scale + offset]`: row `i` of a tile lies at `base + offset + i * stride * scale`.
struct Address {
    base: Register,
    stride: Register,
    scale: usize,
    offset: usize,
}

impl<const BF16: bool> Tiles for Emulated<BF16> {
    unsafe fn configured(pixels: usize) -> Emulated<BF16> {
        macro_rules! lines {
            ([$($line:expr),*]) => {
                &[$($line),*]
            };
        }
        let lines: &[&str] =
            if BF16 { listing!(lines, "tdpbf16ps") } else { listing!(lines, "tdpbusd") };
        Emulated {
            // What a tile holds before it is loaded is not defined.
            tiles: [[0xdead_beef; TILE]; 8],
            rows: from_fn(|tile| if tile < 6 { pixels } else { 16 }),
            program: read(lines),
        }
    }

    unsafe fn multiply(&mut self, product: &Product) {
        let start = Registers::of(product);
        let mut registers: HashMap<Register, usize> = HashMap::from([
            ("row0", start.row0.expose_provenance()),
            ("row1", start.row1.expose_provenance()),
            ("rows", start.rows),
            ("b", start.b.expose_provenance()),
            ("chunks", start.chunks),
            ("line", start.line),
            ("step", start.step),
            ("pitch", start.pitch),
            ("sums", start.sums.expose_provenance()),
        ]);
        let (mut next, mut is_zero) = (0, false);
        while let Some(instruction) = self.program.get(next) {
            next += 1;
            match instruction {
                Instruction::Zero(tile) => self.tiles[*tile] = [0; TILE],
                Instruction::Load { tile, from } => {
                    // Rows that are not there become 0.
                    self.tiles[*tile] = [0; TILE];
                    for (row, to) in
                        self.tiles[*tile].chunks_exact_mut(ROW).take(self.rows[*tile]).enumerate()
                    {
                        let at = std::ptr::with_exposed_provenance::<[u32; ROW]>(
                            from.of_row(row, &registers),
                        );
                        // SAFETY: the caller promises that what the listing reads may be read.
                        let words = unsafe { at.read_unaligned() };
                        to.copy_from_slice(&words);
                    }
                }
                Instruction::Store { tile, to } => {
                    for (row, from) in
                        self.tiles[*tile].chunks_exact(ROW).take(self.rows[*tile]).enumerate()
                    {
                        let at = std::ptr::with_exposed_provenance_mut::<[u32; ROW]>(
                            to.of_row(row, &registers),
                        );
                        let from = from.try_into().expect("a row");
                        // SAFETY: the caller promises that the sums may be written.
                        unsafe { at.write_unaligned(from) };
                    }
                }
                Instruction::Dot { sum, pixels, weights } => {
                    let (a, b) = (self.tiles[*pixels], self.tiles[*weights]);
                    let rows = self.rows[*pixels];
                    dot::<BF16>(&mut self.tiles[*sum], &a, &b, rows);
                }
                Instruction::Move { to, from } => {
                    registers.insert(to, registers[from]);
                }
                Instruction::Add { to, what } => {
                    let sum = registers[to] + what.value(&registers);
                    registers.insert(to, sum);
                }
                Instruction::Decrement(register) => {
                    let value = registers[register] - 1;
                    is_zero = value == 0;
                    registers.insert(register, value);
                }
                Instruction::JumpNotZero(to) if !is_zero => next = *to,
                Instruction::JumpNotZero(_) => {}
            }
        }
    }
}

impl Operand {
    fn value(&self, registers: &HashMap<Register, usize>) -> usize {
        match self {
            Operand::Register(name) => registers[name],
            Operand::Number(number) => *number,
        }
    }
}

impl Address {
    fn of_row(&self, row: usize, registers: &HashMap<Register, usize>) -> usize {
        registers[self.base] + self.offset + row * registers[self.stride] * self.scale
    }
}

/// `sum += pixels * weights`, `TDPBUSD` or `TDPBF16PS`: a word of a row of pixels meets a row of weights,
/// a word for each of 16 outputs. Source: Intel's manual, volume 2.
fn dot<const BF16: bool>(
    sum: &mut [u32; TILE],
    pixels: &[u32; TILE],
    weights: &[u32; TILE],
    rows: usize,
) {
    for row in 0..rows {
        let pixels = &pixels[row * ROW..][..ROW];
        let sum = &mut sum[row * ROW..][..ROW];
        if BF16 { dot_bf16(sum, pixels, weights) } else { dot_int8(sum, pixels, weights) }
    }
}

/// Unsigned times signed bytes, four products a word, in 32 bits that wrap around.
fn dot_int8(sum: &mut [u32], pixels: &[u32], weights: &[u32; TILE]) {
    for (word, weights) in pixels.iter().zip(weights.chunks_exact(ROW)) {
        let input = word.to_ne_bytes().map(i32::from);
        for (sum, weights) in sum.iter_mut().zip(weights) {
            let weights = weights.to_ne_bytes().map(|byte| i32::from(byte as i8));
            let products: i32 = (0..4).map(|channel| input[channel] * weights[channel]).sum();
            *sum = sum.wrapping_add(products as u32);
        }
    }
}

/// The products of the even channels of a row are summed by themselves, as those of the odd ones; then both
/// sums are added, and last of all what was there before. Numbers below the smallest normal one are 0.
/// That a product below it is not rounded before it is added is left out.
fn dot_bf16(sum: &mut [u32], pixels: &[u32], weights: &[u32; TILE]) {
    let mut sums = [[0.0f32; ROW]; 2];
    for (word, weights) in pixels.iter().zip(weights.chunks_exact(ROW)) {
        let input = halves(*word);
        for (output, weights) in weights.iter().enumerate() {
            let weights = halves(*weights);
            for half in 0..2 {
                let product = input[half] * weights[half];
                sums[half][output] = normal(sums[half][output] + normal(product));
            }
        }
    }
    for (output, sum) in sum.iter_mut().enumerate() {
        let new = normal(sums[0][output] + sums[1][output]);
        *sum = normal(normal(f32::from_bits(*sum)) + new).to_bits();
    }
}

/// The two bf16 of a word, the low one first.
fn halves(word: u32) -> [f32; 2] {
    [f32::from_bits(word << 16), f32::from_bits(word & 0xffff_0000)].map(normal)
}

fn normal(value: f32) -> f32 {
    if value.abs() < f32::MIN_POSITIVE { 0.0 } else { value }
}

/// The instructions of these lines.
fn read(lines: &[&'static str]) -> Vec<Instruction> {
    let mut labels: HashMap<&str, usize> = HashMap::new();
    let mut program = Vec::new();
    for line in lines {
        if let Some(label) = line.strip_suffix(':') {
            labels.insert(label, program.len());
            continue;
        }
        let (name, operands) = line.split_once(' ').expect("an instruction and its operands");
        let operands: Vec<&str> = operands.split(", ").collect();
        program.push(match (name, &operands[..]) {
            ("tilezero", [tile]) => Instruction::Zero(number_of(tile)),
            ("tileloadd", [tile, from]) => {
                Instruction::Load { tile: number_of(tile), from: address(from) }
            }
            ("tilestored", [to, tile]) => {
                Instruction::Store { tile: number_of(tile), to: address(to) }
            }
            ("tdpbusd" | "tdpbf16ps", [sum, pixels, weights]) => Instruction::Dot {
                sum: number_of(sum),
                pixels: number_of(pixels),
                weights: number_of(weights),
            },
            ("mov", [to, from]) => Instruction::Move { to: register(to), from: register(from) },
            ("add", [to, what]) => Instruction::Add {
                to: register(to),
                what: match what.parse() {
                    Ok(number) => Operand::Number(number),
                    Err(_) => Operand::Register(register(what)),
                },
            },
            ("dec", [what]) => Instruction::Decrement(register(what)),
            ("jnz", [label]) => {
                let label = label.strip_suffix('b').expect("a label before this line");
                Instruction::JumpNotZero(labels[label])
            }
            _ => unreachable!("not in the listing: {line}"),
        });
    }
    program
}

/// Of `tmm4`.
fn number_of(tile: &str) -> usize {
    tile.strip_prefix("tmm").and_then(|number| number.parse().ok()).expect("a tile")
}

/// Of `{row0}`.
fn register(name: &'static str) -> Register {
    name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).expect("a register")
}

/// Of `[{b} + {line}*1 + 1024]`.
fn address(text: &'static str) -> Address {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let mut parts = inner.expect("an address").split(" + ");
    let base = register(parts.next().expect("a base"));
    let (stride, scale) =
        parts.next().and_then(|part| part.split_once('*')).expect("a stride and its scale");
    let offset = parts.next().map_or(0, |offset| offset.parse().expect("an offset"));
    Address { base, stride: register(stride), scale: scale.parse().expect("a scale"), offset }
}
