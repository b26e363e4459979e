//! Workloads: the operator's file, and the claims of tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use rolecall_domain::Timestamp;
use rolecall_domain::access::ProfileName;
use rolecall_domain::messages::{Language, Message, TokenFault};
use rolecall_domain::text::Tenant;
use rolecall_domain::workload::{IssuerUrl, KeySet, Subject, Token, Workloads, jwks_uri};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ISSUER: &str = "https://oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE";
const RUNNER: &str = "system:serviceaccount:backup:runner";

fn profile(name: &str) -> ProfileName {
    ProfileName::parse(name).expect("valid")
}

fn profiles() -> BTreeSet<ProfileName> {
    ["inventory", "backup"].map(profile).into()
}

fn file() -> Value {
    json!({
        "issuers": {
            "cluster": {"issuer": ISSUER, "audience": "rolecall"},
            "ci": {"issuer": "https://token.actions.example.com", "audience": "https://hub.example.com"},
        },
        "rules": [
            {"issuer": "cluster", "subject": RUNNER, "profiles": ["backup", "inventory"]},
            {"issuer": "ci", "subject": "repo:acme/*", "dangerous": true, "profiles": ["inventory"],
             "tenants": ["acme"]},
        ],
    })
}

fn read(file: &Value) -> Workloads {
    Workloads::read(file, &profiles()).expect("a valid file")
}

/// The file with one value replaced, or removed where it is null.
fn with(pointer: &str, value: Value) -> Value {
    let mut changed = file();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    match changed.pointer_mut(parent).expect("a parent") {
        Value::Object(object) => {
            object.insert(key.to_owned(), value);
        }
        Value::Array(list) => list[key.parse::<usize>().expect("an index")] = value,
        _ => panic!("{pointer}"),
    }
    changed
}

/// Each mistake as `place: code`.
fn mistakes(file: &Value) -> Vec<String> {
    let errors = Workloads::read(file, &profiles()).expect_err(&file.to_string());
    let each = errors.iter();
    each.map(|error| format!("{}: {}", error.field, error.code))
        .collect()
}

#[test]
fn valid_file_keeps_everything_it_declares() {
    let workloads = read(&file());
    assert_eq!((workloads.issuers.len(), workloads.rules.len()), (2, 2));
    let stored = serde_json::to_value(&workloads).expect("JSON");
    let stored: Workloads = serde_json::from_value(stored).expect("readable");
    assert_eq!(stored, workloads);
    for empty in [json!({}), json!({"issuers": null, "rules": []})] {
        assert_eq!(read(&empty), Workloads::default());
    }
}

