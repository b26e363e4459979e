//! `rolecall source-policy`, `decode` and `required-permissions`.

use clap::Args;
use serde_json::json;

use super::{ids, input};
use crate::failure::Failure;
use crate::plan::Plan;
use crate::request::Request;
use crate::view::shown;

#[derive(Debug, Args)]
pub struct SourcePolicy {
    /// Only for people who come from this AWS account
    #[arg(long, value_name = "TWELVE DIGITS", value_parser = ids::aws_account)]
    trusted_account_id: Option<String>,
}

impl SourcePolicy {
    pub fn plan(self) -> Plan {
        let request = Request::get("/v1/source-policy");
        let request = request.query("trusted_account_id", self.trusted_account_id);
        Plan::one(request, shown::SOURCE_POLICIES)
    }
}

#[derive(Debug, Args)]
pub struct Decode {
    /// The id of the account where it happened
    #[arg(value_parser = ids::account)]
    account: String,
    /// The encoded message, or - for standard input
    message: String,
}

impl Decode {
    pub fn plan(self) -> Result<Plan, Failure> {
        let message = input::argument(self.message, "the encoded message")?;
        let body = json!({"account_id": self.account, "message": message});
        let request = Request::ask("/v1/decode-authorization-message", body);
        Ok(Plan::one(request, shown::DECODED))
    }
}

#[derive(Debug, Args)]
pub struct RequiredPermissions {
    /// How the stack reports to the hub
    #[arg(long, value_name = "CHANNEL", value_parser = ["callback", "paste"])]
    report_by: Option<String>,
}

impl RequiredPermissions {
    pub fn plan(self) -> Plan {
        let request = Request::get("/v1/required-permissions");
        Plan::document(request.query("report_by", self.report_by))
    }
}
