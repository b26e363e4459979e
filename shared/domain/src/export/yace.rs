//! `roles` of a job of YACE, an exporter of CloudWatch metrics.
//! <https://github.com/prometheus-community/yet-another-cloudwatch-exporter/blob/master/docs/configuration.md>

use super::Candidate;
use super::quoted::{yaml, yaml_map};

pub(super) fn write(accounts: &[&Candidate]) -> String {
    let each = accounts.iter().map(|candidate| {
        let account = &candidate.account;
        let entry = yaml_map([
            ("roleArn", yaml(account.role.arn.as_str())),
            ("externalId", yaml(account.external_id.as_str())),
        ]);
        format!("  - {entry}\n")
    });
    format!("roles:\n{}", each.collect::<String>())
}
