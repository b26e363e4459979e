//! Input of every wrong kind: each is refused by name, and nothing is lost or changed by it.

mod bodies;
mod callers;
mod corrupt;
mod fields;
mod groups;
mod keys;
mod lists;
mod reference;
