//! The console on the local hub, over HTTP, with the sign-in forms of the user pool's domain.

mod attacks;
mod brand;
mod browser;
mod signing_in;
