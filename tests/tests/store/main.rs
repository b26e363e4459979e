//! Tests the AWS adapters on the emulator, and compares the in-memory store with the real table.

mod contract;
mod customers;
mod isolation;
mod issuer_keys;
mod neighbours;
mod publishing;
mod sessions;
mod sign_in_issuer;
mod template_bucket;
