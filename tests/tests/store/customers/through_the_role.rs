//! What the hub reads with a customer's role.

use crate::customers::{CUSTOMER, Hub, clients, external_id, make_role, trust};
use rolecall_aws::clients::Aws;
use rolecall_aws::customers::{Customers, Session};
use rolecall_domain::aws::{RoleArn, StackId};
use rolecall_domain::check::{Denial, Read, StackStatus};
use rolecall_domain::iam::PolicyDocument;
use rolecall_domain::iam::denial::PolicyKind;
use rolecall_domain::iam::trust::TrustPolicy;
use rolecall_domain::ports::{AssumeRole, Assumed, IamReader, StackReader};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

/// A Region other than the hub's, so that reading in the hub's Region would find nothing.
const REGION: &str = "eu-west-1";
const BOUNDARY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

async fn session(customers: &Customers, role: &RoleArn) -> Session {
    match customers.assume(role, &external_id()).await {
        Assumed::Granted { session, .. } => session,
        Assumed::Not(outcome) => panic!("{role} is not assumable: {outcome:?}"),
    }
}

fn template(hub_account: &str) -> String {
    json!({
        "Parameters": {
            "ExternalId": {"Type": "String"},
            "PermissionsBoundaryArn": {"Type": "String", "Default": ""},
        },
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "Path": "/rolecall/",
                    "PermissionsBoundary": {"Ref": "PermissionsBoundaryArn"},
                    "ManagedPolicyArns": [BOUNDARY],
                    "AssumeRolePolicyDocument": trust(hub_account, Some(&external_id())),
                },
            },
            "SelfInspection": {
                "Type": "AWS::IAM::Policy",
                "Properties": {
                    "PolicyName": "SelfInspection",
                    "Roles": [{"Ref": "Role"}],
                    "PolicyDocument": self_inspection(),
                },
            },
        },
        "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}},
    })
    .to_string()
}

/// Allows more than a session may do, so that the session policy must limit it.
fn self_inspection() -> serde_json::Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": ["cloudformation:*", "iam:*"],
            "Resource": "*",
        }],
    })
}

/// Creates a stack in the customer's account; returns its ID and its role once it is complete.
async fn make_stack(customer: &Aws, hub_account: &str, name: &str) -> (StackId, RoleArn) {
    let parameter = |key: &str, value: &str| {
        aws_sdk_cloudformation::types::Parameter::builder()
            .parameter_key(key)
            .parameter_value(value)
            .build()
    };
    let client = customer.cloudformation();
    let request = client.create_stack().stack_name(name);
    let request = request
        .template_body(template(hub_account))
        .capabilities("CAPABILITY_IAM".into())
        .parameters(parameter("ExternalId", external_id().as_str()))
        .parameters(parameter("PermissionsBoundaryArn", BOUNDARY));
    request.send().await.expect("a new stack");
    for _ in 0..100 {
        let answer = client.describe_stacks().stack_name(name).send().await;
        let answer = answer.expect("a readable stack");
        let stack = answer.stacks().first().expect("a stack");
        let output = stack
            .outputs()
            .first()
            .and_then(|output| output.output_value());
        match stack.stack_status().map(|status| status.as_str()) {
            Some("CREATE_COMPLETE") => {
                let id = StackId::parse(stack.stack_id().expect("an id")).expect("a stack's ARN");
                let role = RoleArn::parse(output.expect("an output")).expect("a role's ARN");
                return (id, role);
            }
            Some("CREATE_IN_PROGRESS") => tokio::time::sleep(Duration::from_millis(100)).await,
            other => panic!("the stack is {other:?}"),
        }
    }
    panic!("the stack was not created in time");
}

#[tokio::test]
async fn session_reads_its_stack_and_role() {
    let hub = Hub::find();
    let customer = clients(&hub.endpoint_url, REGION, CUSTOMER);
    let (stack, role) = make_stack(&customer, &hub.account, "customers-whole").await;
    let customers = hub.customers();
    let session = session(&customers, &role).await;

    let Read::Seen(facts) = customers.stack(&session, &stack, &external_id()).await else {
        panic!("the stack was not seen");
    };
    assert_eq!(facts.status, StackStatus::CreateComplete);
    assert_eq!(facts.external_id_matches, Some(true));
    assert_eq!(facts.boundary_arn.as_deref(), Some(BOUNDARY));
    let other = customers
        .stack(&session, &stack, &external_id().wrong())
        .await;
    assert_eq!(
        other.seen().and_then(|facts| facts.external_id_matches),
        Some(false)
    );

    let roles = customers.stack_roles(&session, &stack).await;
    assert_eq!(roles, Read::Seen(BTreeSet::from([role.name().to_owned()])));

    // The emulator's CloudFormation ignores a role's permissions boundary.
    let request = customer.iam().put_role_permissions_boundary();
    let request = request
        .role_name(role.name())
        .permissions_boundary(BOUNDARY);
    request.send().await.expect("the boundary is set");
    let Read::Seen(facts) = customers.role(&session, &role).await else {
        panic!("the role was not seen");
    };
    assert_eq!(facts.boundary_arn.as_deref(), Some(BOUNDARY));
    TrustPolicy::parse(&facts.trust_policy).expect("a trust policy");
    let attached = customers.attached_policies(&session, &role).await;
    assert_eq!(attached, Read::Seen(BTreeSet::from([BOUNDARY.to_owned()])));
    let Read::Seen(inline) = customers
        .inline_policies(&session, &role, &["SelfInspection"])
        .await
    else {
        panic!("the role's policies were not seen");
    };
    assert_eq!(inline.keys().collect::<Vec<_>>(), ["SelfInspection"]);
    PolicyDocument::parse(&inline["SelfInspection"]).expect("a policy");
}

