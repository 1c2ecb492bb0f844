//! The messages of an event file, with the numbers of their fields.
//!
//! Source: TensorFlow's `event.proto` and `summary.proto`, of which only what is written here stands
//! below.

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    pub at: f64,
    #[prost(int64, tag = "2")]
    pub step: i64,
    /// In the first event alone.
    #[prost(string, optional, tag = "3")]
    pub version: Option<String>,
    #[prost(message, optional, tag = "5")]
    pub values: Option<Summary>,
    #[prost(message, optional, tag = "10")]
    pub source: Option<Source>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Source {
    #[prost(string, tag = "1")]
    pub writer: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct Summary {
    #[prost(message, repeated, tag = "1")]
    pub values: Vec<Value>,
}

/// One of the three behind its name.
#[derive(Clone, PartialEq, Message)]
pub struct Value {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(float, optional, tag = "2")]
    pub number: Option<f32>,
    #[prost(message, optional, tag = "4")]
    pub picture: Option<Picture>,
    #[prost(message, optional, tag = "5")]
    pub histogram: Option<Histogram>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Picture {
    #[prost(int32, tag = "1")]
    pub height: i32,
    #[prost(int32, tag = "2")]
    pub width: i32,
    #[prost(int32, tag = "3")]
    pub channels: i32,
    #[prost(bytes = "vec", tag = "4")]
    pub png: Vec<u8>,
}

/// How often values lie between limits.
#[derive(Clone, PartialEq, Message)]
pub struct Histogram {
    #[prost(double, tag = "1")]
    pub min: f64,
    #[prost(double, tag = "2")]
    pub max: f64,
    #[prost(double, tag = "3")]
    pub count: f64,
    #[prost(double, tag = "4")]
    pub sum: f64,
    #[prost(double, tag = "5")]
    pub sum_of_squares: f64,
    /// The upper end of each bucket; the first begins at `min`.
    #[prost(double, repeated, tag = "6")]
    pub limits: Vec<f64>,
    /// How many values are in each bucket.
    #[prost(double, repeated, tag = "7")]
    pub counts: Vec<f64>,
}
