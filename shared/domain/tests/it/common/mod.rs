//! Test data: a registration, an account and their parts.

pub mod generated;

use rolecall_domain::Timestamp;
use rolecall_domain::aws::Role;
use rolecall_domain::aws::{
    AwsAccountId, ExternalId, Partition, Region, RoleArn, RoleUniqueId, SeenStack, StackId,
};
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::check::{Check, Report, Verdict};
use rolecall_domain::companion::options::Options;
use rolecall_domain::companion::value::Asked;
use rolecall_domain::companion::{Kind, read_all};
use rolecall_domain::ids::{AccountId, GroupId, IdSeed, OrphanedStackId, RegistrationId};
use rolecall_domain::link::report_by::ReportBy;
use rolecall_domain::link::template::PublishedTemplate;
use rolecall_domain::link::token::KeyId;
use rolecall_domain::messages::{Language, Message};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::account::NewAccount;
use rolecall_domain::record::registration::{Registration, RegistrationState};
use rolecall_domain::settings::Settings;
use rolecall_domain::template::{HubFacts, Offering, Template};
use rolecall_domain::text::{Actor, Tenant};
use rolecall_domain::transition::register::register;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The check's message in English.
pub fn english(check: &Check) -> String {
    check.message.text(Language::English)
}

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("in range")
}

pub fn seed(byte: u8) -> IdSeed {
    IdSeed {
        at: at(0),
        random: [byte; 10],
    }
}

pub fn occasion(seconds: i64) -> Occasion {
    Occasion::new(at(seconds), Actor::user("someone"), "requested")
}

pub fn settings() -> Settings {
    Settings::default()
}

pub fn stack(name: &str) -> StackId {
    StackId::parse(format!(
        "arn:aws:cloudformation:us-east-1:222222222222:stack/{name}/abc"
    ))
    .expect("valid")
}

pub fn role(name: &str) -> RoleArn {
    RoleArn::parse(format!("arn:aws:iam::222222222222:role/rolecall/{name}")).expect("valid")
}

pub fn unique_id(letter: char) -> RoleUniqueId {
    RoleUniqueId::parse(format!("AROA{}", letter.to_string().repeat(17))).expect("valid")
}

pub fn hub_facts() -> HubFacts {
    HubFacts {
        account_id: aws_account("111111111111"),
        partition: Partition::Aws,
        served_regions: vec![Region::parse("us-east-1").expect("valid")],
        trusted_principals: vec![
            "arn:aws:iam::111111111111:role/rolecall-hub/verifier/*".to_owned(),
        ],
        service_token: "arn:aws:sns:us-east-1:111111111111:topic".to_owned(),
    }
}

/// The template of links that give no access.
pub fn whole_template() -> Template {
    Offering::default().template(&hub_facts(), &[], &[])
}

pub fn template() -> PublishedTemplate {
    whole_template().published_at("https://bucket.s3.amazonaws.com")
}

/// Created at 0 s, with a link that expires an hour later.
pub fn registration() -> Registration {
    Registration {
        registration_id: RegistrationId::new(seed(1)),
        tenant: Tenant::parse("acme").expect("valid"),
        version: 1,
        group_id: GroupId::new(seed(2)),
        state: RegistrationState::Pending,
        account_name: None,
        aws_account_id: None,
        region: Region::parse("us-east-1").expect("valid"),
        report_by: ReportBy::Callback,
        locale: Language::English,
        return_url: None,
        external_id: ExternalId::from_random([3; 20]),
        token_key_id: KeyId::parse("k1").expect("a key"),
        allow_duplicate: false,
        access: Vec::new(),
        companion_roles: Vec::new(),
        template: template(),
        created_at: at(0),
        expires_at: at(3600),
        refused_stacks: 0,
        refused_attempts: 0,
        last_attempt: None,
        started: Vec::new(),
        pasted: Vec::new(),
    }
}

pub fn passed() -> Report {
    Report {
        verdict: Verdict::Passed,
        checked_at: at(1),
        checks: Vec::new(),
        access: None,
        update: None,
        companion_roles: Vec::new(),
        given_policies: BTreeMap::new(),
        stack: SeenStack::default(),
    }
}

pub fn candidate() -> NewAccount {
    NewAccount {
        account_id: AccountId::new(seed(4)),
        role: Role {
            arn: role("R"),
            unique_id: unique_id('A'),
        },
        stack_id: stack("rolecall-1"),
        logical_resource_id: Some("Registration".into()),
        template_version: template().version,
        template_id: template().template_id,
        deployed_roles: Vec::new(),
        name: None,
    }
}

pub fn registered() -> (Account, Change) {
    let (registered, change) = register(
        &registration(),
        candidate(),
        passed(),
        &occasion(10),
        &settings(),
    );
    (registered.account, change)
}

pub fn orphaned_stack_id() -> OrphanedStackId {
    OrphanedStackId::new(seed(5))
}

pub fn aws_account(digits: &str) -> AwsAccountId {
    AwsAccountId::parse(digits).expect("valid")
}

/// The events of a change, in order.
pub fn events(change: &Change) -> Vec<&'static str> {
    change
        .writes
        .iter()
        .map(|write| write.audit.event.as_str())
        .collect()
}

/// Options of a kind, written as `name=value` with commas between them and `|` between policies.
pub fn options(kind: Kind, written: &str) -> Options {
    let value = |name: &str, text: &str| match text {
        "true" | "false" => json!(text == "true"),
        _ if name == "policies" => json!(text.split('|').collect::<Vec<_>>()),
        _ if name.ends_with("_seconds") => json!(text.parse::<u32>().expect("a number")),
        _ => json!(text),
    };
    let pairs = written.split(',').map(|pair| {
        let (name, text) = pair.split_once('=').expect("a name and a value");
        (name.to_owned(), value(name, text))
    });
    let options: Map<String, Value> = pairs.collect();
    let asked = Asked {
        partition: Partition::Aws,
        aws_account_id: None,
        hub: None,
    };
    let list = json!([{"kind": kind.name, "options": options}]);
    read_all(&list, &asked).expect("valid").remove(0).options
}
