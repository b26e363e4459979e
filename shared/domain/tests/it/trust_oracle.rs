//! The trust-policy reader beside an independent simulator of IAM (`make oracle` says which), over
//! some four hundred policies and thirty callers.

use rolecall_domain::aws::{AwsAccountId, ExternalId};
use rolecall_domain::policy::condition::Truth;
use rolecall_domain::verification::trust_policy::{Breadth, Caller, Intended, TrustPolicy};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const HUB: &str = "111111111111";
const TRUSTED: &str = "arn:aws:iam::111111111111:role/rolecall-hub/verifier/*";

#[derive(Deserialize)]
struct Oracle {
    callers: Vec<Asking>,
    policies: Vec<Judged>,
}

#[derive(Deserialize)]
struct Asking {
    arn: String,
    session_arn: Option<String>,
    context: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Judged {
    name: String,
    policy: serde_json::Value,
    /// `y` or `n` for each caller.
    verdicts: String,
}

impl Asking {
    fn external_id(&self) -> Option<&str> {
        self.context.get("sts:ExternalId").map(String::as_str)
    }

    fn is_hub_role(&self) -> bool {
        self.arn.contains("/rolecall-hub/verifier/")
    }

    fn is_of_hub(&self) -> bool {
        self.arn.contains(HUB)
    }
}

impl Judged {
    fn read(&self) -> TrustPolicy {
        TrustPolicy::parse(&self.policy.to_string()).expect("IAM takes it")
    }

    /// The callers whom the oracle lets in.
    fn admitted<'a>(&self, oracle: &'a Oracle) -> Vec<&'a Asking> {
        let pairs = oracle.callers.iter().zip(self.verdicts.chars());
        pairs
            .filter(|(_, v)| *v == 'y')
            .map(|(one, _)| one)
            .collect()
    }

    /// Conditions on what the reader does not know of a caller: it takes them for met.
    fn depends_on_more(&self) -> bool {
        let text = self.policy.to_string().to_lowercase();
        ["sourceip", "currenttime", "multifactor"]
            .iter()
            .any(|key| text.contains(key))
    }
}

fn oracle() -> Oracle {
    let oracle: Oracle = serde_json::from_str(include_str!("../oracle.json")).expect("valid");
    assert!(oracle.policies.len() >= 400 && oracle.callers.len() == 30);
    oracle
}

fn breadth(policy: &TrustPolicy) -> Vec<Breadth> {
    policy.broader_than(&Intended {
        hub: &AwsAccountId::parse(HUB).expect("valid"),
        trusted: &[TRUSTED.to_owned()],
        external_id: &ExternalId::parse("abc").expect("valid"),
    })
}

