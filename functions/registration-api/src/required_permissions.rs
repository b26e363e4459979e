//! `/v1/required-permissions`: the permissions that creating the stack requires.

use crate::Api;
use crate::caller::Caller;
use crate::problem::Problem;
use crate::request::Request;
use crate::response::Response;
use rolecall_domain::aws::Partition;
use rolecall_domain::companion::expected::ExpectedRole;
use rolecall_domain::companion::spec::PATH;
use rolecall_domain::ids::RegistrationId;
use rolecall_domain::link::report_by::ReportBy;
use rolecall_domain::messages::Rule;
use rolecall_domain::ports::{TemplateBucket, TokenKeys};
use rolecall_domain::template::Template;
use rolecall_domain::text::FieldError;
use rolecall_usecases::Env;
use serde_json::{Value, json};
use std::collections::BTreeSet;

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    /// An IAM policy with only the permissions to create, update and delete the onboarding stack: of
    /// one link, or of any.
    pub(crate) async fn required_permissions(
        &self,
        request: &Request<'_>,
        caller: &Caller,
    ) -> Result<Response, Problem> {
        let report_by = request.query("report_by").map(ReportBy::parse);
        let report_by = report_by
            .transpose()
            .map_err(|error| Problem::invalid("report_by", error))?;
        let Some(id) = request.query("registration_id") else {
            let policy = self.policy(None, report_by.unwrap_or_default());
            return Ok(Response::json(200, &policy));
        };
        if report_by.is_some() {
            let error = FieldError::new("contradiction", Rule::SetByTheRegistration);
            return Err(Problem::invalid("report_by", error));
        }
        let id = RegistrationId::parse(id);
        let id = id.map_err(|error| Problem::invalid("registration_id", error))?;
        let registration = self.registration(caller, &id).await?;
        let template = self.template_of(&registration).await?;
        let policy = self.policy(Some(&template), registration.report_by);
        Ok(Response::json(200, &policy))
    }

    pub(crate) fn policy(&self, template: Option<&Template>, report_by: ReportBy) -> Value {
        let partition = self.service.partition();
        let mut statements = stack(partition);
        statements.extend(roles(partition, template));
        statements.extend(instances(partition, template));
        statements.push(self.read_the_template(template));
        if report_by == ReportBy::Callback {
            statements.push(self.call_back());
        }
        json!({"Version": "2012-10-17", "Statement": statements})
    }

    /// CloudFormation publishes with the permissions of the person who creates the stack.
    fn call_back(&self) -> Value {
        let partition = self.service.partition().as_str();
        let hub = &self.env.hub().account;
        json!({
            "Sid": "RegistrationCallback",
            "Effect": "Allow",
            "Action": "sns:Publish",
            "Resource": format!("arn:{partition}:sns:*:{hub}:{}", self.topic_name)
        })
    }

    fn read_the_template(&self, template: Option<&Template>) -> Value {
        let partition = self.service.partition().as_str();
        let key = template.map_or_else(|| "onboarding/*".to_owned(), Template::key);
        json!({
            "Sid": "OnboardingTemplate",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": format!("arn:{partition}:s3:::{}/{key}", self.onboarding_bucket)
        })
    }
}

fn stack(partition: Partition) -> Vec<Value> {
    let partition = partition.as_str();
    vec![
        json!({
            "Sid": "OnboardingStack",
            "Effect": "Allow",
            "Action": [
                "cloudformation:CreateStack",
                "cloudformation:UpdateStack",
                "cloudformation:DeleteStack",
                "cloudformation:DescribeStacks",
                "cloudformation:DescribeStackEvents",
                "cloudformation:DescribeStackResources",
                "cloudformation:GetTemplate"
            ],
            "Resource": format!("arn:{partition}:cloudformation:*:*:stack/rolecall-*/*")
        }),
        json!({
            "Sid": "QuickCreatePage",
            "Effect": "Allow",
            "Action": [
                "cloudformation:GetTemplateSummary",
                "cloudformation:ListStacks",
                "cloudformation:ValidateTemplate"
            ],
            "Resource": "*"
        }),
    ]
}

/// The permissions for the stack's roles and their policies. For one link, only its managed policies
/// can be attached.
fn roles(partition: Partition, template: Option<&Template>) -> Vec<Value> {
    let partition = partition.as_str();
    let mut resources = vec![format!("arn:{partition}:iam::*:role/rolecall/*")];
    if template.is_none_or(|template| !template.companion_roles.is_empty()) {
        resources.push(format!("arn:{partition}:iam::*:role{PATH}*"));
    }
    let roles = json!({
        "Sid": "OnboardingRole",
        "Effect": "Allow",
        "Action": [
            "iam:CreateRole",
            "iam:GetRole",
            "iam:UpdateRole",
            "iam:UpdateRoleDescription",
            "iam:UpdateAssumeRolePolicy",
            "iam:DeleteRole",
            "iam:TagRole",
            "iam:UntagRole",
            "iam:PutRolePolicy",
            "iam:GetRolePolicy",
            "iam:DeleteRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
            "iam:PutRolePermissionsBoundary",
            "iam:DeleteRolePermissionsBoundary"
        ],
        "Resource": resources
    });
    let mut attach = json!({
        "Sid": "ManagedPolicies",
        "Effect": "Allow",
        "Action": ["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
        "Resource": resources
    });
    let Some(template) = template else {
        return vec![roles, attach];
    };
    let managed = attached(template);
    if managed.is_empty() {
        return vec![roles];
    }
    attach["Condition"] = json!({"ArnEquals": {"iam:PolicyARN": managed}});
    vec![roles, attach]
}

/// The managed policies of all roles of the stack.
fn attached(template: &Template) -> BTreeSet<String> {
    let mut managed: BTreeSet<String> = template.managed_policies().into_iter().cloned().collect();
    for role in &template.companion_roles {
        let own = &template.hub.account_id;
        let role = ExpectedRole::with(role.kind, &role.options, template.partition(), own);
        managed.extend(role.managed);
    }
    managed
}

fn instances(partition: Partition, template: Option<&Template>) -> Vec<Value> {
    let has_profile = |template: &Template| {
        let mut roles = template.companion_roles.iter();
        roles.any(|role| role.kind.instance_profile)
    };
    if !template.is_none_or(has_profile) {
        return Vec::new();
    }
    // The service to which a role in an instance profile is passed.
    let ec2: &[&str] = match partition {
        Partition::China => &["ec2.amazonaws.com", "ec2.amazonaws.com.cn"],
        _ => &["ec2.amazonaws.com"],
    };
    let partition = partition.as_str();
    vec![
        json!({
            "Sid": "InstanceProfile",
            "Effect": "Allow",
            "Action": [
                "iam:CreateInstanceProfile",
                "iam:GetInstanceProfile",
                "iam:DeleteInstanceProfile",
                "iam:AddRoleToInstanceProfile",
                "iam:RemoveRoleFromInstanceProfile"
            ],
            "Resource": format!("arn:{partition}:iam::*:instance-profile{PATH}*")
        }),
        // AddRoleToInstanceProfile requires it.
        // https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html
        json!({
            "Sid": "RoleForInstances",
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": format!("arn:{partition}:iam::*:role{PATH}*"),
            "Condition": {"StringEquals": {"iam:PassedToService": ec2}}
        }),
    ]
}
