//! Who a trust policy lets in.

use proptest::prelude::*;
use rolecall_domain::aws::AwsAccountId;
use rolecall_domain::verification::trust_policy::{
    Breadth, TrustPolicy, TrustPolicyError, matches_pattern, percent_decode,
};

const TRUSTED: &str = "arn:aws:iam::111111111111:role/rolecall-hub/verifier/*";

fn breadth(policy: &str) -> Vec<Breadth> {
    let hub = AwsAccountId::parse("111111111111").expect("valid");
    TrustPolicy::parse(policy)
        .expect("parses")
        .broader_than(&hub, &[TRUSTED.to_owned()])
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
    assert_eq!(
        breadth(&policy(r#""*""#, &good_condition())),
        [Breadth::Anyone]
    );
    assert_eq!(
        breadth(&policy(r#"{"AWS":"*"}"#, &good_condition())),
        [Breadth::Anyone]
    );
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
    let wild = policy(r#""*""#, "{}").replace("sts:AssumeRole", "STS:Assume*");
    assert_eq!(breadth(&wild), [Breadth::Anyone]);
    let except =
        policy(r#""*""#, "{}").replace(r#""Action":"sts:AssumeRole""#, r#""NotAction":"s3:*""#);
    assert_eq!(breadth(&except), [Breadth::Anyone]);
}

#[test]
fn what_is_no_policy_is_an_error() {
    assert_eq!(
        TrustPolicy::parse("no").err(),
        Some(TrustPolicyError::NotJson)
    );
    for bad in [
        "{}",
        r#"{"Statement":"x"}"#,
        r#"{"Statement":[{"Effect":"Maybe"}]}"#,
    ] {
        assert_eq!(
            TrustPolicy::parse(bad).err(),
            Some(TrustPolicyError::Malformed),
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

    #[test]
    fn a_pattern_without_wildcards_matches_only_itself(a in "[a-c:]{0,6}", b in "[a-c:]{0,6}") {
        prop_assert_eq!(matches_pattern(&a, &b), a == b);
    }
}
