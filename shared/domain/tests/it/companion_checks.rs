//! The checks of companion roles: each fault is found and reported with a command.

use crate::common::{english, seed, stack};
use rolecall_domain::aws::{AwsAccountId, Partition, RoleUniqueId};
use rolecall_domain::check::companion::{AccountFacts, check_role, not_as_chosen};
use rolecall_domain::check::{Check, CheckCode, CompanionReport, ObservedRole};
use rolecall_domain::check::{CheckStatus, ManagedPolicy, Read, RoleFacts, Verdict};
use rolecall_domain::companion::expected::ExpectedRole;
use rolecall_domain::companion::value::Asked;
use rolecall_domain::companion::{DeployedRole, RequestedRole, read_all};
use rolecall_domain::ids::AccountId;
use rolecall_domain::messages::{Language, Message};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const ROLE: &str = "arn:aws:iam::222222222222:role/companion/Companion";
const PROFILE: &str = "arn:aws:iam::222222222222:instance-profile/companion/Profile";

static NONE_GONE: BTreeSet<String> = BTreeSet::new();
static NONE_KNOWN: BTreeMap<String, String> = BTreeMap::new();

fn hub() -> AwsAccountId {
    AwsAccountId::parse("111111111111").expect("valid")
}

fn facts(hub: &AwsAccountId) -> AccountFacts<'_> {
    AccountFacts {
        hub,
        known_policies: &NONE_KNOWN,
        gone_versions: &NONE_GONE,
        boundary: None,
        stack: None,
        before_update: &[],
        duplicates: &[],
    }
}

/// A correct role that tests modify.
struct Case {
    wanted: RequestedRole,
    made: DeployedRole,
    seen: ObservedRole,
}

impl Case {
    fn of(kind: &str, options: Value) -> Self {
        let customer = AwsAccountId::parse("222222222222").expect("valid");
        let asked = Asked {
            partition: Partition::Aws,
            aws_account_id: None,
            hub: None,
        };
        let list = json!([{"kind": kind, "options": options}]);
        let wanted = read_all(&list, &asked).expect("valid").remove(0);
        let profile = wanted.kind.instance_profile.then_some(PROFILE);
        let made = DeployedRole::read(&stack("rolecall-1"), wanted.kind, ROLE, profile);
        let mut made = made.expect("made").with_options(Some(&wanted.options));
        made.unique_id = RoleUniqueId::parse("AROAAAAAAAAAAAAAAAAAA").ok();
        let intended = ExpectedRole::with(wanted.kind, &wanted.options, Partition::Aws, &customer);
        let inline = intended.inline.iter();
        let inline = inline.map(|(name, document)| (name.clone(), document.to_string()));
        let seen = ObservedRole {
            role: Read::Seen(RoleFacts {
                unique_id: RoleUniqueId::parse("AROAAAAAAAAAAAAAAAAAA").expect("valid"),
                trust_policy: intended.trust_policy().to_string(),
                boundary_arn: None,
                max_session_seconds: Some(intended.session_seconds.unwrap_or(3600)),
            }),
            attached: Read::Seen(intended.managed.clone()),
            inline: Read::Seen(inline.collect()),
            instance_profile: profile.map(|_| Read::Seen(BTreeSet::from(["Companion".into()]))),
            further: BTreeMap::new(),
            gone: BTreeSet::new(),
            given: BTreeMap::new(),
        };
        Self { wanted, made, seen }
    }

    fn check_role(&self) -> CompanionReport {
        check_role(&self.made, &self.seen, &facts(&hub()))
    }

    fn role(&mut self) -> &mut RoleFacts {
        match &mut self.seen.role {
            Read::Seen(facts) => facts,
            _ => panic!("the role was seen"),
        }
    }

    fn trust(&mut self, policy: &Value) {
        self.role().trust_policy = policy.to_string();
    }

    fn attached(&mut self) -> &mut BTreeSet<String> {
        match &mut self.seen.attached {
            Read::Seen(arns) => arns,
            _ => panic!("seen"),
        }
    }

    fn inline(&mut self) -> &mut BTreeMap<String, String> {
        match &mut self.seen.inline {
            Read::Seen(documents) => documents,
            _ => panic!("seen"),
        }
    }

