//! Who a trust policy lets in.

use proptest::prelude::*;
use rolecall_domain::aws::{AwsAccountId, ExternalId};
use rolecall_domain::policy::{PolicyError, percent_decode};
use rolecall_domain::verification::trust_policy::{Breadth, Intended, TrustPolicy};

const TRUSTED: &str = "arn:aws:iam::111111111111:role/rolecall-hub/verifier/*";

fn breadth(policy: &str) -> Vec<Breadth> {
    let hub = AwsAccountId::parse("111111111111").expect("valid");
    TrustPolicy::parse(policy)
        .expect("parses")
        .broader_than(&Intended {
            hub: &hub,
            trusted: &[TRUSTED.to_owned()],
            external_id: &ExternalId::parse("abc").expect("valid"),
        })
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
fn the_templates_own_trust_is_not_too_broad() {
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
fn strangers_are_named() {
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
        // Only the hub's roles meet the condition, whomever the statement is addressed to.
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
fn a_condition_that_also_holds_without_an_external_id_does_not_count() {
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
fn statements_about_other_actions_do_not_count() {
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
fn an_identity_providers_users_are_strangers_too() {
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
fn a_second_external_id_is_one_too_many() {
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
fn a_denial_can_ask_for_the_external_id_as_well() {
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
    // It needs an external ID to compare with.
    assert_eq!(
        with(&deny("ForAnyValue:StringNotEquals", "")),
        [Breadth::NoExternalId]
    );
    // It only denies those who come from elsewhere.
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
fn the_hubs_roles_may_be_named_more_narrowly_but_not_more_widely() {
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

/// An IAM path may hold colons, so one account's ARN can look like another's to a wildcard.
#[test]
fn a_path_that_looks_like_the_hubs_account_is_a_strangers() {
    let own = policy(HUB, &good_condition());
    let own = own.split_once(r#""Statement":"#).expect("a policy").1;
    let own = own.strip_suffix('}').expect("a policy");
    let evil = "arn:aws:iam::999999999999:role/:iam::111111111111:/evil";
    // No identity provider's user has a principal's ARN.
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

#[test]
fn what_is_misspelt_is_no_policy() {
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
fn what_it_says_of_itself_holds_no_external_id() {
    let text = policy(HUB, &good_condition());
    let ways_in = TrustPolicy::parse(&text).expect("parses").ways_in();
    assert_eq!(ways_in.len(), 1);
    assert!(ways_in[0].contains("arn:aws:iam::111111111111:root"));
    assert!(ways_in[0].contains("sts:externalid StringEquals (not shown)"));
    assert!(!ways_in[0].contains("abc"), "{}", ways_in[0]);
}

#[test]
fn what_is_no_policy_is_an_error() {
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
    fn any_text_is_read_without_panic(text in ".{0,300}") {
        let _ = TrustPolicy::parse(&text);
        let _ = TrustPolicy::parse(&format!("%{text}"));
        let _ = percent_decode(&text);
    }
}
