//! The arithmetic of the kernels as a library of its own, so that it is compiled in seconds.
#![allow(dead_code)]

#[path = "../../src/kernels/arena.rs"]
mod arena;
#[path = "../../src/kernels/conv.rs"]
mod conv;
#[path = "../../src/kernels/engine.rs"]
pub mod engine;
#[path = "../../src/kernels/graph.rs"]
mod graph;
#[path = "../../src/kernels/pack.rs"]
mod pack;
#[path = "../../src/kernels/plain.rs"]
mod plain;
#[path = "../../src/kernels/plan.rs"]
mod plan;
#[path = "../../src/kernels/pool.rs"]
mod pool;
#[path = "../../src/kernels/quantize.rs"]
mod quantize;
#[path = "../../src/kernels/tile.rs"]
mod tile;
