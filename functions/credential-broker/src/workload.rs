//! Requests of workloads, which prove who they are with a token. They come from AWS SDKs, which use the route
//! as a container's credentials endpoint.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>

use crate::Gateway;
use crate::problem::Problem;
use rolecall_aws::telemetry::{RequestLog, with_causes};
use rolecall_domain::access::ProfileName;
use rolecall_domain::credentials::{IssueRequest, SessionSeconds};
use rolecall_domain::ids::AccountId;
use rolecall_domain::messages::{Detail, Quoted, TokenFault};
use rolecall_domain::ports::{
    CheckQueue, Clock, Entropy, IssueSession, IssuerKeys, PublishedWorkloads, Receipts, Records,
    ScheduleStore,
};
use rolecall_domain::problem::Code;
use rolecall_domain::workload::Workload;
use rolecall_http::event::header;
use rolecall_usecases::{WorkloadError, authenticate_workload};
use serde_json::Value;

impl<S, C, Q, H, K> Gateway<S, C, Q, H, K>
where
    S: Records + ScheduleStore + Receipts + PublishedWorkloads,
    C: IssueSession,
    Q: CheckQueue,
    H: Clock + Entropy,
    K: IssuerKeys,
{
    /// The request of the workload with the token in the header `Authorization`, if the workload can use the
    /// profile in the account's tenant.
    pub(crate) async fn of_workload(
        &self,
        event: &Value,
        profile: ProfileName,
        account_id: AccountId,
        log: &RequestLog,
    ) -> Result<IssueRequest, Problem> {
        let (store, now) = (&self.broker.store, self.broker.host.now());
        let token = header(event, "authorization");
        let workload = authenticate_workload(store, &self.keys, token, now).await;
        let workload = workload.map_err(refused)?;
        let service = workload.service();
        let service = service.map_err(|_| unreadable_subject())?;
        log.credentials(&service, &profile);
        if !workload.may_use(&profile) {
            return Err(not_allowed(&workload, &profile));
        }
        let account = store.account_by_id(&account_id).await;
        let account = account.map_err(Problem::from)?;
        let account = account.ok_or_else(unknown_account)?;
        // An account of another tenant looks like an unknown one.
        if !workload.may_use_in(&profile, &account.tenant) {
            return Err(unknown_account());
        }
        Ok(IssueRequest {
            service,
            account_id,
            profile,
            duration: SessionSeconds::default(),
            given_name: None,
        })
    }
}

fn unknown_account() -> Problem {
    Problem::new(Code::NotFound, &Detail::UnknownAccount)
}

fn unreadable_subject() -> Problem {
    let fault = TokenFault::ClaimInvalid { claim: "sub" };
    Problem::new(Code::InvalidWorkloadToken, &fault)
}

fn refused(error: WorkloadError) -> Problem {
    match error {
        WorkloadError::Invalid(fault) => Problem::new(Code::InvalidWorkloadToken, &fault),
        WorkloadError::IssuerUnavailable { issuer, source } => {
            let detail = Detail::IssuerUnavailable { issuer };
            let problem = Problem::new(Code::IssuerUnavailable, &detail);
            problem.because(with_causes(source.as_ref()))
        }
        WorkloadError::Store(error) => error.into(),
    }
}

/// The operator needs the token's subject: often the subject is correct and the rule is not.
fn not_allowed(workload: &Workload, profile: &ProfileName) -> Problem {
    let detail = Detail::WorkloadNotAllowed {
        issuer: workload.issuer.to_string(),
        subject: Quoted::claim(&workload.subject),
        profile: profile.to_string(),
    };
    Problem::new(Code::WorkloadNotAllowed, &detail)
}