#[test]
fn each_mistake_is_reported_at_its_place() {
    for (pointer, value, expected) in [
        ("/issuer", json!({}), "issuer: unknown_field"),
        ("/rules", json!({}), "rules: invalid_type"),
        (
            "/issuers/Cluster",
            json!({"issuer": "https://a.example", "audience": "x"}),
            "issuers.Cluster: invalid",
        ),
        (
            "/issuers/cluster/audience",
            json!(null),
            "issuers.cluster.audience: required",
        ),
        (
            "/issuers/cluster/audience",
            json!("two words"),
            "issuers.cluster.audience: invalid",
        ),
        (
            "/issuers/cluster/issuer",
            json!(5),
            "issuers.cluster.issuer: invalid_type",
        ),
        (
            "/issuers/cluster/issuer",
            json!("http://oidc.example.com"),
            "issuers.cluster.issuer: invalid",
        ),
        (
            "/issuers/cluster/issuer",
            json!("http://127.0.0.1:4000"),
            "issuers.cluster.issuer: invalid",
        ),
        (
            "/issuers/cluster/issuer",
            json!("https://user@oidc.example.com"),
            "issuers.cluster.issuer: invalid",
        ),
        (
            "/issuers/cluster/issuer",
            json!("https://oidc.example.com?x"),
            "issuers.cluster.issuer: invalid",
        ),
        (
            "/issuers/cluster/issuer",
            json!("https://oidc.example.com#x"),
            "issuers.cluster.issuer: invalid",
        ),
        (
            "/issuers/cluster/issuer",
            json!("oidc.example.com"),
            "issuers.cluster.issuer: invalid",
        ),
        (
            "/issuers/cluster/issuer",
            json!("https://token.actions.example.com"),
            "issuers.cluster.issuer: invalid",
        ),
        (
            "/issuers/cluster/jwks_uri",
            json!("https://a.example"),
            "issuers.cluster.jwks_uri: unknown_field",
        ),
        (
            "/rules/0/issuer",
            json!("clutser"),
            "rules[0].issuer: unknown_issuer",
        ),
        (
            "/rules/0/subject",
            json!(null),
            "rules[0].subject: required",
        ),
        (
            "/rules/0/subject",
            json!("a*"),
            "rules[0].subject: dangerous",
        ),
        ("/rules/0/subject", json!("a "), "rules[0].subject: invalid"),
        (
            "/rules/0/subject",
            json!("a".repeat(256)),
            "rules[0].subject: too_long",
        ),
        (
            "/rules/0/profiles",
            json!([]),
            "rules[0].profiles: required",
        ),
        (
            "/rules/0/profiles",
            json!("backup"),
            "rules[0].profiles: invalid_type",
        ),
        (
            "/rules/0/profiles/1",
            json!("stock"),
            "rules[0].profiles[1]: unknown_profile",
        ),
        ("/rules/1/tenants", json!([]), "rules[1].tenants: required"),
        (
            "/rules/1/tenants",
            json!(["a/b"]),
            "rules[1].tenants[0]: invalid",
        ),
        (
            "/rules/1/dangerous",
            json!("yes"),
            "rules[1].dangerous: invalid_type",
        ),
    ] {
        let found = mistakes(&with(pointer, value.clone()));
        assert!(
            found.contains(&expected.to_owned()),
            "{pointer} {value}: {found:?}"
        );
    }
    let mut several = with("/rules/0/subject", json!(null));
    several["issuers"]["ci"]["audience"] = json!("");
    let expected = ["issuers.ci.audience: invalid", "rules[0].subject: required"];
    assert_eq!(mistakes(&several), expected);
    let mut unnamed = file();
    unnamed["rules"][0]
        .as_object_mut()
        .expect("a rule")
        .remove("profiles");
    assert_eq!(mistakes(&unnamed), ["rules[0].profiles: required"]);
}

#[test]
fn differences_are_said_in_words() {
    let texts = |new: &Value| -> Vec<String> {
        let changes = read(&file()).changes_to(&read(new));
        changes
            .iter()
            .map(|one| one.text(Language::English))
            .collect()
    };
    assert_eq!(texts(&file()), Vec::<String>::new());
    let changed = with("/issuers/cluster/audience", json!("hub"));
    let expected = format!("The issuer cluster changed: {ISSUER}, audience hub.");
    assert_eq!(texts(&changed), [expected]);
    let changed = with("/rules/0/profiles", json!(["backup"]));
    let expected = [
        format!("A rule was removed: cluster/{RUNNER} gets backup and inventory."),
        format!("cluster/{RUNNER} now gets backup in every tenant's accounts."),
    ];
    assert_eq!(texts(&changed), expected);
    let expected = [
        "The issuer ci was removed.",
        "The issuer cluster was removed.",
    ];
    assert_eq!(texts(&json!({}))[..2], expected);
}

/// Bug D14 of similar systems: a pattern that allows more than its author intended.
#[test]
fn subject_is_exact_and_a_wildcard_matches_any_characters() {
    let matches = |subject: &str, sub: &str| Subject::parse(subject).expect("valid").matches(sub);
    for (subject, sub) in [
        ("a", "a"),
        ("a*", "a"),
        ("a*", "abc"),
        ("*c", "abc"),
        ("a*c", "ac"),
        ("a*b*c", "axbxbxc"),
        ("*", "anything"),
        ("a.c", "a.c"),
        ("ab*ab", "abab"),
    ] {
        assert!(matches(subject, sub), "{subject} {sub}");
    }
    for (subject, sub) in [
        ("a", "ab"),
        ("a", "A"),
        ("a", ""),
        ("a*", "ba"),
        ("*c", "ca"),
        ("a*c", "ab"),
        ("ab*ab", "ab"),
        ("a.c", "abc"),
        ("a?c", "abc"),
        ("a*b*c", "acb"),
    ] {
        assert!(!matches(subject, sub), "{subject} {sub}");
    }
}

