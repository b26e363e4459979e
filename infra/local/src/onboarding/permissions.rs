//! Tells the hub what a template version gives its roles, so that it notices when a role differs.

use anyhow::{Context, Result, ensure};
use aws_sdk_dynamodb::types::AttributeValue;

use crate::aws::{Account, refusal};

/// What the roles of a template are given. The operator's policy is empty text where there is none.
#[derive(Debug, Clone)]
pub(super) struct Permissions {
    pub version: String,
    pub self_inspection: String,
    pub operator_policy: String,
}

/// Publications of one version that stacks are compared with. None is ever forgotten: its stacks
/// would seem to have lost what it never gave them.
const MOST_PUBLICATIONS: usize = 20;

/// Adds a publication to its version's record.
///
/// # Errors
/// When the version was published with another self-inspection policy, because customers reviewed
/// that one, or with too many policies of the operator's.
pub(super) async fn record(account: &Account, table: &str, new: &Permissions) -> Result<()> {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let key = format!("TEMPLATE#{}", new.version);
    let read = account.dynamodb().get_item().table_name(table);
    let read = read.key("pk", text("HUB")).key("sk", text(&key));
    let read = read.consistent_read(true).send().await;
    let former = read.map_err(|e| refusal(&e))?.item.unwrap_or_default();
    if let Some(published) = former.get("self_inspection").and_then(|v| v.as_s().ok()) {
        ensure!(
            *published == new.self_inspection,
            "template {} was published with another self-inspection policy; give it a new version",
            new.version
        );
    }
    let newest = text(&new.operator_policy);
    let mut policies = vec![newest.clone()];
    if let Some(Ok(former)) = former.get("operator_policies").map(AttributeValue::as_l) {
        policies.extend(former.iter().filter(|one| **one != newest).cloned());
    }
    ensure!(
        policies.len() <= MOST_PUBLICATIONS,
        "template {} was published with {MOST_PUBLICATIONS} other policies; give it a new version",
        new.version
    );
    account
        .dynamodb()
        .put_item()
        .table_name(table)
        .item("pk", text("HUB"))
        .item("sk", text(&key))
        .item("kind", text("template_permissions"))
        .item("version", text(&new.version))
        .item("self_inspection", text(&new.self_inspection))
        .item("operator_policies", AttributeValue::L(policies))
        .send()
        .await
        .map_err(|e| refusal(&e))
        .with_context(|| format!("can't record the template's permissions in table {table}"))?;
    Ok(())
}
