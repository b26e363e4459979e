//! The function on the in-memory store, and every part that answers.

mod always_answers;
mod answers_fit;
mod any_event;
mod asking_sts;
mod companion_roles;
mod conformance;
mod life_cycle;
mod named_causes;
mod response_url;
mod several_stacks;
mod untrusted_input;
mod world;
