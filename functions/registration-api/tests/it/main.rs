//! The API over ports in memory, with a clock that moves only when it is told to.

mod bounds;
mod checks;
mod languages;
mod paces;
mod reference;
mod requests;
mod routes;
mod timeouts;
mod world;
