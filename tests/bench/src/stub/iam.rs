//! What a role can read about itself.

use super::query::{Answer, Fields, percent_encoded};
use crate::fleet::accounts::{Customer, TemplateFacts};

pub(super) fn answer(
    operation: &str,
    fields: &Fields,
    customer: Customer,
    template: &TemplateFacts,
) -> Answer {
    let name = customer.role_name();
    if fields.get("RoleName") != Some(name.as_str()) {
        return Answer::denied("another role");
    }
    match operation {
        "GetRole" => Answer::Result(role(customer)),
        "ListAttachedRolePolicies" => Answer::Result(
            "<AttachedPolicies></AttachedPolicies><IsTruncated>false</IsTruncated>".to_owned(),
        ),
        "ListRolePolicies" => Answer::Result(
            "<PolicyNames><member>SelfInspection</member></PolicyNames>\
             <IsTruncated>false</IsTruncated>"
                .to_owned(),
        ),
        "GetRolePolicy" if fields.get("PolicyName") == Some("SelfInspection") => {
            let document = customer.self_inspection(&template.self_inspection);
            Answer::Result(format!(
                "<RoleName>{name}</RoleName><PolicyName>SelfInspection</PolicyName>\
                 <PolicyDocument>{}</PolicyDocument>",
                percent_encoded(&document)
            ))
        }
        "GetRolePolicy" => Answer::not_found("The role policy"),
        _ => Answer::unknown_action(),
    }
}

fn role(customer: Customer) -> String {
    format!(
        "<Role><Path>/rolecall/</Path><RoleName>{name}</RoleName><RoleId>{id}</RoleId>\
         <Arn>{arn}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>\
         <AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument>\
         <Description>Gives the Rolecall hub access to this account. To revoke access, delete the \
         CloudFormation stack that created this role.</Description>\
         <MaxSessionDuration>3600</MaxSessionDuration></Role>",
        name = customer.role_name(),
        id = customer.role_unique_id(),
        arn = customer.role_arn(),
        trust = percent_encoded(&customer.trust_policy().to_string()),
    )
}
