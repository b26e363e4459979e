//! The AWS calls that each job requires at least. A program that makes fewer is not measured.

use super::jobs::Job;
use crate::stub::Service;

impl Job {
    /// The minimum calls to the hub's own account.
    pub(super) fn calls(self) -> &'static [(Service, &'static str, u64)] {
        use Service::{Api, DynamoDb, EventBridge, S3};
        match self {
            Self::Nothing
            | Self::CallsOfRegistration
            | Self::CallsOfVerification
            | Self::CallsOfIssue => &[],
            Self::Issue => &[
                (DynamoDb, "GetItem", 6),
                (DynamoDb, "UpdateItem", 1),
                (DynamoDb, "TransactWriteItems", 1),
            ],
            Self::Registration => &[
                (DynamoDb, "UpdateItem", 1),
                (DynamoDb, "GetItem", 2),
                (DynamoDb, "TransactWriteItems", 1),
                (S3, "PutObject", 1),
            ],
            Self::Paste => &[
                (DynamoDb, "GetItem", 2),
                (DynamoDb, "TransactWriteItems", 1),
            ],
            Self::Verification | Self::Batch => &[(DynamoDb, "GetItem", 2)],
            Self::Page => &[(DynamoDb, "GetItem", 2), (Api, "GET", 3)],
            Self::Accounts => &[(DynamoDb, "Query", 1)],
            Self::Link => &[(DynamoDb, "TransactWriteItems", 1)],
            Self::Sweep => &[(DynamoDb, "Query", 16)],
            Self::Publication => &[(EventBridge, "PutEvents", 1)],
        }
    }

    /// The minimum calls to a customer's account.
    pub(super) fn customer_calls(self) -> &'static [(Service, &'static str, u64)] {
        use Service::{CloudFormation, Iam, Sts};
        match self {
            Self::Registration | Self::Paste | Self::Verification | Self::Batch => &[
                (Sts, "AssumeRole", 3),
                (CloudFormation, "DescribeStacks", 1),
                (CloudFormation, "DescribeStackResources", 1),
                (Iam, "GetRole", 1),
                (Iam, "ListAttachedRolePolicies", 1),
                (Iam, "ListRolePolicies", 1),
                (Iam, "GetRolePolicy", 1),
            ],
            Self::Issue => &[(Sts, "AssumeRole", 1)],
            _ => &[],
        }
    }
}
