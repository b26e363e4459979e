//! What people need who switch to registered roles: a configuration, a link, a policy.

use crate::common::{at, registered};
use rolecall_domain::account::{Account, DeregistrationCause};
use rolecall_domain::aws::{Region, RoleArn, StackId};
use rolecall_domain::companion::people::{aws_config, console_link, source_policies, switch_role};
use rolecall_domain::companion::{Kind, MadeRole};
use rolecall_domain::group::Group;
use rolecall_domain::ids::{AccountId, GroupId, StackEntryId};
use rolecall_domain::text::{Color, Name, Tenant};
use std::collections::BTreeSet;

fn group(name: &str) -> Group {
    Group {
        group_id: GroupId::new(crate::common::seed(2)),
        tenant: Tenant::parse("acme").expect("valid"),
        version: 1,
        name: Name::parse(name).expect("a name"),
        color: Color::parse("#d62728").expect("a colour"),
        created_at: at(0),
        closing_until: None,
    }
}

/// The account of this number, with a switch role or without.
fn account(number: u32, name: &str, switch: Option<&str>) -> Account {
    let (mut account, _) = registered();
    let aws_account_id = format!("{number:012}");
    let stack = format!("arn:aws:cloudformation:eu-west-1:{aws_account_id}:stack/rolecall-1/abc");
    account.stack_id = StackId::parse(stack).expect("a stack");
    account.aws_account_id = account.stack_id.account().clone();
    account.account_id = AccountId::parse(format!("acc_{number:032x}")).expect("an id");
    account.name = Name::parse(name).expect("a name");
    account.made_roles = switch
        .map(|options| {
            let parameter = format!("{options},max_session_seconds=7200,path=/rolecall/ops/");
            let arn = format!("arn:aws:iam::{aws_account_id}:role/rolecall/ops/Switch{number}");
            MadeRole::read(&account.stack_id, Kind::SWITCH_ROLE, &parameter, &arn, None)
                .expect("made")
        })
        .into_iter()
        .collect();
    account
}

fn options(bastion: &str, mfa: bool) -> String {
    format!(
        "trusted_account_id={bastion},policies=arn:aws:iam::aws:policy/ReadOnlyAccess,require_mfa={mfa}"
    )
}

fn profiles(config: &str) -> Vec<&str> {
    let lines = config.lines();
    let names = lines.filter_map(|line| line.strip_prefix("[profile ")?.strip_suffix(']'));
    names.collect()
}

#[test]
fn a_profile_has_all_that_the_cli_asks_for() {
    let with_mfa = options("333333333333", true);
    let without = options("333333333333", false);
    let accounts = [
        account(1, "Shop", Some(&with_mfa)),
        account(2, "Lab", Some(&without)),
        account(3, "Old", None),
    ];
    let config = aws_config(&group("Production"), &accounts, "me", None);
    assert_eq!(
        config,
        "# The accounts of the group Production, for ~/.aws/config.\n\
         # The profile me holds your own credentials in the account that you come from.\n\
         \n# Shop\n[profile production-shop-000000000001]\n\
         role_arn = arn:aws:iam::000000000001:role/rolecall/ops/Switch1\n\
         source_profile = me\nregion = eu-west-1\nduration_seconds = 7200\n\
         mfa_serial = arn:aws:iam::333333333333:mfa/YOUR-USER-NAME\n\
         \n# Lab\n[profile production-lab-000000000002]\n\
         role_arn = arn:aws:iam::000000000002:role/rolecall/ops/Switch2\n\
         source_profile = me\nregion = eu-west-1\nduration_seconds = 7200\n\
         \n# Old (000000000003) has no role to switch to.\n"
    );
    let region = Region::parse("us-east-2").expect("a Region");
    let config = aws_config(&group("Production"), &accounts, "me", Some(&region));
    assert_eq!(config.matches("region = us-east-2\n").count(), 2);
}

