//! One attempt to connect one account: single-use, resumable, expiring.

use super::refusal::Refusal;
use super::version::versioned;
use crate::aws::{AwsAccountId, ExternalId, Region, RoleArn, StackId};
use crate::check::Report;
use crate::companion::RequestedRole;
use crate::ids::{AccountId, GroupId, RegistrationId};
use crate::link::links;
use crate::link::report_by::ReportBy;
use crate::link::template::PublishedTemplate;
use crate::link::token::{KeyId, RegistrationToken};
use crate::messages::{Language, Localized, Reason};
use crate::problem::Code;
use crate::remedy::Remedy;
use crate::settings::CALLBACK_GRACE;
use crate::text::{Name, Tenant};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// So many refused attempts are written down, and none after them is verified.
pub const MOST_REFUSALS: u32 = 50;

/// Pasted stacks that one registration keeps: the latest.
const NOTED_PASTES: usize = 5;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    pub registration_id: RegistrationId,
    pub tenant: Tenant,
    pub version: u64,
    pub group_id: GroupId,
    pub state: RegistrationState,
    pub account_name: Option<Name>,
    /// Only this AWS account may answer.
    pub aws_account_id: Option<AwsAccountId>,
    pub region: Region,
    /// How the stack of its link reports.
    pub report_by: ReportBy,
    /// The language of the person who creates the stack.
    #[serde(default)]
    pub locale: Language,
    pub external_id: ExternalId,
    pub token_key_id: KeyId,
    pub allow_duplicate: bool,
    /// The roles that the stack is to make beside the hub's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub companion_roles: Vec<RequestedRole>,
    pub template: PublishedTemplate,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// Stacks that were refused so far: each leaves its name behind, so the link offers another.
    pub refused_stacks: u32,
    /// Refused attempts of any kind, in any state: what they leave behind is bounded by it.
    #[serde(default)]
    pub refused_attempts: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_report: Option<AttemptReport>,
    /// Stacks that were pasted and refused: when the registration ends, they are left over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pasted: Vec<PastedStack>,
}

/// A stack that somebody pasted. That it exists is their word.
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

/// How the last refused attempt went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptReport {
    pub code: Code,
    pub detail: Localized,
    #[serde(flatten)]
    pub report: Report,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_stack: Option<StackLinks>,
}

/// Where a stack is, and what deletes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackLinks {
    pub stack_name: String,
    pub stack_id: StackId,
    pub region: Region,
    pub aws_account_id: AwsAccountId,
    pub console_url: String,
    pub delete_command: String,
}

impl StackLinks {
    /// To a stack that was refused, of which this was seen.
    pub fn to(stack: &StackId, report: &Report) -> Self {
        let remedy = Remedy::DeleteStack {
            stack: stack.clone(),
            protected: report.stack_is_protected(),
        };
        Self {
            stack_name: stack.name().to_owned(),
            stack_id: stack.clone(),
            region: stack.region().clone(),
            aws_account_id: stack.account().clone(),
            console_url: links::stack_page(stack),
            delete_command: remedy.command().unwrap_or_default(),
        }
    }
}

/// Where an attempt to complete a registration comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    Callback,
    Paste,
}

impl Channel {
    /// A click in time may be followed by a stack that takes a while; a paste is immediate.
    fn grace(self) -> SignedDuration {
        match self {
            Self::Callback => CALLBACK_GRACE,
            Self::Paste => SignedDuration::ZERO,
        }
    }
}

/// What an attempt with this stack and role meets.
#[derive(Debug, Clone, PartialEq)]
pub enum Admission {
    /// Go on and verify this role.
    Open(RoleArn),
    /// It was completed by this very stack and role.
    Done(AccountId),
    Refused(Refusal),
}

versioned!(Registration);

impl Registration {
    /// The state as the clock has it: a pending registration ends at `expires_at`, whether or not
    /// anything has written that down.
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

    /// The link's stack name. It only has to be free in the customer's account.
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
        // The template's default is the other one.
        let paste = (self.report_by == ReportBy::Paste)
            .then(|| (ReportBy::PARAMETER, ReportBy::Paste.as_str().to_owned()));
        let partition = self.region.partition();
        // Of the others, the template's defaults say that they are not made.
        let companions = self
            .companion_roles
            .iter()
            .map(|role| role.parameter(partition));
        let parameters: Vec<(&str, String)> =
            own.into_iter().chain(paste).chain(companions).collect();
        links::quick_create(
            &self.region,
            &self.template,
            &self.stack_name(),
            &parameters,
        )
    }

    /// Whether an attempt that was first heard of at `received_at` may go on.
    pub fn admit(
        &self,
        channel: Channel,
        stack_id: &StackId,
        role_arn: &RoleArn,
        received_at: Timestamp,
    ) -> Admission {
        let refused = |code, reason: Reason, remedy: &Remedy| {
            Admission::Refused(Refusal::new(code, &reason, remedy))
        };
        match &self.state {
            RegistrationState::Pending | RegistrationState::Expired if !self.records_refusals() => {
                let attempts = MOST_REFUSALS;
                let reason = Reason::RegistrationExhausted { attempts };
                refused(Code::RegistrationExhausted, reason, &Remedy::NewStack)
            }
            RegistrationState::Completed {
                account_id,
                stack_id: stack,
                role_arn: role,
            } => {
                if stack == stack_id && role == role_arn {
                    Admission::Done(account_id.clone())
                } else {
                    refused(
                        Code::RegistrationUsed,
                        Reason::RegistrationUsed,
                        &Remedy::NewStack,
                    )
                }
            }
            RegistrationState::Revoked => refused(
                Code::RegistrationRevoked,
                Reason::RegistrationRevoked,
                &Remedy::NewStack,
            ),
            RegistrationState::Pending if received_at < self.expires_at + channel.grace() => {
                Admission::Open(role_arn.clone())
            }
            RegistrationState::Expired
                if channel == Channel::Callback
                    && received_at < self.expires_at + CALLBACK_GRACE =>
            {
                Admission::Open(role_arn.clone())
            }
            RegistrationState::Pending | RegistrationState::Expired => refused(
                Code::RegistrationExpired,
                Reason::RegistrationExpired,
                &Remedy::NewStack,
            ),
        }
    }

    /// Whether a refused attempt is still written down. A token can be read in the stack's
    /// parameters, so what it can make the hub keep must have an end.
    pub fn records_refusals(&self) -> bool {
        self.refused_attempts < MOST_REFUSALS
    }

    /// # Errors
    /// `registration_completed` when an account was recorded by it.
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
            last_report: None,
            ..self.next()
        }
    }

    /// A refused attempt leaves the registration as it was, with what went wrong.
    #[must_use]
    pub fn attempted(
        &self,
        attempt: AttemptReport,
        stack_is_spent: bool,
        pasted: Option<PastedStack>,
    ) -> Self {
        let pending = self.state == RegistrationState::Pending;
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
            last_report: if pending {
                Some(attempt)
            } else {
                self.last_report.clone()
            },
            ..self.next()
        }
    }
}
