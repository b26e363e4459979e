//! The function over in-memory ports.

mod issuing;
mod limits;
mod paths;
mod refusing;
mod workloads;
mod world;
