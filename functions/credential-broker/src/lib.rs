//! Issues credentials for customers' accounts to the operator's services. No other function's response
//! contains credentials, and this one's role can't write the hub's records.
//!
//! [`Gateway::handle`] decodes the request, calls the use case, and turns its result into a response.

// Text of any language can't be cut at a number of bytes.
#![cfg_attr(not(test), warn(clippy::string_slice))]

mod body;
mod path;
mod problem;
mod workload;

pub use crate::path::{OPERATOR, WORKLOAD};
pub use rolecall_http::Response;

use crate::body::{no_parameters, session};
use crate::path::named;
use crate::problem::Problem;
use futures_util::future::{Either, select};
use rolecall_aws::telemetry::RequestLog;
use rolecall_domain::access::ProfileName;
use rolecall_domain::aws::AwsAccountId;
use rolecall_domain::credentials::IssueRequest;
use rolecall_domain::ids::AccountId;
use rolecall_domain::operator::caller::ServiceCaller;
use rolecall_domain::ports::{
    CheckQueue, Clock, Entropy, IssueSession, IssuerKeys, PublishedWorkloads, Receipts, Records,
    ScheduleStore,
};
use rolecall_domain::text::service::ServiceName;
use rolecall_http::event::{language, text};
use rolecall_http::{RESPONSE_TIMEOUT, conclude};
use rolecall_usecases::issue_credentials::{Broker, issue_credentials};
use serde_json::Value;
use std::pin::pin;

#[derive(Debug)]
pub struct Gateway<S, C, Q, H, K> {
    pub broker: Broker<S, C, Q, H>,
    /// The keys of the issuers of workloads' tokens.
    pub keys: K,
    /// The only AWS account whose IAM identities can call.
    pub hub_account: AwsAccountId,
    /// Without a trailing slash.
    pub api_url: String,
}

impl<S, C, Q, H, K> Gateway<S, C, Q, H, K>
where
    S: Records + ScheduleStore + Receipts + PublishedWorkloads,
    C: IssueSession,
    Q: CheckQueue,
    H: Clock + Entropy,
    K: IssuerKeys,
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
        let response = response.map_err(|problem| match path::route_key(event) {
            WORKLOAD => problem.for_sdks(),
            _ => problem,
        });
        let response = conclude(response, &log, request_id, &self.api_url);
        response.in_language(language(event).unwrap_or_default())
    }

    async fn respond(&self, event: &Value, log: &RequestLog) -> Result<Response, Problem> {
        let (profile, account_id) = named(event).ok_or_else(Problem::unknown_path)?;
        log.account_id(&account_id);
        let request = match path::route_key(event) {
            OPERATOR => self.of_service(event, profile, account_id, log)?,
            WORKLOAD => {
                no_parameters(event)?;
                self.of_workload(event, profile, account_id, log).await?
            }
            _ => return Err(Problem::unknown_path()),
        };
        let issued = issue_credentials(&self.broker, &request).await;
        let issued = issued.map_err(|error| problem::of(error, log))?;
        log.account(&issued.account);
        let document = issued
            .credentials
            .document(&issued.account, &request.profile);
        Ok(Response::data(&document))
    }

    fn of_service(
        &self,
        event: &Value,
        profile: ProfileName,
        account_id: AccountId,
        log: &RequestLog,
    ) -> Result<IssueRequest, Problem> {
        let service = self.service(event).ok_or_else(Problem::unknown_path)?;
        log.credentials(&service, &profile);
        let (duration, given_name) = session(event)?;
        Ok(IssueRequest {
            service,
            account_id,
            profile,
            duration,
            given_name,
        })
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