    /// Asserts that exactly one check has a finding, and returns its command.
    #[track_caller]
    fn finds(&self, code: CheckCode, status: CheckStatus) -> String {
        let inspection = self.check_role();
        let is_finding = |check: &&_| !is_fine(check);
        let found: Vec<_> = inspection.checks.iter().filter(is_finding).collect();
        let [check] = found.as_slice() else {
            panic!("one finding: {found:#?}");
        };
        assert_eq!((check.code, check.status), (code, status), "{check:#?}");
        assert!(check.remedy.is_some(), "{check:#?}");
        check.command.clone().unwrap_or_default()
    }

    fn check(&self, code: CheckCode) -> Check {
        let mut checks = self.check_role().checks.into_iter();
        checks.find(|check| check.code == code).expect("the check")
    }

    fn remedy(&self, code: CheckCode) -> String {
        remedy(&self.check(code))
    }
}

fn remedy(check: &Check) -> String {
    let remedy = check.remedy.as_ref().expect("a remedy");
    remedy.text(Language::English)
}

fn is_fine(check: &Check) -> bool {
    matches!(check.status, CheckStatus::Passed | CheckStatus::Skipped)
}

fn switch() -> Case {
    Case::of("switch-role", json!({"trusted_account_id": "333333333333"}))
}

fn ec2() -> Case {
    let policies = json!(["AmazonEC2ReadOnlyAccess", "AmazonSSMManagedInstanceCore"]);
    Case::of(
        "ec2-instance",
        json!({"trust_ssm": true, "policies": policies}),
    )
}

fn hybrid() -> Case {
    let options = json!({
        "directory_service": true,
        "cloudwatch_agent": true,
        "s3_buckets": ["out"],
        "patch_baseline_regions": ["eu-central-1"],
    });
    Case::of("ssm-hybrid", options)
}

fn statement(principal: Value, condition: Option<Value>) -> Value {
    let mut statement =
        json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
    if let Some(condition) = condition {
        statement["Condition"] = condition;
    }
    statement
}

fn policy(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

#[test]
fn role_that_matches_its_options_passes() {
    for case in [switch(), ec2(), hybrid()] {
        let inspection = case.check_role();
        assert_eq!(inspection.verdict, Verdict::Passed);
        assert!(inspection.checks.iter().all(is_fine), "{inspection:#?}");
    }
}

#[test]
fn principal_missing_from_trust_policy_is_reported() {
    let mut case = ec2();
    let ec2_alone = statement(json!({"Service": "ec2.amazonaws.com"}), None);
    case.trust(&policy(&[ec2_alone]));
    let command = case.finds(CheckCode::TrustMissing, CheckStatus::Failed);
    assert!(command.starts_with("aws iam update-assume-role-policy --role-name Companion"));
    let (_, document) = command
        .split_once("--policy-document ")
        .expect("a document");
    let document: Value = serde_json::from_str(document.trim_matches('\'')).expect("JSON");
    case.trust(&document);
    assert_eq!(
        case.check_role().verdict,
        Verdict::Passed,
        "the command fixes it"
    );

    let mut case = switch();
    case.trust(&policy(&[statement(json!({"AWS": "444444444444"}), None)]));
    let codes: Vec<_> = case
        .check_role()
        .checks
        .into_iter()
        .filter(|it| !is_fine(it))
        .collect();
    assert_eq!(codes[0].code, CheckCode::TrustMissing);
    assert_eq!(codes[1].code, CheckCode::TrustTooBroad);
    assert!(english(&codes[1]).contains("444444444444"), "{codes:#?}");
}

#[test]
fn denial_counts_as_missing_trust() {
    let mut case = ec2();
    let mut allowed: Value = serde_json::from_str(&case.role().trust_policy).expect("JSON");
    let denial = json!({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"});
    allowed["Statement"]
        .as_array_mut()
        .expect("a list")
        .push(denial);
    case.trust(&allowed);
    case.finds(CheckCode::TrustMissing, CheckStatus::Failed);
}

#[test]
fn additional_trusted_principal_is_reported() {
    let bastion = json!({"AWS": "arn:aws:iam::333333333333:root"});
    let mfa = || Some(json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}));
    let lax = json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}});
    let good = || statement(bastion.clone(), mfa());
    for (more, who) in [
        (statement(json!("*"), None), "anyone"),
        (
            statement(json!({"AWS": "arn:aws:iam::444444444444:root"}), mfa()),
            "444444444444",
        ),
        (
            statement(json!({"Service": "lambda.amazonaws.com"}), None),
            "lambda.amazonaws.com",
        ),
        (
            statement(json!({"Federated": "cognito-identity.amazonaws.com"}), None),
            "cognito",
        ),
        (statement(bastion.clone(), None), "without MFA"),
        (statement(bastion.clone(), Some(lax)), "without MFA"),
    ] {
        let mut case = switch();
        case.trust(&policy(&[good(), more]));
        let inspection = case.check_role();
        let mut checks = inspection.checks.iter();
        let check = checks.find(|it| it.code == CheckCode::TrustTooBroad);
        let check = check.expect("the check");
        assert_eq!(check.status, CheckStatus::Failed, "{who}");
        assert!(english(check).contains(who), "{who}: {check:?}");
        let findings = inspection.checks.iter().filter(|it| !is_fine(it));
        let findings: Vec<_> = findings.map(|it| it.code).collect();
        // The hub is included in everyone.
        let expected: &[CheckCode] = match who {
            "anyone" => &[CheckCode::TrustsHub, CheckCode::TrustTooBroad],
            _ => &[CheckCode::TrustTooBroad],
        };
        assert_eq!(findings, expected, "{who}");
    }
}

