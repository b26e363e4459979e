//! What the operator's API needs: its callers, the index of changes over all tenants, counters, and
//! the usage of a month.

pub mod caller;
pub mod changes;
pub mod counts;
pub mod usage;
