//! One attempt to connect one account: single-use, resumable, and with an expiration time.

use super::attempt::{LastAttempt, Progress};
use super::refusal::Refusal;
use super::version::versioned;
use crate::access::ProfileName;
use crate::aws::{AwsAccountId, ExternalId, Region, RoleArn, StackId};
use crate::brand::ReturnUrl;
use crate::companion::RequestedRole;
use crate::ids::{AccountId, GroupId, RegistrationId};
use crate::link::links;
use crate::link::report_by::ReportBy;
use crate::link::template::PublishedTemplate;
use crate::link::token::{KeyId, RegistrationToken};
use crate::messages::{Language, Reason};
use crate::problem::Code;
use crate::remedy::Remedy;
use crate::settings::CALLBACK_GRACE;
use crate::text::{Name, Tenant};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The maximum number of recorded rejections. Further attempts are rejected without verification.
pub const MOST_REFUSALS: u32 = 50;

/// The maximum number of pasted stacks to keep; the latest are kept.
const NOTED_PASTES: usize = 5;

/// The maximum number of started stacks to keep; the latest are kept.
const NOTED_STARTS: usize = 5;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    pub registration_id: RegistrationId,
    pub tenant: Tenant,
    pub version: u64,
    pub group_id: GroupId,
    pub state: RegistrationState,
    pub account_name: Option<Name>,
    /// The only AWS account that the registration accepts.
    pub aws_account_id: Option<AwsAccountId>,
    pub region: Region,
    /// How the link's stack reports.
    pub report_by: ReportBy,
    /// The language of the person who creates the stack.
    #[serde(default)]
    pub locale: Language,
    /// Where the customer's page sends them afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<ReturnUrl>,
    pub external_id: ExternalId,
    pub token_key_id: KeyId,
    pub allow_duplicate: bool,
    /// The access profiles that the stack should give.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access: Vec<ProfileName>,
    /// The companion roles that the stack should create.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub companion_roles: Vec<RequestedRole>,
    pub template: PublishedTemplate,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// The number of rejected stacks. Each blocks its name, so the link then uses another one.
    pub refused_stacks: u32,
    /// Rejected attempts of any kind, in any state. Limits how much data they create.
    #[serde(default)]
    pub refused_attempts: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_attempt: Option<LastAttempt>,
    /// Stacks that passed their preflight and have neither registered nor failed, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub started: Vec<Progress>,
    /// Pasted stacks that were rejected. They become orphaned stacks when the registration ends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pasted: Vec<PastedStack>,
}

/// A stack that a user pasted. Its existence is unverified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastedStack {
    pub stack_id: StackId,
    pub role_arn: RoleArn,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum RegistrationState {
    Pending,
    Completed {
        account_id: AccountId,
        stack_id: StackId,
        role_arn: RoleArn,
    },
    Expired,
    Revoked,
}

/// The source of an attempt to complete a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    Callback,
    Paste,
}

impl Channel {
    /// A stack may finish after the link has expired, although it was opened in time. A paste is
    /// immediate.
    fn grace(self) -> SignedDuration {
        match self {
            Self::Callback => CALLBACK_GRACE,
            Self::Paste => SignedDuration::ZERO,
        }
    }
}

/// The result of admitting an attempt with this stack and role.
#[derive(Debug, Clone, PartialEq)]
pub enum Admission {
    /// Verify this role.
    Open(RoleArn),
    /// The registration was completed by the same stack and role.
    Done(AccountId),
    Refused(Refusal),
}

/// The result of admitting a stack in its preflight.
#[derive(Debug, Clone, PartialEq)]
pub enum Preflight {
    Open,
    /// The stack is known: it has started, or it completed the registration.
    Known,
    Refused(Refusal),
}

versioned!(Registration);

