//! The checks, each with one fault.

use crate::common::*;
use rolecall_domain::access::{Profile, ProfileName, Words};
use rolecall_domain::aws::{ExternalId, Region, RoleArn, SeenStack, StackId};
use rolecall_domain::brand::AsciiName;
use rolecall_domain::check::Hub;
use rolecall_domain::check::template_policy::inline_policies;
use rolecall_domain::check::{
    AssumeOutcome, CheckCode, CheckStatus, CurrentTemplate, Denial, Expected, Granted,
    ManagedPolicy, Observed, Read, Report, RoleFacts, StackFacts, StackStatus, Trigger, Verdict,
    hub_role_codes, verify,
};
use rolecall_domain::link::template::TemplateVersion;
use rolecall_domain::messages::{Language, Message};
use rolecall_domain::template::Template;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const TRUSTED: &str = "arn:aws:iam::111111111111:role/rolecall-hub/verifier/*";

fn expected() -> Expected {
    Expected {
        tenant: registration().tenant,
        role_arn: role("R"),
        stack_id: stack("rolecall-1"),
        external_id: ExternalId::parse("x1").expect("valid"),
        trigger: Trigger::Scheduled,
        received_at: None,
        reported_external_id_matches: None,
        pinned_account: None,
        recorded_role: Some(unique_id('A')),
        account_closed: false,
        template_id: template().template_id,
        template: Some(whole_template()),
        current: Some(current(whole_template())),
        deployed_roles: Vec::new(),
        recorded_roles: Vec::new(),
        duplicates: Vec::new(),
        hub: Hub {
            account: aws_account("111111111111"),
            region: Region::parse("us-east-1").expect("valid"),
            allow_own_account: false,
            trusted_principals: vec![TRUSTED.to_owned()],
        },
        account_id: None,
        known_policies: BTreeMap::new(),
        known_stack: SeenStack::default(),
    }
}

fn current(template: Template) -> CurrentTemplate {
    CurrentTemplate {
        published: template.published_at("https://bucket.s3.amazonaws.com"),
        template,
    }
}

/// The stack's own policy, with this boundary.
fn self_inspection_with(boundary: Option<&str>) -> Value {
    let boundary = boundary.map(str::to_owned);
    let mut all = inline_policies(&whole_template(), &expected(), boundary, &[]);
    all.remove("SelfInspection").expect("the policy")
}

fn self_inspection() -> String {
    self_inspection_with(None).to_string()
}

/// A template with the access profile `product`, which has this policy.
fn with_access(policy: &str) -> Template {
    let policy: Value = serde_json::from_str(policy).expect("JSON");
    Template {
        profiles: vec![Profile {
            name: ProfileName::parse("product").expect("valid"),
            title: words("Start instances"),
            explain: words("Starts instances."),
            not: None,
            managed_policies: Vec::new(),
            policy: Some(policy),
            dangerous: false,
        }],
        ..whole_template()
    }
}

fn words(en: &str) -> Words {
    Words {
        en: en.to_owned(),
        ja: en.to_owned(),
    }
}

fn inline(observed: &mut Observed) -> &mut BTreeMap<String, String> {
    match &mut observed.inline_policies {
        Some(Read::Seen(policies)) => policies,
        _ => panic!("the policies were seen"),
    }
}

fn granted() -> AssumeOutcome {
    AssumeOutcome::Granted(Granted {
        account: aws_account("222222222222"),
        role_unique_id: unique_id('A'),
    })
}

fn observed() -> Observed {
    let trust_policy = format!(
        r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::111111111111:root"}},
        "Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"sts:ExternalId":"x1"}},
        "ArnLike":{{"aws:PrincipalArn":"{TRUSTED}"}}}}}}]}}"#
    );
    Observed {
        assume: Some(granted()),
        assume_without_external_id: Some(AssumeOutcome::Refused),
        assume_with_wrong_external_id: Some(AssumeOutcome::Refused),
        stack: Some(Read::Seen(StackFacts {
            status: StackStatus::CreateComplete,
            status_reason: None,
            protected: false,
            nested: None,
            external_id_matches: Some(true),
            boundary_arn: None,
            template_id: None,
            managed_policy_arns: BTreeSet::new(),
            asked_roles: Vec::new(),
            deployed_roles: Vec::new(),
        })),
        stack_roles: Some(Read::Seen(BTreeSet::from(["R".to_owned()]))),
        role: Some(Read::Seen(RoleFacts {
            unique_id: unique_id('A'),
            trust_policy,
            boundary_arn: None,
            max_session_seconds: Some(3600),
        })),
        attached_policies: Some(Read::Seen(BTreeSet::new())),
        further_policies: BTreeMap::new(),
        boundary: None,
        given_policies: BTreeMap::new(),
        gone_policies: BTreeSet::new(),
        gone_versions: BTreeSet::new(),
        companions: None,
        inline_policies: Some(Read::Seen(BTreeMap::from([(
            "SelfInspection".to_owned(),
            self_inspection(),
        )]))),
    }
}

