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

/// The pages of the API's list that are looked through for the first record that is found.
const MOST_PAGES: usize = 10;

/// The parameters of the URL that the API takes as they are.
const AS_GIVEN: [&str; 4] = ["status", "access", "order", "limit"];

/// The accounts that a visitor looks for.
struct Wanted<'a> {
    words: String,
    filters: [(&'static str, Option<&'a str>); AS_GIVEN.len()],
}

impl<'a> Wanted<'a> {
    fn of(visit: &'a Visit<'_>) -> Self {
        let given = |name| visit.request.parameter(name).filter(|it| !it.is_empty());
        Self {
            words: folded(given("search").unwrap_or_default()),
            filters: AS_GIVEN.map(|name| (name, given(name))),
        }
    }

    /// Twelve digits select by AWS account; other words are searched for.
    fn request(&self, group_id: Option<&str>) -> Request {
        let number = digits(&self.words);
        let is_number = number.len() == 12 && number.bytes().all(|byte| byte.is_ascii_digit());
        let searched = Some(&*self.words).filter(|words| !is_number && !words.is_empty());
        let mut request = Request::get("/v1/accounts")
            .query("group_id", group_id)
            .query("aws_account_id", is_number.then_some(&*number))
            .query("search", searched);
        for (name, value) in self.filters {
            request = request.query(name, value);
        }
        request
    }

    fn shown(&self) -> Filters<'_> {
        let [(_, status), (_, access), ..] = self.filters;
        Filters {
            search: &self.words,
            status: status.unwrap_or_default(),
            access: access.unwrap_or_default(),
        }
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
        let wanted = Wanted::of(visit);
        let request = wanted.request(None);
        let (list, groups, choices) = futures_util::join!(
            self.first_found::<Account>(visit, &request),
            self.all_groups(visit),
            self.choices(visit),
        );
        // The list is useful without the groups and the titles.
        let (groups, choices) = (groups.unwrap_or_default(), choices.unwrap_or_default());
        let list = list?;
        let names = Names {
            choices: &choices,
            groups: Some(&groups),
        };
        Ok(self.page(visit, 200, |look| {
            view::accounts::accounts(look, wanted.shown(), names, &list)
        }))
    }

    pub(crate) async fn group(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let (id, wanted) = (visit.parameter("group_id"), Wanted::of(visit));
        let request = wanted.request(Some(id));
        let (group, list, choices) = futures_util::join!(
            self.group_record(visit, id),
            self.first_found::<Account>(visit, &request),
            self.choices(visit),
        );
        let (group, list) = (group?, list?);
        // The list is useful without the titles.
        let choices = choices.unwrap_or_default();
        let names = Names {
            choices: &choices,
            groups: None,
        };
        let contents = Contents::Accounts(wanted.shown(), names, &list);
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