#[test]
fn service_trusted_for_any_account_is_too_broad() {
    let mut case = hybrid();
    let unconditional = statement(json!({"Service": "ssm.amazonaws.com"}), None);
    case.trust(&policy(&[unconditional]));
    let command = case.finds(CheckCode::TrustTooBroad, CheckStatus::Failed);
    assert!(command.contains("aws:SourceAccount"), "{command}");
    let of_another = json!({"StringEquals": {"aws:SourceAccount": "444444444444"}});
    let service = json!({"Service": "ssm.amazonaws.com"});
    case.trust(&policy(&[statement(service, Some(of_another))]));
    case.finds(CheckCode::TrustMissing, CheckStatus::Failed);
}

#[test]
fn missing_policy_is_reported_with_its_command() {
    let mut case = ec2();
    let core = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
    assert!(case.attached().remove(core));
    let command = case.finds(CheckCode::PolicyMissing, CheckStatus::Failed);
    let attach = format!("aws iam attach-role-policy --role-name Companion --policy-arn {core}");
    assert_eq!(command, attach);

    let mut case = hybrid();
    case.inline().remove("OwnBuckets");
    let command = case.finds(CheckCode::PolicyMissing, CheckStatus::Failed);
    assert!(
        command
            .starts_with("aws iam put-role-policy --role-name Companion --policy-name OwnBuckets")
    );
    assert!(command.contains("arn:aws:s3:::out/*"), "{command}");

    let mut case = hybrid();
    let narrower = case.inline()["OwnBuckets"].replace("\"s3:PutObject\",", "");
    case.inline().insert("OwnBuckets".to_owned(), narrower);
    case.finds(CheckCode::PolicyMissing, CheckStatus::Failed);
}

#[test]
fn extra_permissions_are_reported_with_their_command() {
    let mut case = ec2();
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    case.attached().insert(admin.to_owned());
    let text = policy(&[json!({"Effect": "Allow", "Action": "*", "Resource": "*"})]);
    case.seen.further.insert(admin.to_owned(), text.to_string());
    let command = case.finds(CheckCode::PolicyExtra, CheckStatus::Failed);
    let detach = format!("aws iam detach-role-policy --role-name Companion --policy-arn {admin}");
    assert_eq!(command, detach);

    let mut case = switch();
    let more = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
    case.inline()
        .insert("Own".to_owned(), policy(&[more]).to_string());
    let command = case.finds(CheckCode::PolicyExtra, CheckStatus::Failed);
    assert_eq!(
        command,
        "aws iam delete-role-policy --role-name Companion --policy-name Own"
    );

    let mut case = hybrid();
    let wider = case.inline()["PatchBaselineSnapshots"].replace("s3:GetObject", "s3:*");
    case.inline()
        .insert("PatchBaselineSnapshots".to_owned(), wider);
    let command = case.finds(CheckCode::PolicyExtra, CheckStatus::Failed);
    assert!(command.starts_with("aws iam put-role-policy"), "{command}");

    let mut case = switch();
    case.attached().insert("$(reboot)".to_owned());
    let command = case.finds(CheckCode::PolicyExtra, CheckStatus::Failed);
    assert_eq!(command, "", "invalid IAM names must not appear in commands");
}

