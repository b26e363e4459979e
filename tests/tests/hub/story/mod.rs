//! The main use case from end to end: connect an AWS account and deregister it.

mod connecting;
mod deregistration;
