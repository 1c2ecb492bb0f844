//! The inner loops of the tiles, as a release build compiles them: a guard against slowness that
//! needs no clock, and no processor that has the instructions.
#![cfg(target_arch = "x86_64")]

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

/// What the inner loop of the largest tile may hold.
struct Expected {
    /// Part of the function's name.
    engine: &'static str,
    /// The instruction that multiplies; one a sum, or one a half of it.
    multiply: &'static str,
    multiplies: usize,
    /// All instructions: multiplications, what goes with them, loads, and the loop's own.
    instructions: usize,
}

const EXPECTED: [Expected; 7] = [
    Expected { engine: "f32_256", multiply: "vfmadd", multiplies: 12, instructions: 12 + 8 + 8 },
    Expected { engine: "f32_512", multiply: "vfmadd", multiplies: 28, instructions: 28 + 16 + 8 },
    Expected {
        engine: "bf16_512",
        multiply: "vdpbf16ps",
        multiplies: 28,
        instructions: 28 + 16 + 8,
    },
    Expected {
        engine: "int8_512",
        multiply: "vpdpbusd",
        multiplies: 28,
        instructions: 28 + 16 + 8,
    },
    // Of an instruction with a prefix only that is found.
    Expected { engine: "int8_vnni", multiply: "{vex}", multiplies: 12, instructions: 12 + 8 + 8 },
    // Inputs and weights are split in two.
    Expected {
        engine: "int8_256_full",
        multiply: "vpmaddwd",
        multiplies: 12,
        instructions: 24 + 9 + 8 + 8,
    },
    Expected {
        engine: "int8_256",
        multiply: "vpmaddubsw",
        multiplies: 12,
        instructions: 30 + 10 + 8,
    },
];

/// A pool or the packing of the picture, and the instructions that show that it computes with all lanes
/// at once.
struct AllLanes {
    /// Part of the function's name, as [`Expected::engine`]: what is alike for several is there once.
    engine: &'static str,
    function: &'static str,
    instructions: &'static [&'static str],
}

const ALL_LANES: [AllLanes; 9] = {
    const fn of(
        engine: &'static str,
        function: &'static str,
        instructions: &'static [&'static str],
    ) -> AllLanes {
        AllLanes { engine, function, instructions }
    }
    [
        of("int8_512", "3max", &["vpmaxub"]),
        of("int8_512", "5count", &["vpmovzxbd", "vaddps", "vpmovusdb"]),
        of("int8_512", "7exclude", &["vpmovzxbd", "vaddps", "vpmovusdb"]),
        of("int8_512", "8pack_row", &["vmaxps", "vminps", "vaddps"]),
        of("int8_256", "3max", &["vpmaxub"]),
        of("int8_256", "5count", &["vpmovzxbd", "vaddps", "vpackuswb"]),
        of("int8_256", "8pack_row", &["vmaxps", "vminps", "vaddps"]),
        of("int8_baseline", "8pack_row", &["maxps", "minps", "addps"]),
        of("f32_512", "3max", &["vmaxps"]),
    ]
};

#[test]
fn inner_loops_multiply_without_a_detour_through_memory_and_pools_compute_with_all_lanes() {
    let assembly = compile();
    for Expected { engine, multiply, multiplies, instructions } in EXPECTED {
        let name = format!("{engine}4tile");
        let tiles: Vec<&str> = functions(assembly).filter(|f| name_of(f).contains(&name)).collect();
        assert!(tiles.len() > 5, "{engine}: {} tile functions", tiles.len());
        let mut largest = 0;
        for tile in tiles {
            for inner in inner_loops(tile, multiply) {
                let text = inner.join("\n");
                let count = inner.iter().filter(|line| line.contains(multiply)).count();
                assert!(!text.contains("%rsp"), "{engine}:\n{text}");
                if count == multiplies {
                    assert!(inner.len() <= instructions, "{engine}, {}:\n{text}", inner.len());
                    largest += 1;
                }
            }
        }
        assert!(largest >= 2, "{engine}: {largest} inner loops with {multiplies} multiplications");
    }
    for AllLanes { engine, function, instructions } in ALL_LANES {
        let named = |f: &&str| name_of(f).contains(engine) && name_of(f).contains(function);
        let found = functions(assembly).find(named);
        let found = found.unwrap_or_else(|| panic!("no function {engine} {function}"));
        for instruction in instructions {
            let text = format!("\t{instruction}\t");
            assert!(found.contains(&text), "{engine} {function}: no {instruction}");
        }
        let call = found.lines().find(|line| line.contains("call") && !is_harmless(line));
        assert!(call.is_none(), "{engine} {function}: {call:?}");
    }
}

