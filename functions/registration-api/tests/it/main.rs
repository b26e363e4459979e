//! Tests of the API over in-memory ports, with a clock that only the tests advance.

mod access;
mod bounds;
mod brand;
mod checks;
mod commands;
mod connect;
mod exports;
mod languages;
mod lists;
mod operator;
mod paces;
mod receipts;
mod reference;
mod requests;
mod roles;
mod routes;
mod timeouts;
mod world;
