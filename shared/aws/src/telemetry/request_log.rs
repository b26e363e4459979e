//! The log line that every request writes exactly once, whatever its outcome. docs/operations.md
//! describes the fields.

use rolecall_domain::access::ProfileName;
use rolecall_domain::aws::{AwsAccountId, StackId};
use rolecall_domain::check::{CheckStatus, Report};
use rolecall_domain::ids::{AccountId, OrphanedStackId, RegistrationId};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::orphan::OrphanedStack;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::text::Tenant;
use rolecall_domain::text::service::ServiceName;
use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tracing::Level;

/// The outcome of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Succeeded,
    /// There was nothing to do.
    Skipped,
    /// Rejected; `code` contains the reason.
    Refused,
    /// The sender could not be authenticated.
    Unauthenticated,
    /// The request could not be parsed.
    Malformed,
    /// The hub failed to process the request.
    Failed,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Skipped => "skipped",
            Self::Refused => "refused",
            Self::Unauthenticated => "unauthenticated",
            Self::Malformed => "malformed",
            Self::Failed => "failed",
        }
    }

    /// Only the hub's own failures are errors, which raise alarms. Anyone can send malformed
    /// requests.
    fn level(self) -> Level {
        match self {
            Self::Succeeded | Self::Skipped | Self::Refused => Level::INFO,
            Self::Unauthenticated | Self::Malformed => Level::WARN,
            Self::Failed => Level::ERROR,
        }
    }
}

/// How a request ended.
#[derive(Debug, Default)]
pub struct Ending<'a> {
    pub code: Option<&'a str>,
    /// Comma-separated codes of the checks that failed or were inconclusive.
    pub failed_checks: Option<String>,
    pub status_code: Option<u16>,
    /// The key of a table item.
    pub key: Option<String>,
    pub error: Option<String>,
}

impl<'a> Ending<'a> {
    pub fn code(code: &'a str) -> Self {
        Self {
            code: Some(code),
            ..Self::default()
        }
    }

