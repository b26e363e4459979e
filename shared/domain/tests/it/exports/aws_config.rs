//! Profiles for the AWS CLI and SDKs.

use super::{NAMES, access, all_names, candidate, deregistered, exported, options};
use crate::people::{account, options as switch_options};
use rolecall_domain::aws::Region;
use rolecall_domain::export::{
    Candidate, CredentialCommand, Format, MfaDevice, Options, ProfileTemplate, Refused,
    SourceProfile, SwitchFrom, Via, export,
};
use rolecall_domain::messages::Omission;
use std::collections::BTreeSet;

fn profiles(config: &str) -> Vec<&str> {
    let lines = config.lines();
    let names = lines.filter_map(|line| line.strip_prefix("[profile ")?.strip_suffix(']'));
    names.collect()
}

fn switching(from: SwitchFrom) -> Options {
    Options {
        via: Via::SwitchRole(from),
        ..options(Format::AwsConfig)
    }
}

fn from(profile: &str) -> SwitchFrom {
    SwitchFrom {
        profile: SourceProfile::parse(profile).expect("a profile's name"),
        is_user: false,
        mfa_device: None,
    }
}

fn with_template(template: &str, options: Options) -> Options {
    let template = ProfileTemplate::parse(template).expect("a template");
    Options {
        profile_template: Some(template),
        ..options
    }
}

fn shop() -> Candidate {
    candidate(account(1, "Shop", None), &["backup", "inventory"])
}

#[test]
fn each_granted_access_profile_has_an_aws_profile() {
    let old = candidate(account(2, "Old", None), &[]);
    let done = exported(&[shop(), old], Format::AwsConfig);
    let expected = "# Rolecall: 1 account of the tenant acme.\n\
        \n[profile production-shop-000000000001-000001-backup]\n\
        rolecall_name = \"Shop\"\n\
        rolecall_account_id = acc_00000000000000000000000000000001\n\
        region = eu-west-1\n\
        credential_process = rolecall credentials acc_00000000000000000000000000000001 --access backup\n\
        \n[profile production-shop-000000000001-000001-inventory]\n\
        rolecall_name = \"Shop\"\n\
        rolecall_account_id = acc_00000000000000000000000000000001\n\
        region = eu-west-1\n\
        credential_process = rolecall credentials acc_00000000000000000000000000000001 --access inventory\n\
        \n# Left out:\n\
        # Old (000000000002, acc_00000000000000000000000000000002): It has not granted any access profile.\n";
    assert_eq!(done.text, expected);
    assert_eq!((done.account_count, done.omitted.len()), (1, 1));
}

#[test]
fn chosen_access_region_and_command_apply_to_every_profile() {
    let other = candidate(account(2, "Lab", None), &["inventory"]);
    let chosen = Options {
        access: Some(access("backup")),
        region: Some(Region::parse("us-east-2").expect("a Region")),
        via: Via::CredentialProcess(
            CredentialCommand::parse("/opt/rolecall --context=prod").expect("a command"),
        ),
        ..options(Format::AwsConfig)
    };
    let done = export(&[shop(), other], &chosen).expect("exported");
    assert_eq!(
        profiles(&done.text),
        ["production-shop-000000000001-000001"]
    );
    for line in [
        "region = us-east-2\n",
        "credential_process = /opt/rolecall --context=prod credentials acc_00000000000000000000000000000001 \
         --access backup\n",
    ] {
        assert!(done.text.contains(line), "{line}{}", done.text);
    }
    let access_name = "backup".to_owned();
    assert_eq!(
        done.omitted[0].reason,
        Omission::AccessNotGranted { access_name }
    );
}

#[test]
fn switch_role_profile_contains_all_settings_that_the_cli_needs() {
    let with_mfa = switch_options("333333333333", true);
    let without = switch_options("333333333333", false);
    let accounts = [
        candidate(account(1, "Shop", Some(&with_mfa)), &[]),
        candidate(account(2, "本番", Some(&without)), &[]),
        candidate(account(3, "Old", None), &[]),
        candidate(deregistered(4, "Left"), &[]),
    ];
    let done = export(&accounts, &switching(from("me"))).expect("exported");
    let expected = "# Rolecall: 2 accounts of the tenant acme.\n\
        # The profile me must contain your credentials in the bastion account.\n\
        \n[profile production-shop-000000000001-000001]\n\
        rolecall_name = \"Shop\"\n\
        rolecall_account_id = acc_00000000000000000000000000000001\n\
        region = eu-west-1\n\
        role_arn = arn:aws:iam::000000000001:role/companion/op/Switch1\n\
        source_profile = me\nduration_seconds = 3600\n\
        mfa_serial = arn:aws:iam::333333333333:mfa/YOUR-USER-NAME\n\
        \n[profile production-honban-000000000002-000002]\n\
        rolecall_name = \"\\u672c\\u756a\"\n\
        rolecall_account_id = acc_00000000000000000000000000000002\n\
        region = eu-west-1\n\
        role_arn = arn:aws:iam::000000000002:role/companion/op/Switch2\n\
        source_profile = me\nduration_seconds = 3600\n\
        \n# Left out:\n\
        # Old (000000000003, acc_00000000000000000000000000000003): It has no role to switch to.\n";
    assert_eq!(done.text, expected);
}

