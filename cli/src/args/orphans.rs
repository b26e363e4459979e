//! `rolecall orphans`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Paging, ids};
use crate::plan::Plan;
use crate::request::Request;
use crate::view::shown;

#[derive(Debug, Subcommand)]
pub enum OrphansCommand {
    /// List leftover stacks
    List {
        /// Only those that are so
        #[arg(long, value_parser = ["orphaned", "deleting", "gone", "dismissed"])]
        status: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show a leftover stack and the evidence
    Show(Orphan),
    /// Look at a leftover stack now
    Check(Orphan),
    /// Stop following a leftover stack
    Dismiss {
        #[command(flatten)]
        orphan: Orphan,
        /// Why; it is kept as evidence
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Args)]
pub struct Orphan {
    /// The leftover stack's id
    #[arg(value_parser = ids::orphan)]
    pub orphan: String,
}

impl Orphan {
    fn path(&self) -> String {
        format!("/v1/orphaned-stacks/{}", self.orphan)
    }
}

impl OrphansCommand {
    pub fn plan(self) -> Plan {
        match self {
            Self::List { status, paging } => {
                let request = Request::get("/v1/orphaned-stacks").query("status", status);
                Plan::list(request, paging, shown::ORPHANS)
            }
            Self::Show(orphan) => Plan::one(Request::get(orphan.path()), shown::ORPHAN),
            Self::Check(orphan) => {
                let path = format!("{}/checks", orphan.path());
                Plan::one(Request::act(path, json!({})), shown::ORPHAN)
            }
            Self::Dismiss { orphan, reason } => {
                let path = format!("{}/dismiss", orphan.path());
                Plan::one(Request::act(path, json!({"reason": reason})), shown::ORPHAN)
            }
        }
    }
}
