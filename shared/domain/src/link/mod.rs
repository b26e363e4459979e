//! What a customer receives: the link with its token, and the template. Also parses the stack's
//! output.

pub mod links;
pub mod page_token;
pub mod report_by;
pub mod service;
pub mod stack_info;
pub mod template;
pub mod token;
