//! Accounts and stacks over time, in memory: when they are checked, whether with a quick or a full
//! check, and how events of AWS Organizations change that.

mod closed_accounts;
mod orphaned_stacks;
mod outdated_templates;
mod quick_checks;
mod world;