fn now() -> Timestamp {
    "2026-11-29T12:00:00Z".parse().expect("a time")
}

fn header() -> Value {
    json!({"alg": "RS256", "typ": "JWT", "kid": "k1"})
}

fn claims() -> Value {
    let now = now().as_second();
    json!({"iss": ISSUER, "sub": RUNNER, "aud": ["other", "rolecall"], "exp": now + 300, "nbf": now, "iat": now})
}

fn encoded(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2ln", part(header), part(claims))
}

/// The description of the token's fault.
fn fault(header: &Value, claims: &Value) -> Option<TokenFault> {
    let workloads = read(&file());
    let accepted = Token::parse(&encoded(header, claims)).and_then(|token| {
        let (_, issuer) = workloads.issuer_of(&token)?;
        issuer.check_claims(&token, now())
    });
    accepted.err()
}

fn text(fault: Option<TokenFault>) -> String {
    fault
        .map(|fault| fault.text(Language::English))
        .unwrap_or_default()
}

fn with_claim(name: &str, value: Value) -> Option<TokenFault> {
    let mut claims = claims();
    claims[name] = value;
    fault(&header(), &claims)
}

fn with_header(name: &str, value: Value) -> Option<TokenFault> {
    let mut header = header();
    header[name] = value;
    fault(&header, &claims())
}

/// Bug D12 of similar systems: the issuer is compared as a whole, the audience is required, and the header
/// can't name a key or weaken the signature.
#[test]
fn token_needs_a_published_issuer_its_audience_and_a_signature_with_a_public_key() {
    assert_eq!(fault(&header(), &claims()), None);
    for (name, value, expected) in [
        ("iss", json!(null), "The token has no iss."),
        (
            "iss",
            json!(format!("{ISSUER}/")),
            "The hub's operator has not published the token's issuer: iss is \
            \"https://oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE/\".",
        ),
        (
            "iss",
            json!("https://evil.example"),
            "The hub's operator has not published the token's issuer: iss is \
            \"https://evil.example\".",
        ),
        ("sub", json!(null), "The token has no sub."),
        (
            "sub",
            json!(7),
            "The token's sub is of another type than expected, or too long.",
        ),
        ("aud", json!(null), "The token has no aud."),
        ("aud", json!([]), "The token has no aud."),
        (
            "aud",
            json!({}),
            "The token's aud is of another type than expected, or too long.",
        ),
        (
            "aud",
            json!("rolecall2"),
            "The token is for another audience: aud is \"rolecall2\", and must have rolecall.",
        ),
        (
            "aud",
            json!(["a", "b"]),
            "The token is for another audience: aud is \"a\" and \"b\", and must have rolecall.",
        ),
        ("exp", json!(null), "The token has no exp."),
        (
            "exp",
            json!("soon"),
            "The token's exp is of another type than expected, or too long.",
        ),
        (
            "exp",
            json!(1e300),
            "The token's exp is of another type than expected, or too long.",
        ),
        (
            "token_use",
            json!("access"),
            "The token is for another purpose: its type (typ or token_use) is \"access\". \
            Use an ID token.",
        ),
    ] {
        assert_eq!(text(with_claim(name, value)), expected, "{name}");
    }
    for (name, value, expected) in [
        (
            "alg",
            json!("none"),
            "The token's header says alg \"none\". The hub accepts RS256, ES256 and ES384.",
        ),
        (
            "alg",
            json!("HS256"),
            "The token's header says alg \"HS256\". The hub accepts RS256, ES256 and ES384.",
        ),
        (
            "alg",
            json!("rs256"),
            "The token's header says alg \"rs256\". The hub accepts RS256, ES256 and ES384.",
        ),
        (
            "alg",
            json!(null),
            "The token's header says alg \"\". The hub accepts RS256, ES256 and ES384.",
        ),
        ("kid", json!(null), "The token has no kid."),
        (
            "crit",
            json!(["exp"]),
            "The token's header has crit, which the hub does not support.",
        ),
        (
            "typ",
            json!("at+jwt"),
            "The token is for another purpose: its type (typ or token_use) is \"at+jwt\". \
            Use an ID token.",
        ),
    ] {
        assert_eq!(text(with_header(name, value)), expected, "{name}");
    }
    for ignored in ["jku", "x5u", "jwk", "x5c"] {
        assert_eq!(
            with_header(ignored, json!("https://evil.example/keys")),
            None,
            "{ignored}"
        );
    }
    for algorithm in ["RS256", "ES256", "ES384"] {
        assert_eq!(with_header("alg", json!(algorithm)), None);
    }
}

