//! Tests against a deployed hub: everything that a tenant, a customer's stack or an operator can
//! see.

mod access;
mod bad_input;
mod callback;
mod companions;
mod connect;
mod console;
mod credentials;
mod dead_letters;
mod logs;
mod openapi;
mod operator;
mod over_time;
mod people;
mod races;
mod refusals;
mod remedies;
mod sign_in;
mod story;
mod templates;