    pub fn error(error: &(dyn Error + 'static)) -> Self {
        Self {
            error: Some(with_causes(error)),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn checked(mut self, report: &Report) -> Self {
        self.failed_checks = failed_checks(report);
        self
    }
}

/// An error with its causes, without repetitions.
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

fn failed_checks(report: &Report) -> Option<String> {
    let failed = report.checks.iter();
    let failed = failed.filter(|check| {
        matches!(
            check.status,
            CheckStatus::Failed | CheckStatus::Inconclusive
        )
    });
    let codes: Vec<&str> = failed.map(|check| check.code.as_str()).collect();
    (!codes.is_empty()).then(|| codes.join(","))
}

/// Contains only parsed identifiers, so that no untrusted text is logged.
#[derive(Debug, Clone, Default)]
struct About {
    action: Option<String>,
    request: Option<String>,
    message: Option<String>,
    tenant: Option<String>,
    registration: Option<String>,
    account: Option<String>,
    orphaned_stack: Option<String>,
    orphaned_stack_status: Option<&'static str>,
    stack: Option<String>,
    aws_account: Option<String>,
    service: Option<String>,
    profile: Option<String>,
}

/// Facts about a request, collected while it is processed.
#[derive(Debug)]
pub struct RequestLog {
    started: Instant,
    about: Mutex<About>,
}

impl RequestLog {
    /// The action is a route or a kind of event.
    pub fn start(action: impl Into<String>) -> Self {
        let about = About {
            action: Some(action.into()),
            ..About::default()
        };
        Self {
            started: Instant::now(),
            about: Mutex::new(about),
        }
    }

    fn about(&self) -> MutexGuard<'_, About> {
        self.about.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ID under which the sender knows the request.
    pub fn request_id(&self, id: &str) {
        self.about().request = truncated(id);
    }

    /// The ID that the topic, queue or bus assigned.
    pub fn message_id(&self, id: &str) {
        self.about().message = truncated(id);
    }

    pub fn tenant(&self, tenant: &Tenant) {
        self.about().tenant = Some(tenant.to_string());
    }

    pub fn registration_id(&self, id: &RegistrationId) {
        self.about().registration = Some(id.to_string());
    }

    pub fn account_id(&self, id: &AccountId) {
        self.about().account = Some(id.to_string());
    }

    pub fn orphaned_stack_id(&self, id: &OrphanedStackId) {
        self.about().orphaned_stack = Some(id.to_string());
    }

    /// The service that requests credentials, and the access profile.
    pub fn credentials(&self, service: &ServiceName, profile: &ProfileName) {
        let mut about = self.about();
        about.service = Some(service.to_string());
        about.profile = Some(profile.to_string());
    }

    pub fn aws_account(&self, id: &AwsAccountId) {
        self.about().aws_account = Some(id.to_string());
    }

    pub fn stack(&self, id: &StackId) {
        let mut about = self.about();
        about.stack = Some(id.to_string());
        about.aws_account = Some(id.account().to_string());
    }

    /// The AWS account of a known stack takes precedence over the registration's.
    pub fn registration(&self, registration: &Registration) {
        let mut about = self.about();
        about.tenant = Some(registration.tenant.to_string());
        about.registration = Some(registration.registration_id.to_string());
        if about.aws_account.is_none() {
            about.aws_account = registration
                .aws_account_id
                .as_ref()
                .map(ToString::to_string);
        }
    }

    pub fn account(&self, account: &Account) {
        self.tenant(&account.tenant);
        self.account_id(&account.account_id);
        self.registration_id(&account.registration_id);
        self.stack(&account.stack_id);
        self.aws_account(&account.aws_account_id);
    }

    pub fn orphaned_stack(&self, entry: &OrphanedStack) {
        self.tenant(&entry.tenant);
        self.registration_id(&entry.registration_id);
        self.orphaned_stack_id(&entry.orphaned_stack_id);
        if let Some(account_id) = &entry.account_id {
            self.account_id(account_id);
        }
        self.stack(&entry.stack_id);
        self.about().orphaned_stack_status = Some(entry.status().as_str());
    }

    /// Whether the request's registration, and so its sender, is known.
    pub fn names_a_registration(&self) -> bool {
        self.about().registration.is_some()
    }

    /// Writes the log line.
    pub fn end(&self, outcome: Outcome, ending: &Ending<'_>) {
        let about = self.about().clone();
        let duration_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        macro_rules! line {
            ($level:expr) => {
                tracing::event!(
                    $level,
                    action = about.action,
                    outcome = outcome.as_str(),
                    code = ending.code,
                    checks.failed = ending.failed_checks,
                    http.status_code = ending.status_code,
                    error = ending.error,
                    item.key = ending.key,
                    request.id = about.request,
                    message.id = about.message,
                    tenant.id = about.tenant,
                    registration.id = about.registration,
                    account.id = about.account,
                    orphaned_stack.id = about.orphaned_stack,
                    orphaned_stack.status = about.orphaned_stack_status,
                    stack.id = about.stack,
                    aws_account.id = about.aws_account,
                    service.name = about.service,
                    access.profile = about.profile,
                    duration_ms,
                    "request"
                )
            };
        }
        match outcome.level() {
            Level::ERROR => line!(Level::ERROR),
            Level::WARN => line!(Level::WARN),
            _ => line!(Level::INFO),
        }
    }
}

/// IDs come from outside and are truncated to the longest length that AWS uses.
fn truncated(id: &str) -> Option<String> {
    const LONGEST: usize = 255;
    let start = id.get(..id.floor_char_boundary(LONGEST))?;
    (!start.is_empty()).then(|| start.to_owned())
}

#[cfg(test)]
mod tests {
    use super::truncated;

    #[test]
    fn id_is_cut_between_characters() {
        for (id, expected) in [
            (String::new(), None),
            ("r-1".to_owned(), Some("r-1".to_owned())),
            ("x".repeat(300), Some("x".repeat(255))),
            ("本".repeat(100), Some("本".repeat(85))),
            (
                format!("x{}", "🏭".repeat(100)),
                Some(format!("x{}", "🏭".repeat(63))),
            ),
        ] {
            assert_eq!(truncated(&id), expected, "{id}");
        }
    }
}
