//! What a registration knows about the stacks that were created from its link.

use super::refusal::{Explanation, Refusal};
use crate::aws::{AwsAccountId, Region, SeenStack, StackId};
use crate::check::Report;
use crate::link::links;
use crate::messages::Localized;
use crate::problem::Code;
use crate::remedy::{Remedy, StackToDelete};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A stack that passed its preflight, and that has neither registered nor failed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub stack_id: StackId,
    pub aws_account_id: AwsAccountId,
    pub region: Region,
    pub started_at: Timestamp,
}

impl Progress {
    pub fn of(stack_id: &StackId, started_at: Timestamp) -> Self {
        Self {
            stack_id: stack_id.clone(),
            aws_account_id: stack_id.account().clone(),
            region: stack_id.region().clone(),
            started_at,
        }
    }
}

/// The last attempt that failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastAttempt {
    pub code: Code,
    pub detail: Localized,
    /// The same for the person who creates the stack.
    #[serde(default)]
    pub for_customer: Box<Explanation>,
    pub attempted_at: Timestamp,
    pub stack: StackLinks,
    /// The checks that ran. `None` if the attempt failed before any did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
}

impl LastAttempt {
    pub fn new(refusal: &Refusal, stack_id: &StackId, now: Timestamp) -> Self {
        let report = refusal.report.as_deref().cloned();
        let seen = report.as_ref().map(|report| report.stack.clone());
        Self {
            code: refusal.code,
            detail: refusal.message(),
            for_customer: Box::new(refusal.for_customer()),
            attempted_at: now,
            stack: StackLinks::to(stack_id, seen.unwrap_or_default()),
            report,
        }
    }
}

/// The location of a stack, and the command that deletes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackLinks {
    pub stack_name: String,
    pub stack_id: StackId,
    pub region: Region,
    pub aws_account_id: AwsAccountId,
    pub console_url: String,
    /// `None` for a nested stack, which only its parent's template can remove.
    #[serde(default)]
    pub delete_command: Option<String>,
}

impl StackLinks {
    /// For a rejected stack, as it was last read.
    pub fn to(stack: &StackId, seen: SeenStack) -> Self {
        let remedy = Remedy::DeleteStack(StackToDelete::new(stack.clone(), seen));
        Self {
            stack_name: stack.name().to_owned(),
            stack_id: stack.clone(),
            region: stack.region().clone(),
            aws_account_id: stack.account().clone(),
            console_url: links::stack_page(stack),
            delete_command: remedy.command(stack.partition()),
        }
    }
}
