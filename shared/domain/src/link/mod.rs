//! What a customer is given: the link with its token, the template behind it, and the line that a
//! stack gives back.

pub mod links;
pub mod report_by;
pub mod service;
pub mod stack_info;
pub mod template;
pub mod token;