#[test]
fn sessions_are_longer_than_an_hour_only_with_a_users_keys() {
    let account = candidate(
        account(1, "Shop", Some(&switch_options("333333333333", true))),
        &[],
    );
    let source = SwitchFrom {
        is_user: true,
        mfa_device: Some(MfaDevice::parse("mia@example.com").expect("a device")),
        ..from("me")
    };
    let done = export(&[account], &switching(source)).expect("exported");
    for line in [
        "duration_seconds = 7200\n",
        "mfa_serial = arn:aws:iam::333333333333:mfa/mia@example.com\n",
    ] {
        assert_eq!(done.text.matches(line).count(), 1, "{line}{}", done.text);
    }
}

/// Customers choose names, which must not be able to end a line, a section or a profile's name.
#[test]
fn any_name_yields_a_valid_file_with_unique_profiles() {
    let done = exported(&all_names(), Format::AwsConfig);
    assert!(done.text.is_ascii(), "{}", done.text);
    let found = profiles(&done.text);
    let unique: BTreeSet<&str> = found.iter().copied().collect();
    assert_eq!((found.len(), unique.len()), (NAMES.len(), NAMES.len()));
    let safe = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    assert!(found.iter().all(|name| name.bytes().all(safe)), "{found:?}");
    for line in done.text.lines().filter(|line| !line.is_empty()) {
        let known = [
            "# Rolecall: ",
            "[profile ",
            "rolecall_name = \"",
            "rolecall_account_id = acc_",
            "credential_process = rolecall credentials acc_",
            "region = ",
        ];
        assert!(
            known.iter().any(|start| line.starts_with(start)),
            "{line:?}"
        );
    }
}

/// Groups, tenants and hubs can share names and AWS accounts.
#[test]
fn profile_name_identifies_its_account() {
    let one = candidate(account(7, "決済", None), &["inventory"]);
    let mut other = one.clone();
    other.account.account_id = account(8, "x", None).account_id;
    let name_of = |candidate: &Candidate| {
        let done = exported(std::slice::from_ref(candidate), Format::AwsConfig);
        profiles(&done.text).concat()
    };
    assert_eq!(
        name_of(&one),
        "production-ketsusai-000000000007-000007-inventory"
    );
    assert_eq!(
        name_of(&other),
        "production-ketsusai-000000000007-000008-inventory"
    );
    let unnamed = candidate(account(7, "000000000007", None), &["inventory"]);
    assert_eq!(
        name_of(&unnamed),
        "production-000000000007-000007-inventory"
    );
    let long = candidate(account(7, &"長".repeat(64), None), &["inventory"]);
    assert!(
        name_of(&long).len() <= 2 * 41 + 12 + 7 + 33,
        "{}",
        name_of(&long)
    );
}

#[test]
fn template_names_the_profiles() {
    let named = |template: &str| {
        let done = export(
            &[shop()],
            &with_template(template, options(Format::AwsConfig)),
        );
        let done = done.expect("exported");
        profiles(&done.text).join(" ")
    };
    assert_eq!(named("{name}/{access}"), "shop/backup shop/inventory");
    assert_eq!(
        named("{tenant}.{group}-{access}@{region}"),
        "acme.production-backup@eu-west-1 acme.production-inventory@eu-west-1"
    );
    let id = "acc_00000000000000000000000000000001";
    assert_eq!(
        named("x-{account_id}-{access}"),
        format!("x-{id}-backup x-{id}-inventory")
    );
}

/// A second account with the same name must not turn an existing profile into another account's.
#[test]
fn template_that_does_not_tell_accounts_apart_is_refused() {
    let twice = [
        candidate(account(1, "Shop", None), &["inventory"]),
        candidate(account(2, "SHOP", None), &["inventory"]),
    ];
    let refused = |candidates: &[Candidate], options| {
        let Err(Refused::NameTaken { name }) = export(candidates, &options) else {
            panic!("not refused");
        };
        name
    };
    let short = with_template("{name}", options(Format::AwsConfig));
    assert_eq!(refused(&twice, short.clone()), "shop");
    assert_eq!(
        refused(&[shop()], short.clone()),
        "shop",
        "two access profiles"
    );
    let default = [candidate(account(1, "Default", None), &["inventory"])];
    assert_eq!(
        refused(&default, short.clone()),
        "default",
        "the user's own profile"
    );
    let nameless = [candidate(account(1, "？", None), &["inventory"])];
    assert_eq!(refused(&nameless, short), "", "no name at all");
    let switch = switch_options("333333333333", false);
    let own = [candidate(account(1, "Work", Some(&switch)), &[])];
    let source = with_template("{name}", switching(from("work")));
    assert_eq!(refused(&own, source), "work", "the source profile");
}

#[test]
fn source_profile_accepts_names_that_cli_and_sdks_accept() {
    for good in [
        "default",
        "Shared-Services/AdministratorAccess",
        "012345678901:ReadOnlyAccess",
        "me@example.com",
        "dev.eu-1_%+",
        "My own profile",
        "Prod (EU)",
        &"x".repeat(200),
    ] {
        assert!(SourceProfile::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        " ",
        " me",
        "me ",
        "a\nb",
        "a]b",
        "[a",
        "a#b",
        "a;b",
        "a\"b",
        "a'b",
        "a\\b",
        "a\tb",
        "仕事",
        "a\u{a0}b",
        &"x".repeat(257),
    ] {
        assert!(SourceProfile::parse(bad).is_err(), "{bad:?}");
    }
}
