//! The providers that Prowler's bulk provisioning creates.
//! <https://github.com/prowler-cloud/prowler/tree/master/util/prowler-bulk-provisioning>

use super::Candidate;
use super::quoted::{yaml, yaml_map};
use crate::text::legible;

/// Prowler takes 3 to 100 characters as an alias, which also becomes the name of the secret.
const LONGEST_NAME: usize = 80;

pub(super) fn write(accounts: &[&Candidate]) -> String {
    if accounts.is_empty() {
        return "[]\n".to_owned();
    }
    let each = accounts.iter().map(|candidate| {
        let account = &candidate.account;
        let digits = account.aws_account_id.as_str();
        let name = legible::start(account.name.as_str(), LONGEST_NAME, LONGEST_NAME);
        let credentials = yaml_map([
            ("role_arn", yaml(account.role.arn.as_str())),
            ("external_id", yaml(account.external_id.as_str())),
            ("session_name", yaml("rolecall-prowler")),
            ("duration_seconds", "3600".to_owned()),
        ]);
        let entry = yaml_map([
            ("provider", "aws".to_owned()),
            ("uid", yaml(digits)),
            ("alias", yaml(&format!("{name} ({digits})"))),
            ("auth_method", "role".to_owned()),
            ("credentials", credentials),
        ]);
        format!("- {entry}\n")
    });
    each.collect()
}