#[tokio::test]
async fn default_version_of_managed_policy_is_read() {
    let hub = Hub::find();
    let customer = clients(&hub.endpoint_url, REGION, CUSTOMER);
    let (_, role) = make_stack(&customer, &hub.account, "customers-managed").await;
    let customers = hub.customers();
    let session = session(&customers, &role).await;
    let text = |action: &str| {
        let statement = json!({"Effect": "Allow", "Action": action, "Resource": "*"});
        json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
    };
    let request = customer
        .iam()
        .create_policy()
        .policy_name("customers-further");
    let made = request.policy_document(text("s3:Get*")).send().await;
    let made = made
        .expect("a new policy")
        .policy
        .expect("a policy in the response");
    let arn = made.arn().expect("an ARN").to_owned();
    let request = customer.iam().create_policy_version().policy_arn(&arn);
    let request = request
        .policy_document(text("s3:Put*"))
        .set_as_default(true);
    request.send().await.expect("a second version");

    let read = customers.managed_policy(&session, &arn).await;
    let Read::Seen(read) = read else {
        panic!("the policy was not read: {read:?}");
    };
    let in_force = PolicyDocument::parse(&text("s3:Put*"));
    assert_eq!(PolicyDocument::parse(&read.document), in_force);
    let never = customers
        .managed_policy(&session, &format!("{arn}-never"))
        .await;
    assert_eq!(never, Read::NotFound);
}

#[tokio::test]
async fn missing_resource_is_not_found_and_deleted_stack_is_still_read() {
    let hub = Hub::find();
    let customer = clients(&hub.endpoint_url, REGION, CUSTOMER);
    let (stack, _) = make_stack(&customer, &hub.account, "customers-deleted").await;
    let trusted = trust(&hub.account, Some(&external_id()));
    let (onlooker, _) = make_role(&customer, "customers-onlooker", &trusted).await;
    let request = customer.iam().put_role_policy().role_name(onlooker.name());
    let request = request
        .policy_name("Reads")
        .policy_document(self_inspection().to_string());
    request.send().await.expect("the policy is put");
    let customers = hub.customers();
    let session = session(&customers, &onlooker).await;

    let client = customer.cloudformation();
    client
        .delete_stack()
        .stack_name(stack.as_str())
        .send()
        .await
        .expect("the deletion starts");
    let mut status = None;
    for _ in 0..100 {
        let read = customers.stack(&session, &stack, &external_id()).await;
        status = read.seen().map(|facts| facts.status);
        if status == Some(StackStatus::DeleteComplete) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(status, Some(StackStatus::DeleteComplete));

    let text = stack
        .as_str()
        .replace("customers-deleted", "customers-never");
    let never = StackId::parse(text).expect("valid");
    assert_eq!(
        customers.stack(&session, &never, &external_id()).await,
        Read::NotFound
    );
    assert_eq!(
        customers.stack_roles(&session, &never).await,
        Read::NotFound
    );
    let text = format!("arn:aws:iam::{CUSTOMER}:role/rolecall/customers-never");
    let never = RoleArn::parse(text).expect("valid");
    assert_eq!(customers.role(&session, &never).await, Read::NotFound);
    assert_eq!(
        customers.attached_policies(&session, &never).await,
        Read::NotFound
    );
    assert_eq!(
        customers.inline_policies(&session, &never, &[]).await,
        Read::NotFound
    );
}

/// The denial that AWS reports if no policy of the role allows the action.
fn lacking(action: &'static str) -> Denial {
    Denial {
        by: Some(PolicyKind::IdentityBased),
        ..action.into()
    }
}

#[tokio::test]
async fn role_without_permission_is_denied_with_the_action() {
    let hub = Hub::find();
    let customer = clients(&hub.endpoint_url, REGION, CUSTOMER);
    let (stack, _) = make_stack(&customer, &hub.account, "customers-hidden").await;
    let trusted = trust(&hub.account, Some(&external_id()));
    let (role, _) = make_role(&customer, "customers-powerless", &trusted).await;
    let customers = hub.customers();
    let session = session(&customers, &role).await;
    let read = customers.stack(&session, &stack, &external_id()).await;
    assert_eq!(read, Read::Denied(lacking("cloudformation:DescribeStacks")));
    let read = customers.stack_roles(&session, &stack).await;
    assert_eq!(
        read,
        Read::Denied(lacking("cloudformation:DescribeStackResources"))
    );
    assert_eq!(
        customers.role(&session, &role).await,
        Read::Denied(lacking("iam:GetRole"))
    );
    let read = customers.attached_policies(&session, &role).await;
    assert_eq!(read, Read::Denied(lacking("iam:ListAttachedRolePolicies")));
    let read = customers
        .inline_policies(&session, &role, &["SelfInspection"])
        .await;
    assert_eq!(read, Read::Denied(lacking("iam:ListRolePolicies")));
}
