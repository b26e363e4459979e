//! Rolecall's core: accounts, registrations and orphaned stacks, and the decisions about them.
//!
//! Everything here is a function over values. The crate has no AWS client, clock, source of
//! randomness or I/O, and its dependencies offer none: callers pass in the time and random bytes.
//! Decisions are returned as values (a [`change::Change`], a [`check::Report`], a
//! [`record::refusal::Refusal`]) that the functions apply through the [`ports`].
//!
//! The modules form layers, listed from top to bottom. Each imports only from the layers below it;
//! a test enforces this (`tests/tests/repo/layers.rs`):
//!
//! | | |
//! |---|---|
//! | [`transition`] | state transitions: register, deregister, check; each returns a change |
//! | [`retry`] | the single retry loop |
//! | [`ports`] | the interfaces that the use cases depend on |
//! | [`operator`] | types for the operator's API: its callers, the index of changes, counters |
//! | [`credentials`] | who gets credentials for an account, and the receipts |
//! | [`change`] | one decision = one transaction, including its audit entry |
//! | [`export`] | the accounts as files that other programs read |
//! | [`pages`] | the states of the pages that need no sign-in |
//! | [`people`] | what users need to work in the accounts: links and policies |
//! | [`reference`] | the reference pages of error codes and check codes |
//! | [`record`] | stored records: private state and its valid transitions |
//! | [`schedule`] | when each account and orphaned stack is checked next |
//! | [`check`] | compares expected with observed state and reports findings |
//! | [`template`] | the onboarding template of a link, and its text |
//! | [`companion`] | companion role kinds, their options, and the roles they produce |
//! | [`remedy`] | instructions that fix a finding, and the commands that apply them |
//! | [`link`] | what a customer receives: link, token, template |
//! | [`session`] | users who are signed in to the console, and the sign-in |
//! | [`workload`] | programs that authenticate with a token: issuers, rules, claims |
//! | [`access`] | access profiles: what the operator may do in an account, and the file that declares them |
//! | [`brand`] | the operator's product, contact and look |
//! | [`iam`] | parses and evaluates IAM policies the way AWS does |
//! | [`aws`], [`ids`], [`problem`], [`settings`], [`text`], [`user`] | basic types |
//! | [`messages`] | all user-facing text, in English and Japanese |

// Text of any language can't be cut at a number of bytes.
#![cfg_attr(not(test), warn(clippy::string_slice))]

pub mod access;
pub mod aws;
pub mod brand;
pub mod change;
pub mod check;
pub mod companion;
pub mod credentials;
pub mod export;
pub mod iam;
pub mod ids;
pub mod link;
pub mod messages;
pub mod operator;
pub mod pages;
pub mod people;
pub mod ports;
pub mod problem;
pub mod record;
pub mod reference;
pub mod remedy;
pub mod retry;
pub mod schedule;
pub mod session;
pub mod settings;
pub mod template;
pub mod text;
pub mod transition;
pub mod user;
pub mod workload;

pub use jiff::{SignedDuration, Timestamp};
