//! Reads and checks a role and its stack, using the AWS SDK as its tutorials do.

use aws_sdk_sts::config::Credentials;
use aws_sdk_sts::operation::assume_role::{AssumeRoleError, AssumeRoleOutput};
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use lambda_runtime::Error;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub mod table;

const HUB: &str = "111111111111";
const POLICY_NAMES: [&str; 1] = ["SelfInspection"];

/// The role and stack to check.
pub struct Candidate {
    pub role_arn: String,
    /// None if it is not recorded yet.
    pub unique_id: Option<String>,
    pub external_id: String,
    pub stack_id: String,
    pub template_version: String,
}

pub struct Seen {
    pub unique_id: String,
    refused_without: bool,
    refused_with_wrong: bool,
    stack: aws_sdk_cloudformation::types::Stack,
    stack_roles: Vec<String>,
    role: aws_sdk_iam::types::Role,
    attached: BTreeSet<String>,
    inline: BTreeMap<String, String>,
}

fn session_policy() -> String {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Resource": "*",
        "Action": [
            "cloudformation:DescribeStacks", "cloudformation:DescribeStackResources",
            "iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies",
            "iam:GetRolePolicy"],
    }]})
    .to_string()
}

async fn assume(
    sts: &aws_sdk_sts::Client,
    role_arn: &str,
    external_id: Option<String>,
) -> Result<AssumeRoleOutput, SdkError<AssumeRoleError>> {
    sts.assume_role()
        .role_arn(role_arn)
        .role_session_name("rolecall-verify")
        .policy(session_policy())
        .duration_seconds(900)
        .set_external_id(external_id)
        .send()
        .await
}

fn is_denied(error: &SdkError<AssumeRoleError>) -> bool {
    error.code() == Some("AccessDenied")
}

async fn is_refused(
    sts: &aws_sdk_sts::Client,
    role_arn: &str,
    external_id: Option<String>,
) -> Result<bool, Error> {
    match assume(sts, role_arn, external_id).await {
        Ok(_) => Ok(false),
        Err(error) if is_denied(&error) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

async fn inline_policies(
    iam: &aws_sdk_iam::Client,
    name: &str,
) -> Result<BTreeMap<String, String>, Error> {
    let listed = iam.list_role_policies().role_name(name).send().await?;
    let mut found = BTreeMap::new();
    for policy in listed.policy_names {
        let read = iam.get_role_policy().role_name(name).policy_name(&policy);
        found.insert(policy.clone(), read.send().await?.policy_document);
    }
    Ok(found)
}

/// Returns the data from AWS, or None if the role can't be assumed.
pub async fn observe(
    config: &aws_config::SdkConfig,
    sts: &aws_sdk_sts::Client,
    of: &Candidate,
) -> Result<Option<Seen>, Error> {
    let granted = match assume(sts, &of.role_arn, Some(of.external_id.clone())).await {
        Ok(granted) => granted,
        Err(error) if is_denied(&error) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let given = granted.credentials.ok_or("no credentials")?;
    let credentials = Credentials::new(
        given.access_key_id,
        given.secret_access_key,
        Some(given.session_token),
        None,
        "assumed",
    );
    let iam = aws_sdk_iam::config::Builder::from(config).credentials_provider(credentials.clone());
    let iam = aws_sdk_iam::Client::from_conf(iam.build());
    let cloudformation = aws_sdk_cloudformation::config::Builder::from(config);
    let cloudformation = cloudformation.credentials_provider(credentials);
    let cloudformation = aws_sdk_cloudformation::Client::from_conf(cloudformation.build());
    let name = of.role_arn.rsplit('/').next().unwrap_or_default();
    let wrong = Some(format!("not-{}", of.external_id));
    let (refused_without, refused_with_wrong, stacks, resources, role, attached, inline) = tokio::try_join!(
        is_refused(sts, &of.role_arn, None),
        is_refused(sts, &of.role_arn, wrong),
        async {
            let request = cloudformation.describe_stacks().stack_name(&of.stack_id);
            Ok(request.send().await?)
        },
        async {
            let request = cloudformation.describe_stack_resources();
            Ok(request.stack_name(&of.stack_id).send().await?)
        },
        async { Ok(iam.get_role().role_name(name).send().await?) },
        async {
            let request = iam.list_attached_role_policies().role_name(name);
            Ok(request.send().await?)
        },
        inline_policies(&iam, name),
    )?;
    let resources = resources.stack_resources.unwrap_or_default().into_iter();
    let roles = resources.filter(|it| it.resource_type() == Some("AWS::IAM::Role"));
    let attached = attached.attached_policies.unwrap_or_default().into_iter();
    let unique_id = granted.assumed_role_user.ok_or("no user")?.assumed_role_id;
    Ok(Some(Seen {
        unique_id: unique_id.split(':').next().unwrap_or_default().to_owned(),
        refused_without,
        refused_with_wrong,
        stack: stacks.stacks.unwrap_or_default().pop().ok_or("no stack")?,
        stack_roles: roles.filter_map(|it| it.physical_resource_id).collect(),
        role: role.role.ok_or("no role")?,
        attached: attached.filter_map(|it| it.policy_arn).collect(),
        inline,
    }))
}

type Judged = (&'static str, bool, &'static str);

/// Returns the result and the message of every check, by name.
fn judge(of: &Candidate, seen: Option<&Seen>, template: &Value) -> Result<Vec<Judged>, Error> {
    let Some(seen) = seen else {
        let message = "AssumeRole was refused. The role is missing, or its trust policy refuses.";
        return Ok(vec![("role_unassumable", false, message)]);
    };
    let parameter = |name: &str| {
        let mut all = seen.stack.parameters().iter();
        let found = all.find(|it| it.parameter_key() == Some(name));
        found.and_then(|it| it.parameter_value()).unwrap_or_default()
    };
    // The stacks of the benchmark have no access profiles.
    let policies = BTreeSet::new();
    let boundary = seen.role.permissions_boundary();
    let boundary = boundary.and_then(|it| it.permissions_boundary_arn()).unwrap_or_default();
    let trust = decoded(seen.role.assume_role_policy_document().unwrap_or_default())?;
    let mut found = BTreeSet::new();
    for document in seen.inline.values() {
        found.extend(grants(&decoded(document)?));
    }
    let wanted = grants(&expected_policy(of, template)?);
    let strange = seen.inline.keys().any(|it| !POLICY_NAMES.contains(&it.as_str()));
    let extra = strange || !found.is_subset(&wanted) || !seen.attached.is_subset(&policies);
    let account = |arn: &str| arn.split(':').nth(4).map(str::to_owned);
    let name = of.role_arn.rsplit('/').next().unwrap_or_default();
    let status = seen.stack.stack_status().map(|it| it.as_str()).unwrap_or_default();
    Ok(vec![
        ("arn_mismatch", account(&of.role_arn) == account(&of.stack_id),
            "The role and the stack are in the same AWS account."),
        ("external_id_mismatch", parameter("ExternalId") == of.external_id,
            "The stack has this registration's external ID."),
        ("role_unassumable", true, "The hub can assume the role."),
        ("external_id_not_enforced", seen.refused_without && seen.refused_with_wrong,
            "The role can't be assumed without, or with a wrong, external ID."),
        ("role_recreated", of.unique_id.as_ref().is_none_or(|it| *it == seen.unique_id),
            "The role is the one that was registered."),
        ("stack_not_found", true, "The stack exists."),
        ("stack_unexpected_state", ["CREATE_COMPLETE", "UPDATE_COMPLETE"].contains(&status),
            "The stack is in an expected state."),
        ("role_not_in_stack", seen.stack_roles.iter().any(|it| it == name),
            "The role was created by the stack."),
        ("trust_too_broad", trust == expected_trust(of),
            "The trust policy allows only the hub."),
        ("permissions_missing", wanted.is_subset(&found) && policies.is_subset(&seen.attached),
            "The role has every permission that its template grants."),
        ("permissions_extra", !extra,
            "The role has no permissions beyond those its stack sets."),
        ("boundary_missing", boundary == parameter("PermissionsBoundaryArn"),
            "The role has the permissions boundary that its stack sets."),
        ("template_outdated", template["version"] == of.template_version.as_str(),
            "The stack uses the current template."),
    ])
}

fn decoded(document: &str) -> Result<Value, Error> {
    let text = percent_decode_str(document).decode_utf8()?;
    Ok(serde_json::from_str(&text)?)
}

fn expected_trust(of: &Candidate) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "HubRolesWithTheExternalId",
        "Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{HUB}:root")},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"sts:ExternalId": of.external_id},
            "ArnLike": {"aws:PrincipalArn": ["verifier", "broker"]
                .map(|path| format!("arn:aws:iam::{HUB}:role/rolecall-hub/{path}/*"))},
        },
    }]})
}

