//! Companion roles on the deployed hub: requested in a link, created by the customer's
//! CloudFormation, then broken and repaired with the customer's AWS CLI.

pub(crate) mod bench;
mod changing;
mod hidden;
mod mistakes;
mod never_the_hub;
mod other_versions;
