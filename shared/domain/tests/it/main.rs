//! The core by value: no store, no clock.

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
mod trust_oracle;
mod trust_policy;
mod verification;
