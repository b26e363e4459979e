//! The page of one account.

use crate::api::{Api, ApiError};
use crate::http::Response;
use crate::model::Page as List;
use crate::model::connect::Receipt;
use crate::model::records::{Account, HistoryEntry, Simulated};
use crate::pages::groups::PAGE;
use crate::view;
use crate::view::account::Shown;
use crate::view::account_roles::{Asked, Tools};
use crate::visit::Visit;
use crate::{Console, Refusal};
use rolecall_client::{Call, Request, calls};
use rolecall_domain::ports::{Clock, Entropy, Sealer, Sessions, SignInIssuer};
use serde_json::{Value, json};

/// The path of the reference pages of checks.
const REFERENCE: &str = "/reference/";

/// The companion role that users switch to.
const SWITCH_ROLE: &str = "switch-role";

/// The number of history entries and receipts on an account's page.
const NEWEST: &str = "10";

pub(super) fn path_of(visit: &Visit<'_>) -> String {
    format!("/accounts/{}", visit.parameter("account_id"))
}

/// How to switch to an account's role.
#[derive(Debug, Default)]
struct Switching {
    url: Option<String>,
    source_policies: Vec<String>,
}

/// What the page of an account shows beside the account.
#[derive(Debug, Default)]
pub(super) struct Beside<'a> {
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
        let (group, switching, choices) = futures_util::join!(
            self.group_record(visit, &account.group_id),
            self.switching(visit, &account),
            self.titles(visit),
        );
        let group = group?;
        let shown = Shown {
            account: &account,
            group: &group,
            history: &history,
            receipts: &receipts,
            choices: &choices,
            reference_url: REFERENCE,
            tools: Tools {
                switch_role_url: switching.url.as_deref(),
                source_policies: &switching.source_policies,
                asked: beside.asked.as_ref(),
                decoded: beside.decoded.as_deref(),
            },
        };
        Ok(self.page(visit, status, |look| view::account::account(look, shown)))
    }

    /// What people need to switch to the account's role, if it has one. The page is shown without it too.
    async fn switching(&self, visit: &Visit<'_>, account: &Account) -> Switching {
        let mut roles = account.companion_roles.iter();
        let role = roles.find(|role| role.kind == SWITCH_ROLE && role.role_arn.is_some());
        let Some(role) = role.filter(|_| account.is_connected()) else {
            return Switching::default();
        };
        let options = role.options.as_ref().or(role.requested_options.as_ref());
        let trusted = options.and_then(|options| options["trusted_account_id"].as_str());
        let policies = Request::get("/v1/source-policy")
            .query("trusted_account_id", trusted)
            .query("group_id", Some(&*account.group_id));
        let (link, policies) = futures_util::join!(
            self.ask::<Value>(visit, calls::get_switch_role_link(&account.account_id)),
            self.ask::<Value>(visit, policies.into()),
        );
        let url = link
            .ok()
            .and_then(|link| link["url"].as_str().map(str::to_owned));
        let policies = policies.unwrap_or_default();
        let policies = policies["policies"].as_array().into_iter().flatten();
        let policies = policies.map(|policy| format!("{:#}", policy["document"]));
        Switching {
            url,
            source_policies: policies.collect(),
        }
    }

    pub(crate) async fn account_history(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let path = format!("/v1{}/history", path_of(visit));
        let (account, list) = futures_util::join!(
            self.account_record(visit),
            self.ask::<List<HistoryEntry>>(visit, visit.read(&path, PAGE)),
        );
        let (account, list) = (account?, list?);
        Ok(self.page(visit, 200, |look| {
            view::account_log::history_page(look, &account, &list)
        }))
    }

    pub(crate) async fn account_receipts(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let path = format!("/v1{}/receipts", path_of(visit));
        let (account, list, choices) = futures_util::join!(
            self.account_record(visit),
            self.ask::<List<Receipt>>(visit, visit.read(&path, PAGE)),
            self.choices(visit),
        );
        let (account, list, choices) = (account?, list?, choices?);
        Ok(self.page(visit, 200, |look| {
            view::account_log::receipts_page(look, &account, &list, &choices)
        }))
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
