//! The program itself, against a hub on the loopback that answers by script.

mod commands;
mod connect;
mod exit_codes;
mod files;
mod output;
mod program;
mod repeats;
mod stub;
