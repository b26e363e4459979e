//! Converts the reason why no credentials were issued into a response.

pub use rolecall_http::Problem;

use rolecall_aws::telemetry::RequestLog;
use rolecall_domain::credentials::IssueRefusal;
use rolecall_domain::messages::Detail;
use rolecall_domain::problem::Code;
use rolecall_usecases::UseCaseError;
use rolecall_usecases::issue_credentials::IssueError;
use serde_json::json;

/// The account of a refused request is logged.
pub fn of(error: IssueError, log: &RequestLog) -> Problem {
    match error {
        IssueError::UnknownAccount => Problem::new(Code::NotFound, &Detail::UnknownAccount),
        IssueError::Refused(account, refusal) => {
            log.account(&account);
            refused(&refusal)
        }
        IssueError::TooOften { wait, were_refused } => {
            let detail = match were_refused {
                true => Detail::RefusedTooOften,
                false => Detail::CredentialsTooOften,
            };
            Problem::rate_limited(wait, &detail)
        }
        IssueError::Inconclusive => {
            Problem::new(Code::VerificationInconclusive, &Detail::ProofInconclusive)
        }
        IssueError::UseCase(UseCaseError::Changed | UseCaseError::Contended) => Problem::conflict(),
        IssueError::PolicyRejected(_) | IssueError::UseCase(_) => Problem::internal(&error),
    }
}

fn refused(refusal: &IssueRefusal) -> Problem {
    match refusal {
        IssueRefusal::NotGranted(profile) => {
            let profile = profile.to_string();
            Problem::new(
                Code::AccessNotGranted,
                &Detail::AccessNotGranted { profile },
            )
        }
        IssueRefusal::NotUsable { status, check } => {
            let status_text = (*status).to_owned();
            let detail = match check {
                Some(check) => Detail::AccountCheckFails {
                    status: status_text,
                    check: check.as_str().to_owned(),
                },
                None => Detail::AccountNotActive {
                    status: status_text,
                },
            };
            Problem::new(Code::AccountNotUsable, &detail)
                .with("account_status", json!(status))
                .with("check", json!(check.map(|check| check.as_str())))
        }
    }
}
