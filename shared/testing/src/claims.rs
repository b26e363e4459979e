//! The claims of callers whose role does not matter.

use rolecall_domain::user::{ClaimSettings, Role};

/// Callers are owners unless their token has another role.
pub fn owners() -> ClaimSettings {
    ClaimSettings {
        default_role: Role::Owner,
        ..ClaimSettings::default()
    }
}
