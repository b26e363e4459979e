//! Issues credentials of customers' accounts to the operator's services. No other function's response
//! contains credentials, and this one's role can't write the hub's records.
//!
//! [`Gateway::handle`] decodes the request, calls the use case, and turns its result into a response.

mod body;
mod path;
mod problem;

pub use crate::path::OPERATOR;
pub use rolecall_http::Response;

use crate::body::session;
use crate::path::named;
use crate::problem::Problem;
use futures_util::future::{Either, select};
use rolecall_aws::telemetry::RequestLog;
use rolecall_domain::aws::AwsAccountId;
use rolecall_domain::credentials::IssueRequest;
use rolecall_domain::operator::caller::ServiceCaller;
use rolecall_domain::ports::{
    CheckQueue, Clock, Entropy, IssueSession, Receipts, Records, ScheduleStore,
};
use rolecall_domain::text::service::ServiceName;
use rolecall_http::event::{language, text};
use rolecall_http::{RESPONSE_TIMEOUT, conclude};
use rolecall_usecases::issue_credentials::{Broker, issue_credentials};
use serde_json::Value;
use std::pin::pin;

#[derive(Debug)]
pub struct Gateway<S, C, Q, H> {
    pub broker: Broker<S, C, Q, H>,
    /// The only AWS account whose IAM identities can call.
    pub hub_account: AwsAccountId,
    /// Without a trailing slash.
    pub api_url: String,
}

impl<S, C, Q, H> Gateway<S, C, Q, H>
where
    S: Records + ScheduleStore + Receipts,
    C: IssueSession,
    Q: CheckQueue,
    H: Clock + Entropy,
{
    /// Handles a request. Every error becomes a response.
    pub async fn handle(&self, event: &Value) -> Response {
        let request_id = text(event, "/requestContext/requestId");
        let log = RequestLog::start(path::action(event));
        log.request_id(request_id);
        let respond = pin!(self.respond(event, &log));
        let alarm = pin!(self.broker.host.sleep(RESPONSE_TIMEOUT));
        let response = match select(respond, alarm).await {
            Either::Left((response, _)) => response,
            Either::Right(_) => Err(Problem::timed_out()),
        };
        let response = conclude(response, &log, request_id, &self.api_url);
        response.in_language(language(event).unwrap_or_default())
    }

    async fn respond(&self, event: &Value, log: &RequestLog) -> Result<Response, Problem> {
        if path::route_key(event) != OPERATOR {
            return Err(Problem::unknown_path());
        }
        let (profile, account_id) = named(event).ok_or_else(Problem::unknown_path)?;
        log.account_id(&account_id);
        let service = self.service(event).ok_or_else(Problem::unknown_path)?;
        log.credentials(&service, &profile);
        let (duration, given_name) = session(event)?;
        let request = IssueRequest {
            service,
            account_id,
            profile,
            duration,
            given_name,
        };
        let issued = issue_credentials(&self.broker, &request).await;
        let issued = issued.map_err(|error| problem::of(error, log))?;
        log.account(&issued.account);
        let document = issued
            .credentials
            .document(&issued.account, &request.profile);
        Ok(Response::data(&document))
    }

    /// The IAM identity that signed the request. The gateway verified it, and answers requests of other
    /// AWS accounts itself.
    fn service(&self, event: &Value) -> Option<ServiceName> {
        let arn = text(event, "/requestContext/authorizer/iam/userArn");
        let caller = ServiceCaller::parse(arn)?;
        let is_ours = caller.aws_account_id == self.hub_account;
        ServiceName::parse(caller.role_name)
            .ok()
            .filter(|_| is_ours)
    }
}
