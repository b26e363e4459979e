//! Verifies that STS accepts the session policies of every profile. STS packs them into a format whose size
//! only a call can show, and the error must not first occur in a customer's account.

use rolecall_domain::access::{AccessFile, Profile};
use rolecall_domain::messages::{AccessRule, Rule};
use rolecall_domain::text::FieldError;

use aws_sdk_sts::types::PolicyDescriptorType;

use crate::aws::Account;
use crate::error::{AdminError, is_rejected};

/// STS's error codes for policies that no session can have.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
const REFUSED_POLICIES: &[&str] = &[
    "MalformedPolicyDocument",
    "MalformedPolicyDocumentException",
    "PackedPolicyTooLarge",
    "PackedPolicyTooLargeException",
    "ValidationError",
];

/// Assumes `role`, which has no permissions, with the session policies of each profile.
///
/// # Errors
/// When STS can't be called.
pub(crate) async fn refused_profiles(
    account: &Account,
    role: &str,
    access: &AccessFile,
) -> Result<Vec<FieldError>, AdminError> {
    let sts = account.sts();
    let mut refused = Vec::new();
    for profile in access.profiles.values() {
        match assume(&sts, role, profile).await {
            Ok(()) => {}
            Err(AdminError::Refused { code, message, .. }) if is_about_policies(&code) => {
                let rule = Rule::Access {
                    rule: AccessRule::SessionRefused { code, message },
                };
                let place = format!("profiles.{}", profile.name);
                refused.push(FieldError::of(&place, "session_refused", rule));
            }
            Err(other) => return Err(other),
        }
    }
    Ok(refused)
}

fn is_about_policies(code: &str) -> bool {
    REFUSED_POLICIES.contains(&code) && !is_rejected(code)
}

/// The session is discarded immediately.
async fn assume(
    sts: &aws_sdk_sts::Client,
    role: &str,
    profile: &Profile,
) -> Result<(), AdminError> {
    let policies = profile.session_policies();
    let arns = policies.policy_arns.into_iter();
    let arns = arns.map(|arn| PolicyDescriptorType::builder().arn(arn).build());
    let request = sts
        .assume_role()
        .role_arn(role)
        .role_session_name("rolecall-publish")
        .duration_seconds(900)
        .set_policy(policies.policy)
        .set_policy_arns(Some(arns.collect()));
    let answer = request.send().await;
    answer.map_err(|error| AdminError::of("AssumeRole", error))?;
    Ok(())
}
