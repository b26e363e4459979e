//! The principals that a trust policy allows.

use proptest::prelude::*;
use rolecall_domain::aws::{AwsAccountId, ExternalId};
use rolecall_domain::iam::trust::{Admitted, Audience, Breadth, TrustPolicy};
use rolecall_domain::iam::{PolicyError, percent_decode};

const TRUSTED: &str = "arn:aws:iam::111111111111:role/rolecall-hub/verifier/*";

fn breadth(policy: &str) -> Vec<Breadth> {
    let trusted = [TRUSTED.to_owned()];
    let admitted = Admitted::Hub {
        roles: &trusted,
        external_id: &ExternalId::parse("abc").expect("valid"),
    };
    beyond(policy, &[admitted])
}

fn beyond(policy: &str, admitted: &[Admitted<'_>]) -> Vec<Breadth> {
    let hub = account("111111111111");
    let audience = Audience {
        hub: &hub,
        admitted,
    };
    let policy = TrustPolicy::parse(policy).expect("parses");
    policy.broader_than(&audience)
}

fn account(id: &str) -> AwsAccountId {
    AwsAccountId::parse(id).expect("valid")
}

fn policy(principal: &str, condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{principal},
           "Action":"sts:AssumeRole","Condition":{condition}}}}}"#
    )
}

const HUB: &str = r#"{"AWS":"arn:aws:iam::111111111111:root"}"#;

fn good_condition() -> String {
    format!(
        r#"{{"StringEquals":{{"sts:ExternalId":"abc"}},"ArnLike":{{"aws:PrincipalArn":["{TRUSTED}"]}}}}"#
    )
}

