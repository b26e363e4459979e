//! The local hub as a library, which the program and the integration tests share.

pub mod aws;
pub mod bus;
pub mod console;
pub mod customer;
pub mod demo;
pub mod deploy;
pub mod emulator;
pub mod hub;
pub mod hub_file;
pub mod interrupt;
pub mod lifecycle;
pub mod logs;
pub mod overlay;
pub mod package;
pub mod paths;
pub mod process;
pub mod progress;
pub mod service;
pub mod stacks;
pub mod tenants;
pub mod wait;
