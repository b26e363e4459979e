//! The stable error codes. Their catalog is `messages/error_codes.rs`.

pub use crate::messages::ErrorCode as Code;
