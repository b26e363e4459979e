//! Rolecall's core: what an account, a registration and a leftover stack are,
//! and what follows from what was seen of them.
//!
//! Everything here is a function over values. There is no AWS client, no clock,
//! no source of randomness and no I/O, and the crate's dependencies offer none:
//! the time and random bytes are handed in. Decisions come out as values (a
//! [`change::Change`], a [`verification::Report`], a [`problem::Refusal`]) that
//! the functions apply through the [`ports`].

pub mod account;
pub mod audit;
pub mod aws;
pub mod change;
pub mod check_schedule;
pub mod checking;
pub mod companion;
pub mod departing;
pub mod evidence;
#[cfg(feature = "fakes")]
pub mod fakes;
pub mod group;
pub mod ids;
pub mod legible;
pub mod links;
pub mod pace;
pub mod policy;
pub mod ports;
pub mod problem;
pub mod regions;
pub mod registering;
pub mod registration;
pub mod remedy;
pub mod report_by;
pub mod romanize;
pub mod settings;
pub mod stack_entry;
pub mod stack_info;
pub mod template;
pub mod text;
pub mod token;
pub mod verification;

pub use jiff::{SignedDuration, Timestamp};
