//! What a registration knows about the stacks that were created from its link.

use crate::aws::{AwsAccountId, Region, StackId};
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

/// The result of the last rejected attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptReport {
    pub code: Code,
    pub detail: Localized,
    #[serde(flatten)]
    pub report: Report,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_stack: Option<StackLinks>,
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
    /// For a rejected stack, with the report of its verification.
    pub fn to(stack: &StackId, report: &Report) -> Self {
        let remedy = Remedy::DeleteStack(StackToDelete::new(stack.clone(), report.stack.clone()));
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
