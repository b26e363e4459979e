//! Custom-resource requests that are sent directly to the deployed function.

mod answers;
mod bucket;
mod corrupt;
mod life;
mod load;
mod order;
mod strangers;
mod through_cloudformation;
