//! Names, ids, ARNs, Regions and versions.

use rolecall_domain::aws::SeenStack;
use rolecall_domain::aws::{
    AwsAccountId, ExternalId, Region, RoleArn, RoleUniqueId, StackId, is_stack_name,
};
use rolecall_domain::export::{CredentialCommand, ProfileTemplate, SourceProfile};
use rolecall_domain::ids::{AccountId, GroupId, OrphanedStackId, RegistrationId};
use rolecall_domain::link::links::stack_page;
use rolecall_domain::link::template::{TemplateId, TemplateVersion};
use rolecall_domain::operator::caller::ServiceCaller;
use rolecall_domain::remedy::{Remedy, StackToDelete};
use rolecall_domain::text::legible;
use rolecall_domain::text::{
    Actor, Color, DismissReason, FieldError, IdempotencyKey, Name, Tenant,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::{Debug, Display};

/// A parsed value must print as its input, and parse to the same value, also from JSON.
fn same<T>(input: &str, parse: impl Fn(String) -> Result<T, FieldError>) -> Option<T>
where
    T: Display + Debug + PartialEq + Serialize + DeserializeOwned,
{
    let parsed = parse(input.to_owned());
    let stored = serde_json::to_string(input).expect("text");
    let read: Option<T> = serde_json::from_str(&stored).ok();
    assert_eq!(
        read.as_ref(),
        parsed.as_ref().ok(),
        "parsing from JSON differs"
    );
    let value = parsed.ok()?;
    assert_eq!(value.to_string(), input);
    assert_eq!(serde_json::to_string(&value).expect("text"), stored);
    Some(value)
}

/// Accepts AWS's names and ids, and the hub's.
pub fn names(bytes: &[u8]) -> bool {
    let Some(input) = super::text(bytes) else {
        return false;
    };
    people(input);
    service(input);
    let accepted = [
        aws(input),
        same(input, GroupId::parse).is_some(),
        same(input, RegistrationId::parse).is_some_and(|id| input.ends_with(id.short())),
        same(input, AccountId::parse).is_some(),
        same(input, OrphanedStackId::parse).is_some(),
        same(input, TemplateVersion::parse).is_some_and(|version| !version.is_older_than(&version)),
        same(input, TemplateId::parse).is_some(),
        same(input, Color::parse).is_some(),
        same(input, ProfileTemplate::parse).is_some(),
    ];
    accepted.contains(&true)
}

/// The ARN of a caller. Its name becomes part of the audit, and reads back as it was.
fn service(input: &str) {
    let Some(caller) = ServiceCaller::parse(input) else {
        return;
    };
    let actor = caller.actor().to_string();
    let read = Actor::try_from(actor.clone()).expect("an actor");
    assert_eq!(read.to_string(), actor);
    assert!(!caller.role_name.contains([':', '#']), "{caller:?}");
}

/// Texts that users choose.
fn people(input: &str) {
    same(input, SourceProfile::parse);
    // Whatever splits the command, splits it at spaces only.
    if same(input, CredentialCommand::parse).is_some() {
        let special = ['\'', '"', '\\', '$', ';', '\n'];
        assert!(!input.contains(special), "{input}");
    }
    // A name has one normal form, which parses to the same value.
    if let Ok(name) = Name::parse(input) {
        assert!((1..=64).contains(&legible::length(name.as_str())));
        assert!(legible::is_visible(name.as_str()));
        assert!(!name.as_str().chars().any(char::is_control));
        assert_eq!(same(name.as_str(), Name::parse), Some(name.clone()));
    }
    if let Ok(reason) = DismissReason::parse(input) {
        assert!(legible::is_visible(reason.as_str()));
        assert_eq!(
            same(reason.as_str(), DismissReason::parse),
            Some(reason.clone())
        );
    }
    for given in [
        same(input, Tenant::parse).map(String::from),
        same(input, IdempotencyKey::parse).map(String::from),
    ]
    .into_iter()
    .flatten()
    {
        assert!(given.bytes().all(|byte| byte.is_ascii_graphic()));
    }
    if let Some(id) = same(input, ExternalId::parse) {
        assert_ne!(id.wrong(), id);
        assert!(ExternalId::parse(id.wrong().as_str()).is_ok());
    }
}

fn aws(input: &str) -> bool {
    let account = same(input, AwsAccountId::parse)
        .inspect(twelve_digits)
        .is_some();
    let region = same(input, Region::parse).inspect(|region| {
        let host = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(region.as_str().bytes().all(host));
    });
    let unique_id = same(input, RoleUniqueId::parse);
    let role = same(input, RoleArn::parse).inspect(role_arn);
    let stack = same(input, StackId::parse).inspect(stack_id);
    account || region.is_some() || unique_id.is_some() || role.is_some() || stack.is_some()
}

fn twelve_digits(id: &AwsAccountId) {
    assert!(id.as_str().len() == 12 && id.as_str().bytes().all(|byte| byte.is_ascii_digit()));
}

/// The parts of an ARN must make up the whole ARN.
fn role_arn(arn: &RoleArn) {
    twelve_digits(arn.account());
    let (partition, account) = (arn.partition().as_str(), arn.account());
    let root = format!("arn:{partition}:iam::{account}:role/");
    let path_and_name = arn.as_str().strip_prefix(&root).expect("the ARN's parts");
    assert!(!arn.name().is_empty() && path_and_name.ends_with(arn.name()));
    assert_eq!(
        arn.is_under_rolecall(),
        path_and_name.starts_with("rolecall/")
    );
}

/// A stack's links and commands must contain no characters with a meaning for a browser or a shell.
fn stack_id(id: &StackId) {
    twelve_digits(id.account());
    assert!(is_stack_name(id.name()));
    let (partition, region, account) = (id.partition().as_str(), id.region(), id.account());
    let root = format!(
        "arn:{partition}:cloudformation:{region}:{account}:stack/{}/",
        id.name()
    );
    assert!(id.as_str().starts_with(&root));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" -:/.".contains(&byte);
    let seen = SeenStack {
        protected: true,
        nested: None,
    };
    let delete = Remedy::DeleteStack(StackToDelete::new(id.clone(), seen));
    let delete = delete.command(id.partition());
    assert!(delete.is_some_and(|line| line.replace(" && ", " ").bytes().all(plain)));
    let page = stack_page(id);
    let in_url = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%:/?=#&".contains(&byte);
    assert!(page.bytes().all(in_url));
    assert!(page.starts_with(&format!("https://{region}.console.")));
}
