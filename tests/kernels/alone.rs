//! The arithmetic of the kernels as a library of its own, so that it is compiled in seconds.
#![allow(dead_code)]

#[path = "../../src/kernels"]
pub mod kernels {
    mod add;
    mod arena;
    mod conv_plan;
    mod depthwise;
    pub mod engine;
    mod execute;
    mod format;
    mod functions;
    mod graph;
    mod numbers;
    mod pack;
    mod plain;
    mod plan;
    mod pool;
    mod pool_plan;
    mod quantize;
    mod tile;
    mod x86;
}
