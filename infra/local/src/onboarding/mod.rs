//! The template that customers run: rendered from a hub's outputs, and
//! published under a key that never changes its content. The same code runs
//! against the local hub and against AWS.

mod companions;
mod permissions;
mod publish;
mod render;

pub use publish::{Published, publish};
pub use render::{HubFacts, Rendered, UNRESOLVED_REGION, render};
