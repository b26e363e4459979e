//! The roles that a stack makes beside the hub's own, on the deployed hub: asked for in a link, made
//! by the customer's CloudFormation, broken and mended by the customer's own AWS CLI.

pub(crate) mod bench;
mod changing;
mod hidden;
mod mistakes;
mod never_the_hub;
mod other_versions;
