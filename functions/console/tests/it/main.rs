//! The console as a function: requests in, pages out.

mod asking;
mod attacks;
mod languages;
mod pages;
mod renewing;
mod responses;
mod samples;
mod signing_in;
mod world;
