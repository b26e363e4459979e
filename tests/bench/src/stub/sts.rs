//! AssumeRole, evaluated according to the customers' trust policies.

use super::query::{Answer, Fields};
use crate::fleet::accounts::{Customer, Kind};

/// As long as a real token, because every request with the role contains and signs it.
const SESSION_TOKEN: usize = 700;

pub(super) fn answer(operation: &str, fields: &Fields, customer: Customer) -> Answer {
    if operation != "AssumeRole" {
        return Answer::unknown_action();
    }
    let knows_external_id = fields.get("ExternalId") == Some(customer.external_id().as_str());
    let granted = match customer.kind() {
        Kind::Healthy | Kind::Throttled => knows_external_id,
        Kind::TooBroad => true,
        Kind::Refused => false,
    };
    if !granted {
        return Answer::denied(&customer.role_arn());
    }
    let session = fields.get("RoleSessionName").unwrap_or_default();
    Answer::Result(format!(
        "<AssumedRoleUser><AssumedRoleId>{unique_id}:{session}</AssumedRoleId>\
         <Arn>arn:aws:sts::{account}:assumed-role/{name}/{session}</Arn></AssumedRoleUser>\
         <Credentials><AccessKeyId>{key}</AccessKeyId>\
         <SecretAccessKey>stub/secret/stub/secret/stub/secret/stub</SecretAccessKey>\
         <SessionToken>{token}</SessionToken>\
         <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>",
        unique_id = customer.role_unique_id(),
        account = customer.aws_account(),
        name = customer.role_name(),
        key = customer.access_key(),
        token = "s".repeat(SESSION_TOKEN),
    ))
}
