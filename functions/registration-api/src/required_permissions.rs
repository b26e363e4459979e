//! `/v1/required-permissions`: the permissions that creating the stack requires.

use crate::Api;
use crate::problem::Problem;
use crate::request::Request;
use crate::response::Response;
use rolecall_domain::aws::Partition;
use rolecall_domain::companion::spec::PATH;
use rolecall_domain::link::report_by::ReportBy;
use rolecall_domain::ports::{TemplateBucket, TokenKeys};
use rolecall_usecases::Env;
use serde_json::{Value, json};

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    /// An IAM policy with only the permissions to create, update and delete the onboarding stack.
    pub(crate) async fn required_permissions(
        &self,
        request: &Request<'_>,
    ) -> Result<Response, Problem> {
        let report_by = request.query("report_by").map(ReportBy::parse);
        let report_by = report_by
            .transpose()
            .map_err(|error| Problem::invalid("report_by", error))?;
        let mut policy = self.permissions_of_any_stack();
        if report_by.unwrap_or_default() == ReportBy::Callback
            && let Some(statements) = policy["Statement"].as_array_mut()
        {
            statements.push(self.permission_to_call_back());
        }
        Ok(Response::json(200, &policy))
    }

    /// CloudFormation publishes with the permissions of the person who creates the stack.
    fn permission_to_call_back(&self) -> Value {
        let partition = self.service.partition().as_str();
        let hub = &self.env.hub().account;
        json!({
            "Sid": "RegistrationCallback",
            "Effect": "Allow",
            "Action": "sns:Publish",
            "Resource": format!("arn:{partition}:sns:*:{hub}:{}", self.topic_name)
        })
    }

    fn permissions_of_any_stack(&self) -> Value {
        let partition = self.service.partition().as_str();
        // The service to which a role in an instance profile is passed.
        let ec2: &[&str] = match self.service.partition() {
            Partition::China => &["ec2.amazonaws.com", "ec2.amazonaws.com.cn"],
            _ => &["ec2.amazonaws.com"],
        };
        json!({
            "Version": "2012-10-17",
            "Statement": [
                {
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
                },
                {
                    "Sid": "QuickCreatePage",
                    "Effect": "Allow",
                    "Action": [
                        "cloudformation:GetTemplateSummary",
                        "cloudformation:ListStacks",
                        "cloudformation:ValidateTemplate"
                    ],
                    "Resource": "*"
                },
                {
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
                        "iam:AttachRolePolicy",
                        "iam:DetachRolePolicy",
                        "iam:ListAttachedRolePolicies",
                        "iam:ListRolePolicies",
                        "iam:PutRolePermissionsBoundary",
                        "iam:DeleteRolePermissionsBoundary"
                    ],
                    "Resource": [
                        format!("arn:{partition}:iam::*:role/rolecall/*"),
                        format!("arn:{partition}:iam::*:role{PATH}*")
                    ]
                },
                {
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
                },
                // AddRoleToInstanceProfile requires it.
                // https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html
                {
                    "Sid": "RoleForInstances",
                    "Effect": "Allow",
                    "Action": "iam:PassRole",
                    "Resource": format!("arn:{partition}:iam::*:role{PATH}*"),
                    "Condition": {"StringEquals": {"iam:PassedToService": ec2}}
                },
                {
                    "Sid": "OnboardingTemplate",
                    "Effect": "Allow",
                    "Action": "s3:GetObject",
                    "Resource": format!("arn:{partition}:s3:::{}/onboarding/*", self.onboarding_bucket)
                }
            ]
        })
    }
}
