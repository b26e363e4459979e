//! Shared code of the integration tests.

pub mod accounts;
pub mod answers;
pub mod books;
pub mod contract;
pub mod desk;
pub mod faults;
pub mod in_process;
pub mod own_hub;
pub mod programs;
pub mod roles;
pub mod stub;
pub mod table;
pub mod tenants;
pub mod twin;
pub mod wire;
pub mod world;
