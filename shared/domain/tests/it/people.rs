//! Role switching: console links and policies for the bastion account.

use crate::common::{at, registered};
use rolecall_domain::aws::{RoleArn, RoleUniqueId, StackId};
use rolecall_domain::companion::{DeployedRole, Kind};
use rolecall_domain::ids::{AccountId, GroupId, OrphanedStackId};
use rolecall_domain::people::{console_link, source_policies, switch_role};
use rolecall_domain::record::account::{Account, DeregistrationCause};
use rolecall_domain::record::group::Group;
use rolecall_domain::text::{Color, Name, Tenant};
use std::collections::BTreeSet;

pub fn group(name: &str) -> Group {
    Group {
        group_id: GroupId::new(crate::common::seed(2)),
        tenant: Tenant::parse("acme").expect("valid"),
        version: 1,
        name: Name::parse(name).expect("a name"),
        color: Color::parse("#d62728").expect("a color"),
        created_at: at(0),
        closing_until: None,
    }
}

/// The account with this number, with or without a switch role.
pub fn account(number: u32, name: &str, switch: Option<&str>) -> Account {
    let (mut account, _) = registered();
    let aws_account_id = format!("{number:012}");
    let stack = format!("arn:aws:cloudformation:eu-west-1:{aws_account_id}:stack/rolecall-1/abc");
    account.stack_id = StackId::parse(stack).expect("a stack");
    account.aws_account_id = account.stack_id.account().clone();
    account.account_id = AccountId::parse(format!("acc_{number:032x}")).expect("an id");
    account.name = Name::parse(name).expect("a name");
    account.deployed_roles = switch
        .map(|options| {
            let written = format!("{options},max_session_seconds=7200,path=/companion/op/");
            let options = crate::common::options(Kind::SWITCH_ROLE, &written);
            let arn = format!("arn:aws:iam::{aws_account_id}:role/companion/op/Switch{number}");
            let made = DeployedRole::read(&account.stack_id, Kind::SWITCH_ROLE, &arn, None);
            let made = made.expect("made").with_options(Some(&options));
            DeployedRole {
                unique_id: RoleUniqueId::parse("AROASWITCHSWITCHSWITC").ok(),
                ..made
            }
        })
        .into_iter()
        .collect();
    account
}

pub fn options(bastion: &str, mfa: bool) -> String {
    format!(
        "trusted_account_id={bastion},policies=arn:aws:iam::aws:policy/ReadOnlyAccess,require_mfa={mfa}"
    )
}

#[test]
fn deregistered_account_has_no_switch_role_or_policy() {
    let options = options("333333333333", false);
    let left = account(1, "Left", Some(&options))
        .deregistered(
            at(9),
            DeregistrationCause::Requested,
            OrphanedStackId::new(crate::common::seed(5)),
        )
        .expect("registered");
    assert!(switch_role(&left).is_none());
    assert_eq!(source_policies(&[left], None), []);
}

#[test]
fn console_link_encodes_its_parameters() {
    let account = account(1, "Shop & Söhne", Some(&options("333333333333", true)));
    let switch = switch_role(&account).expect("a role");
    let link = console_link(&switch, &group("G").color).expect("short enough");
    assert_eq!(
        link.url,
        "https://signin.aws.amazon.com/switchrole?account=000000000001\
         &roleName=companion%2Fop%2FSwitch1&displayName=Shop%20%26%20S%C3%B6hne&color=F2B0A9"
    );
    assert_eq!(link.role_name, "companion/op/Switch1");
    let mut account = account;
    let long = format!(
        "arn:aws:iam::000000000001:role/companion/{}",
        "x".repeat(55)
    );
    account.deployed_roles[0].role_arn = RoleArn::parse(long).expect("valid");
    let switch = switch_role(&account).expect("a role");
    assert_eq!(
        console_link(&switch, &group("G").color),
        None,
        "longer than the console accepts"
    );
}

#[test]
fn source_policies_allow_registered_roles_within_size_limit() {
    let (one, other) = (options("333333333333", true), options("444444444444", true));
    let mut accounts: Vec<Account> = (1..=250).map(|n| account(n, "x", Some(&one))).collect();
    accounts.push(account(900, "y", Some(&other)));
    accounts.push(account(901, "z", None));
    let policies = source_policies(&accounts, None);
    let found: Vec<(&str, &str)> = policies
        .iter()
        .map(|policy| (policy.bastion.as_str(), policy.name.as_str()))
        .collect();
    assert_eq!(found[0], ("333333333333", "rolecall-switch-roles-1"));
    assert_eq!(found[1], ("333333333333", "rolecall-switch-roles-2"));
    assert_eq!(
        found.last(),
        Some(&("444444444444", "rolecall-switch-roles-1"))
    );
    let mut named = BTreeSet::new();
    for policy in &policies {
        let text = policy.document.to_string();
        assert_eq!(policy.characters, text.len());
        assert!(text.len() <= 6144, "{} characters", text.len());
        assert!(!text.contains('*'), "{text}");
        let statement = &policy.document["Statement"][0];
        assert_eq!(statement["Action"], "sts:AssumeRole");
        for role in statement["Resource"].as_array().expect("a list") {
            let arn = RoleArn::parse(role.as_str().expect("text")).expect("a role's ARN");
            assert!(named.insert(arn), "named once");
        }
    }
    assert_eq!(named.len(), 251);
    // The policies are filled up: the next role would not have fit.
    let full = policies
        .iter()
        .filter(|policy| policy.characters > 6144 - 70)
        .count();
    assert!(
        full >= 2,
        "{:?}",
        policies.iter().map(|it| it.characters).collect::<Vec<_>>()
    );
}
