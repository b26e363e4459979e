//! The console as a function: requests in, pages out.

mod responses;
