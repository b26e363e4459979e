//! `accounts` of the `spec` of CloudQuery's AWS source.
//! <https://hub.cloudquery.io/plugins/source/cloudquery/aws/latest/docs>

use super::Candidate;
use super::quoted::{yaml, yaml_map};

pub(super) fn write(accounts: &[&Candidate]) -> String {
    let each = accounts.iter().map(|candidate| {
        let account = &candidate.account;
        let entry = yaml_map([
            ("id", yaml(account.aws_account_id.as_str())),
            ("account_name", yaml(&unexpanded(account.name.as_str()))),
            ("role_arn", yaml(account.role.arn.as_str())),
            ("role_session_name", yaml("rolecall-cloudquery")),
            ("external_id", yaml(account.external_id.as_str())),
            ("default_region", yaml(account.stack_id.region().as_str())),
        ]);
        format!("  - {entry}\n")
    });
    format!("accounts:\n{}", each.collect::<String>())
}

/// CloudQuery replaces `${NAME}` and `${file:path}` in its file.
fn unexpanded(text: &str) -> String {
    text.replace("${", "$ {")
}
