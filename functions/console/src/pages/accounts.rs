//! The list of all accounts, and the page of one account.

use crate::api::{Api, ApiError};
use crate::http::Response;
use crate::model::Page as List;
use crate::model::connect::Receipt;
use crate::model::records::{Account, HistoryEntry, Simulated};
use crate::pages::export::{digits, folded};
use crate::view;
use crate::view::account::Shown;
use crate::view::account_roles::Asked;
use crate::view::groups::Filters;
use crate::visit::Visit;
use crate::{Console, Refusal};
use rolecall_client::{Call, Request, calls};
use rolecall_domain::ports::{Clock, Entropy, Sealer, Sessions, SignInIssuer};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The path of the reference pages of checks.
const REFERENCE: &str = "/reference/";

/// The companion role that users switch to.
const SWITCH_ROLE: &str = "switch-role";

/// The number of history entries and receipts on an account's page.
const NEWEST: &str = "10";

pub(super) fn path_of(visit: &Visit<'_>) -> String {
    format!("/accounts/{}", visit.parameter("account_id"))
}

/// What the page of an account shows in addition to the account.
#[derive(Debug, Default)]
pub(super) struct Beside<'a> {
    pub update_url: Option<&'a str>,
    pub asked: Option<Asked<'a>>,
    pub decoded: Option<Vec<(String, String)>>,
}

impl<S, I, L, H, A> Console<S, I, L, H, A>
where
    S: Sessions,
    I: SignInIssuer,
    L: Sealer,
    H: Clock + Entropy,
    A: Api,
{
    /// The list of all accounts. Twelve digits select an AWS account; other words are searched for in the
    /// current page of the list.
    pub(crate) async fn accounts(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let parameter = |name: &str| visit.request.parameter(name).unwrap_or_default();
        let words = folded(parameter("search"));
        let number = digits(&words);
        let is_number = number.len() == 12 && number.bytes().all(|byte| byte.is_ascii_digit());
        let mut call = Request::get("/v1/accounts");
        for name in ["status", "access", "cursor"] {
            call = call.query(name, Some(parameter(name)).filter(|it| !it.is_empty()));
        }
        call = call.query("aws_account_id", is_number.then_some(&*number));
        let mut list: List<Account> = self.ask(visit, call.into()).await?;
        if !is_number && !words.is_empty() {
            let words = words.to_lowercase();
            list.items.retain(|account| matches(account, &words));
        }
        let access = list.items.iter().flat_map(|it| it.requested_access.clone());
        let mut access = BTreeSet::from_iter(access);
        let filters = Filters {
            search: &words,
            status: parameter("status"),
            access: parameter("access"),
        };
        access.extend((!filters.access.is_empty()).then(|| filters.access.to_owned()));
        let access = Vec::from_iter(access);
        Ok(self.page(visit, 200, |look| {
            view::groups::accounts(look, filters, &access, &list)
        }))
    }

    pub(super) async fn account_record(&self, visit: &Visit<'_>) -> Result<Account, Refusal> {
        let path = format!("/v1{}", path_of(visit));
        self.ask(visit, Request::get(path).into()).await
    }

    pub(crate) async fn account(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        self.account_page(visit, 200, &Beside::default()).await
    }

    pub(super) async fn account_page(
        &self,
        visit: &Visit<'_>,
        status: u16,
        beside: &Beside<'_>,
    ) -> Result<Response, Refusal> {
        let id = visit.parameter("account_id");
        let newest = |what: &str| {
            let path = format!("/v1{}/{what}", path_of(visit));
            Request::get(path).query("limit", Some(NEWEST))
        };
        let history: Call<List<HistoryEntry>> = newest("history").into();
        let receipts: Call<List<Receipt>> = newest("receipts").into();
        let (account, history, receipts) = futures_util::join!(
            self.account_record(visit),
            self.ask(visit, history),
            self.ask(visit, receipts),
        );
        let (account, history, receipts) = (account?, history?, receipts?);
        let can_switch = account.companion_roles.iter().any(|role| {
            role.kind == SWITCH_ROLE && role.role_arn.is_some() && account.is_connected()
        });
        let (group, link) =
            futures_util::join!(self.group_record(visit, &account.group_id), async {
                let link = self.ask(visit, calls::get_switch_role_link(id));
                if can_switch { link.await.ok() } else { None }
            });
        let group = group?;
        let link: Option<Value> = link;
        let shown = Shown {
            account: &account,
            group: &group,
            history: &history.items,
            receipts: &receipts.items,
            switch_role_url: link.as_ref().and_then(|link| link["url"].as_str()),
            reference_url: REFERENCE,
            update_url: beside.update_url,
            asked: beside.asked.as_ref(),
            decoded: beside.decoded.as_deref(),
        };
        Ok(self.page(visit, status, |look| view::account::account(look, shown)))
    }

    /// The part of the page that updates itself.
    pub(crate) async fn account_status(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let account = self.account_record(visit).await?;
        Ok(self.page(visit, 200, |look| {
            view::account::live(look, &account, REFERENCE)
        }))
    }

    pub(crate) async fn check_account(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let call = calls::check_account(visit.parameter("account_id"));
        match self.ask(visit, call).await {
            Ok(_) => {}
            // The page shows the report even if the check failed.
            Err(Refusal::Api(ApiError::Problem(problem))) if problem.report.is_some() => {}
            Err(refusal) => return Err(refusal),
        }
        Ok(Response::see_other(path_of(visit)))
    }

    /// Simulates an action. The page of the account shows the result.
    pub(crate) async fn simulate(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let form = visit.request.form().unwrap_or_default();
        let action = form.text("action").trim();
        let question = json!({"kind": form.text("kind"), "actions": [action]});
        let call = calls::simulate(visit.parameter("account_id"), question);
        let (answer, problem) = match self.ask::<Value>(visit, call).await {
            Ok(answer) => (serde_json::from_value::<Simulated>(answer).ok(), None),
            Err(refusal) => (None, Some(refusal.sentence()?)),
        };
        let beside = Beside {
            asked: Some(Asked {
                action,
                answer: answer.as_ref(),
                problem: problem.as_deref(),
            }),
            ..Beside::default()
        };
        self.account_page(visit, 200, &beside).await
    }

    pub(crate) async fn decode_message(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let form = visit.request.form().unwrap_or_default();
        let message = form.text("encoded_message").trim();
        let call = calls::decode_authorization_message(visit.parameter("account_id"), message);
        let decoded = match self.ask::<Value>(visit, call).await {
            Ok(answer) => {
                let shown = ["sentence", "reason", "action", "resource", "principal"];
                let shown = shown.into_iter().filter_map(|name| {
                    let text = answer[name].as_str()?;
                    Some((name.to_owned(), text.to_owned()))
                });
                shown.collect()
            }
            Err(refusal) => vec![("reason".to_owned(), refusal.sentence()?)],
        };
        let beside = Beside {
            decoded: Some(decoded),
            ..Beside::default()
        };
        self.account_page(visit, 200, &beside).await
    }
}

/// Whether the name, IDs or stack of an account contain the words.
fn matches(account: &Account, words: &str) -> bool {
    let known = [
        &account.name,
        &account.stack_name,
        &account.role_arn,
        &account.account_id,
    ];
    known.iter().any(|text| text.to_lowercase().contains(words))
}
