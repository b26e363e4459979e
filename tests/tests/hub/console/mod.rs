//! The console on the local hub, over HTTP, with the sign-in forms of the user pool's domain.

mod attacks;
mod browser;
mod signing_in;
