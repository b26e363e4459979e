//! AssumeRole, and the interpretation of STS's responses.

use super::Session;
use crate::failure::{Failure, Kind};
use aws_credential_types::Credentials;
use aws_sdk_sts::operation::assume_role::AssumeRoleOutput;
use aws_sdk_sts::types::AssumedRoleUser;
use rolecall_domain::aws::{AwsAccountId, ExternalId, RoleArn, RoleUniqueId};
use rolecall_domain::check::{AssumeOutcome, Denial, Granted};
use rolecall_domain::iam::denial::PolicyKind;
use rolecall_domain::ports::Assumed;
use std::time::SystemTime;

/// The purpose of a session. Customers see the session name in AWS CloudTrail.
struct Purpose {
    session_name: &'static str,
    /// Limits the session to actions that both the role and this policy allow.
    session_policy: &'static str,
}

/// The resources are limited by the role's own policies.
const INSPECTION: Purpose = Purpose {
    session_name: "rolecall-verify",
    session_policy: concat!(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":["#,
        r#""cloudformation:DescribeStacks","cloudformation:DescribeStackResources","#,
        r#""iam:GetRole","iam:ListAttachedRolePolicies","iam:ListRolePolicies","#,
        r#""iam:GetRolePolicy","iam:GetPolicy","iam:GetPolicyVersion","#,
        r#""iam:GetInstanceProfile","iam:SimulatePrincipalPolicy","#,
        r#""sts:DecodeAuthorizationMessage"]}]}"#,
    ),
};

/// For sessions that should never be granted: allows nothing.
const NEGATIVE_PROBE: Purpose = Purpose {
    session_name: "rolecall-negative-probe",
    session_policy: concat!(
        r#"{"Version":"2012-10-17","Statement":"#,
        r#"[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#,
    ),
};

/// The minimum that STS accepts.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
const DURATION_SECONDS: i32 = 900;

/// A session that can only read the role and its stack.
pub(super) async fn inspecting(
    sts: &aws_sdk_sts::Client,
    role: &RoleArn,
    external_id: &ExternalId,
) -> Assumed<Session> {
    match assume(sts, &INSPECTION, role, Some(external_id)).await {
        Ok((granted, session)) => Assumed::Granted { session, granted },
        Err(outcome) => Assumed::Not(outcome),
    }
}

/// A session that should be rejected, and has no permissions otherwise.
pub(super) async fn probing(
    sts: &aws_sdk_sts::Client,
    role: &RoleArn,
    external_id: Option<&ExternalId>,
) -> AssumeOutcome {
    match assume(sts, &NEGATIVE_PROBE, role, external_id).await {
        Ok((granted, _)) => AssumeOutcome::Granted(granted),
        Err(outcome) => outcome,
    }
}

async fn assume(
    sts: &aws_sdk_sts::Client,
    purpose: &Purpose,
    role: &RoleArn,
    external_id: Option<&ExternalId>,
) -> Result<(Granted, Session), AssumeOutcome> {
    let request = sts
        .assume_role()
        .role_arn(role.as_str())
        .role_session_name(purpose.session_name)
        .policy(purpose.session_policy)
        .duration_seconds(DURATION_SECONDS)
        .set_external_id(external_id.map(|id| id.as_str().to_owned()));
    match request.send().await {
        Ok(output) => read(output).ok_or_else(|| {
            log_inconclusive(
                role,
                "a response without the session's account, role or credentials",
            );
            AssumeOutcome::Unreachable
        }),
        Err(error) => Err(classify(role, &Failure::of(&error))),
    }
}

/// Only an AccessDenied from AWS counts as a rejection. Other failures, such as the hub's own
/// expired credentials or a policy that STS rejects, say nothing about who may assume the role.
pub(super) fn classify(role: &RoleArn, failure: &Failure) -> AssumeOutcome {
    match failure.kind {
        Kind::Denied => {
            let message = failure.message.as_deref().unwrap_or_default();
            let outcome = AssumeOutcome::of_denial(Denial::from_message("sts:AssumeRole", message));
            if let AssumeOutcome::HubDenied(denial) = &outcome {
                log_hub_denial(denial);
            }
            outcome
        }
        Kind::Throttled => AssumeOutcome::Throttled,
        Kind::Other if failure.is("RegionDisabledException") => AssumeOutcome::RegionDisabled,
        Kind::Other | Kind::NoAnswer => {
            log_inconclusive(role, failure.cause());
            AssumeOutcome::Unreachable
        }
    }
}