/// Instructions of the inner loops of the head's products: multiplications, loads, and the loop's own. There
/// is one over rows and one over copies of them.
const PRODUCTS: [(&str, usize, usize); 4] = [
    ("products_5124dots", 24, 24 + 10 + 8),
    ("products_51213weighted_sums", 24, 24 + 10 + 20),
    ("products_2564dots", 8, 8 + 8 + 6),
    ("products_25613weighted_sums", 12, 12 + 8 + 20),
];

#[test]
fn the_products_of_the_head_keep_their_sums_in_registers() {
    let assembly = compile();
    for (name, multiplies, instructions) in PRODUCTS {
        let function = functions(assembly).find(|f| name_of(f).contains(name)).unwrap();
        let of_block = |inner: &Vec<&str>| {
            inner.iter().filter(|line| line.contains("vfmadd")).count() == multiplies
        };
        let loops = inner_loops(function, "vfmadd").into_iter().filter(of_block);
        let is_stored = |line: &&str| line.starts_with("vmov") && line.ends_with(')');
        let few = loops
            .filter(|inner| inner.len() <= instructions && !inner.iter().any(is_stored))
            .count();
        assert!(few >= 2, "{name}: {few} loops of {multiplies} without a detour through memory");
    }
}

/// The product by AMX is one piece of assembly; what is watched is how its sums become outputs.
#[test]
fn sums_of_amx_become_outputs_without_a_detour_through_memory() {
    let assembly = compile();
    for (engine, multiply, store) in
        [("int8_amx", "tdpbusd", "vpmovusdb"), ("bf16_amx", "tdpbf16ps", "vcvtneps2bf16")]
    {
        let named = |f: &&str| name_of(f).contains(&format!("{engine}8convolve"));
        let function = functions(assembly).find(named).unwrap_or_else(|| panic!("no {engine}"));
        assert_eq!(function.matches(multiply).count(), 4, "{engine}: one product");
        let loops = inner_loops(function, store);
        assert_eq!(loops.len(), 1, "{engine}: the loop over the pixels of a call");
        let text = loops[0].join("\n");
        assert!(loops[0].len() <= 16 && !text.contains("%rsp"), "{engine}:\n{text}");
    }
}

/// The lines in which the name of a function stands.
fn name_of(function: &str) -> String {
    function.lines().take(3).collect()
}

/// Of a check that never fails, or of the clearing of a few bytes.
fn is_harmless(call: &str) -> bool {
    call.contains("panicking") || call.contains("slice_index_fail") || call.contains("memset")
}

/// The assembly of the kernels with full optimisation, made once.
fn compile() -> &'static str {
    static ASSEMBLY: LazyLock<String> = LazyLock::new(assembly);
    &ASSEMBLY
}

fn assembly() -> String {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("alone.s");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inner_loops/alone.rs");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let done = Command::new(rustc)
        .args(["--edition=2024", "--crate-type=lib", "--crate-name=alone", "--emit=asm"])
        .args(["-Copt-level=3", "-Ccodegen-units=1", "-Awarnings", "-o"])
        .args([&output, &source])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    std::fs::read_to_string(output).unwrap()
}

/// Each function, from its name on.
fn functions(assembly: &str) -> impl Iterator<Item = &str> {
    assembly.split("\n\t.section\t").filter(|part| part.contains("@function"))
}

/// The instructions of each loop that multiplies and holds no loop that does.
fn inner_loops<'a>(function: &'a str, multiply: &str) -> Vec<Vec<&'a str>> {
    let lines: Vec<&str> = function.lines().map(str::trim).collect();
    let mut loops: Vec<(usize, usize)> = Vec::new();
    for (end, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with('j')) {
        let Some(target) = line.split_whitespace().nth(1) else { continue };
        let label = format!("{target}:");
        let Some(start) = lines[..end].iter().position(|line| *line == label) else { continue };
        let multiplies = lines[start..end].iter().any(|line| line.starts_with(multiply));
        let holds_another = loops.iter().any(|inner| start <= inner.0 && inner.1 <= end);
        if multiplies && !holds_another {
            loops.push((start, end));
        }
    }
    let is_instruction = |line: &&str| !line.starts_with('.') && !line.ends_with(':');
    let instructions = |&(start, end): &(usize, usize)| {
        lines[start..=end].iter().copied().filter(is_instruction).collect()
    };
    loops.iter().map(instructions).collect()
}