fn expected_policy(of: &Candidate, template: &Value) -> Result<Value, Error> {
    let (before, _) = of.role_arn.split_once("role/").ok_or("no role")?;
    let name = of.role_arn.rsplit('/').next().unwrap_or_default();
    let text = template["self_inspection"].as_str().unwrap_or_default();
    let text = text
        .replace("${StackId}", &of.stack_id)
        .replace("${RoleArnWithoutPath}", &format!("{before}role/{name}"))
        .replace("${RoleArn}", &of.role_arn);
    Ok(serde_json::from_str(&text)?)
}

fn grants(policy: &Value) -> BTreeSet<String> {
    let listed = |value: &Value| match value {
        Value::Array(values) => values.clone(),
        value => vec![value.clone()],
    };
    let mut all = BTreeSet::new();
    for statement in policy["Statement"].as_array().into_iter().flatten() {
        for action in listed(&statement["Action"]) {
            for resource in listed(&statement["Resource"]).iter().filter(|it| *it != "") {
                all.insert(format!("{} {action} {resource}", statement["Effect"]));
            }
        }
    }
    all
}

pub fn report(
    of: &Candidate,
    seen: Option<&Seen>,
    template: &Value,
    now: jiff::Timestamp,
) -> Result<Value, Error> {
    let judged = judge(of, seen, template)?;
    let verdict = if judged.iter().all(|(_, passed, _)| *passed) { "passed" } else { "failed" };
    let checks = judged.iter().map(|(code, passed, message)| {
        let status = if *passed { "passed" } else { "failed" };
        json!({"code": code, "status": status, "message": {"en": message, "ja": message}})
    });
    let checks: Vec<Value> = checks.collect();
    Ok(json!({"verdict": verdict, "checked_at": now.to_string(), "checks": checks}))
}
