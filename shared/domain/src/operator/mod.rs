//! Types for the operator's API: its callers, the index of changes over all tenants, counters, and monthly usage.

pub mod caller;
pub mod changes;
pub mod counts;
pub mod usage;