pub(crate) fn judged_stack() -> StackId {
    expected().stack_id
}

/// The stack is one version behind.
pub(crate) fn outdate(expected: &mut Expected) {
    let newer = Template {
        version: TemplateVersion::new(99, 0, 0),
        ..whole_template()
    };
    expected.current = Some(current(newer));
}

pub(crate) fn report_for(change: impl FnOnce(&mut Expected, &mut Observed)) -> Report {
    let (mut expected, mut observed) = (expected(), observed());
    change(&mut expected, &mut observed);
    verify(&expected, &observed, at(1000))
}

/// The report's checks that are neither passed nor skipped.
fn findings(report: &Report) -> Vec<(CheckCode, CheckStatus)> {
    report
        .checks
        .iter()
        .filter(|check| !matches!(check.status, CheckStatus::Passed | CheckStatus::Skipped))
        .map(|check| (check.code, check.status))
        .collect()
}

pub(crate) fn stack_facts(observed: &mut Observed) -> &mut StackFacts {
    match &mut observed.stack {
        Some(Read::Seen(facts)) => facts,
        _ => panic!("the stack was seen"),
    }
}

#[test]
fn healthy_account_passes_all_checks() {
    let report = report_for(|_, _| {});
    assert_eq!(findings(&report), []);
    assert_eq!(report.verdict, Verdict::Passed);
    let codes = report.checks.iter().map(|check| check.code);
    assert!(codes.eq(hub_role_codes()));
}

#[test]
fn each_fault_fails_its_check() {
    use CheckCode as C;
    type Fault = fn(&mut Expected, &mut Observed);
    let faults: [(C, Fault); 13] = [
        (C::ArnMismatch, |e, _| {
            e.stack_id = rolecall_domain::aws::StackId::parse(
                "arn:aws:cloudformation:us-east-1:333333333333:stack/x/y",
            )
            .expect("valid")
        }),
        (C::ArnMismatch, |e, _| {
            e.hub.account = aws_account("222222222222")
        }),
        (C::ArnMismatch, |e, _| {
            e.pinned_account = Some(aws_account("444444444444"))
        }),
        (C::ExternalIdMismatch, |e, _| {
            e.reported_external_id_matches = Some(false)
        }),
        (C::ExternalIdMismatch, |_, o| {
            stack_facts(o).external_id_matches = Some(false)
        }),
        (C::RoleUnassumable, |_, o| {
            *o = Observed {
                assume: Some(AssumeOutcome::Refused),
                ..Observed::default()
            }
        }),
        (C::ExternalIdNotEnforced, |_, o| {
            o.assume_without_external_id = Some(granted())
        }),
        (C::ExternalIdNotEnforced, |_, o| {
            o.assume_with_wrong_external_id = Some(granted())
        }),
        (C::StsRegionDisabled, |_, o| {
            *o = Observed {
                assume: Some(AssumeOutcome::RegionDisabled),
                ..Observed::default()
            }
        }),
        (C::RoleRecreated, |e, _| {
            e.recorded_role = Some(unique_id('B'))
        }),
        (C::StackUnexpectedState, |_, o| {
            stack_facts(o).status = StackStatus::DeleteFailed
        }),
        (C::RoleNotInStack, |_, o| {
            o.stack_roles = Some(Read::Seen(BTreeSet::new()))
        }),
        (C::BoundaryMissing, |_, o| {
            let boundary = "arn:aws:iam::222222222222:policy/b";
            stack_facts(o).boundary_arn = Some(boundary.into());
            let own = self_inspection_with(Some(boundary)).to_string();
            inline(o).insert("SelfInspection".to_owned(), own);
        }),
    ];
    for (index, (code, fault)) in faults.into_iter().enumerate() {
        let report = report_for(fault);
        assert_eq!(report.verdict, Verdict::Failed, "{index} {code:?}");
        assert_eq!(
            report.decisive().map(|check| check.code),
            Some(code),
            "{index}"
        );
        assert!(
            report
                .decisive()
                .is_some_and(|check| check.remedy.is_some()),
            "{index}"
        );
    }
}

