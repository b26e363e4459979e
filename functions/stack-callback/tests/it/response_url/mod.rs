//! Tests which ResponseURLs are accepted and rejected.
//!
//! The ResponseURL is untrusted. It must match one of the exact hosts of the Region's bucket, so the
//! function never resolves a name that an attacker chose, and DNS rebinding is impossible. If DNS
//! itself is compromised, the certificate does not match, and the sender verifies it
//! (`rolecall_aws::clients` creates the only connector). `tests/tests/hub/callback/bucket.rs` tests
//! that the sender follows no redirect.

mod amazon;
mod hostile;
mod look_alikes;

use proptest::prelude::*;
use rolecall_domain::aws::{Region, StackId};
use stack_callback::response_url::is_allowed;
use std::collections::BTreeSet;

pub const BUCKET: &str = "cloudformation-custom-resource-response-";

fn stack(region: &str) -> StackId {
    let region = Region::parse(region).expect("a Region");
    let partition = region.partition().as_str();
    StackId::parse(format!(
        "arn:{partition}:cloudformation:{region}:222222222222:stack/rolecall-1/abc"
    ))
    .expect("a stack's id")
}

fn url(host: &str) -> String {
    format!("https://{host}/arn%3Aaws%3Acloudformation?X-Amz-Signature=x")
}

#[test]
fn cloudformation_hosts_are_allowed_for_the_stacks_region() {
    for (region, host, seen) in amazon::SEEN {
        let host = format!("{BUCKET}{host}");
        assert!(
            is_allowed(&url(&host), &stack(region), &[]),
            "{host}: {seen}"
        );
    }
    for region in amazon::REGIONS {
        let hosts = amazon::hosts(region);
        assert_eq!(hosts.len(), if *region == "us-east-1" { 3 } else { 2 });
        for host in hosts {
            assert!(is_allowed(&url(&host), &stack(region), &[]), "{host}");
        }
    }
}

#[test]
fn host_of_another_region_is_rejected() {
    let mut hosts = BTreeSet::new();
    for of in amazon::REGIONS {
        for host in amazon::hosts(of) {
            for region in amazon::REGIONS {
                let allowed = is_allowed(&url(&host), &stack(region), &[]);
                assert_eq!(allowed, of == region, "{host} for {region}");
            }
            assert!(hosts.insert(host.clone()), "{host} twice");
        }
        let global = format!("{BUCKET}{}.s3.amazonaws.com", of.replace('-', ""));
        let allowed = is_allowed(&url(&global), &stack(of), &[]);
        assert_eq!(allowed, *of == "us-east-1", "{global}");
    }
}

#[test]
fn hostile_response_url_is_rejected() {
    let table = hostile::table();
    let distinct: BTreeSet<_> = table.iter().map(|(url, _)| url).collect();
    assert_eq!(distinct.len(), table.len(), "a row appears twice");
    assert!(table.len() >= 100, "{} rows", table.len());
    for (url, reason) in &table {
        assert!(!reason.is_empty());
        for region in ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1"] {
            assert!(!is_allowed(url, &stack(region), &[]), "{reason}: {url}");
        }
    }
}

#[test]
fn operator_origin_must_match_exactly() {
    let origins = ["http://localhost:4566".to_owned()];
    let stack = stack("us-east-1");
    assert!(is_allowed("http://localhost:4566/x", &stack, &origins));
    for url in [
        "http://localhost:45667/x",
        "http://localhost:4566",
        "http://localhost:4566?/x",
        "http://localhost:4566#/x",
        "http://localhost/x",
        "https://localhost:4566/x",
        "http://localhost:4566@evil.example/x",
        "http://localhost:4566.evil.example/x",
        "http://user@localhost:4566/x",
        "http://127.0.0.1:4566/x",
        "HTTP://localhost:4566/x",
    ] {
        assert!(!is_allowed(url, &stack, &origins), "{url}");
        assert!(!is_allowed(url, &stack, &[]), "{url}");
    }
}

/// A valid URL with a random change at any position.
fn damaged() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[@:/.#?%\\\\\\[\\] \t\r\n]{1,3}",
        Just("@evil.example".to_owned()),
        Just("evil.example/".to_owned()),
        Just("%2e".to_owned()),
    ];
    let good = url(&format!("{BUCKET}useast1.s3.amazonaws.com"));
    (any::<prop::sample::Index>(), 0..4_usize, piece).prop_map(move |(at, cut, piece)| {
        let at = at.index(good.len() + 1);
        let end = (at + cut).min(good.len());
        format!("{}{piece}{}", &good[..at], &good[end..])
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// The URL parser of the sender must find the same host in every allowed URL.
    #[test]
    fn allowed_url_has_the_same_host_in_the_senders_parser(url in damaged()) {
        let allowed = is_allowed(&url, &stack("us-east-1"), &[]);
        if let Some(uri) = allowed.then(|| url.parse::<http::Uri>().ok()).flatten() {
            prop_assert_eq!(uri.scheme_str(), Some("https"));
            let authority = uri.authority().map_or("", |name| name.as_str());
            let hosts = amazon::hosts("us-east-1");
            prop_assert!(hosts.iter().any(|host| host == authority), "{}", authority);
        }
    }
}
