//! Invalid input of every kind: each is rejected with a specific code and changes nothing.

mod bodies;
mod callers;
mod corrupt;
mod fields;
mod groups;
mod keys;
mod lists;
mod reference;
