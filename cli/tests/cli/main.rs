//! Runs the program against a scripted hub on the loopback interface.

mod commands;
mod completion;
mod connect;
mod contexts;
mod errors;
mod exec;
mod export;
mod help;
mod issuer;
mod login;
mod names;
mod output;
mod program;
mod retries;
mod sessions;
mod stub;
mod workload_token;