#[test]
fn only_a_rejection_proves_the_external_id_is_enforced() {
    for outcome in [
        AssumeOutcome::Throttled,
        AssumeOutcome::Unreachable,
        AssumeOutcome::RegionDisabled,
    ] {
        let report = report_for(|_, o| o.assume_with_wrong_external_id = Some(outcome.clone()));
        assert_eq!(report.verdict, Verdict::Inconclusive, "{outcome:?}");
        let status = report.status_of(CheckCode::ExternalIdNotEnforced);
        assert_eq!(status, Some(CheckStatus::Inconclusive), "{outcome:?}");
    }
}

#[test]
fn rejection_of_new_stack_is_attributed_to_propagation() {
    let refused = |o: &mut Observed| {
        *o = Observed {
            assume: Some(AssumeOutcome::Refused),
            ..Observed::default()
        }
    };
    let young = report_for(|e, o| {
        e.received_at = Some(at(941));
        refused(o);
    });
    assert_eq!(
        findings(&young),
        [(CheckCode::RolePropagating, CheckStatus::Inconclusive)]
    );
    let old = report_for(|e, o| {
        e.received_at = Some(at(940));
        refused(o);
    });
    assert_eq!(
        findings(&old),
        [(CheckCode::RoleUnassumable, CheckStatus::Failed)]
    );
}

#[test]
fn warnings_do_not_fail_the_report() {
    let extra = report_for(|_, o| {
        o.attached_policies = Some(Read::Seen(BTreeSet::from([
            "arn:aws:iam::aws:policy/X".to_owned()
        ])));
    });
    assert_eq!(
        findings(&extra),
        [(CheckCode::PermissionsExtra, CheckStatus::Warning)]
    );
    let outdated = report_for(|e, _| outdate(e));
    assert_eq!(
        findings(&outdated),
        [(CheckCode::TemplateOutdated, CheckStatus::Warning)]
    );
    assert_eq!(outdated.verdict, Verdict::Passed);
}

#[test]
fn denied_read_reports_the_missing_permission() {
    let report = report_for(|_, o| o.role = Some(Read::Denied("iam:GetRole".into())));
    assert_eq!(
        findings(&report),
        [(CheckCode::PermissionsMissing, CheckStatus::Failed)]
    );
    let actions = &report.decisive().expect("failed").evidence["actions"];
    assert_eq!(actions, &["iam:GetRole"]);
}

#[test]
fn throttled_read_is_inconclusive() {
    let report = report_for(|_, o| o.stack = Some(Read::Throttled));
    assert_eq!(report.verdict, Verdict::Inconclusive);
}

#[test]
fn trigger_determines_accepted_stack_states() {
    let verdict = |trigger, status| {
        report_for(|e, o| {
            e.trigger = trigger;
            stack_facts(o).status = status;
        })
        .verdict
    };
    use StackStatus as S;
    for (trigger, status, wanted) in [
        (Trigger::Create, S::CreateInProgress, Verdict::Passed),
        (Trigger::Create, S::RollbackInProgress, Verdict::Failed),
        (Trigger::Create, S::DeleteInProgress, Verdict::Failed),
        (Trigger::Paste, S::CreateComplete, Verdict::Passed),
        (Trigger::Paste, S::CreateInProgress, Verdict::Inconclusive),
        (
            Trigger::Update,
            S::UpdateRollbackInProgress,
            Verdict::Passed,
        ),
        (Trigger::Scheduled, S::UpdateInProgress, Verdict::Passed),
        (Trigger::Scheduled, S::DeleteInProgress, Verdict::Failed),
    ] {
        assert_eq!(verdict(trigger, status), wanted, "{trigger:?} {status:?}");
    }
}

const OPERATOR: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
    "Action":["ec2:DescribeInstances","ec2:StartInstances"],"Resource":"*"}}"#;
const FORMER_OPERATOR: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
    "Action":"ec2:DescribeInstances","Resource":"*"}}"#;

fn evidence<'a>(report: &'a Report, code: CheckCode, name: &str) -> Vec<&'a str> {
    let check = report.checks.iter().find(|check| check.code == code);
    let values = check.and_then(|check| check.evidence.get(name));
    values.map_or_else(Vec::new, |all| all.iter().map(String::as_str).collect())
}

/// Checks a role with this policy of an access profile against its template.
fn report_for_access(actual: &str, recorded: &str) -> Report {
    report_for(|e, o| {
        e.template = Some(with_access(recorded));
        e.current = Some(current(with_access(recorded)));
        inline(o).insert("Access-product".to_owned(), actual.to_owned());
    })
}