impl Registration {
    /// The status at the given time. A pending registration ends at `expires_at`, even if its
    /// expiration is not recorded yet.
    pub fn status(&self, now: Timestamp) -> &'static str {
        match self.state {
            RegistrationState::Pending if now >= self.expires_at => "expired",
            RegistrationState::Pending => "pending",
            RegistrationState::Completed { .. } => "completed",
            RegistrationState::Expired => "expired",
            RegistrationState::Revoked => "revoked",
        }
    }

    pub fn account_id(&self) -> Option<&AccountId> {
        match &self.state {
            RegistrationState::Completed { account_id, .. } => Some(account_id),
            _ => None,
        }
    }

    /// The link's stack name. It must only be unique in the customer's account.
    pub fn stack_name(&self) -> String {
        let base = format!("rolecall-{}", self.registration_id.short());
        match self.refused_stacks {
            0 => base,
            refused => format!("{base}-{}", refused + 1),
        }
    }

    pub fn quick_create_url(&self, token: &RegistrationToken) -> String {
        let own = [
            ("RegistrationToken", token.expose().to_owned()),
            ("ExternalId", self.external_id.to_string()),
        ];
        // The template's default is the callback.
        let paste = (self.report_by == ReportBy::Paste)
            .then(|| (ReportBy::PARAMETER, ReportBy::Paste.as_str().to_owned()));
        let parameters: Vec<(&str, String)> = own.into_iter().chain(paste).collect();
        links::quick_create(
            &self.region,
            &self.template,
            &self.stack_name(),
            &parameters,
        )
    }

    /// The stack that is being created. The latest one, if there are several.
    pub fn progress(&self) -> Option<&Progress> {
        self.started.last()
    }

    /// Whether the stack passed its preflight and has neither registered nor failed.
    pub fn has_started(&self, stack_id: &StackId) -> bool {
        self.started.iter().any(|one| &one.stack_id == stack_id)
    }

    /// Whether to admit a stack whose preflight was received at `received_at`. Nothing exists yet, so
    /// a link that has expired is refused without grace.
    pub fn admit_preflight(&self, stack_id: &StackId, received_at: Timestamp) -> Preflight {
        match &self.state {
            RegistrationState::Completed { stack_id: own, .. } if own == stack_id => {
                Preflight::Known
            }
            RegistrationState::Completed { .. } => Preflight::Refused(used()),
            RegistrationState::Pending | RegistrationState::Expired if !self.records_refusals() => {
                Preflight::Refused(exhausted())
            }
            RegistrationState::Revoked => Preflight::Refused(revoked()),
            RegistrationState::Pending | RegistrationState::Expired
                if self.has_started(stack_id) =>
            {
                Preflight::Known
            }
            RegistrationState::Pending if received_at < self.expires_at => Preflight::Open,
            RegistrationState::Pending | RegistrationState::Expired => {
                Preflight::Refused(expired())
            }
        }
    }

    /// Whether to admit an attempt whose first message was received at `received_at`. Expiration was
    /// decided in the preflight of a stack that has started.
    pub fn admit(
        &self,
        channel: Channel,
        stack_id: &StackId,
        role_arn: &RoleArn,
        received_at: Timestamp,
    ) -> Admission {
        let by_callback = channel == Channel::Callback;
        let has_started = by_callback && self.has_started(stack_id);
        let before = |end: Timestamp| has_started || received_at < end;
        match &self.state {
            RegistrationState::Pending | RegistrationState::Expired if !self.records_refusals() => {
                Admission::Refused(exhausted())
            }
            RegistrationState::Completed {
                account_id,
                stack_id: stack,
                role_arn: role,
            } => {
                if stack == stack_id && role == role_arn {
                    Admission::Done(account_id.clone())
                } else {
                    Admission::Refused(used())
                }
            }
            RegistrationState::Revoked => Admission::Refused(revoked()),
            RegistrationState::Pending if before(self.expires_at + channel.grace()) => {
                Admission::Open(role_arn.clone())
            }
            RegistrationState::Expired
                if by_callback && before(self.expires_at + CALLBACK_GRACE) =>
            {
                Admission::Open(role_arn.clone())
            }
            RegistrationState::Pending | RegistrationState::Expired => {
                Admission::Refused(expired())
            }
        }
    }

    /// Whether rejected attempts are still recorded. The token is readable in the stack's
    /// parameters, so the amount of data that it can create must be limited.
    pub fn records_refusals(&self) -> bool {
        self.refused_attempts < MOST_REFUSALS
    }

    /// # Errors
    /// `registration_completed` if the registration has already created an account.
    pub fn revoked(&self) -> Result<Self, Refusal> {
        if let RegistrationState::Completed { .. } = self.state {
            return Err(Refusal::new(
                Code::RegistrationCompleted,
                &Reason::RegistrationCompleted,
                &Remedy::DeregisterInstead,
            ));
        }
        Ok(Self {
            state: RegistrationState::Revoked,
            ..self.next()
        })
    }

    #[must_use]
    pub fn expired(&self) -> Self {
        Self {
            state: RegistrationState::Expired,
            ..self.next()
        }
    }

    #[must_use]
    pub fn completed(&self, account_id: AccountId, stack_id: StackId, role_arn: RoleArn) -> Self {
        let state = RegistrationState::Completed {
            account_id,
            stack_id,
            role_arn,
        };
        Self {
            state,
            last_attempt: None,
            started: Vec::new(),
            ..self.next()
        }
    }

    /// Records a stack that passed its preflight.
    #[must_use]
    pub fn started(&self, progress: Progress) -> Self {
        let mut started = self.started_without(&progress.stack_id);
        started.push(progress);
        let surplus = started.len().saturating_sub(NOTED_STARTS);
        started.drain(..surplus);
        Self {
            started,
            ..self.next()
        }
    }

    fn started_without(&self, stack_id: &StackId) -> Vec<Progress> {
        let others = self.started.iter().filter(|one| &one.stack_id != stack_id);
        others.cloned().collect()
    }

    /// Records an attempt that failed; the registration's state does not change. A completed
    /// registration has its account instead of a last attempt.
    #[must_use]
    pub fn attempted(
        &self,
        attempt: LastAttempt,
        stack_id: &StackId,
        pasted: Option<PastedStack>,
    ) -> Self {
        let is_completed = matches!(self.state, RegistrationState::Completed { .. });
        let stack_is_spent = self.stack_name() == stack_id.name();
        // A paste may be early: the stack goes on and registers by itself.
        let started = match &pasted {
            Some(_) => self.started.clone(),
            None => self.started_without(stack_id),
        };
        let mut all_pasted = self.pasted.clone();
        if let Some(pasted) = pasted {
            all_pasted.retain(|known| known.stack_id != pasted.stack_id);
            all_pasted.push(pasted);
            let surplus = all_pasted.len().saturating_sub(NOTED_PASTES);
            all_pasted.drain(..surplus);
        }
        Self {
            pasted: all_pasted,
            refused_stacks: self.refused_stacks + u32::from(stack_is_spent),
            refused_attempts: self.refused_attempts.saturating_add(1),
            started,
            last_attempt: (!is_completed).then_some(attempt),
            ..self.next()
        }
    }
}

fn exhausted() -> Refusal {
    let attempts = MOST_REFUSALS;
    let reason = Reason::RegistrationExhausted { attempts };
    Refusal::new(Code::RegistrationExhausted, &reason, &Remedy::NewStack)
}

fn used() -> Refusal {
    let reason = Reason::RegistrationUsed;
    Refusal::new(Code::RegistrationUsed, &reason, &Remedy::NewStack)
}

fn revoked() -> Refusal {
    let reason = Reason::RegistrationRevoked;
    Refusal::new(Code::RegistrationRevoked, &reason, &Remedy::NewStack)
}

fn expired() -> Refusal {
    let reason = Reason::RegistrationExpired;
    Refusal::new(Code::RegistrationExpired, &reason, &Remedy::NewStack)
}
