//! Accounts and stacks as time goes by, in memory: what is looked at when, how closely, and what an
//! organisation's word changes.

mod closed_accounts;
mod orphaned_stacks;
mod quick_checks;
mod world;