#[test]
fn instance_profile_must_contain_exactly_its_role() {
    let add = "aws iam add-role-to-instance-profile --instance-profile-name Profile --role-name Companion";
    let remove = "aws iam remove-role-from-instance-profile --instance-profile-name Profile --role-name Other";
    for (roles, command) in [
        (vec![], add.to_owned()),
        (vec!["Other"], format!("{remove} && {add}")),
        (vec!["Companion", "Other"], remove.to_owned()),
    ] {
        let mut case = ec2();
        let roles = roles.into_iter().map(str::to_owned).collect();
        case.seen.instance_profile = Some(Read::Seen(roles));
        assert_eq!(
            case.finds(CheckCode::InstanceProfile, CheckStatus::Failed),
            command
        );
    }
    let mut case = ec2();
    case.seen.instance_profile = Some(Read::NotFound);
    case.finds(CheckCode::InstanceProfile, CheckStatus::Failed);
    (case.made.instance_profile_arn, case.seen.instance_profile) = (None, None);
    case.finds(CheckCode::InstanceProfile, CheckStatus::Failed);
}

#[test]
fn different_session_duration_is_reported() {
    let mut case = switch();
    case.role().max_session_seconds = Some(43200);
    let command = case.finds(CheckCode::SessionLength, CheckStatus::Failed);
    assert_eq!(
        command,
        "aws iam update-role --role-name Companion --max-session-duration 3600"
    );
}

#[test]
fn deleted_role_is_the_only_finding() {
    let mut case = ec2();
    case.seen.role = Read::NotFound;
    case.seen.attached = Read::NotFound;
    case.seen.inline = Read::NotFound;
    case.finds(CheckCode::RoleMissing, CheckStatus::Failed);
    assert_eq!(case.check_role().verdict, Verdict::Failed);
}

#[test]
fn denied_reads_are_inconclusive() {
    let mut case = ec2();
    case.seen.attached = Read::Denied("iam:ListAttachedRolePolicies".into());
    let inspection = case.check_role();
    assert_eq!(inspection.verdict, Verdict::Inconclusive);
    let findings: Vec<_> = inspection.checks.iter().filter(|it| !is_fine(it)).collect();
    assert!(
        findings
            .iter()
            .all(|it| english(it).contains("iam:ListAttachedRolePolicies")),
        "{findings:#?}"
    );

    case.seen.role = Read::Denied("iam:GetRole".into());
    case.finds(CheckCode::RoleMissing, CheckStatus::Inconclusive);
    case.made.options = None;
    assert_eq!(case.check_role().verdict, Verdict::Inconclusive);
}

#[test]
fn options_that_differ_from_the_request_are_a_warning() {
    let case = hybrid();
    let status = |chosen| not_as_chosen(&case.made, chosen).map(|check| check.status);
    assert_eq!(status(Some(&case.wanted)), Some(CheckStatus::Passed));
    assert_eq!(status(None), Some(CheckStatus::Warning));
    let other = Case::of("ssm-hybrid", json!({})).wanted;
    assert_eq!(status(Some(&other)), Some(CheckStatus::Warning));
}

#[test]
fn second_role_of_one_per_account_kind_is_a_warning() {
    let case = hybrid();
    let (hub, others) = (hub(), [AccountId::new(seed(9))]);
    let facts = AccountFacts {
        duplicates: &others,
        ..facts(&hub)
    };
    let inspection = check_role(&case.made, &case.seen, &facts);
    let mut checks = inspection.checks.iter();
    let found = checks
        .find(|it| it.code == CheckCode::NotAlone)
        .expect("the check");
    assert_eq!(found.status, CheckStatus::Warning);
    assert_eq!(inspection.verdict, Verdict::Passed);
}

