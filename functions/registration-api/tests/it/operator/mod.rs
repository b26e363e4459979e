//! The operator's API: its callers, its paths, its lists, and requests on behalf of tenants.

mod callers;
mod cost;
mod feed;
mod lists;
mod paths;
