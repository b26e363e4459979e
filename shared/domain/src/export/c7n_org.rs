//! Cloud Custodian's `accounts.yml`. Its schema is in `c7n_org/cli.py`; names become folders of the output.

use super::quoted::{yaml, yaml_list, yaml_map};
use super::{Candidate, names};
use crate::text::romanize::slug;

pub(super) fn write(accounts: &[&Candidate]) -> String {
    if accounts.is_empty() {
        return "accounts: []\n".to_owned();
    }
    let each = accounts.iter().map(|candidate| {
        let account = &candidate.account;
        let vars = yaml_map([("rolecall_account_id", yaml(account.account_id.as_str()))]);
        let entry = yaml_map([
            ("account_id", yaml(account.aws_account_id.as_str())),
            ("name", yaml(&names::named(names::FULL, candidate, None))),
            ("display_name", yaml(account.name.as_str())),
            ("role", yaml(account.role.arn.as_str())),
            ("external_id", yaml(account.external_id.as_str())),
            ("regions", yaml_list([account.stack_id.region().as_str()])),
            ("tags", yaml_list(tags(candidate))),
            ("vars", vars),
        ]);
        format!("  - {entry}\n")
    });
    format!("accounts:\n{}", each.collect::<String>())
}

/// For `c7n-org run --tags`.
fn tags(candidate: &Candidate) -> Vec<String> {
    let account = &candidate.account;
    let group = match slug(candidate.group_name.as_str(), usize::MAX) {
        word if word.is_empty() => account.group_id.to_string(),
        word => word,
    };
    let access = candidate.access.iter();
    [
        format!("tenant:{}", account.tenant),
        format!("group:{group}"),
    ]
    .into_iter()
    .chain(access.map(|name| format!("access:{name}")))
    .collect()
}