/// Principals from an identity provider can also assume the role.
#[test]
fn trust_in_identity_provider_is_too_broad() {
    for (principal, action) in [
        (json!("*"), "sts:AssumeRoleWithWebIdentity"),
        (
            json!({"Federated": "arn:aws:iam::222222222222:oidc-provider/x"}),
            "sts:AssumeRoleWithWebIdentity",
        ),
        (
            json!({"Federated": "arn:aws:iam::222222222222:saml-provider/x"}),
            "sts:AssumeRoleWithSAML",
        ),
    ] {
        let mut case = switch();
        let mut document: Value = serde_json::from_str(&case.role().trust_policy).expect("JSON");
        let more = json!({"Effect": "Allow", "Principal": principal, "Action": action});
        document["Statement"]
            .as_array_mut()
            .expect("a list")
            .push(more);
        case.trust(&document);
        case.finds(CheckCode::TrustTooBroad, CheckStatus::Failed);
    }
}

#[test]
fn optional_mfa_must_allow_users_without_mfa() {
    let options = json!({"trusted_account_id": "333333333333", "require_mfa": false});
    let mut case = Case::of("switch-role", options);
    let bastion = json!({"AWS": "arn:aws:iam::333333333333:root"});
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    case.trust(&policy(&[statement(bastion.clone(), Some(mfa))]));
    case.finds(CheckCode::TrustMissing, CheckStatus::Failed);
    // AWS also documents this way to require MFA.
    let mut case = switch();
    let recent = json!({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}});
    case.trust(&policy(&[statement(bastion, Some(recent))]));
    assert_eq!(case.check_role().verdict, Verdict::Passed);
}

#[test]
fn deleted_principal_in_trust_policy_is_ignored() {
    let mut case = switch();
    let mut document: Value = serde_json::from_str(&case.role().trust_policy).expect("JSON");
    let gone = statement(json!({"AWS": "AIDACKCEVSQ6C2EXAMPLE"}), None);
    document["Statement"]
        .as_array_mut()
        .expect("a list")
        .push(gone);
    case.trust(&document);
    assert_eq!(case.check_role().verdict, Verdict::Passed);
}

/// Policies such as the one that "Revoke active sessions" creates grant nothing.
#[test]
fn policies_that_only_deny_are_not_extra() {
    let denial = policy(&[json!({"Effect": "Deny", "Action": "*", "Resource": "*"})]).to_string();
    let mut case = switch();
    case.inline()
        .insert("AWSRevokeOlderSessions".to_owned(), denial.clone());
    let deny_all = "arn:aws:iam::aws:policy/AWSDenyAll";
    case.attached().insert(deny_all.to_owned());
    case.seen.further.insert(deny_all.to_owned(), denial);
    assert_eq!(case.check_role().verdict, Verdict::Passed);
    // A policy that the hub may not read is reported without a command, because a person must
    // review it.
    case.attached()
        .insert("arn:aws:iam::222222222222:policy/Own".to_owned());
    assert_eq!(case.finds(CheckCode::PolicyExtra, CheckStatus::Failed), "");
}

#[test]
fn role_without_stack_boundary_is_reported() {
    let bound = "arn:aws:iam::222222222222:policy/Boundary";
    let hub = hub();
    let facts = AccountFacts {
        boundary: Some(bound),
        ..facts(&hub)
    };
    let mut case = switch();
    let inspection = check_role(&case.made, &case.seen, &facts);
    let mut checks = inspection.checks.iter();
    let found = checks
        .find(|it| it.code == CheckCode::BoundaryMissing)
        .expect("the check");
    assert_eq!(found.status, CheckStatus::Failed);
    let command = found.command.as_deref().expect("a command");
    assert!(
        command.ends_with(&format!("--permissions-boundary {bound}")),
        "{command}"
    );
    case.role().boundary_arn = Some(bound.to_owned());
    assert_eq!(
        check_role(&case.made, &case.seen, &facts).verdict,
        Verdict::Passed
    );
}

#[test]
fn reported_role_of_another_account_is_ignored() {
    let case = ec2();
    let read = |role: &str, profile: &str| {
        let stack = stack("rolecall-1");
        DeployedRole::read(&stack, case.wanted.kind, role, Some(profile))
    };
    assert!(read(ROLE, PROFILE).is_some());
    assert!(read(&ROLE.replace("2222", "9999"), PROFILE).is_none());
    assert!(read(ROLE, &PROFILE.replace("2222", "9999")).is_none());
    assert!(read(&ROLE.replace("aws", "aws-cn"), PROFILE).is_none());
}

#[test]
fn bastion_account_equal_to_own_account_is_reported() {
    let case = Case::of("switch-role", json!({"trusted_account_id": "222222222222"}));
    case.finds(CheckCode::TrustsOwnAccount, CheckStatus::Failed);
}

