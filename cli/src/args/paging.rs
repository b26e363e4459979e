//! The options of every list.

use clap::Args;

use crate::command::Command;
use crate::view::Sections;
use rolecall_client::Request;

#[derive(Debug, Args)]
pub struct Paging {
    /// Page size (1-100)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=100))]
    pub limit: Option<u8>,
    /// Start after this cursor, from an earlier page
    #[arg(long)]
    pub cursor: Option<String>,
    /// Fetch all pages
    #[arg(long)]
    pub all: bool,
}

impl Paging {
    pub fn list(self, call: impl Into<Request>, sections: Sections) -> Command {
        let limit = self.limit.map(|limit| limit.to_string());
        let request: Request = call.into();
        let request = request.query("limit", limit).query("cursor", self.cursor);
        let mut command = Command::show(request, sections);
        command.all_pages = self.all;
        command
    }
}

/// The options of a list that is sorted by creation time.
#[derive(Debug, Args)]
pub struct SortedPaging {
    /// Newest first [default: oldest first]
    #[arg(long)]
    pub newest_first: bool,
    #[command(flatten)]
    pub paging: Paging,
}

impl SortedPaging {
    pub fn list(self, call: impl Into<Request>, sections: Sections) -> Command {
        let request: Request = call.into();
        let order = self.newest_first.then_some("newest_first");
        self.paging.list(request.query("order", order), sections)
    }
}
