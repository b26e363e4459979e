use super::*;
use rolecall_domain::companion::Kind;
use rolecall_domain::companion::catalog::KINDS;
use rolecall_domain::companion::options::Options;
use rolecall_domain::companion::spec::{Inline, Managed, OptionSpec, Trust};

const HUB: &str = "111111111111";

fn companions() -> Vec<&'static RoleKind> {
    RoleKind::companions().collect()
}

fn text(kinds: &[&RoleKind]) -> String {
    let blocks = blocks(kinds, Partition::Aws, HUB).expect("expressible");
    let lines = blocks.into_iter().flat_map(|(_, lines)| lines);
    lines.collect::<Vec<_>>().join("\n")
}

/// The lines of one block.
#[track_caller]
fn block(name: &str, kinds: &[&RoleKind]) -> String {
    let blocks = blocks(kinds, Partition::Aws, HUB).expect("expressible");
    let mut found = blocks.into_iter().filter(|(known, _)| *known == name);
    found.next().expect("a block").1.join("\n")
}

const ALONE: &[OptionSpec] = &[OptionSpec {
    name: "on",
    about: "On.",
    takes: Takes::Flag { default: false },
}];

fn small() -> RoleKind {
    RoleKind {
        name: "small",
        logical_id: "Small",
        title: "A small role",
        purpose: "Does little.",
        trust: &[Trust::Service {
            name: "ec2",
            of_partition: true,
            when: None,
            source_account: false,
        }],
        always: false,
        policies: &[],
        inline: &[],
        instance_profile: false,
        one_per_account: false,
        options: ALONE,
        contradictions: &[],
        sources: &[],
    }
}

#[test]
fn every_block_contains_every_kind() {
    let kinds = companions();
    for (name, lines) in blocks(&kinds, Partition::Aws, HUB).expect("expressible") {
        let text = lines.join("\n");
        for kind in &kinds {
            assert!(text.contains(kind.logical_id), "{name} lacks {}", kind.name);
        }
    }
    let parameters = block("companion-parameters", &kinds);
    let conditions = block("companion-conditions", &kinds);
    for kind in Kind::companions() {
        let unset = Options::no_role(&kind);
        assert!(
            parameters.contains(&format!("\n  Default: {unset}\n")),
            "{unset}"
        );
        let (first, _) = unset.split_once(',').unwrap_or((&unset, ""));
        let there = format!(
            "Has{id}: !Not [!Equals [!Select [0, !Ref {id}], \"{first}\"]]",
            id = kind.logical_id
        );
        assert!(conditions.contains(&there), "{there}");
        for option in kind.options {
            assert!(parameters.contains(&format!("{} - {}", option.name, option.about)));
            assert!(parameters.contains(&format!("{}=(-|", option.name)));
        }
    }
}

#[test]
fn changes_of_the_catalog_appear_in_the_text() {
    let check = |change: fn(&mut RoleKind), expected: &[&str]| {
        let mut kind = small();
        let before = text(&[&kind]);
        change(&mut kind);
        let after = text(&[&kind]);
        for line in expected {
            assert!(
                !before.contains(line),
                "was there without the change: {line}"
            );
            assert!(after.contains(line), "{line} is not in\n{after}");
        }
    };
    check(
        |kind| kind.logical_id = "Tiny",
        &[
            "TinyRole:",
            "HasTiny:",
            "TinyRoleArn:",
            "Sid: ReadTiny",
            "!Ref Tiny]",
        ],
    );
    check(|kind| kind.name = "tiny", &["Kind: tiny", "Value: tiny"]);
    check(|kind| kind.title = "A tiny role", &["default: A tiny role"]);
    check(
        |kind| kind.purpose = "Does nothing.",
        &["Description: \"Does nothing.\""],
    );
    check(
        |kind| kind.instance_profile = true,
        &[
            "SmallInstanceProfile:",
            "    - !Ref SmallRole",
            "Sid: ReadSmallProfile",
            "sts:DecodeAuthorizationMessage",
            "InstanceProfileArn: !GetAtt SmallInstanceProfile.Arn",
            "SmallInstanceProfileArn:",
        ],
    );
    check(
        |kind| {
            kind.policies = &[
                Managed::Always("One"),
                Managed::When {
                    flag: "on",
                    policy: "Two",
                },
            ];
        },
        &[
            "- !Sub \"arn:${AWS::Partition}:iam::aws:policy/One\"",
            "- !If [SmallOn, !Sub \"arn:${AWS::Partition}:iam::aws:policy/Two\", !Ref AWS::NoValue]",
        ],
    );
    check(
        |kind| {
            kind.trust = &[Trust::Service {
                name: "ssm",
                of_partition: false,
                when: Some("on"),
                source_account: true,
            }];
        },
        &[
            "- SmallOn",
            "Service: ssm.amazonaws.com",
            "aws:SourceAccount: !Ref AWS::AccountId",
            "\"arn:${AWS::Partition}:ssm:*:${AWS::AccountId}:*\"",
        ],
    );
}

/// The parameter rejects the hub's account, even if it is edited by hand.
#[test]
fn parameters_reject_roles_that_trust_the_hub() {
    let parameters = block("companion-parameters", &companions());
    let account = "trusted_account_id=(-|(?!111111111111)[0-9]{12})";
    assert!(parameters.contains(account), "{parameters}");
    for kind in companions() {
        for trust in kind.trust {
            assert_ne!(*trust, Trust::Hub, "{}", kind.name);
            if let Trust::Account { option, .. } = trust {
                assert!(parameters.contains(&format!("{option}=(-|(?!{HUB})")));
            }
        }
    }
}

