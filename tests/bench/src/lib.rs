//! What the benchmarks are made of: a stub of AWS ([`stub`]), a stand-in for Lambda that starts a
//! function's own binary ([`lambda`]), at a memory size's share of a processor ([`share`]), what a
//! process costs ([`usage`]) and one way to tell it ([`report`]). [`cold`] and [`fleet`] put them
//! together.

pub mod cold;
pub mod fleet;
pub mod http;
pub mod install;
pub mod lambda;
pub mod paths;
pub mod report;
pub mod rounds;
pub mod share;
pub mod stub;
pub mod template;
pub mod tls;
pub mod usage;
