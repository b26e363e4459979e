//! What is refused, and by which name.

mod accounts;
mod clock;
mod drift;
mod events;
mod lines;
mod moments;
mod stacks;
mod trust_sample;
mod twice;
