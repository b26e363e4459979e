//! Rolecall's core: what an account, a registration and an orphaned stack are,
//! and what follows from what was seen of them.
//!
//! Everything here is a function over values. There is no AWS client, no clock,
//! no source of randomness and no I/O, and the crate's dependencies offer none:
//! the time and random bytes are handed in. Decisions come out as values (a
//! [`change::Change`], a [`check::Report`], a [`record::refusal::Refusal`]) that
//! the functions apply through the [`ports`].
//!
//! The modules are layers. From the top down; each imports only from those below it, and a test
//! holds them to it (`tests/tests/repo/layers.rs`):
//!
//! | | |
//! |---|---|
//! | [`transition`] | what happens: register, deregister, check; each returns a change |
//! | [`retry`] | the one loop that tries again |
//! | [`ports`] | what the use cases need of the world |
//! | [`change`] | one decision is one transaction, with its audit entry |
//! | [`people`] | what people need to work in the accounts: links, policies, profiles |
//! | [`reference`] | the pages of error codes and check codes |
//! | [`record`] | what is kept: private state and its legal steps |
//! | [`schedule`] | when something is checked next |
//! | [`check`] | what was expected and what was observed, and the findings |
//! | [`companion`] | the kinds of companion role, their options, what is expected of them |
//! | [`remedy`] | what people are asked to do, and the commands that do it |
//! | [`link`] | what a customer is given: link, token, template |
//! | [`iam`] | AWS's policies, read as AWS reads them |
//! | [`aws`], [`ids`], [`problem`], [`settings`], [`text`] | words |
//! | [`messages`] | every sentence that people read, in English and Japanese |

pub mod aws;
pub mod change;
pub mod check;
pub mod companion;
pub mod iam;
pub mod ids;
pub mod link;
pub mod messages;
pub mod people;
pub mod ports;
pub mod problem;
pub mod record;
pub mod reference;
pub mod remedy;
pub mod retry;
pub mod schedule;
pub mod settings;
pub mod text;
pub mod transition;

pub use jiff::{SignedDuration, Timestamp};
