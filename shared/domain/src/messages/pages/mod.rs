//! The texts of the connect page, the customer's page and the console.

mod account;
mod chrome;
mod connect;
mod customer;
mod groups;
mod orphaned_stacks;
mod roles;
mod sign_in;

pub use account::{AccountPage, EventTitle};
pub use chrome::{Chrome, Status};
pub use connect::Connect;
pub use customer::Customer;
pub use groups::{AddAccount, GroupPages};
pub use orphaned_stacks::{EvidenceText, OrphanedPages};
pub use roles::{PolicyText, RoleForm, RoleOption, RoleTitle};
pub use sign_in::{Failure, Resume, SignIn};
