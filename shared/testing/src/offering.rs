//! The offerings of hubs in tests, and the values for their templates.

use rolecall_domain::access::AccessFile;
use rolecall_domain::check::Hub;
use rolecall_domain::companion::value::Asked;
use rolecall_domain::companion::{RequestedRole, read_all};
use rolecall_domain::template::{HubFacts, Offering, Onboarding, Template, room_for_access};
use serde_json::Value;

/// What the hub puts into templates, and their bucket. Stacks can report to its own Region.
pub fn onboarding(hub: &Hub) -> Onboarding {
    let account = &hub.account;
    Onboarding {
        facts: HubFacts {
            account_id: account.clone(),
            partition: hub.region.partition(),
            served_regions: vec![hub.region.clone()],
            trusted_principals: hub.trusted_principals.clone(),
            service_token: format!(
                "arn:${{AWS::Partition}}:sns:${{AWS::Region}}:{account}:rolecall-registration"
            ),
        },
        bucket_url: "https://example.s3.us-east-1.amazonaws.com".to_owned(),
    }
}

/// An offering with the access profiles of this file.
///
/// # Panics
/// If the file is invalid.
pub fn offering(hub: &Hub, access_file: &Value) -> Offering {
    let room = room_for_access(&onboarding(hub).facts);
    let access = AccessFile::read(access_file, hub.region.partition(), room);
    Offering {
        access: access.expect("a valid access file"),
        ..Offering::default()
    }
}

/// Companion roles, as in a request.
///
/// # Panics
/// If the list is invalid.
pub fn companion_roles(hub: &Hub, list: &Value) -> Vec<RequestedRole> {
    let asked = Asked {
        partition: hub.region.partition(),
        aws_account_id: None,
        hub: Some(&hub.account),
    };
    read_all(list, &asked).expect("valid companion roles")
}

/// The template of a hub that offers no access profiles, with these companion roles.
pub fn template(hub: &Hub, companion_roles: &Value) -> Template {
    let roles = self::companion_roles(hub, companion_roles);
    Offering::default().template(&onboarding(hub).facts, &[], &roles)
}
