//! Runs the program against a scripted hub on the loopback interface.

mod aws_config;
mod commands;
mod connect;
mod errors;
mod help;
mod output;
mod program;
mod retries;
mod stub;
mod workload_token;
