//! Counts checks for the usage of a tenant.

use crate::Env;
use rolecall_domain::ports::Directory;
use rolecall_domain::text::Tenant;

/// Adds checks to the current month of a tenant. A failure to write the count does not fail the check, because
/// a bill that is too low does less harm than a failed check.
pub async fn count_checks(env: &impl Env, tenant: &Tenant, checks: u32) {
    let counted = env.store().count_checks(tenant, env.now(), checks).await;
    if let Err(error) = counted {
        tracing::warn!(%tenant, checks, %error, "failed to count checks");
    }
}
