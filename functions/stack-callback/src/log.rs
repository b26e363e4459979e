//! Logs one line per request: its answer, or why it was not answered.

use crate::error::CallbackError;
use crate::request::{Request, RequestType, Resource, Unanswerable};
use rolecall_aws::telemetry::{Ending, Outcome, RequestLog, with_causes};
use rolecall_domain::check::CheckCode;
use rolecall_domain::ids::{AccountId, RegistrationId};
use rolecall_domain::problem::Code;
use rolecall_domain::record::registration::Registration;
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::error::Error;

/// The log line of a request, filled while the request is processed.
#[derive(Debug)]
pub(crate) struct Line {
    log: RequestLog,
    code: RefCell<Option<Code>>,
    check: RefCell<Option<String>>,
    /// The last error. Logged only if the request fails.
    trouble: RefCell<Option<String>>,
    is_lost: Cell<bool>,
}

impl Line {
    pub(crate) fn start(request: &Request, message_id: Option<&str>) -> Self {
        let log = RequestLog::start(match (request.resource_kind, request.request_type) {
            (Resource::Preflight, RequestType::Create) => "preflight Create",
            (Resource::Preflight, RequestType::Update) => "preflight Update",
            (Resource::Preflight, RequestType::Delete) => "preflight Delete",
            (Resource::Registration, RequestType::Create) => "Create",
            (Resource::Registration, RequestType::Update) => "Update",
            (Resource::Registration, RequestType::Delete) => "Delete",
        });
        log.request_id(&request.key.request_id);
        log.message_id(message_id.unwrap_or_default());
        log.stack(&request.key.stack_id);
        Self {
            log,
            code: RefCell::default(),
            check: RefCell::default(),
            trouble: RefCell::default(),
            is_lost: Cell::default(),
        }
    }

    /// The request's token is valid for this registration.
    pub(crate) fn authenticated(&self, registration: &Registration) {
        self.log.registration(registration);
    }

    /// The request's token is valid for the registration with this id.
    pub(crate) fn proven(&self, id: &RegistrationId) {
        self.log.registration_id(id);
    }

    pub(crate) fn trouble(&self, error: &(dyn Error + 'static)) {
        self.trouble.replace(Some(with_causes(error)));
    }

    pub(crate) fn panicked(&self) {
        self.trouble
            .replace(Some("the handler panicked".to_owned()));
    }

    /// The answer was rejected permanently.
    pub(crate) fn lost(&self) {
        self.is_lost.set(true);
    }

    /// Reads the code from the body that is sent. Every reason begins with its code; the reason of a
    /// failed verification continues with the check that failed.
    pub(crate) fn answer(&self, body: &str) {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let reason = body["Reason"].as_str().unwrap_or_default();
        let mut words = reason.split(": ");
        let name = words.next().unwrap_or_default();
        let code = Code::ALL.iter().find(|code| code.as_str() == name);
        self.code.replace(code.copied());
        let check = words.next().unwrap_or_default();
        let check = serde_json::from_value::<CheckCode>(Value::from(check)).ok();
        self.check
            .replace(check.map(|check| check.as_str().to_owned()));
        if let Some(Ok(id)) = body["Data"]["AccountId"].as_str().map(AccountId::parse) {
            self.log.account_id(&id);
        }
    }

    pub(crate) fn end(self, result: &Result<(), CallbackError>) {
        let code = self.code.into_inner();
        let outcome = match (result, code) {
            (Err(_), _) => Outcome::Failed,
            (Ok(()), _) if !self.log.names_a_registration() => Outcome::Unauthenticated,
            (Ok(()), _) if self.is_lost.get() => Outcome::Failed,
            (Ok(()), Some(Code::InternalError | Code::DeadlineExceeded)) => Outcome::Failed,
            (Ok(()), Some(_)) => Outcome::Refused,
            (Ok(()), None) => Outcome::Succeeded,
        };
        let mut ending = Ending {
            code: code.map(Code::as_str),
            failed_checks: self.check.into_inner(),
            ..Ending::default()
        };
        if outcome == Outcome::Unauthenticated {
            ending.code = Some(Code::InvalidToken.as_str());
        }
        if outcome == Outcome::Failed {
            let error = result.as_ref().err().map(ToString::to_string);
            let parts = [error, self.trouble.into_inner()];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            ending.error = Some(parts.join(": "));
        }
        self.log.end(outcome, &ending);
    }
}

/// Logs a request that can't be answered. It is not an error, because anyone can send one.
pub(crate) fn malformed(reason: &Unanswerable, message_id: Option<&str>) {
    let log = RequestLog::start("unknown request");
    log.message_id(message_id.unwrap_or_default());
    let ending = Ending {
        code: Some(Code::MalformedRequest.as_str()),
        ..Ending::error(reason)
    };
    log.end(Outcome::Malformed, &ending);
}
