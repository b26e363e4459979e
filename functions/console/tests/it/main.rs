//! The console as a function: requests in, pages out.

mod pages;
mod responses;
mod samples;