#[test]
fn role_that_matches_its_template_has_no_drift() {
    assert_eq!(findings(&report_for_access(OPERATOR, OPERATOR)), []);
    for operator in [
        r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"},
            {"Effect":"Deny","Action":"s3:DeleteBucket","Resource":"*"}]}"#,
        r#"{"Statement":{"Effect":"Allow","NotAction":"iam:*","NotResource":["a","b"]}}"#,
    ] {
        assert_eq!(
            findings(&report_for_access(operator, operator)),
            [],
            "{operator}"
        );
    }
    let encoded: String = OPERATOR.replace('{', "%7B").replace('"', "%22");
    assert_eq!(findings(&report_for_access(&encoded, OPERATOR)), []);
}

#[test]
fn removed_permission_is_reported() {
    let report = report_for_access(FORMER_OPERATOR, OPERATOR);
    let (missing, extra) = (CheckCode::PermissionsMissing, CheckCode::PermissionsExtra);
    assert_eq!(findings(&report), [(missing, CheckStatus::Failed)]);
    assert_eq!(
        evidence(&report, missing, "actions"),
        ["ec2:StartInstances"]
    );
    let denied = OPERATOR.replace(
        r#""Statement":{"#,
        r#""Statement":[{"Effect":"Deny","Action":"ec2:start*","Resource":"*"},{"#,
    );
    let denied = denied.trim_end_matches('}').to_owned() + "}]}";
    let report = report_for_access(&denied, OPERATOR);
    assert_eq!(
        evidence(&report, missing, "actions"),
        ["ec2:StartInstances"]
    );
    assert_eq!(evidence(&report, extra, "actions"), [""; 0]);
}

#[test]
fn added_permission_is_reported_as_warning() {
    let extra = CheckCode::PermissionsExtra;
    let report = report_for_access(OPERATOR, FORMER_OPERATOR);
    assert_eq!(findings(&report), [(extra, CheckStatus::Warning)]);
    assert_eq!(evidence(&report, extra, "actions"), ["ec2:StartInstances"]);
    // The same action on more resources than in the template also counts as extra.
    let report = report_for(|_, o| {
        let wider = self_inspection().replace(role("R").as_str(), "*");
        inline(o).insert("SelfInspection".to_owned(), wider);
    });
    let own = [
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListRolePolicies",
        "iam:SimulatePrincipalPolicy",
    ];
    assert_eq!(evidence(&report, extra, "actions"), own);
    assert_eq!(evidence(&report, extra, "resources"), ["*"]);
    let report = report_for(|_, o| {
        inline(o).insert("Backdoor".to_owned(), OPERATOR.to_owned());
    });
    assert_eq!(evidence(&report, extra, "policies"), ["Backdoor"]);
    assert_eq!(
        evidence(&report, extra, "actions"),
        ["ec2:DescribeInstances", "ec2:StartInstances"]
    );
}

/// The stack has what its own template gives, so nothing is missing.
#[test]
fn stack_with_former_access_is_outdated_with_the_difference_in_words() {
    let report = report_for(|e, o| {
        e.template = Some(with_access(FORMER_OPERATOR));
        e.current = Some(current(with_access(OPERATOR)));
        inline(o).insert("Access-product".to_owned(), FORMER_OPERATOR.to_owned());
    });
    let outdated = CheckCode::TemplateOutdated;
    assert_eq!(findings(&report), [(outdated, CheckStatus::Warning)]);
    let check = report.checks.iter().find(|check| check.code == outdated);
    let message = english(check.expect("the check"));
    let difference = "product now also allows ec2:StartInstances.";
    assert!(message.ends_with(difference), "{message}");
    let link = evidence(&report, outdated, "update_url");
    assert!(
        link[0].contains("/stacks/update/template?stackId="),
        "{link:?}"
    );
    let access = report.access.expect("recorded");
    assert_eq!(access, [ProfileName::parse("product").expect("valid")]);
}

/// The descriptions and the brand don't affect the access of the stack's role.
#[test]
fn stack_with_other_words_is_not_outdated() {
    let report = report_for(|e, o| {
        e.template = Some(with_access(OPERATOR));
        let mut other = with_access(OPERATOR);
        other.profiles[0].title = words("Other words");
        other.product = AsciiName::parse("Another").expect("valid");
        e.current = Some(current(other));
        inline(o).insert("Access-product".to_owned(), OPERATOR.to_owned());
    });
    assert_eq!(findings(&report), []);
}

