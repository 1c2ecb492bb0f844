//! The arithmetic of the kernels as a library of its own, so that it is compiled in seconds.
#![allow(dead_code)]

#[path = "../../src"]
pub mod kernels {
    pub mod add;
    pub mod amx;
    pub mod arena;
    pub mod conv_plan;
    pub mod depthwise;
    pub mod engine;
    pub mod execute;
    pub mod feature_maps;
    pub mod format;
    pub mod functions;
    pub mod graph;
    pub mod numbers;
    pub mod pack;
    pub mod plain;
    pub mod plan;
    pub mod pool;
    pub mod pool_plan;
    pub mod products;
    pub mod quantize;
    pub mod tile;
    pub mod x86;

    /// Nothing calls them here, and what nobody calls is not compiled.
    pub fn products(engine: engine::Engine) -> [usize; 2] {
        let products = engine.products();
        [products.dots as usize, products.weighted_sums as usize]
    }
}

// The files name each other from the root of their package on.
use kernels::*;
