//! Calls the hub and checks every response against the contract.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use futures_util::future::try_join_all;
use rolecall_client::HubClient;
use rolecall_client::http::HttpAnswer;
use rolecall_local::wait::until;
use rolecall_tests::world::SOON;
use serde_json::{Value, json};

use crate::openapi::contract::{Contract, Route};

#[derive(Debug)]
pub struct Driver {
    pub contract: Contract,
    /// The operations of tenants' users.
    operations: BTreeMap<Route, String>,
    seen: BTreeSet<(Route, u16)>,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    pub route: &'a str,
    /// The path parameters, in order.
    pub ids: &'a [&'a str],
    pub query: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: Vec<u8>,
}

impl<'a> Asked<'a> {
    pub fn of(route: &'a str, ids: &'a [&'a str]) -> Self {
        Self {
            route,
            ids,
            query: "",
            headers: &[],
            body: Vec::new(),
        }
    }

    pub fn with(route: &'a str, ids: &'a [&'a str], body: &Value) -> Self {
        Self {
            body: body.to_string().into_bytes(),
            ..Self::of(route, ids)
        }
    }
}

impl Driver {
    pub fn new() -> Self {
        let contract = Contract::load();
        Self {
            operations: of_tenants(contract.operations()),
            contract,
            seen: BTreeSet::new(),
        }
    }

    pub fn operations(&self) -> BTreeMap<Route, String> {
        self.operations.clone()
    }

    /// Sends a request and returns the response body. Rate-limited requests are retried.
    ///
    /// # Panics
    /// If the response has another status or does not match the contract.
    pub async fn expect(
        &mut self,
        caller: &HubClient,
        asked: &Asked<'_>,
        status: u16,
    ) -> Result<Value> {
        let answer = until(
            &format!("a response to {}", asked.route),
            SOON,
            async || {
                let answer = self.answer(caller, asked).await?;
                Ok((answer.status == status || answer.status != 429).then_some(answer))
            },
        )
        .await?;
        let text = answer.text();
        assert_eq!(answer.status, status, "{asked:?}: {text}");
        if answer.body.is_empty() {
            return Ok(Value::Null);
        }
        if answer
            .header("content-type")
            .is_none_or(|kind| !kind.contains("json") || kind.contains("ndjson"))
        {
            return Ok(json!(text));
        }
        let body: Value = serde_json::from_slice(&answer.body)?;
        if status >= 400 && body.get("code").is_some() {
            assert_eq!(body["status"], json!(status), "{text}");
        }
        Ok(body)
    }

    /// Sends a request and returns the response, whatever its status.
    ///
    /// # Panics
    /// If the response does not match the contract.
    pub async fn answer(&mut self, caller: &HubClient, asked: &Asked<'_>) -> Result<HttpAnswer> {
        let answer = send(caller, asked).await?;
        self.hold(asked, &answer);
        Ok(answer)
    }

    /// Sends the same request several times concurrently, and returns the statuses.
    ///
    /// # Panics
    /// If a response does not match the contract.
    pub async fn at_once(
        &mut self,
        caller: &HubClient,
        asked: &Asked<'_>,
        times: usize,
    ) -> Result<Vec<u16>> {
        let answers = try_join_all((0..times).map(|_| send(caller, asked))).await?;
        for answer in &answers {
            self.hold(asked, answer);
        }
        Ok(answers.iter().map(|answer| answer.status).collect())
    }

    fn hold(&mut self, asked: &Asked<'_>, answer: &HttpAnswer) {
        let (status, text) = (answer.status, answer.text());
        // Only credential-broker's responses contain credentials.
        for name in ["SecretAccessKey", "SessionToken"] {
            assert!(!text.contains(name), "{asked:?}: {text}");
        }
        let operation = &self.operations[asked.route];
        if let Some(objection) = self.contract.objection(operation, answer) {
            panic!("{asked:?}, {status}: {objection}\n{text}");
        }
        self.seen.insert((asked.route.to_owned(), status));
    }

    /// Sends a request that must fail with a code, and returns the problem.
    pub async fn refused(
        &mut self,
        caller: &HubClient,
        asked: &Asked<'_>,
        status: u16,
        code: &str,
    ) -> Result<Value> {
        let problem = self.expect(caller, asked, status).await?;
        assert_eq!(problem["code"], code, "{}: {problem}", asked.route);
        Ok(problem)
    }

    /// Statuses that the contract declares and no response has had yet.
    pub fn unseen(&self) -> BTreeSet<(Route, u16)> {
        let declared = self.operations.iter().flat_map(|(route, operation)| {
            let statuses = self.contract.statuses(operation);
            let numbers = statuses
                .into_iter()
                .filter_map(|status| status.parse().ok());
            numbers.map(|status| (route.clone(), status))
        });
        declared
            .filter(|answer| !self.seen.contains(answer))
            .collect()
    }
}

/// Services of the operator sign their requests, which `credentials` tests.
fn of_tenants(mut operations: BTreeMap<Route, String>) -> BTreeMap<Route, String> {
    operations.retain(|route, _| route.contains(" /v1/"));
    operations
}

async fn send(caller: &HubClient, asked: &Asked<'_>) -> Result<HttpAnswer> {
    let (method, template) = asked.route.split_once(' ').expect("a method and a path");
    let path = format!("{}{}", fill(template, asked.ids), asked.query);
    let method = http::Method::from_bytes(method.as_bytes())?;
    let call = caller.raw(method, &path, asked.headers, asked.body.clone());
    Ok(call.await?)
}

/// Puts the ids into the path.
fn fill(template: &str, ids: &[&str]) -> String {
    let mut ids = ids.iter();
    let segment = |segment: &str| {
        if segment.starts_with('{') {
            (*ids.next().expect("an id for every path parameter")).to_owned()
        } else {
            segment.to_owned()
        }
    };
    template
        .split('/')
        .map(segment)
        .collect::<Vec<_>>()
        .join("/")
}
