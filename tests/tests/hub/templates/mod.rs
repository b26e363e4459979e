//! What the templates must say, and what a stack made from them does: the parts of the product's
//! security that are not code.

mod access_log;
mod admin;
mod companions;
mod customers;
mod deploying;
mod events;
mod first_deployment;
mod hub;
mod maker;
mod onboarding;
mod policies;
mod regions;
mod routes;
mod template;
