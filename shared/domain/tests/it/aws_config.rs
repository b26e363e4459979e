//! AWS CLI profiles for the accounts. Another test parses them with real clients.

use crate::common::at;
use crate::people::{account, group, options};
use rolecall_domain::aws::Region;
use rolecall_domain::ids::OrphanedStackId;
use rolecall_domain::people::aws_config::{MfaDevice, ProfileName, Source, aws_config};
use rolecall_domain::record::account::{Account, DeregistrationCause};
use std::collections::BTreeSet;

fn profiles(config: &str) -> Vec<&str> {
    let lines = config.lines();
    let names = lines.filter_map(|line| line.strip_prefix("[profile ")?.strip_suffix(']'));
    names.collect()
}

fn from(profile: &str) -> Source {
    Source {
        profile: ProfileName::parse(profile).expect("a profile's name"),
        is_user: false,
        mfa_device: None,
        region: None,
    }
}

#[test]
fn profile_contains_all_settings_that_the_cli_needs() {
    let with_mfa = options("333333333333", true);
    let without = options("333333333333", false);
    let accounts = [
        account(1, "Shop", Some(&with_mfa)),
        account(2, "Lab", Some(&without)),
        account(3, "Old", None),
    ];
    let group = group("Production");
    let config = aws_config(&group, &accounts, &from("me"));
    let expected = format!(
        "# The accounts of the group Production ({}).\n\
         # The profile me must contain your credentials in the bastion account.\n\
         \n# Account Shop\n[profile production-shop-000000000001-000001]\n\
         role_arn = arn:aws:iam::000000000001:role/companion/op/Switch1\n\
         source_profile = me\nregion = eu-west-1\nduration_seconds = 3600\n\
         mfa_serial = arn:aws:iam::333333333333:mfa/YOUR-USER-NAME\n\
         \n# Account Lab\n[profile production-lab-000000000002-000002]\n\
         role_arn = arn:aws:iam::000000000002:role/companion/op/Switch2\n\
         source_profile = me\nregion = eu-west-1\nduration_seconds = 3600\n\
         \n# Account Old (000000000003) has no role to switch to.\n",
        group.group_id
    );
    assert_eq!(config, expected);
}

#[test]
fn source_settings_appear_in_profiles() {
    let accounts = [account(1, "Shop", Some(&options("333333333333", true)))];
    let source = Source {
        is_user: true,
        mfa_device: Some(MfaDevice::parse("mia@example.com").expect("a device")),
        region: Some(Region::parse("us-east-2").expect("a Region")),
        ..from("me")
    };
    let config = aws_config(&group("Production"), &accounts, &source);
    for line in [
        "duration_seconds = 7200\n",
        "mfa_serial = arn:aws:iam::333333333333:mfa/mia@example.com\n",
        "region = us-east-2\n",
    ] {
        assert_eq!(config.matches(line).count(), 1, "{line}{config}");
    }
}

/// Customers choose names, which must not be able to end a line, a section or a profile's name.
#[test]
fn any_name_yields_a_valid_file_with_unique_profiles() {
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
        "決済 基盤",
        "000000000012",
        "Größe",
        "Продукт",
        "🚀",
        ">>> rolecall",
        "; x",
        "a\u{a0}b",
    ];
    let accounts: Vec<Account> = (1..)
        .zip(names)
        .map(|(n, name)| account(n, name, Some(&options)))
        .collect();
    let twice = [accounts.clone(), vec![account(1, "a] b", Some(&options))]].concat();
    for group in [group("Group][x"), group("開発")] {
        let config = aws_config(&group, &twice, &from("default"));
        assert!(config.is_ascii(), "{config}");
        let found = profiles(&config);
        let unique: BTreeSet<&str> = found.iter().copied().collect();
        let counts = (found.len(), unique.len());
        assert_eq!(counts, (twice.len(), twice.len()), "{config}");
        let safe = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        assert!(found.iter().all(|name| name.bytes().all(safe)), "{found:?}");
        for line in config.lines().filter(|line| !line.is_empty()) {
            let known = [
                "# Account ",
                "# The ",
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
}

/// Groups, tenants and hubs can share names and AWS accounts.
#[test]
fn profile_name_identifies_its_account() {
    let options = options("333333333333", false);
    let one = account(7, "決済", Some(&options));
    let mut other = account(7, "決済", Some(&options));
    other.account_id = account(8, "x", None).account_id;
    let name_of = |account: &Account| {
        let config = aws_config(&group("本番"), std::slice::from_ref(account), &from("me"));
        profiles(&config).concat()
    };
    assert_eq!(name_of(&one), "honban-ketsusai-000000000007-000007");
    assert_eq!(name_of(&other), "honban-ketsusai-000000000007-000008");
    let unnamed = account(7, "000000000007", Some(&options));
    assert_eq!(name_of(&unnamed), "honban-000000000007-000007");
    let long = account(7, &"長".repeat(64), Some(&options));
    assert!(
        name_of(&long).len() <= 2 * 41 + 12 + 7,
        "{}",
        name_of(&long)
    );
}

/// No generated profile replaces the source profile.
#[test]
fn source_profile_name_is_reserved() {
    let account = account(1, "Shop", Some(&options("333333333333", false)));
    let source = "production-shop-000000000001-000001";
    let config = aws_config(&group("Production"), &[account], &from(source));
    assert_eq!(profiles(&config), ["production-shop-000000000001-000001-2"]);
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
        assert!(ProfileName::parse(good).is_ok(), "{good}");
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
        assert!(ProfileName::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn deregistered_account_has_no_profile() {
    let left = account(1, "Left", Some(&options("333333333333", false)))
        .deregistered(
            at(9),
            DeregistrationCause::Requested,
            OrphanedStackId::new(crate::common::seed(5)),
        )
        .expect("registered");
    let config = aws_config(&group("G"), &[left], &from("me"));
    assert_eq!(profiles(&config), [""; 0]);
}
