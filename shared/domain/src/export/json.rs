//! JSON lines: one object per account.

use super::Candidate;
use serde_json::json;

pub(super) fn write(accounts: &[&Candidate]) -> String {
    let each = accounts.iter().map(|candidate| {
        let account = &candidate.account;
        let line = json!({
            "account_id": account.account_id,
            "tenant": account.tenant,
            "group_id": account.group_id,
            "group_name": candidate.group_name,
            "name": account.name,
            "status": account.state().as_str(),
            "aws_account_id": account.aws_account_id,
            "partition": account.role.arn.partition(),
            "region": account.stack_id.region(),
            "role_arn": account.role.arn,
            "external_id": account.external_id,
            "access": candidate.access,
        });
        format!("{line}\n")
    });
    each.collect()
}
