//! Tests of the benchmark's parts, and of the number of sequential calls.

mod common;
mod roots;
mod round_trips;
mod stub;
