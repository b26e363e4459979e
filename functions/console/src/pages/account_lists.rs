//! Lists of accounts: of all, and of one group.

use crate::api::Api;
use crate::http::Response;
use crate::model::Page as List;
use crate::model::records::Account;
use crate::typed::{digits, folded};
use crate::view;
use crate::view::accounts::{Filters, Names};
use crate::view::groups::Contents;
use crate::visit::Visit;
use crate::{Console, Refusal};
use rolecall_client::Request;
use rolecall_domain::ports::{Clock, Entropy, Sealer, Sessions, SignInIssuer};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The pages of the API's list that are looked through for the first record that is found.
const MOST_PAGES: usize = 10;

/// The query parameters that the API takes as they are.
const AS_GIVEN: &[&str] = &["status", "access", "order", "limit"];

/// The accounts that a visitor looks for. Twelve digits select by AWS account; other words are searched for.
fn wanted(visit: &Visit<'_>, words: &str, group_id: Option<&str>) -> Request {
    let number = digits(words);
    let is_number = number.len() == 12 && number.bytes().all(|byte| byte.is_ascii_digit());
    let searched = Some(words).filter(|words| !is_number && !words.is_empty());
    let request: Request = visit.read::<Value>("/v1/accounts", AS_GIVEN).into();
    request
        .query("group_id", group_id)
        .query("aws_account_id", is_number.then_some(&*number))
        .query("search", searched)
}

/// The filters as the visitor typed them.
fn filters<'a>(visit: &'a Visit<'_>, words: &'a str) -> Filters<'a> {
    let parameter = |name| visit.request.parameter(name).unwrap_or_default();
    Filters {
        search: words,
        status: parameter("status"),
        access: parameter("access"),
    }
}

impl<S, I, L, H, A> Console<S, I, L, H, A>
where
    S: Sessions,
    I: SignInIssuer,
    L: Sealer,
    H: Clock + Entropy,
    A: Api,
{
    pub(crate) async fn accounts(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let words = folded(visit.request.parameter("search").unwrap_or_default());
        let request = wanted(visit, &words, None);
        let (list, groups, choices) = futures_util::join!(
            self.first_found::<Account>(visit, &request),
            self.all_groups(visit),
            self.titles(visit),
        );
        // The list is useful without the groups.
        let (list, groups) = (list?, groups.unwrap_or_default());
        let names = Names {
            choices: &choices,
            groups: Some(&groups),
        };
        Ok(self.page(visit, 200, |look| {
            view::accounts::accounts(look, filters(visit, &words), names, &list)
        }))
    }

    pub(crate) async fn group(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let id = visit.parameter("group_id");
        let words = folded(visit.request.parameter("search").unwrap_or_default());
        let request = wanted(visit, &words, Some(id));
        let (group, list, choices) = futures_util::join!(
            self.group_record(visit, id),
            self.first_found::<Account>(visit, &request),
            self.titles(visit),
        );
        let (group, list) = (group?, list?);
        let names = Names {
            choices: &choices,
            groups: None,
        };
        let contents = Contents::Accounts(filters(visit, &words), names, &list);
        Ok(self.page(visit, 200, |look| {
            view::groups::group(look, &group, &contents)
        }))
    }

    /// A page of the list. The API looks at a limited number of records for one, so several can be empty.
    pub(super) async fn first_found<T: DeserializeOwned>(
        &self,
        visit: &Visit<'_>,
        request: &Request,
    ) -> Result<List<T>, Refusal> {
        let page = async |cursor: Option<String>| {
            let request = request.clone().query("cursor", cursor);
            self.ask::<List<T>>(visit, request.into()).await
        };
        let cursor = visit.request.parameter("cursor");
        let cursor = cursor.filter(|cursor| !cursor.is_empty());
        let mut list = page(cursor.map(str::to_owned)).await?;
        for _ in 1..MOST_PAGES {
            if list.next_cursor.is_none() || !list.items.is_empty() {
                break;
            }
            list = page(list.next_cursor).await?;
        }
        Ok(list)
    }
}
