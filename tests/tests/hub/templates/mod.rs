//! What the templates must say, and what a stack made from them does: the parts of the product's
//! security that are not code.

mod companions;
mod customers;
mod hub;
mod maker;
mod onboarding;
mod policies;
mod regions;
mod template;
