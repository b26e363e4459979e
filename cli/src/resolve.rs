//! Finds the account that an argument names: by its ID, its AWS account ID or its name.

use serde_json::Value;

use crate::args::ids;
use crate::client::Client;
use crate::error::Error;
use rolecall_client::operator;

/// Returns the account's ID, among all tenants or in one. An ID needs no request.
///
/// # Errors
/// If no account has this name or AWS account ID, or several have it.
pub fn account(client: &Client<'_>, tenant: Option<&str>, text: &str) -> Result<String, Error> {
    if ids::account(text).is_ok() {
        return Ok(text.to_owned());
    }
    let digits = ids::aws_account(text).ok();
    let digits = digits.as_deref().map(|digits| ("aws_account_id", digits));
    let tenant = tenant.map(|tenant| ("tenant", tenant));
    let filters: Vec<_> = digits.into_iter().chain(tenant).collect();
    let page = client.all_pages(operator::list_every_account(&filters).into())?;
    let page: Value = serde_json::from_str(&page)
        .map_err(|e| Error::InvalidResponse(format!("not a page of a list ({e})")))?;
    let field = if digits.is_some() {
        "aws_account_id"
    } else {
        "name"
    };
    let items = page["items"].as_array().map(Vec::as_slice);
    let items = items.unwrap_or_default().iter();
    let found: Vec<&Value> = items
        .filter(|item| item["account"][field] == text)
        .collect();
    match found[..] {
        [item] => {
            let id = item["account"]["account_id"].as_str();
            Ok(id.unwrap_or_default().to_owned())
        }
        [] => Err(Error::UnknownAccount(text.to_owned())),
        _ => Err(Error::InvalidArguments(ambiguous(text, &found))),
    }
}

/// Lists the accounts, so that the user can pass one of their IDs.
fn ambiguous(text: &str, found: &[&Value]) -> String {
    let mut message = format!(
        "{} accounts match {text:?}. Pass the ID of one of them:",
        found.len()
    );
    for item in found {
        let field = |name: &str| item["account"][name].as_str().unwrap_or_default();
        let (id, aws, name) = (field("account_id"), field("aws_account_id"), field("name"));
        let tenant = item["tenant"].as_str().unwrap_or_default();
        message.push_str(&format!("\n  {id}  {aws}  {name} (tenant {tenant})"));
    }
    message
}

#[cfg(test)]
mod tests {
    use super::ambiguous;
    use serde_json::json;

    #[test]
    fn ambiguous_accounts_are_listed() {
        let item = |id, name, tenant| {
            let account = json!({"account_id": id, "aws_account_id": "222222222222", "name": name});
            json!({"tenant": tenant, "account": account})
        };
        let (one, two) = (item("acc_1", "Shop", "acme"), item("acc_2", "Shop 2", "b"));
        assert_eq!(
            ambiguous("222222222222", &[&one, &two]),
            "2 accounts match \"222222222222\". Pass the ID of one of them:\n  \
             acc_1  222222222222  Shop (tenant acme)\n  acc_2  222222222222  Shop 2 (tenant b)"
        );
    }
}
