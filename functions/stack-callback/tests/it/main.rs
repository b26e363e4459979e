//! Tests of the function over in-memory ports.

mod always_answers;
mod answers_fit;
mod any_event;
mod asking_sts;
mod bad_network;
mod bounds;
mod claims;
mod companion_roles;
mod conformance;
mod contact;
mod life_cycle;
mod named_causes;
mod neighbour;
mod preflight;
mod preflight_deleted;
mod response_url;
mod several_stacks;
mod strangers;
mod untrusted_input;
mod world;