/// Whether a pattern can match `=` only where it is written: it has no wildcard, no negated class and
/// no range that spans it.
fn writes_out_what_it_matches(pattern: &str) -> bool {
    let letters: Vec<char> = pattern.chars().collect();
    let mut in_class = false;
    letters.iter().enumerate().all(|(at, letter)| {
        let before = at.checked_sub(1).map_or(' ', |before| letters[before]);
        let after = letters.get(at + 1).copied().unwrap_or(' ');
        match letter {
            '[' => in_class = true,
            ']' => in_class = false,
            _ => {}
        }
        match letter {
            '[' => after != '^',
            '.' => in_class,
            '\\' => after == '|',
            '-' if in_class && after != ']' => {
                [('a', 'z'), ('A', 'Z'), ('0', '9'), ('1', '9')].contains(&(before, after))
            }
            _ => true,
        }
    })
}

/// CloudFormation checks each member of the list against all alternatives, and never their order. The
/// functions that take a value split its member after the option's name, so a value that contained
/// another option's name, such as a policy `.../trusted_account_id=111111111111`, could take its place.
#[test]
fn no_value_that_a_parameter_accepts_contains_the_name_of_an_option() {
    for any in ["x=(.+)", "x=([^|]+)", "x=([+-A]+)", r"x=(\S+)"] {
        assert!(!writes_out_what_it_matches(any), "{any}");
    }
    for kind in companions() {
        let parameters = block("companion-parameters", &[kind]);
        let pattern = parameters.lines().find_map(|line| {
            let line = line.trim().strip_prefix("AllowedPattern: '^(")?;
            line.strip_suffix(")$'")
        });
        let pattern = pattern.expect("a pattern");
        assert!(writes_out_what_it_matches(pattern), "{pattern}");
        let written = pattern.matches('=').count();
        assert_eq!(written, kind.options.len(), "a value with = in {pattern}");
        for option in kind.options {
            let own = format!("{}=(", option.name);
            assert_eq!(pattern.matches(&own).count(), 1, "{own} in {pattern}");
            // Splitting at `path=` would also split `role_path=...`.
            let mut others = kind.options.iter().filter(|other| *other != option);
            assert!(
                !others.any(|other| other.name.ends_with(option.name)),
                "{own}"
            );
        }
    }
}

#[test]
fn flag_that_defaults_to_true_is_off_only_if_set_to_false() {
    let conditions = block("companion-conditions", &companions());
    let mfa = "SwitchRoleRequireMfa: !Not [!Equals [!Select [2, !Ref SwitchRole], \"require_mfa=false\"]]";
    assert!(conditions.contains(mfa), "{conditions}");
    let ssm = "Ec2InstanceTrustSsm: !Equals [!Select [1, !Ref Ec2Instance], \"trust_ssm=true\"]";
    assert!(conditions.contains(ssm), "{conditions}");
}

/// A delimiter can't contain a function, so the partition is the hub's.
#[test]
fn resource_lists_use_the_hubs_partition() {
    let blocks = blocks(&companions(), Partition::China, HUB).expect("expressible");
    let lines: Vec<String> = blocks.into_iter().flat_map(|(_, lines)| lines).collect();
    let text = lines.join("\n");
    assert!(text.contains("!Join [\"/*,arn:aws-cn:s3:::\", "), "{text}");
    assert!(!text.contains("arn:aws:"), "{text}");
}

#[test]
fn kind_that_the_template_can_not_express_is_rejected() {
    const CHOSEN: &[OptionSpec] = &[OptionSpec {
        name: "policies",
        about: "Some.",
        takes: Takes::Policies {
            known: &[],
            default: "None",
        },
    }];
    const BUCKETS: &[OptionSpec] = &[OptionSpec {
        name: "buckets",
        about: "Some.",
        takes: Takes::Buckets,
    }];
    let refused = |change: fn(&mut RoleKind)| {
        let mut kind = small();
        change(&mut kind);
        assert!(blocks(&[&kind], Partition::Aws, HUB).is_err(), "{kind:?}");
    };
    refused(|kind| kind.always = true);
    refused(|kind| kind.options = &[]);
    refused(|kind| kind.options = BUCKETS);
    refused(|kind| kind.logical_id = "Not-One");
    refused(|kind| kind.trust = &[Trust::Hub]);
    refused(|kind| kind.policies = &[Managed::Chosen("policies")]);
    refused(|kind| {
        kind.options = CHOSEN;
        kind.policies = &[Managed::Chosen("policies"), Managed::Always("One")];
    });
    refused(|kind| {
        kind.inline = &[Inline {
            name: "None",
            option: "on",
            actions: &["s3:GetObject"],
            resources: &[],
        }];
    });
    let own = KINDS
        .iter()
        .find(|kind| kind.always)
        .expect("the hub's own");
    assert!(blocks(&[own], Partition::Aws, HUB).is_err());
}

/// The catalog's texts appear in the template without escaping.
#[test]
fn catalog_texts_need_no_escaping() {
    for kind in companions() {
        let options = kind.options.iter().map(|option| option.about);
        for words in options.chain([kind.title, kind.purpose]) {
            let plain = !words.contains(['"', '\\', '\n', '#']) && !words.contains(": ");
            assert!(plain && words.is_ascii(), "{words}");
        }
    }
}
