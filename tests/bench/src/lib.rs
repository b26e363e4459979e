//! The parts of the benchmarks: a stub of AWS ([`stub`]), a simulated Lambda that starts a
//! function's own binary ([`lambda`]) with a memory size's processor share ([`share`]), resource
//! usage ([`usage`]) and reports ([`report`]). [`cold`], [`fleet`], [`lists`], [`pages`] and [`command_line`]
//! combine them.

pub mod cold;
pub mod command_line;
pub mod console;
pub mod fleet;
pub mod http;
pub mod install;
pub mod lambda;
pub mod lists;
pub mod pages;
pub mod paths;
pub mod report;
pub mod rounds;
pub mod share;
pub mod stub;
pub mod template;
pub mod tls;
pub mod usage;