/// The hub could use such a role, whether it was configured in the stack's parameter or in IAM.
#[test]
fn role_that_trusts_the_hub_is_always_reported() {
    let options = json!({
        "trusted_account_id": "111111111111",
        "require_mfa": false,
        "policies": ["AdministratorAccess"],
    });
    let by_hand = Case::of("switch-role", options);
    assert_eq!(by_hand.finds(CheckCode::TrustsHub, CheckStatus::Failed), "");
    let root = "arn:aws:iam::111111111111:root";
    let verifier = "arn:aws:iam::111111111111:role/rolecall-hub/verifier/api";
    let with_an_id = json!({"StringEquals": {"sts:ExternalId": "abc"}});
    for mut case in [switch(), ec2(), hybrid()] {
        let own = case.role().trust_policy.clone();
        for (who, condition) in [
            (json!({"AWS": root}), None),
            (json!({"AWS": root}), Some(with_an_id.clone())),
            (json!({"AWS": "111111111111"}), None),
            (json!({"AWS": verifier}), None),
        ] {
            let mut document: Value = serde_json::from_str(&own).expect("JSON");
            let more = statement(who, condition);
            document["Statement"]
                .as_array_mut()
                .expect("a list")
                .push(more);
            case.trust(&document);
            let command = case.finds(CheckCode::TrustsHub, CheckStatus::Failed);
            assert!(command.contains("update-assume-role-policy"), "{command}");
            assert!(!command.contains("111111111111"), "{command}");
        }
    }
    // The check also runs if the parameter can't be parsed.
    let mut findings = switch();
    findings.made.options = None;
    findings.trust(&policy(&[statement(json!({"AWS": root}), None)]));
    let inspection = findings.check_role();
    let found = inspection
        .checks
        .iter()
        .find(|it| it.code == CheckCode::TrustsHub);
    assert_eq!(found.map(|it| it.status), Some(CheckStatus::Failed));
}

/// The hub's policies allow AssumeRole only under one path.
#[test]
fn role_on_hub_path_is_reported() {
    let mut case = switch();
    let text = ROLE.replace("/companion/", "/rolecall/");
    case.made.role_arn = rolecall_domain::aws::RoleArn::parse(text).expect("valid");
    case.finds(CheckCode::PathOfHub, CheckStatus::Failed);
}

/// Neither the role nor its stack changes when another default policy version is set.
#[test]
fn changed_version_of_chosen_policy_is_reported_with_its_actions() {
    let arn = "arn:aws:iam::222222222222:policy/People";
    let options = json!({"trusted_account_id": "333333333333", "policies": [arn]});
    let mut case = Case::of("switch-role", options);
    let everything = policy(&[json!({"Effect": "Allow", "Action": "*", "Resource": "*"})]);
    let in_force = ManagedPolicy {
        version: "ANPA1 v2".to_owned(),
        document: everything.to_string(),
    };
    case.seen.given.insert(arn.to_owned(), in_force);
    let hub = hub();
    let found = |known: &str| {
        let known = BTreeMap::from([(arn.to_owned(), known.to_owned())]);
        let facts = AccountFacts {
            known_policies: &known,
            ..facts(&hub)
        };
        let checks = check_role(&case.made, &case.seen, &facts).checks;
        let mut checks = checks.into_iter();
        checks
            .find(|it| it.code == CheckCode::PolicyChanged)
            .expect("the check")
    };
    assert_eq!(found("ANPA1 v2").status, CheckStatus::Passed);
    let other = found("ANPA1 v1");
    assert_eq!(other.status, CheckStatus::Warning);
    assert_eq!(other.evidence["allows"], ["*"]);
    let command = format!("aws iam set-default-policy-version --policy-arn {arn} --version-id v1");
    assert_eq!(other.command, Some(command));
    // The policy was deleted and re-created under the same name, so no version can be restored.
    let another = found("ANPA2 v2");
    assert_eq!(
        (another.status, another.command),
        (CheckStatus::Warning, None)
    );
}

