//! Real races: the functions' own code over DynamoDB, with a random delay for each request, in many
//! rounds. Whatever comes first, the outcome is one of the allowed ones, and the stored records are
//! consistent.

mod again;
mod deployed;
mod groups;
mod leaving;
mod registering;
mod rounds;
mod tenants;
