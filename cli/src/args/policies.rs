//! `rolecall source-policy`, `decode` and `required-permissions`.

use clap::Args;
use serde_json::json;

use super::ids::Account;
use super::{ids, input};
use crate::client::request::Request;
use crate::command::Command;
use crate::error::Error;
use crate::view::views;

#[derive(Debug, Args)]
pub struct SourcePolicy {
    /// Print only the policy of this source account
    #[arg(long, value_name = "AWS_ACCOUNT_ID", value_parser = ids::aws_account)]
    trusted_account_id: Option<String>,
}

impl SourcePolicy {
    pub fn command(self) -> Command {
        let request = Request::get("/v1/source-policy");
        let request = request.query("trusted_account_id", self.trusted_account_id);
        Command::show(request, views::SOURCE_POLICIES)
    }
}

#[derive(Debug, Args)]
pub struct Decode {
    #[command(flatten)]
    account: Account,
    /// Encoded message, or - to read standard input
    message: String,
}

impl Decode {
    pub fn command(self) -> Result<Command, Error> {
        let message = input::argument(self.message, "the encoded message")?;
        let body = json!({"account_id": self.account.account, "message": message});
        let request = Request::query_by_post("/v1/decode-authorization-message", body);
        Ok(Command::show(request, views::DECODED))
    }
}

#[derive(Debug, Args)]
pub struct RequiredPermissions {
    /// How the stack reports to the hub
    #[arg(long, value_name = "CHANNEL", value_parser = ["callback", "paste"])]
    report_by: Option<String>,
}

impl RequiredPermissions {
    pub fn command(self) -> Command {
        let request = Request::get("/v1/required-permissions");
        Command::json(request.query("report_by", self.report_by))
    }
}
