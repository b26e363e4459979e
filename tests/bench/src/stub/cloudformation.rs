//! What a role can read about its stack.

use super::query::{Answer, Fields};
use crate::fleet::accounts::{Customer, TemplateFacts};

pub(super) fn answer(
    operation: &str,
    fields: &Fields,
    customer: Customer,
    template: &TemplateFacts,
) -> Answer {
    if fields.get("StackName") != Some(customer.stack_id().as_str()) {
        return Answer::denied("another stack");
    }
    match operation {
        "DescribeStacks" => Answer::Result(stack(customer, template)),
        "DescribeStackResources" => Answer::Result(resources(customer)),
        _ => Answer::unknown_action(),
    }
}

fn stack(customer: Customer, template: &TemplateFacts) -> String {
    let external_id = customer.external_id();
    let parameters = [
        (
            "RegistrationToken",
            "reg_00000000000000000000000000000000.stub-stub-stub-stub",
        ),
        ("ExternalId", external_id.as_str()),
        ("RolePath", "/rolecall/"),
        ("PermissionsBoundaryArn", ""),
    ];
    let parameters = parameters.map(|(name, value)| {
        format!(
            "<member><ParameterKey>{name}</ParameterKey>\
             <ParameterValue>{value}</ParameterValue></member>"
        )
    });
    format!(
        "<Stacks><member><StackId>{id}</StackId><StackName>{name}</StackName>\
         <Description>Connects this AWS account to Rolecall, template {version}.</Description>\
         <Parameters>{parameters}</Parameters><CreationTime>2026-01-01T00:00:00Z</CreationTime>\
         <StackStatus>CREATE_COMPLETE</StackStatus><DisableRollback>false</DisableRollback>\
         <Capabilities><member>CAPABILITY_IAM</member></Capabilities></member></Stacks>",
        id = customer.stack_id(),
        name = customer.stack_name(),
        version = template.template.version,
        parameters = parameters.concat(),
    )
}

fn resources(customer: Customer) -> String {
    let role = customer.role_name();
    let resources = [
        ("RolecallRole", role.as_str(), "AWS::IAM::Role"),
        ("SelfInspection", "rolec-Self-1", "AWS::IAM::Policy"),
        (
            "Registration",
            "rolecall/reg",
            "Custom::RolecallRegistration",
        ),
    ];
    let resources = resources.map(|(logical, physical, kind)| {
        format!(
            "<member><StackId>{stack}</StackId><StackName>{name}</StackName>\
             <LogicalResourceId>{logical}</LogicalResourceId>\
             <PhysicalResourceId>{physical}</PhysicalResourceId>\
             <ResourceType>{kind}</ResourceType><Timestamp>2026-01-01T00:00:00Z</Timestamp>\
             <ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>",
            stack = customer.stack_id(),
            name = customer.stack_name(),
        )
    });
    format!("<StackResources>{}</StackResources>", resources.concat())
}