/// Bug D33 of similar systems: clocks differ, and the error must show by how much.
#[test]
fn times_have_a_minute_of_leeway_and_errors_name_both_times() {
    let at = |seconds: i64| json!(now().as_second() + seconds);
    assert_eq!(with_claim("exp", at(-59)), None);
    assert_eq!(with_claim("nbf", at(60)), None);
    assert_eq!(with_claim("iat", at(60)), None);
    assert_eq!(with_claim("iat", json!(null)), None);
    assert_eq!(
        with_claim("exp", json!(now().as_second() as f64 + 0.5)),
        None
    );
    let expected = "The token has expired: exp is 2026-11-29T11:59:00Z, and the hub's time is 2026-11-29T12:00:00Z.";
    assert_eq!(text(with_claim("exp", at(-60))), expected);
    for claim in ["nbf", "iat"] {
        let expected = format!(
            "The token is not valid yet: {claim} is 2026-11-29T12:01:01Z, and the hub's time is 2026-11-29T12:00:00Z."
        );
        assert_eq!(text(with_claim(claim, at(61))), expected);
    }
}

#[test]
fn token_is_read_with_and_without_bearer_and_never_shown() {
    let token = encoded(&header(), &claims());
    for value in [
        token.clone(),
        format!("Bearer {token}"),
        format!("bearer  {token} "),
    ] {
        let read = Token::from_header(Some(&value)).expect("a token");
        let shown = format!("{read:?}");
        assert!(shown.contains(RUNNER) && !shown.contains("c2ln"), "{shown}");
        assert!(!shown.contains(&token[..20]), "{shown}");
    }
    for none in [None, Some(""), Some(" "), Some("Bearer ")] {
        let fault = Token::from_header(none).expect_err("no token");
        assert!(
            matches!(fault, TokenFault::NoToken | TokenFault::NotAToken),
            "{fault:?}"
        );
    }
    let long = format!("{token}{}", "a".repeat(9000));
    for bad in [
        "a.b",
        "a.b.c.d",
        "a.b.c",
        "e30.e30.",
        "e30.e30.e30",
        "W10.W10.W10",
        &long,
    ] {
        assert!(Token::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn workload_gets_the_profiles_of_its_rules_in_their_tenants() {
    let workloads = read(&file());
    let workload = |issuer: &str, subject: &str| {
        let mut claims = claims();
        (claims["iss"], claims["sub"]) = (json!(issuer), json!(subject));
        let token = Token::parse(&encoded(&header(), &claims)).expect("a token");
        let (name, _) = workloads.issuer_of(&token).expect("published");
        workloads.workload(name, &token)
    };
    let tenant = |name: &str| Tenant::parse(name).expect("valid");
    let runner = workload(ISSUER, RUNNER);
    assert_eq!(
        (runner.issuer.as_str(), &*runner.subject),
        ("cluster", RUNNER)
    );
    assert!(runner.may_use(&profile("backup")) && runner.may_use(&profile("inventory")));
    assert!(runner.may_use_in(&profile("backup"), &tenant("globex")));
    let ci = workload("https://token.actions.example.com", "repo:acme/app");
    assert!(ci.may_use(&profile("inventory")) && !ci.may_use(&profile("backup")));
    assert!(ci.may_use_in(&profile("inventory"), &tenant("acme")));
    assert!(!ci.may_use_in(&profile("inventory"), &tenant("globex")));
    // A subject of another issuer.
    let other = workload("https://token.actions.example.com", RUNNER);
    assert!(!other.may_use(&profile("backup")) && !other.may_use(&profile("inventory")));
    let other = workload(ISSUER, "repo:acme/app");
    assert!(!other.may_use(&profile("inventory")));
}

fn discovery(document: &Value) -> Option<String> {
    let issuer = IssuerUrl::parse(ISSUER).expect("valid");
    jwks_uri(&issuer, document.to_string().as_bytes(), false).ok()
}

/// Bug D12 of similar systems: keys come only from the URL in the published issuer's document.
#[test]
fn keys_are_where_the_issuers_own_document_says() {
    let issuer = IssuerUrl::parse(format!("{ISSUER}/")).expect("valid");
    let expected = format!("{ISSUER}/.well-known/openid-configuration");
    assert_eq!(issuer.discovery_url(), expected);
    let keys = "https://keys.example.com/jwks";
    let document = json!({"issuer": ISSUER, "jwks_uri": keys});
    assert_eq!(discovery(&document).as_deref(), Some(keys));
    for (issuer, keys) in [
        ("https://evil.example", keys),
        (&*expected, keys),
        (ISSUER, "http://keys.example.com/jwks"),
        (ISSUER, "http://127.0.0.1/jwks"),
        (ISSUER, "https://user@keys.example.com"),
        (ISSUER, "file:///etc/passwd"),
        (ISSUER, ""),
    ] {
        assert_eq!(
            discovery(&json!({"issuer": issuer, "jwks_uri": keys})),
            None,
            "{issuer} {keys}"
        );
    }
    assert_eq!(discovery(&json!({"issuer": ISSUER})), None);
}

#[test]
fn only_public_signing_keys_with_names_are_used() {
    let rsa = |kid: Value| json!({"kty": "RSA", "kid": kid, "n": "AMO7", "e": "AQAB"});
    let set = |keys: Value| KeySet::parse(json!({"keys": keys}).to_string().as_bytes());
    assert!(
        set(json!([rsa(json!("a"))]))
            .expect("keys")
            .key("a")
            .is_some()
    );
    let x = URL_SAFE_NO_PAD.encode([7; 32]);
    for unusable in [
        rsa(json!(null)),
        json!({"kty": "oct", "kid": "a", "k": "AQAB"}),
        json!({"kty": "RSA", "kid": "a", "use": "enc", "n": "AMO7", "e": "AQAB"}),
        json!({"kty": "RSA", "kid": "a", "n": "not base64!", "e": "AQAB"}),
        json!({"kty": "EC", "kid": "a", "crv": "P-521", "x": x, "y": x}),
        json!({"kty": "EC", "kid": "a", "crv": "P-384", "x": x, "y": x}),
        json!("a"),
    ] {
        assert!(set(json!([unusable])).is_err(), "{unusable}");
    }
    assert!(KeySet::parse(b"[]").is_err() && KeySet::parse(b"{}").is_err());
}

proptest! {
    #[test]
    fn any_text_is_no_token_or_read_without_a_panic(value in ".{0,200}") {
        let _ = Token::from_header(Some(&value));
    }

    #[test]
    fn any_claims_are_judged_without_a_panic(exp in any::<f64>(), aud in ".{0,20}", iss in ".{0,20}") {
        let claims = json!({"iss": iss, "sub": "a", "aud": aud, "exp": exp});
        prop_assert!(fault(&header(), &claims).is_some());
    }
}
