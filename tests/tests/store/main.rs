//! The adapters against the local AWS, and the functions on the in-memory store beside the real table.

mod contract;
mod customers;
mod isolation;
mod neighbours;
mod publishing;