#[test]
fn each_caller_is_let_in_or_refused_as_the_oracle_has_it() {
    let oracle = oracle();
    let (mut decided, mut undecided) = (0, 0);
    for judged in &oracle.policies {
        let policy = judged.read();
        for (asking, verdict) in oracle.callers.iter().zip(judged.verdicts.chars()) {
            let context = asking.context.iter();
            let context = context.map(|(key, value)| (key.to_ascii_lowercase(), value.clone()));
            let caller = Caller {
                arn: &asking.arn,
                session_arn: asking.session_arn.as_deref(),
                context: &context.collect(),
            };
            let (found, name) = (policy.lets_in(&caller), &judged.name);
            if found == Truth::Maybe {
                // What AWS does not say, the simulator takes for a "no".
                let text = judged.policy.to_string();
                let of_none = text.contains("ForAnyValue:") && text.contains("IfExists");
                let no_arn = text.contains(r#":"*""#) || text.contains(r#":"arn:*""#);
                assert!(of_none || no_arn, "{name}");
                undecided += 1;
            } else {
                let expected = Truth::from(verdict == 'y');
                assert_eq!(found, expected, "{name}, {:?}", asking.context);
                decided += 1;
            }
        }
    }
    assert!(
        decided > 12_000 && undecided < 100,
        "{decided}, {undecided}"
    );
}

/// Nobody gets in whom the reader did not announce.
#[test]
fn what_is_found_in_order_lets_nobody_else_in() {
    let oracle = oracle();
    let mut in_order = 0;
    for judged in &oracle.policies {
        let found: BTreeSet<Breadth> = breadth(&judged.read()).into_iter().collect();
        in_order += usize::from(found.is_empty());
        for asking in judged.admitted(&oracle) {
            let announced = match (asking.is_hub_role(), asking.external_id()) {
                (true, Some("abc")) => true,
                (true, None) => found.contains(&Breadth::NoExternalId),
                (true, Some(_)) => {
                    found.contains(&Breadth::NoExternalId)
                        || found.contains(&Breadth::OtherExternalId)
                }
                (false, _) if asking.is_of_hub() => found.contains(&Breadth::AnyHubPrincipal),
                (false, _) => found
                    .iter()
                    .any(|one| matches!(one, Breadth::Anyone | Breadth::Another(_))),
            };
            assert!(announced, "{}: {} {found:?}", judged.name, asking.arn);
        }
    }
    assert!(in_order > 30, "only {in_order} policies are in order");
}

/// Where the reader objects, the oracle lets such a caller in, or the reader did not know enough.
#[test]
fn what_is_objected_to_is_real() {
    let oracle = oracle();
    let (mut real, mut cautious) = (0, Vec::new());
    for judged in &oracle.policies {
        let admitted = judged.admitted(&oracle);
        for objection in breadth(&judged.read()) {
            let met = admitted.iter().any(|asking| match &objection {
                Breadth::NoExternalId => asking.is_hub_role() && asking.external_id().is_none(),
                Breadth::OtherExternalId => {
                    asking.is_hub_role() && asking.external_id().is_some_and(|id| id != "abc")
                }
                Breadth::AnyHubPrincipal => asking.is_of_hub() && !asking.is_hub_role(),
                Breadth::Anyone => !asking.is_of_hub(),
                // A service is no caller here, and one principal may be any of an account.
                Breadth::Another(name) => name.starts_with("Service:") || !asking.is_of_hub(),
            });
            if met || judged.depends_on_more() {
                real += usize::from(met);
            } else {
                cautious.push(format!("{}: {objection:?}", judged.name));
            }
        }
    }
    assert!(real > 300, "only {real} objections were met");
    let mut explained: Vec<&str> = EXPLAINED
        .iter()
        .flat_map(|(_, all)| all.iter().copied())
        .collect();
    explained.sort_unstable();
    cautious.sort();
    assert_eq!(cautious, explained, "{} of {real}", cautious.len());
}

/// Objections that no admitted caller stands for, and why they are made all the same.
const EXPLAINED: [(&str, &[&str]); 6] = [
    (
        "true, but none of the thirty callers is such a one",
        &[
            "a service: Another(\"Service:ec2.amazonaws.com\")",
            "an identity provider: Another(\"Federated:arn:aws:iam::222222222222:saml-provider/idp\")",
            "generated 1: Another(\"Service:ec2.amazonaws.com\")",
            "generated 191: OtherExternalId",
            "generated 251: AnyHubPrincipal",
            "generated 253: NoExternalId",
        ],
    ),
    (
        "AssumeRole is refused, but there are other ways in",
        &["all but this action: Anyone", "generated 349: Anyone"],
    ),
    (
        "a service or an identity provider's user might meet it",
        &["the account by condition: Anyone"],
    ),
    (
        "a session's ARN does not tell whether its role is a trusted one",
        &[
            "a session of the hub's role by name: AnyHubPrincipal",
            "generated 200: AnyHubPrincipal",
            "generated 232: AnyHubPrincipal",
            "generated 41: AnyHubPrincipal",
            "generated 80: AnyHubPrincipal",
            "generated 86: AnyHubPrincipal",
            "generated 8: AnyHubPrincipal",
        ],
    ),
    (
        "AWS does not say what the condition comes to",
        &[
            "a pattern across the ARN's parts: AnyHubPrincipal",
            "generated 234: NoExternalId",
            "generated 308: AnyHubPrincipal",
            "generated 308: NoExternalId",
        ],
    ),
    (
        "several conditions, or a condition and its principal, are judged one by one",
        &[
            "generated 115: AnyHubPrincipal",
            "generated 115: OtherExternalId",
            "generated 120: AnyHubPrincipal",
            "generated 120: Anyone",
            "generated 155: AnyHubPrincipal",
            "generated 155: NoExternalId",
            "generated 162: AnyHubPrincipal",
            "generated 345: Another(\"arn:aws:iam::999999999999:root\")",
            "generated 45: OtherExternalId",
            "generated 58: AnyHubPrincipal",
        ],
    ),
];
