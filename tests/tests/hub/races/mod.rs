//! Two things at the same moment, for real: the functions' own code over DynamoDB, each request on
//! its way for a while of its own, round after round. Whatever comes first, the outcome is one of
//! the legal ones, and afterwards the books balance.

mod again;
mod deployed;
mod groups;
mod leaving;
mod registering;
mod rounds;
mod tenants;
