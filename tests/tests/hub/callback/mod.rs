//! The custom resource's requests, sent straight to the deployed function.

mod answers;
mod bucket;
mod corrupt;
mod life;
mod load;
mod order;
mod strangers;
mod through_cloudformation;
