//! The template that customers run: rendered from a hub's outputs, and
//! published under a key that never changes its content. The same code runs
//! against the local hub and against AWS.

mod companions;
mod publish;
mod render;

pub use publish::{Published, publish};
pub use render::{HubFacts, Rendered, SELF_INSPECTION_AT_MOST, UNRESOLVED_REGION, render};
