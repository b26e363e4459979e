//! Tests of the domain as pure functions.

mod access;
mod access_denied;
mod brand;
mod catalog;
mod checks;
mod common;
mod companion_checks;
mod companion_options;
mod deregister;
mod evidence;
mod exports;
mod identity_policy;
mod life;
mod messages;
mod openapi;
mod people;
mod preflight;
mod reference;
mod register;
mod remedies;
mod template_text;
mod templates;
mod trust_oracle;
mod trust_policy;
mod uttered;
mod workload;
