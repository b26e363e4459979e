//! `rolecall orphans`.

use clap::Subcommand;

use super::paging::SortedPaging;
use crate::command::Command;
use crate::ids::OrphanedStack;
use crate::view::views;
use rolecall_client::calls;

#[derive(Debug, Subcommand)]
pub enum OrphansCommand {
    /// List orphaned stacks
    List {
        /// Filter by status
        #[arg(long, value_parser = ["orphaned", "deleting", "gone", "dismissed"])]
        status: Option<String>,
        #[command(flatten)]
        paging: SortedPaging,
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
                let call = calls::list_orphaned_stacks(status.as_deref());
                return paging.list(call, views::ORPHANED_STACKS);
            }
            Self::Show(stack) => calls::get_orphaned_stack(&stack.orphaned_stack),
            Self::Check(stack) => calls::check_orphaned_stack(&stack.orphaned_stack),
            Self::Dismiss { stack, reason } => {
                calls::dismiss_orphaned_stack(&stack.orphaned_stack, &reason)
            }
        };
        Command::show(request, views::ORPHANED_STACK)
    }
}
