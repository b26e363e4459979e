//! The core by value: no store, no clock.

mod access_denied;
mod aws_config;
mod catalogue;
mod common;
mod companion_inspection;
mod companion_options;
mod departing;
mod evidence;
mod life;
mod people;
mod registering;
mod remedies;
mod trust_oracle;
mod trust_policy;
mod uttered;
mod verification;