/// Only the operator can change a policy of the hub's own account, so this raises an alarm.
pub(super) fn log_hub_denial(denial: &Denial) {
    tracing::error!(
        action = denial.action,
        policy.kind = denial.by.map(PolicyKind::as_str),
        policy.arn = denial.policy,
        "a policy of the hub's own account denies a call to a customer's account"
    );
}

fn log_inconclusive(role: &RoleArn, cause: &str) {
    tracing::warn!(
        role.arn = role.as_str(),
        cause,
        "AssumeRole was inconclusive"
    );
}

/// Whose session it is.
pub(super) fn granted_by(user: &AssumedRoleUser) -> Option<Granted> {
    let (role_unique_id, _) = user.assumed_role_id.split_once(':')?;
    Some(Granted {
        account: AwsAccountId::parse(user.arn.split(':').nth(4)?).ok()?,
        role_unique_id: RoleUniqueId::parse(role_unique_id).ok()?,
    })
}

fn read(output: AssumeRoleOutput) -> Option<(Granted, Session)> {
    let granted = granted_by(output.assumed_role_user.as_ref()?)?;
    let given = output.credentials?;
    let credentials = Credentials::new(
        given.access_key_id,
        given.secret_access_key,
        Some(given.session_token),
        SystemTime::try_from(given.expiration).ok(),
        "assumed role",
    );
    Some((granted, Session { credentials }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rolecall_domain::aws::Partition;
    use rolecall_domain::template::policies::{self, Arns, Boundary, InspectedCompanion};
    use serde_json::Value;
    use serde_json::json;
    use std::collections::BTreeSet;

    /// The policy of a hub's role whose stack has everything that a stack can have.
    fn self_inspection() -> Value {
        let arns = || Arns([json!("*"), json!("*")]);
        policies::self_inspection(&policies::Inspected {
            partition: Partition::Aws,
            stack: json!("*"),
            role: arns(),
            boundary: Boundary::Arn("*".to_owned()),
            companions: vec![InspectedCompanion {
                role: arns(),
                instance_profile: Some(arns()),
                policies: vec!["*".to_owned()],
            }],
        })
    }

    #[test]
    fn session_policies_allow_only_reads_or_nothing() {
        let policy: Value = serde_json::from_str(INSPECTION.session_policy).expect("JSON");
        let actions = policy["Statement"][0]["Action"].as_array().expect("a list");
        // Without a permission here, the role's own permission has no effect.
        let of_role = self_inspection();
        let of_role = of_role["Statement"].as_array().expect("statements");
        let of_role = of_role.iter().filter_map(|one| one["Action"].as_array());
        let of_role: BTreeSet<&str> = of_role.flatten().filter_map(Value::as_str).collect();
        let of_session: BTreeSet<&str> = actions.iter().filter_map(Value::as_str).collect();
        assert!(of_session.is_superset(&of_role), "{of_role:?}");
        let others: Vec<_> = of_session.difference(&of_role).collect();
        assert!(others.is_empty(), "{others:?}");
        for action in actions {
            let (_, verb) = action
                .as_str()
                .and_then(|a| a.split_once(':'))
                .expect("an action");
            let reads = ["Describe", "Get", "List", "Simulate", "Decode"]
                .iter()
                .any(|start| verb.starts_with(start));
            assert!(reads && !verb.contains('*'), "{verb}");
        }
        let policy: Value = serde_json::from_str(NEGATIVE_PROBE.session_policy).expect("JSON");
        assert_eq!(policy["Statement"].as_array().map(Vec::len), Some(1));
        assert_eq!(policy["Statement"][0]["Effect"], "Deny");
    }

    #[test]
    fn debug_output_contains_no_credentials() {
        let credentials = Credentials::new("AKIA1", "secret", Some("token".into()), None, "test");
        assert_eq!(format!("{:?}", Session { credentials }), "Session(..)");
    }
}
