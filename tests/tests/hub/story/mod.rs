//! The main job from end to end: connect an AWS account, and let it go.

mod connecting;
mod deregistration;
