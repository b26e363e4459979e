//! Sessions of customers' roles that are limited to an access profile. Their credentials are returned to the
//! caller and not stored.

use super::assume::{classify, granted_by};
use super::{Session, assume};
use crate::clients::Aws;
use crate::failure::Failure;
use aws_sdk_sts::operation::assume_role::AssumeRoleOutput;
use aws_sdk_sts::types::PolicyDescriptorType;
use jiff::Timestamp;
use rolecall_domain::aws::{ExternalId, RoleArn};
use rolecall_domain::check::{AssumeOutcome, Granted};
use rolecall_domain::credentials::Credentials;
use rolecall_domain::ports::{AssumeRole, Assumed, IssueSession, IssuedSession, SessionRequest};

/// STS alone: the function that issues credentials calls nothing else in customers' accounts.
#[derive(Debug, Clone)]
pub struct Issuer {
    sts: aws_sdk_sts::Client,
}

impl Issuer {
    pub fn new(aws: &Aws) -> Self {
        Self { sts: aws.sts() }
    }
}

impl AssumeRole for Issuer {
    type Session = Session;

    async fn assume(&self, role: &RoleArn, external_id: &ExternalId) -> Assumed<Session> {
        assume::inspecting(&self.sts, role, external_id).await
    }

    async fn try_assume(&self, role: &RoleArn, external_id: Option<&ExternalId>) -> AssumeOutcome {
        assume::probing(&self.sts, role, external_id).await
    }
}

/// STS's codes for session policies that it does not accept.
const POLICY_REJECTED: &[&str] = &["MalformedPolicyDocument", "PackedPolicyTooLarge"];

impl IssueSession for Issuer {
    async fn issue(&self, request: &SessionRequest<'_>) -> IssuedSession {
        let managed = request.policy.managed().iter();
        let managed: Vec<_> = managed
            .map(|arn| PolicyDescriptorType::builder().arn(arn).build())
            .collect();
        let call = self
            .sts
            .assume_role()
            .role_arn(request.role.as_str())
            .role_session_name(request.name.as_str())
            .external_id(request.external_id.as_str())
            .duration_seconds(i32::try_from(request.duration.get()).unwrap_or(i32::MAX))
            .set_policy(request.policy.inline().map(str::to_owned))
            .set_policy_arns((!managed.is_empty()).then_some(managed));
        match call.send().await {
            Ok(output) => match read(output) {
                Some((granted, credentials)) => IssuedSession::Granted {
                    granted,
                    credentials,
                },
                None => IssuedSession::Not(AssumeOutcome::Unreachable),
            },
            Err(error) => {
                let failure = Failure::of(&error);
                match POLICY_REJECTED.iter().find(|code| failure.is(code)) {
                    Some(&code) => IssuedSession::PolicyRejected { code: code.into() },
                    None => IssuedSession::Not(classify(request.role, &failure)),
                }
            }
        }
    }
}

fn read(output: AssumeRoleOutput) -> Option<(Granted, Credentials)> {
    let granted = granted_by(output.assumed_role_user.as_ref()?)?;
    let given = output.credentials?;
    let expiration = Timestamp::from_second(given.expiration.secs()).ok()?;
    let (key, secret) = (given.access_key_id, given.secret_access_key);
    let credentials = Credentials::new(key, secret, given.session_token, expiration);
    Some((granted, credentials))
}
