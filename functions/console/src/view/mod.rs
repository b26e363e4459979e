//! The pages: pure functions from values to HTML.
//!
//! Each page works without scripts, with links, forms and reloads. `assets/console.js` adds conveniences. No
//! page has inline script or style, because the Content-Security-Policy forbids it.

pub mod account;
pub mod account_log;
pub mod account_roles;
pub mod accounts;
pub mod add;
mod checks;
pub mod choices;
pub mod connect;
mod connect_request;
pub mod customer;
pub mod groups;
mod layout;
mod lists;
pub mod orphaned_stacks;
pub mod parts;
pub mod role_form;
pub mod sign_in;
pub mod stack_steps;

pub use layout::{Assets, Frame, Look, Menu, Person, Role, page};