/// A name is the customer's to choose; it must not end a line, a section or a profile's name.
#[test]
fn no_name_breaks_the_file_and_no_two_profiles_are_called_alike() {
    let options = options("333333333333", false);
    let names = [
        "a] b",
        "A b",
        "a-b",
        "本番",
        "本番",
        "[default]",
        "#x",
        "x = y",
        "-",
        "a b",
    ];
    let accounts: Vec<Account> = (1..)
        .zip(names)
        .map(|(n, name)| account(n, name, Some(&options)))
        .collect();
    let twice = [accounts.clone(), vec![account(1, "a b", Some(&options))]].concat();
    for group in [group("Group]\u{2028}[x"), group("開発")] {
        let config = aws_config(&group, &twice, "default", None);
        let found = profiles(&config);
        let unique: BTreeSet<&str> = found.iter().copied().collect();
        assert_eq!(
            (found.len(), unique.len()),
            (twice.len(), twice.len()),
            "{config}"
        );
        let safe = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
        assert!(found.iter().all(|name| name.bytes().all(safe)), "{found:?}");
        for line in config.lines().filter(|line| !line.is_empty()) {
            let known = [
                "# ",
                "[profile ",
                "role_arn = ",
                "source_profile = ",
                "region = ",
                "duration_seconds = ",
            ];
            assert!(
                known.iter().any(|start| line.starts_with(start)),
                "{line:?}"
            );
        }
    }
    let config = aws_config(&group("Team"), &accounts[..2], "default", None);
    assert_eq!(
        profiles(&config),
        ["team-a-b-000000000001", "team-a-b-000000000002"],
        "whatever else is in the file"
    );
}

#[test]
fn who_has_left_is_in_none_of_it() {
    let options = options("333333333333", false);
    let left = account(1, "Left", Some(&options))
        .deregistered(
            at(9),
            DeregistrationCause::Requested,
            StackEntryId::new(crate::common::seed(5)),
        )
        .expect("registered");
    assert!(switch_role(&left).is_none());
    assert_eq!(
        profiles(&aws_config(
            &group("G"),
            std::slice::from_ref(&left),
            "me",
            None
        )),
        [""; 0]
    );
    assert_eq!(source_policies(&[left]), []);
}

#[test]
fn a_console_link_encodes_what_it_carries() {
    let account = account(1, "Shop & Söhne", Some(&options("333333333333", true)));
    let switch = switch_role(&account).expect("a role");
    let link = console_link(&switch, &group("G").color).expect("short enough");
    assert_eq!(
        link.url,
        "https://signin.aws.amazon.com/switchrole?account=000000000001\
         &roleName=rolecall%2Fops%2FSwitch1&displayName=Shop%20%26%20S%C3%B6hne&color=F2B0A9"
    );
    assert_eq!(link.role_name, "rolecall/ops/Switch1");
    let mut account = account;
    let long = format!("arn:aws:iam::000000000001:role/rolecall/{}", "x".repeat(55));
    account.made_roles[0].role_arn = RoleArn::parse(long).expect("valid");
    let switch = switch_role(&account).expect("a role");
    assert_eq!(
        console_link(&switch, &group("G").color),
        None,
        "longer than the console takes"
    );
}

/// No profile takes over the one that people come from.
#[test]
fn a_source_profile_keeps_its_name() {
    let account = account(1, "Shop", Some(&options("333333333333", false)));
    let source = "production-shop-000000000001";
    let config = aws_config(&group("Production"), &[account], source, None);
    assert!(!profiles(&config).contains(&source), "{config}");
}

#[test]
fn a_bastion_is_allowed_the_registered_roles_and_is_told_in_parts() {
    let (one, other) = (options("333333333333", true), options("444444444444", true));
    let mut accounts: Vec<Account> = (1..=250).map(|n| account(n, "x", Some(&one))).collect();
    accounts.push(account(900, "y", Some(&other)));
    accounts.push(account(901, "z", None));
    let policies = source_policies(&accounts);
    let told: Vec<(&str, &str)> = policies
        .iter()
        .map(|policy| (policy.bastion.as_str(), policy.name.as_str()))
        .collect();
    assert_eq!(told[0], ("333333333333", "rolecall-switch-roles-1"));
    assert_eq!(told[1], ("333333333333", "rolecall-switch-roles-2"));
    assert_eq!(
        told.last(),
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
    // Full ones are really full: the next role would not have fitted.
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
