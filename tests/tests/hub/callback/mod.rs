//! The custom resource's requests, sent straight to the deployed function.

mod answers;
mod bucket;
mod corrupt;
pub(crate) mod desk;
mod life;
mod load;
mod order;
mod strangers;
mod through_cloudformation;