/// Someone edited the template, or its record was deleted.
#[test]
fn stack_with_unknown_template_gets_the_link_to_the_current_one() {
    let report = report_for(|e, _| {
        e.template = None;
        e.current = Some(current(with_access(OPERATOR)));
    });
    let outdated = CheckCode::TemplateOutdated;
    let check = report.checks.iter().find(|check| check.code == outdated);
    let message = english(check.expect("the check"));
    assert!(
        message.contains(&template().template_id.to_string()),
        "{message}"
    );
    assert!(evidence(&report, outdated, "update_url")[0].contains("/update/template"));
    assert_eq!(
        report.update,
        Some(Box::new(with_access(OPERATOR))),
        "the API publishes it"
    );
}

#[test]
fn requested_and_removed_profiles_are_named() {
    let message = |before: Template, now: Template| {
        let report = report_for(|e, o| {
            if !before.profiles.is_empty() {
                inline(o).insert("Access-product".to_owned(), OPERATOR.to_owned());
            }
            e.template = Some(before);
            e.current = Some(current(now));
        });
        let mut checks = report.checks.iter();
        let check = checks.find(|check| check.code == CheckCode::TemplateOutdated);
        english(check.expect("the check"))
    };
    let asked = message(whole_template(), with_access(OPERATOR));
    assert!(asked.ends_with("product is new."), "{asked}");
    let removed = message(with_access(OPERATOR), whole_template());
    assert!(removed.ends_with("product was removed."), "{removed}");
}

#[test]
fn detached_policy_is_reported_as_missing() {
    let report = report_for(|_, o| {
        let given = "arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned();
        stack_facts(o).managed_policy_arns.insert(given);
    });
    let missing = CheckCode::PermissionsMissing;
    assert_eq!(
        evidence(&report, missing, "policies"),
        ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
    );
}

#[test]
fn template_without_record_is_not_compared_and_reported() {
    let report = report_for(|e, o| {
        e.template = None;
        inline(o).insert("Access-product".to_owned(), OPERATOR.to_owned());
    });
    let warnings = [CheckCode::PermissionsExtra, CheckCode::TemplateOutdated];
    let warnings = warnings.map(|code| (code, CheckStatus::Warning));
    assert_eq!(findings(&report), warnings);
    let check = report
        .checks
        .iter()
        .find(|c| c.code == CheckCode::PermissionsMissing);
    assert!(check.is_some_and(|check| english(check).contains("not on record")));
}

#[test]
fn role_stack_and_session_must_share_account_and_partition() {
    let foreign: [fn(&mut Expected, &mut Observed); 4] = [
        |e, _| {
            let text = "arn:aws:iam::333333333333:role/rolecall/R";
            e.role_arn = RoleArn::parse(text).expect("valid");
        },
        |e, _| {
            let text = "arn:aws-cn:iam::222222222222:role/rolecall/R";
            e.role_arn = RoleArn::parse(text).expect("valid");
        },
        |e, _| {
            let text = "arn:aws:iam::222222222222:role/elsewhere/R";
            e.role_arn = RoleArn::parse(text).expect("valid");
        },
        |_, o| {
            o.assume = Some(AssumeOutcome::Granted(Granted {
                account: aws_account("333333333333"),
                role_unique_id: unique_id('A'),
            }));
        },
    ];
    for (index, change) in foreign.into_iter().enumerate() {
        let report = report_for(change);
        let decisive = report.decisive().map(|check| check.code);
        assert_eq!(decisive, Some(CheckCode::ArnMismatch), "{index}");
    }
}

#[test]
fn every_finding_has_a_sentence_and_a_remedy() {
    let troubled: [fn(&mut Expected, &mut Observed); 8] = [
        |e, _| e.hub.account = aws_account("222222222222"),
        |_, o| o.assume = Some(AssumeOutcome::Refused),
        |_, o| o.assume = Some(AssumeOutcome::Throttled),
        |_, o| o.assume = Some(AssumeOutcome::RegionDisabled),
        |_, o| o.assume = Some(AssumeOutcome::Unreachable),
        |_, o| o.assume_without_external_id = Some(AssumeOutcome::Throttled),
        |_, o| o.stack = Some(Read::NotFound),
        |_, o| o.role = Some(Read::Denied("iam:GetRole".into())),
    ];
    for change in troubled {
        let report = report_for(change);
        assert_ne!(findings(&report), []);
        for check in &report.checks {
            let objects = !matches!(check.status, CheckStatus::Passed | CheckStatus::Skipped);
            assert!(english(check).ends_with('.'), "{check:?}");
            assert_eq!(check.remedy.is_some(), objects, "{check:?}");
        }
    }
    let refused = report_for(|_, o| o.assume = Some(AssumeOutcome::Refused));
    let causes = evidence(&refused, CheckCode::RoleUnassumable, "likely_causes");
    assert_eq!(causes[0], "role_deleted");
}

