//! What is refused, and by which name.

mod accounts;
mod clock;
mod events;
mod lines;
mod moments;
mod stacks;
mod twice;
