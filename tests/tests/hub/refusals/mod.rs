//! What is rejected, and with which code.

mod accounts;
pub(crate) mod clock;
mod drift;
mod events;
mod lines;
mod moments;
pub(crate) mod stacks;
mod trust_sample;
mod twice;
