//! Requirements for the templates, and the behavior of stacks created from them: the parts of the
//! product's security that are not code.

mod access_log;
mod admin;
mod bucket;
mod companions;
mod customers;
mod deploying;
mod events;
mod examples;
mod first_deployment;
mod hub;
mod maker;
mod onboarding;
mod policies;
mod regions;
mod role_policies;
mod routes;
mod template;
