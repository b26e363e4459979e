//! The benchmarks' own parts, and how many calls wait for one another.

mod common;
mod roots;
mod round_trips;
mod stub;