#[test]
fn template_trust_policy_is_narrow() {
    assert_eq!(breadth(&policy(HUB, &good_condition())), []);
    assert_eq!(
        breadth(&policy(r#"{"AWS":["111111111111"]}"#, &good_condition())),
        []
    );
    let encoded = policy(HUB, &good_condition())
        .replace('{', "%7B")
        .replace('"', "%22");
    assert_eq!(breadth(&encoded), []);
}

#[test]
fn other_principals_are_reported() {
    let with_the_id = r#"{"StringEquals":{"sts:ExternalId":"abc"}}"#;
    for anyone in [
        r#""*""#,
        r#"{"AWS":"*"}"#,
        r#"{"AWS":["111111111111","*"]}"#,
    ] {
        assert_eq!(
            breadth(&policy(anyone, with_the_id)),
            [Breadth::Anyone, Breadth::AnyHubPrincipal],
            "{anyone}"
        );
        // Only the hub's roles meet the condition, regardless of the statement's principal.
        assert_eq!(breadth(&policy(anyone, &good_condition())), []);
    }
    assert_eq!(
        breadth(&policy(
            r#"{"AWS":"arn:aws:iam::999999999999:root"}"#,
            &good_condition()
        )),
        [Breadth::Another("arn:aws:iam::999999999999:root".into())]
    );
    assert_eq!(
        breadth(&policy(r#"{"Service":"ec2.amazonaws.com"}"#, "{}")),
        [Breadth::Another("Service:ec2.amazonaws.com".into())]
    );
}

#[test]
fn condition_that_holds_without_external_id_is_reported() {
    for operator in [
        "StringEqualsIfExists",
        "ForAllValues:StringEquals",
        "StringNotEquals",
    ] {
        let condition = good_condition().replace("StringEquals", operator);
        assert_eq!(
            breadth(&policy(HUB, &condition)),
            [Breadth::NoExternalId],
            "{operator}"
        );
    }
    assert_eq!(
        breadth(&policy(HUB, "{}")),
        [Breadth::NoExternalId, Breadth::AnyHubPrincipal]
    );
}

#[test]
fn statements_for_other_actions_are_ignored() {
    let other = policy(r#""*""#, "{}").replace("sts:AssumeRole", "sts:TagSession");
    assert_eq!(breadth(&other), []);
    let everybody = [
        Breadth::Anyone,
        Breadth::NoExternalId,
        Breadth::AnyHubPrincipal,
    ];
    let wild = policy(r#""*""#, "{}").replace("sts:AssumeRole", "STS:Assume*");
    assert_eq!(breadth(&wild), everybody);
    let except =
        policy(r#""*""#, "{}").replace(r#""Action":"sts:AssumeRole""#, r#""NotAction":"s3:*""#);
    assert_eq!(breadth(&except), everybody);
}

#[test]
fn federated_users_are_reported() {
    let provider = r#"{"Federated":"arn:aws:iam::222222222222:saml-provider/idp"}"#;
    let saml = policy(provider, "{}").replace("sts:AssumeRole", "sts:AssumeRoleWithSAML");
    assert_eq!(
        breadth(&saml),
        [Breadth::Another(
            "Federated:arn:aws:iam::222222222222:saml-provider/idp".into()
        )]
    );
    let web = policy(r#""*""#, "{}").replace("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity");
    assert_eq!(breadth(&web), [Breadth::Anyone]);
}

#[test]
fn additional_external_id_is_reported() {
    for values in [r#"["abc","def"]"#, r#""abc*""#, r#""${aws:userid}""#] {
        let condition = good_condition()
            .replace("StringEquals", "StringLike")
            .replace(r#""abc""#, values);
        assert_eq!(
            breadth(&policy(HUB, &condition)),
            [Breadth::OtherExternalId],
            "{values}"
        );
    }
}

#[test]
fn denial_can_require_the_external_id() {
    let open = format!(
        r#"{{"Effect":"Allow","Principal":{HUB},"Action":"sts:AssumeRole",
           "Condition":{{"ArnLike":{{"aws:PrincipalArn":"{TRUSTED}"}}}}}}"#
    );
    let with = |deny: &str| breadth(&format!(r#"{{"Statement":[{open},{deny}]}}"#));
    let deny = |operator: &str, more: &str| {
        format!(
            r#"{{"Effect":"Deny","Principal":"*","Action":"sts:*",
               "Condition":{{"{operator}":{{"sts:ExternalId":"abc"}}{more}}}}}"#
        )
    };
    assert_eq!(with(&deny("StringNotEquals", "")), []);
    assert_eq!(with(&deny("StringNotLikeIfExists", "")), []);
    // The operator requires an external ID to compare with.
    assert_eq!(
        with(&deny("ForAnyValue:StringNotEquals", "")),
        [Breadth::NoExternalId]
    );
    // The denial applies only to callers from other addresses.
    let elsewhere = r#","NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}"#;
    assert_eq!(
        with(&deny("StringNotEquals", elsewhere)),
        [Breadth::NoExternalId]
    );
    let present = r#"{"Effect":"Deny","Principal":"*","Action":"sts:*",
        "Condition":{"Null":{"sts:ExternalId":"true"}}}"#;
    assert_eq!(with(present), [Breadth::OtherExternalId]);
}

#[test]
fn narrower_hub_principals_are_accepted_and_wider_ones_reported() {
    let narrow = good_condition().replace("verifier/*", "verifier/stack-callback");
    assert_eq!(breadth(&policy(HUB, &narrow)), []);
    let by_name = policy(
        r#"{"AWS":"arn:aws:iam::111111111111:role/rolecall-hub/verifier/api"}"#,
        r#"{"StringEquals":{"sts:ExternalId":"abc"}}"#,
    );
    assert_eq!(breadth(&by_name), []);
    for wider in ["verifier*", "*", "other/*"] {
        let condition = good_condition().replace("verifier/*", wider);
        assert_eq!(
            breadth(&policy(HUB, &condition)),
            [Breadth::AnyHubPrincipal],
            "{wider}"
        );
    }
    let user = r#"{"AWS":"arn:aws:iam::111111111111:user/admin"}"#;
    let with_the_id = r#"{"StringEquals":{"sts:ExternalId":"abc"}}"#;
    assert_eq!(
        breadth(&policy(user, with_the_id)),
        [Breadth::AnyHubPrincipal]
    );
}

/// An IAM path may contain colons, so a wildcard could match another account's ARN.
#[test]
fn path_that_resembles_the_hub_account_is_reported() {
    let own = policy(HUB, &good_condition());
    let own = own.split_once(r#""Statement":"#).expect("a policy").1;
    let own = own.strip_suffix('}').expect("a policy");
    let evil = "arn:aws:iam::999999999999:role/:iam::111111111111:/evil";
    // Federated users have no principal ARN.
    let elsewhere = r#""StringNotEquals":{"aws:PrincipalAccount":"111111111111"},
        "ArnLike":{"aws:PrincipalArn":"arn:aws:iam::999999999999:*"}"#;
    let not_the_hub = r#""StringNotLike":{"aws:PrincipalAccount":"111111111111"}"#;
    let with = |more: &str| breadth(&format!(r#"{{"Statement":[{own},{more}]}}"#));
    for operator in ["ArnEquals", "ArnLike", "StringEquals", "StringLike"] {
        let allow = format!(
            r#"{{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":
               {{"{operator}":{{"aws:PrincipalArn":"{evil}"}},{not_the_hub}}}}}"#
        );
        assert_eq!(with(&allow), [Breadth::Anyone], "{operator}");
        let all_but = format!(
            r#"{{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{{{elsewhere}}}}},
               {{"Effect":"Deny","Principal":"*","Action":"sts:*","Condition":
               {{"{}":{{"aws:PrincipalArn":"{evil}"}}}}}}"#,
            operator
                .replace("Arn", "ArnNot")
                .replace("String", "StringNot")
        );
        assert_eq!(with(&all_but), [Breadth::Anyone], "not {operator}");
    }
    let spared = format!(
        r#"{{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{{{elsewhere}}}}},
           {{"Effect":"Deny","NotPrincipal":{{"AWS":"arn:aws:iam::999999999999:root"}},
           "Action":"sts:*","Condition":{{{not_the_hub}}}}}"#
    );
    assert_eq!(with(&spared), [Breadth::Anyone]);
}

/// IAM replaces a deleted principal with its unique ID.
#[test]
fn deleted_principal_is_ignored_in_every_role() {
    let with_the_id = r#"{"StringEquals":{"sts:ExternalId":"abc"}}"#;
    for deleted in ["AIDACKCEVSQ6C2EXAMPLE", "AROADBQP57FF2AEXAMPLE"] {
        let principal = format!(r#"{{"AWS":"{deleted}"}}"#);
        assert_eq!(breadth(&policy(&principal, with_the_id)), []);
        assert_eq!(beyond(&policy(&principal, "{}"), &[]), []);
    }
}

/// Every spelling of the hub in a companion role, with and without an external ID.
#[test]
fn companion_role_that_trusts_the_hub_is_reported_in_every_spelling() {
    let hub = Breadth::Hub(account("111111111111"));
    let with_the_id = r#"{"StringEquals":{"sts:ExternalId":"abc"}}"#;
    let mfa = r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#;
    for principal in [
        r#"{"AWS":"arn:aws:iam::111111111111:root"}"#,
        r#"{"AWS":"arn:aws-cn:iam::111111111111:root"}"#,
        r#"{"AWS":"111111111111"}"#,
        r#"{"AWS":["333333333333","111111111111"]}"#,
        r#"{"AWS":"arn:aws:iam::111111111111:role/rolecall-hub/verifier/api"}"#,
        r#"{"AWS":"arn:aws:iam::111111111111:role/admin"}"#,
        r#"{"AWS":"arn:aws:iam::111111111111:user/dev"}"#,
        r#"{"AWS":"arn:aws:sts::111111111111:assumed-role/api/probe"}"#,
        r#"{"AWS":"arn:aws:sts::111111111111:federated-user/dev"}"#,
        r#"{"AWS":"*"}"#,
        r#""*""#,
    ] {
        for condition in ["{}", with_the_id, mfa, &good_condition()] {
            let found = beyond(&policy(principal, condition), &[]);
            assert!(found.contains(&hub), "{principal} {condition} {found:?}");
        }
    }
    let all_but = policy(r#"{"AWS":"444444444444"}"#, "{}").replace("Principal", "NotPrincipal");
    assert!(beyond(&all_but, &[]).contains(&hub));
    let organization = r#"{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#;
    assert!(beyond(&policy(r#""*""#, organization), &[]).contains(&hub));
    // The finding remains even if the stack's parameter requested it.
    let (own, bastion) = (account("111111111111"), account("333333333333"));
    for id in [&own, &bastion] {
        let asked = Admitted::Account { id, mfa: false };
        let found = beyond(&policy(HUB, "{}"), &[asked]);
        assert!(found.contains(&hub), "{id} {found:?}");
    }
    let elsewhere = r#"{"AWS":"arn:aws:iam::333333333333:root"}"#;
    for (principal, condition) in [
        (elsewhere, "{}"),
        (r#"{"Service":"ec2.amazonaws.com"}"#, "{}"),
        (
            HUB,
            r#"{"StringEquals":{"aws:PrincipalAccount":"333333333333"}}"#,
        ),
    ] {
        let found = beyond(&policy(principal, condition), &[]);
        assert!(!found.contains(&hub), "{principal} {condition} {found:?}");
    }
}

/// Federated principals are reported, because they may include users of the hub.
#[test]
fn federated_trust_in_companion_role_is_reported() {
    for (principal, action) in [
        (
            r#"{"Federated":"arn:aws:iam::222222222222:oidc-provider/example.com"}"#,
            "sts:AssumeRoleWithWebIdentity",
        ),
        (
            r#"{"Federated":"cognito-identity.amazonaws.com"}"#,
            "sts:AssumeRoleWithWebIdentity",
        ),
        (
            r#"{"Federated":"arn:aws:iam::222222222222:saml-provider/idp"}"#,
            "sts:AssumeRoleWithSAML",
        ),
        (r#"{"Federated":"accounts.google.com"}"#, "sts:*"),
    ] {
        let text = policy(principal, "{}").replace("sts:AssumeRole", action);
        let found = beyond(&text, &[]);
        assert!(
            matches!(found.as_slice(), [Breadth::Another(_)]),
            "{found:?}"
        );
    }
}

/// A policy that names hundreds of accounts is evaluated for only some of them, but the report
/// includes all.
#[test]
fn hundreds_of_named_accounts_are_all_reported() {
    let accounts: Vec<String> = (0..200).map(|n| format!("\"{:012}\"", 700 + n)).collect();
    let principal = format!(r#"{{"AWS":[{}]}}"#, accounts.join(","));
    let never = r#"{"StringEquals":{"aws:PrincipalAccount":"333333333333"}}"#;
    assert_eq!(beyond(&policy(&principal, "{}"), &[]).len(), 200);
    let unjudged = beyond(&policy(&principal, never), &[]);
    assert!((1..200).contains(&unjudged.len()), "{}", unjudged.len());
}

#[test]
fn misspelled_element_is_malformed() {
    let good = policy(HUB, &good_condition());
    for (right, wrong) in [("Condition", "condition"), (r#""AWS""#, r#""aws""#)] {
        let bad = good.replace(right, wrong);
        assert_eq!(
            TrustPolicy::parse(&bad).err(),
            Some(PolicyError::Malformed),
            "{wrong}"
        );
    }
}

#[test]
fn ways_in_contain_no_external_id() {
    let text = policy(HUB, &good_condition());
    let ways_in = TrustPolicy::parse(&text).expect("parses").ways_in();
    assert_eq!(ways_in.len(), 1);
    assert!(ways_in[0].contains("arn:aws:iam::111111111111:root"));
    assert!(ways_in[0].contains("sts:externalid StringEquals (not shown)"));
    assert!(!ways_in[0].contains("abc"), "{}", ways_in[0]);
}

#[test]
fn invalid_policy_is_an_error() {
    assert_eq!(TrustPolicy::parse("no").err(), Some(PolicyError::NotJson));
    for bad in [
        "{}",
        r#"{"Statement":"x"}"#,
        r#"{"Statement":[{"Effect":"Maybe"}]}"#,
    ] {
        assert_eq!(
            TrustPolicy::parse(bad).err(),
            Some(PolicyError::Malformed),
            "{bad}"
        );
    }
}

proptest! {
    #[test]
    fn parse_never_panics(text in ".{0,300}") {
        let _ = TrustPolicy::parse(&text);
        let _ = TrustPolicy::parse(&format!("%{text}"));
        let _ = percent_decode(&text);
    }
}
