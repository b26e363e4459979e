//! What the benchmarks are made of: a stub of AWS ([`stub`]), a stand-in for Lambda that starts a
//! function's own binary ([`lambda`]), what a process costs ([`usage`]) and one way to tell it
//! ([`report`]). [`fleet`] puts them together.

pub mod fleet;
pub mod http;
pub mod lambda;
pub mod report;
pub mod stub;
pub mod template;
pub mod usage;
