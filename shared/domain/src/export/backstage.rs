//! `aws.accounts` of Backstage's configuration. Backstage appends the role's name to the account's ARN, so the name
//! includes the path.
//! <https://github.com/backstage/backstage/tree/master/packages/integration-aws-node>

use super::Candidate;
use super::quoted::{yaml, yaml_map};

pub(super) fn write(accounts: &[&Candidate]) -> String {
    if accounts.is_empty() {
        return "aws:\n  accounts: []\n".to_owned();
    }
    let each = accounts.iter().map(|candidate| {
        let account = &candidate.account;
        let role = &account.role.arn;
        let entry = yaml_map([
            ("accountId", yaml(account.aws_account_id.as_str())),
            ("roleName", yaml(role.path_and_name())),
            ("externalId", yaml(account.external_id.as_str())),
            ("partition", yaml(role.partition().as_str())),
            ("region", yaml(account.stack_id.region().as_str())),
        ]);
        format!("    - {entry}\n")
    });
    format!("aws:\n  accounts:\n{}", each.collect::<String>())
}