#[test]
fn policy_that_is_still_propagating_is_inconclusive() {
    let young = |e: &mut Expected, o: &mut Observed| {
        e.received_at = Some(at(990));
        inline(o).clear();
    };
    let report = report_for(young);
    let missing = CheckCode::PermissionsMissing;
    assert_eq!(report.status_of(missing), Some(CheckStatus::Inconclusive));
    let grown = report_for(|e, o| {
        young(e, o);
        e.received_at = Some(at(900));
    });
    assert_eq!(grown.status_of(missing), Some(CheckStatus::Failed));
    let unread = report_for(|_, o| o.inline_policies = Some(Read::Unreachable));
    assert_eq!(unread.status_of(missing), Some(CheckStatus::Inconclusive));
}

#[test]
fn policies_that_cannot_be_compared_are_a_warning() {
    let names = vec!["\"a:b\""; 100].join(",");
    let huge =
        format!(r#"{{"Statement":{{"Effect":"Allow","Action":[{names}],"Resource":[{names}]}}}}"#);
    for text in [huge.as_str(), "{}"] {
        let report = report_for(|_, o| {
            inline(o).insert("Strange".to_owned(), text.to_owned());
        });
        assert_eq!(report.verdict, Verdict::Passed);
        let extra = (CheckCode::PermissionsExtra, CheckStatus::Warning);
        assert_eq!(findings(&report), [extra]);
    }
}

#[test]
fn resources_missing_during_stack_update_are_inconclusive() {
    let boundary: fn(&mut Observed) = |o| {
        stack_facts(o).boundary_arn = Some("arn:aws:iam::222222222222:policy/b".into());
    };
    let given: fn(&mut Observed) = |o| {
        let given = "arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned();
        stack_facts(o).managed_policy_arns.insert(given);
    };
    for lag in [boundary, given] {
        let settled = report_for(|_, o| lag(o));
        assert_eq!(settled.verdict, Verdict::Failed);
        let changing = report_for(|_, o| {
            lag(o);
            stack_facts(o).status = StackStatus::UpdateInProgress;
        });
        assert_eq!(changing.verdict, Verdict::Inconclusive);
    }
}

#[test]
fn unreadable_trust_policy_counts_as_too_broad() {
    let report = report_for(|_, o| {
        if let Some(Read::Seen(role)) = &mut o.role {
            role.trust_policy = r#"{"Statement":[{"Effect":"Maybe"}]}"#.to_owned();
        }
    });
    let decisive = report.decisive().map(|check| check.code);
    assert_eq!(decisive, Some(CheckCode::TrustTooBroad));
}

#[test]
fn evidence_contains_no_external_id_or_token() {
    let token = format!("reg_0a1b2c.{}", "s".repeat(43));
    let report = report_for(|e, o| {
        e.external_id = ExternalId::parse("0123456789abcdef").expect("valid");
        inline(o).insert(
            token.clone(),
            OPERATOR.replace('*', "arn:aws:s3:::0123456789ABCDEF"),
        );
        if let Some(Read::Seen(roles)) = &mut o.stack_roles {
            *roles = BTreeSet::from([format!("x-{token}")]);
        }
        if let Some(Read::Seen(role)) = &mut o.role {
            let named = "arn:aws:iam::999999999999:role/0123456789abcdef";
            role.trust_policy = role
                .trust_policy
                .replace("arn:aws:iam::111111111111:root", named);
        }
    });
    let shown = format!(
        "{:?}",
        report
            .checks
            .iter()
            .map(|check| &check.evidence)
            .collect::<Vec<_>>()
    );
    assert!(shown.contains("(not shown)"), "{shown}");
    let shown = shown.to_lowercase();
    assert!(
        !shown.contains("0123456789abcdef") && !shown.contains("sssss"),
        "{shown}"
    );
}

#[test]
fn unexpected_attached_policy_is_reported_with_its_actions() {
    let arn = "arn:aws:iam::aws:policy/AmazonEC2FullAccess";
    let report = report_for(|_, o| {
        o.attached_policies = Some(Read::Seen(BTreeSet::from([arn.to_owned()])));
        o.further_policies
            .insert(arn.to_owned(), OPERATOR.to_owned());
    });
    let extra = CheckCode::PermissionsExtra;
    assert_eq!(findings(&report), [(extra, CheckStatus::Warning)]);
    assert_eq!(evidence(&report, extra, "policies"), [arn]);
    assert_eq!(
        evidence(&report, extra, "actions"),
        ["ec2:DescribeInstances", "ec2:StartInstances"]
    );
}

/// Neither the role nor its stack changes when a customer sets another default policy version.
#[test]
fn changed_policy_version_is_reported_with_its_actions() {
    let arn = "arn:aws:iam::222222222222:policy/Given";
    let report_for = |known: Option<&str>, version: &str, change: fn(&mut Observed)| {
        report_for(|e, o| {
            if let Some(known) = known {
                e.known_policies.insert(arn.to_owned(), known.to_owned());
            }
            let arns = BTreeSet::from([arn.to_owned()]);
            if let Some(Read::Seen(stack)) = &mut o.stack {
                stack.managed_policy_arns = arns.clone();
            }
            o.attached_policies = Some(Read::Seen(arns));
            if let Some(Read::Seen(inline)) = &mut o.inline_policies {
                let given = self_inspection().replace("arn:aws:iam::aws:policy/unused", arn);
                inline.insert("SelfInspection".to_owned(), given);
            }
            let document = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
            let in_force = ManagedPolicy {
                version: version.to_owned(),
                document: document.to_owned(),
            };
            o.given_policies.insert(arn.to_owned(), in_force);
            change(o);
        })
    };
    let extra = CheckCode::PermissionsExtra;
    let first = report_for(None, "ANPA1 v1", |_| ());
    assert_eq!(first.status_of(extra), Some(CheckStatus::Passed));
    assert_eq!(first.given_policies[arn], "ANPA1 v1");
    assert_eq!(
        report_for(Some("ANPA1 v1"), "ANPA1 v1", |_| ()).status_of(extra),
        Some(CheckStatus::Passed)
    );
    for (version, way_back) in [("ANPA1 v2", Some("--version-id v1")), ("ANPA2 v1", None)] {
        let report = report_for(Some("ANPA1 v1"), version, |_| ());
        assert_eq!(
            report.status_of(extra),
            Some(CheckStatus::Warning),
            "{version}"
        );
        assert_eq!(evidence(&report, extra, "changed_policies"), [arn]);
        assert_eq!(evidence(&report, extra, "changed_policies_allow"), ["*"]);
        let mut checks = report.checks.iter();
        let check = checks.rfind(|check| check.code == extra);
        let command = check.and_then(|check| check.command.clone());
        assert_eq!(command.is_some(), way_back.is_some(), "{command:?}");
        let command = command.unwrap_or_default();
        assert!(command.contains(way_back.unwrap_or_default()), "{command}");
        // The warning remains until the stack attaches the policy again.
        assert_eq!(report.given_policies[arn], "ANPA1 v1");
    }
    let unseen = report_for(Some("ANPA1 v1"), "ANPA1 v2", |o| {
        o.stack = Some(Read::Throttled);
        o.given_policies.clear();
    });
    assert_eq!(unseen.given_policies[arn], "ANPA1 v1");
    let taken_back = report_for(Some("ANPA1 v1"), "ANPA1 v2", |o| {
        if let Some(Read::Seen(stack)) = &mut o.stack {
            stack.managed_policy_arns.clear();
        }
        o.attached_policies = Some(Read::Seen(BTreeSet::new()));
        o.given_policies.clear();
    });
    assert!(taken_back.given_policies.is_empty());
}

/// The command of a check, and its remedy.
fn told(report: &Report, code: CheckCode) -> (String, String) {
    let check = report.checks.iter().find(|check| check.code == code);
    let check = check.expect("the check");
    let remedy = check.remedy.as_ref().expect("a remedy");
    let remedy = remedy.text(Language::English);
    (check.command.clone().unwrap_or_default(), remedy)
}

/// All reads are denied by this policy, as by `AWSDenyAll`, which is attached to contain an incident.
fn deny_all(observed: &mut Observed, policy: Option<&str>) {
    let named = policy.map(|arn| format!(": {arn}")).unwrap_or_default();
    let denial = |action| {
        let message = format!(
            "User: arn:aws:sts::222222222222:assumed-role/R/s is not authorized to perform: {action} \
             on resource: role R with an explicit deny in an identity-based policy{named}"
        );
        Denial::from_message(action, &message)
    };
    observed.stack = Some(Read::Denied(denial("cloudformation:DescribeStacks")));
    observed.stack_roles = Some(Read::Denied(denial(
        "cloudformation:DescribeStackResources",
    )));
    observed.role = Some(Read::Denied(denial("iam:GetRole")));
    observed.attached_policies = Some(Read::Denied(denial("iam:ListAttachedRolePolicies")));
    observed.inline_policies = Some(Read::Denied(denial("iam:ListRolePolicies")));
}

#[test]
fn attached_policy_that_denies_all_reads_is_detached() {
    let (missing, arn) = (
        CheckCode::PermissionsMissing,
        "arn:aws:iam::aws:policy/AWSDenyAll",
    );
    let report = report_for(|_, o| deny_all(o, Some(arn)));
    let detach = format!("aws iam detach-role-policy --role-name R --policy-arn {arn}");
    assert_eq!(told(&report, missing).0, detach);
    // Without the policy's ARN, or for a policy that the stack attaches, a person must review it.
    let unnamed = report_for(|_, o| deny_all(o, None));
    let given = "arn:aws:iam::222222222222:policy/Given";
    let own = report_for(|e, o| {
        e.known_policies = BTreeMap::from([(given.to_owned(), "ANPA v1".to_owned())]);
        deny_all(o, Some(given));
    });
    for report in [unnamed, own] {
        let (command, remedy) = told(&report, missing);
        assert_eq!(command, "");
        assert!(remedy.starts_with("In the role's policies"), "{remedy}");
        assert!(
            remedy.ends_with("remove any statement that denies it."),
            "{remedy}"
        );
    }
}

/// The stack's parameter can't be read then, and the boundary that the role may read must stay.
#[test]
fn policy_restored_for_an_unread_stack_keeps_its_boundary() {
    let boundary = "arn:aws:iam::222222222222:policy/Boundary";
    let present = self_inspection_with(Some(boundary)).to_string();
    let present = present.replace("cloudformation:DescribeStacks\"", "cloudformation:Other\"");
    let encoded = present.replace('{', "%7B").replace('"', "%22");
    let written = |inline: Option<&str>, role: bool| {
        let report = report_for(|_, o| {
            let denial = |action: &'static str| Denial::from(action);
            o.stack = Some(Read::Denied(denial("cloudformation:DescribeStacks")));
            match &mut o.role {
                Some(Read::Seen(seen)) if role => seen.boundary_arn = Some(boundary.to_owned()),
                seen => *seen = Some(Read::Denied(denial("iam:GetRole"))),
            }
            o.inline_policies = Some(match inline {
                Some(text) => Read::Seen(BTreeMap::from([(
                    "SelfInspection".to_owned(),
                    text.to_owned(),
                )])),
                None => Read::Denied(denial("iam:ListRolePolicies")),
            });
        });
        let (command, _) = told(&report, CheckCode::PermissionsMissing);
        assert!(command.starts_with("aws iam put-role-policy"), "{command}");
        command
    };
    for (inline, role) in [
        (Some(present.as_str()), false),
        (Some(encoded.as_str()), false),
        (None, true),
    ] {
        let command = written(inline, role);
        for kept in [boundary, "DescribeStacks"] {
            assert!(command.contains(kept), "{inline:?}: {command}");
        }
    }
}

/// Attaching a deleted policy would fail, and so would all commands after it.
#[test]
fn deleted_policy_of_the_stack_is_not_attached_again() {
    let arn = |name: &str| format!("arn:aws:iam::aws:policy/{name}");
    let report = |gone: &[&str]| {
        report_for(|_, o| {
            let given = ["A", "B"].map(arn);
            stack_facts(o).managed_policy_arns = BTreeSet::from(given);
            o.gone_policies = gone.iter().map(|name| arn(name)).collect();
        })
    };
    let missing = CheckCode::PermissionsMissing;
    let (command, remedy) = told(&report(&["A"]), missing);
    assert!(command.ends_with(&format!(
        "attach-role-policy --role-name R --policy-arn {}",
        arn("B")
    )));
    assert!(!command.contains(&arn("A")), "{command}");
    assert!(
        remedy.contains("policy/A, which does not exist"),
        "{remedy}"
    );
    let (command, remedy) = told(&report(&["A", "B"]), missing);
    assert!(!command.contains("attach-role-policy"), "{command}");
    assert!(remedy.contains("access profiles"), "{remedy}");
}

#[test]
fn full_hub_role_loses_an_extra_policy_before_a_missing_one_is_attached() {
    let arn = |number: usize| format!("arn:aws:iam::aws:policy/P{number}");
    let report = report_for(|_, o| {
        stack_facts(o).managed_policy_arns = (0..10).map(arn).collect();
        o.attached_policies = Some(Read::Seen((1..11).map(arn).collect()));
        o.further_policies.insert(arn(10), OPERATOR.to_owned());
    });
    let (command, _) = told(&report, CheckCode::PermissionsMissing);
    let (detach, attach) = (arn(10), arn(0));
    let wanted = format!(
        "aws iam detach-role-policy --role-name R --policy-arn {detach} && \
         aws iam attach-role-policy --role-name R --policy-arn {attach}"
    );
    assert_eq!(command, wanted);
}
