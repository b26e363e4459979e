//! Finds the records that arguments name: an account by its ID, its AWS account ID or its name, and a group by
//! its ID or its name. An ID needs no request.

use serde_json::Value;

use crate::client::Client;
use crate::error::Error;
use crate::ids::{self, Named};
use rolecall_client::{Request, calls, operator};

/// A longer list of matches helps no one choose.
const MOST_LISTED: usize = 10;

/// The largest page of a list, because a name can be anywhere in it.
const PAGE: &str = "100";

/// Where to search for an account.
enum Place<'a> {
    /// In the client's tenant.
    Tenant,
    /// Among all tenants, or in one of them.
    AllTenants(Option<&'a str>),
}

/// Replaces each argument by the ID of the record that it names.
///
/// # Errors
/// If no record matches, or several do.
pub fn all(client: &Client<'_>, arguments: Vec<Named<'_>>) -> Result<(), Error> {
    for argument in arguments {
        if argument.is_id() {
            continue;
        }
        match argument {
            Named::Group(text) => *text = group(client, text)?,
            Named::Account(text) => *text = found_account(client, &Place::Tenant, text)?,
        }
    }
    Ok(())
}

/// Returns the account's ID, among all tenants or in one.
///
/// # Errors
/// If no account matches, or several do.
pub fn account(client: &Client<'_>, tenant: Option<&str>, text: &str) -> Result<String, Error> {
    match ids::account(text) {
        Ok(id) => Ok(id),
        Err(_) => found_account(client, &Place::AllTenants(tenant), text),
    }
}

fn found_account(client: &Client<'_>, place: &Place<'_>, text: &str) -> Result<String, Error> {
    let digits = aws_account(text);
    let (field, wanted) = match &digits {
        Some(digits) => ("aws_account_id", digits.as_str()),
        None => ("name", text),
    };
    let (request, at) = match place {
        Place::Tenant => (Request::get("/v1/accounts"), ""),
        Place::AllTenants(tenant) => {
            let tenant = tenant.map(|tenant| ("tenant", tenant));
            let filters: Vec<_> = tenant.into_iter().collect();
            let list = operator::list_every_account(&filters);
            (list.into(), "/account")
        }
    };
    let request = request.query("aws_account_id", digits.clone());
    let items = items(client, request)?;
    let accounts = items.iter().filter_map(|item| {
        let account = item.pointer(at)?;
        (account[field] == wanted).then_some((account, item["tenant"].as_str()))
    });
    let matches = accounts.map(|(account, tenant)| {
        let mut line = line(account, &["account_id", "aws_account_id", "name", "region"]);
        if let Some(tenant) = tenant {
            line.push_str(&format!("  tenant {tenant}"));
        }
        (account["account_id"].as_str().unwrap_or_default(), line)
    });
    one("accounts", text, matches.collect())?.ok_or_else(|| Error::UnknownName {
        message: format!("No account has the name or AWS account ID \"{text}\"."),
        remedy: "List the accounts with rolecall accounts list. A deregistered account is named by its ID only.",
    })
}

fn group(client: &Client<'_>, text: &str) -> Result<String, Error> {
    let items = items(client, calls::list_groups().into())?;
    let matches = items.iter().filter(|group| group["name"] == text);
    let matches = matches.map(|group| {
        let line = line(group, &["group_id", "name", "color", "created_at"]);
        (group["group_id"].as_str().unwrap_or_default(), line)
    });
    one("groups", text, matches.collect())?.ok_or_else(|| Error::UnknownName {
        message: format!("No group has the name \"{text}\"."),
        remedy: "List the groups with rolecall groups list, and pass a name or an ID.",
    })
}

/// Every item of a list.
fn items(client: &Client<'_>, request: Request) -> Result<Vec<Value>, Error> {
    let page = client.all_pages(request.query("limit", Some(PAGE)))?;
    let mut page: Value = serde_json::from_str(&page)
        .map_err(|e| Error::InvalidResponse(format!("not a page of a list ({e})")))?;
    match page["items"].take() {
        Value::Array(items) => Ok(items),
        _ => Err(Error::InvalidResponse("not a page of a list".to_owned())),
    }
}

/// The only match, if there is one.
fn one(what: &str, text: &str, mut matches: Vec<(&str, String)>) -> Result<Option<String>, Error> {
    if matches.len() < 2 {
        return Ok(matches.pop().map(|(id, _)| id.to_owned()));
    }
    let count = matches.len();
    let lines = matches.into_iter().map(|(_, line)| line);
    let mut matches: Vec<String> = lines.take(MOST_LISTED).collect();
    if count > MOST_LISTED {
        matches.push(format!("and {} more", count - MOST_LISTED));
    }
    let message = format!("{count} {what} match \"{text}\". Pass the ID of one of them:");
    Err(Error::Ambiguous { message, matches })
}

/// The fields that distinguish records.
fn line(record: &Value, fields: &[&str]) -> String {
    let values = fields.iter().filter_map(|field| record[field].as_str());
    values.collect::<Vec<_>>().join("  ")
}

/// The twelve digits, also in the form in which AWS's console shows them.
fn aws_account(text: &str) -> Option<String> {
    let shown = text.len() == 14 && text.split('-').map(str::len).eq([4, 4, 4]);
    let digits = match shown {
        true => text.replace('-', ""),
        false => text.to_owned(),
    };
    ids::aws_account(&digits).ok()
}

#[cfg(test)]
mod tests {
    use super::{Error, MOST_LISTED, aws_account, one};

    #[test]
    fn only_match_is_returned_and_several_are_listed() {
        let named = |id: &'static str| (id, format!("{id}  222222222222  Shop"));
        assert_eq!(one("accounts", "Shop", vec![]).expect("none"), None);
        let only = one("accounts", "Shop", vec![named("acc_1")]).expect("one");
        assert_eq!(only.as_deref(), Some("acc_1"));
        let listed = |found| match one("accounts", "Shop", found) {
            Err(Error::Ambiguous { matches, .. }) => matches,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            listed(vec![named("acc_1"), named("acc_2")]),
            ["acc_1  222222222222  Shop", "acc_2  222222222222  Shop"]
        );
        let many = listed(vec![named("acc_1"); MOST_LISTED + 3]);
        assert_eq!(many.len(), MOST_LISTED + 1);
        assert_eq!(many[MOST_LISTED], "and 3 more");
    }

    #[test]
    fn aws_account_id_may_have_the_consoles_hyphens() {
        for text in ["222233334444", "2222-3333-4444"] {
            assert_eq!(aws_account(text).as_deref(), Some("222233334444"), "{text}");
        }
        for text in [
            "22223333444",
            "22-22-33334444",
            "2222-3333-444x",
            "Shop",
            "",
        ] {
            assert_eq!(aws_account(text), None, "{text}");
        }
    }
}