/// Attaching a deleted policy fails with `NoSuchEntity`, and so would all commands after it.
#[test]
fn deleted_policy_is_not_attached_again() {
    let arn = |name: &str| format!("arn:aws:iam::222222222222:policy/{name}");
    let options = json!({"trusted_account_id": "333333333333", "policies": [arn("A"), arn("B")]});
    let mut case = Case::of("switch-role", options);
    case.seen.attached = Read::Seen(BTreeSet::new());
    case.seen.gone.insert(arn("A"));
    let command = case.finds(CheckCode::PolicyMissing, CheckStatus::Failed);
    let attach = "aws iam attach-role-policy --role-name Companion --policy-arn";
    assert_eq!(command, format!("{attach} {}", arn("B")));
    let remedy = |case: &Case| case.remedy(CheckCode::PolicyMissing);
    assert!(remedy(&case).starts_with("Attach B. "), "{}", remedy(&case));
    assert!(
        remedy(&case).contains("no policy A anymore"),
        "{}",
        remedy(&case)
    );
    case.seen.gone.insert(arn("B"));
    let command = case.finds(CheckCode::PolicyMissing, CheckStatus::Failed);
    assert_eq!(command, "");
    assert!(remedy(&case).starts_with("The AWS account has no policy A and B anymore"));
}

/// IAM attaches ten policies to a role, unless the quota was raised.
#[test]
fn full_role_loses_an_extra_policy_before_a_missing_one_is_attached() {
    let arn = |number: usize| format!("arn:aws:iam::222222222222:policy/P{number}");
    let policies: Vec<String> = (0..10).map(arn).collect();
    let options = json!({"trusted_account_id": "333333333333", "policies": policies});
    let mut case = Case::of("switch-role", options);
    let swap = |case: &mut Case, number: usize, readable: bool| {
        let (chosen, other) = (arn(number), arn(number + 10));
        if let Read::Seen(attached) = &mut case.seen.attached {
            attached.remove(&chosen);
            attached.insert(other.clone());
        }
        let everything = policy(&[json!({"Effect": "Allow", "Action": "*", "Resource": "*"})]);
        if readable {
            case.seen.further.insert(other, everything.to_string());
        }
    };
    swap(&mut case, 3, true);
    let missing = |case: &Case| {
        let found = case.check(CheckCode::PolicyMissing);
        (
            found.command.unwrap_or_default(),
            case.remedy(CheckCode::PolicyMissing),
        )
    };
    let (command, remedy) = missing(&case);
    let of = |verb: &str, number| {
        format!(
            "aws iam {verb}-role-policy --role-name Companion --policy-arn {}",
            arn(number)
        )
    };
    assert_eq!(
        command,
        format!("{} && {}", of("detach", 13), of("attach", 3))
    );
    assert_eq!(remedy, "Attach P3.");
    // A policy that the hub can't read may contain a denial, so a person must decide.
    swap(&mut case, 4, false);
    let (command, remedy) = missing(&case);
    assert!(!command.contains(&arn(14)), "{command}");
    assert!(
        remedy.contains("detach policies that are not needed first"),
        "{remedy}"
    );
}

/// IAM keeps five versions of a policy, and tools delete older ones.
#[test]
fn deleted_policy_version_is_not_restored() {
    let arn = "arn:aws:iam::222222222222:policy/People";
    let options = json!({"trusted_account_id": "333333333333", "policies": [arn]});
    let mut case = Case::of("switch-role", options);
    let in_force = ManagedPolicy {
        version: "ANPA1 v7".to_owned(),
        document: policy(&[]).to_string(),
    };
    case.seen.given.insert(arn.to_owned(), in_force);
    let hub = hub();
    let known = BTreeMap::from([(arn.to_owned(), "ANPA1 v1".to_owned())]);
    let gone = BTreeSet::from([arn.to_owned()]);
    let facts = AccountFacts {
        known_policies: &known,
        gone_versions: &gone,
        ..facts(&hub)
    };
    let checks = check_role(&case.made, &case.seen, &facts).checks;
    let found = checks.iter().find(|it| it.code == CheckCode::PolicyChanged);
    let found = found.expect("the check");
    assert_eq!(
        (found.status, &found.command),
        (CheckStatus::Warning, &None)
    );
    let remedy = remedy(found);
    assert!(
        remedy.starts_with("Check what the policy allows."),
        "{remedy}"
    );
    // The hub of a stack that was pasted is not notified of updates, so it sees the new version
    // only if it checks the account in between.
    assert!(remedy.contains("check the account, and then"), "{remedy}");
}
