//! `rolecall orphans`.

use clap::Subcommand;
use serde_json::json;

use super::ids::OrphanedStack;
use super::paging::Paging;
use crate::client::request::Request;
use crate::command::Command;
use crate::view::views;

#[derive(Debug, Subcommand)]
pub enum OrphansCommand {
    /// List orphaned stacks
    List {
        /// Filter by status
        #[arg(long, value_parser = ["orphaned", "deleting", "gone", "dismissed"])]
        status: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show an orphaned stack and the evidence of its deletion
    Show(OrphanedStack),
    /// Check now whether an orphaned stack still exists
    Check(OrphanedStack),
    /// Stop tracking an orphaned stack
    Dismiss {
        #[command(flatten)]
        stack: OrphanedStack,
        /// Reason, kept as evidence
        #[arg(long)]
        reason: String,
    },
}

impl OrphansCommand {
    pub fn command(self) -> Command {
        let request = match self {
            Self::List { status, paging } => {
                let request = Request::get("/v1/orphaned-stacks").query("status", status);
                return paging.list(request, views::ORPHANED_STACKS);
            }
            Self::Show(stack) => Request::get(stack.path()),
            Self::Check(stack) => Request::post(format!("{}/checks", stack.path()), json!({})),
            Self::Dismiss { stack, reason } => {
                let path = format!("{}/dismiss", stack.path());
                Request::post(path, json!({"reason": reason}))
            }
        };
        Command::show(request, views::ORPHANED_STACK)
    }
}
