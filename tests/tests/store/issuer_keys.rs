//! Keys of an issuer over HTTP, and signatures. No hub is needed.

use futures_util::future::join_all;
use rolecall_aws::clients::Aws;
use rolecall_aws::config::AwsEnvironment;
use rolecall_aws::issuer_keys::OidcKeys;
use rolecall_domain::ports::{IssuerKeys, SignatureError};
use rolecall_domain::workload::{IssuerUrl, Token};
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_testing::{DISCOVERY, ISSUER_ROOTS, KEYS, TestIssuer};
use serde_json::{Value, json};

const AUDIENCE: &str = "rolecall";

/// Keys over connections that trust these roots.
fn connected(roots: &str) -> OidcKeys {
    let variable = |name: &str| match name {
        "AWS_REGION" => Some("us-east-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("local".to_owned()),
        "AWS_CA_BUNDLE" => Some(roots.to_owned()),
        _ => None,
    };
    let environment = AwsEnvironment::read(&variable).expect("complete");
    let aws = Aws::new(&environment).expect("an HTTP client");
    OidcKeys::new(aws.connector())
}

/// An issuer, its keys as the hub reads them, and the hub's time.
struct Setting {
    issuer: TestIssuer,
    keys: OidcKeys,
    now: Timestamp,
}

impl Setting {
    fn new() -> Self {
        Self {
            issuer: TestIssuer::start(),
            keys: connected(ISSUER_ROOTS),
            now: Timestamp::UNIX_EPOCH,
        }
    }

    fn after(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    fn token(&self) -> String {
        self.issuer.token("runner", AUDIENCE)
    }

    async fn verify(&self, token: &str) -> Result<(), SignatureError> {
        let url = IssuerUrl::parse(self.issuer.url()).expect("a URL");
        let token = Token::parse(token).expect("a token");
        self.keys.verify(&url, &token, self.now).await
    }

    fn with_key(&self, key_id: &str) -> String {
        let header = json!({"alg": "RS256", "kid": key_id});
        self.issuer
            .sign_with(&header, &self.issuer.claims("runner", AUDIENCE))
    }

    fn fetches(&self) -> (usize, usize) {
        (self.issuer.fetched(DISCOVERY), self.issuer.fetched(KEYS))
    }
}

#[tokio::test]
async fn every_supported_signature_is_verified_and_keys_are_fetched_once() {
    let setting = Setting::new();
    let claims = setting.issuer.claims("runner", AUDIENCE);
    for algorithm in ["ES256", "ES384"] {
        let header = json!({"alg": algorithm, "kid": algorithm});
        let token = setting.issuer.sign_with(&header, &claims);
        setting.verify(&token).await.expect(algorithm);
    }
    setting.verify(&setting.token()).await.expect("RS256");
    assert_eq!(setting.fetches(), (1, 1));
}

#[tokio::test]
async fn forged_token_is_refused() {
    let setting = Setting::new();
    let token = setting.token();
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        panic!("{token}");
    };
    let other = setting
        .issuer
        .sign(&setting.issuer.claims("admin", AUDIENCE));
    let other_claims = other.split('.').nth(1).expect("claims");
    for forged in [
        format!("{header}.{other_claims}.{signature}"),
        format!("{header}.{claims}."),
        format!("{header}.{claims}.{}", "A".repeat(342)),
    ] {
        let refused = setting.verify(&forged).await;
        assert!(
            matches!(refused, Err(SignatureError::WrongSignature)),
            "{refused:?}"
        );
    }
    // Another issuer's key under the same name.
    let impostor = TestIssuer::start();
    impostor.rotate();
    let header = json!({"alg": "RS256", "kid": setting.issuer.key_id()});
    let forged = impostor.sign_with(&header, &setting.issuer.claims("runner", AUDIENCE));
    let refused = setting.verify(&forged).await;
    assert!(
        matches!(refused, Err(SignatureError::WrongSignature)),
        "{refused:?}"
    );
    setting.verify(&token).await.expect("the control");
}

/// The key's type decides which signature is verified.
#[tokio::test]
async fn key_of_another_type_than_alg_is_refused() {
    let setting = Setting::new();
    let claims = setting.issuer.claims("runner", AUDIENCE);
    for (algorithm, key_id) in [("RS256", "ES256"), ("ES256", "ES384"), ("ES384", "rsa-0")] {
        let header = json!({"alg": algorithm, "kid": key_id});
        let refused = setting
            .verify(&setting.issuer.sign_with(&header, &claims))
            .await;
        assert!(
            matches!(refused, Err(SignatureError::WrongKey)),
            "{algorithm}: {refused:?}"
        );
    }
}

/// Bug D13 of similar systems: each token with an unknown key emptied the cache and fetched the keys.
#[tokio::test]
async fn unknown_keys_cause_one_fetch_in_a_time_and_good_keys_stay_usable() {
    let mut setting = Setting::new();
    setting.verify(&setting.token()).await.expect("valid");
    setting.after(60);
    for key_id in ["x1", "x2", "x3"] {
        let refused = setting.verify(&setting.with_key(key_id)).await;
        assert!(
            matches!(refused, Err(SignatureError::UnknownKey)),
            "{refused:?}"
        );
    }
    assert_eq!(setting.fetches(), (2, 2));
    setting.issuer.fail(Some(503));
    setting.after(60);
    let refused = setting.verify(&setting.with_key("x4")).await;
    assert!(
        matches!(refused, Err(SignatureError::UnknownKey)),
        "{refused:?}"
    );
    setting
        .verify(&setting.token())
        .await
        .expect("still usable");
    assert_eq!(setting.issuer.fetched(DISCOVERY), 3);
}

/// Bug D13 of similar systems: a rotation works immediately, and the previous key stops working.
#[tokio::test]
async fn rotated_key_works_at_once_and_the_former_one_no_longer() {
    let mut setting = Setting::new();
    let former = setting.token();
    setting.verify(&former).await.expect("valid");
    setting.after(60);
    setting.issuer.rotate();
    setting.verify(&setting.token()).await.expect("the new key");
    let refused = setting.verify(&former).await;
    assert!(
        matches!(refused, Err(SignatureError::UnknownKey)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn keys_are_used_for_an_hour_and_for_half_a_day_while_the_issuer_is_down() {
    let mut setting = Setting::new();
    let token = setting.token();
    setting.verify(&token).await.expect("valid");
    setting.after(3599);
    setting.verify(&token).await.expect("cached");
    assert_eq!(setting.fetches(), (1, 1));
    setting.after(1);
    setting.verify(&token).await.expect("fetched again");
    assert_eq!(setting.fetches(), (2, 2));
    setting.issuer.fail(Some(500));
    setting.after(12 * 3600 - 1);
    setting.verify(&token).await.expect("the issuer is down");
    setting.after(1);
    let refused = setting.verify(&token).await;
    assert!(
        matches!(refused, Err(SignatureError::Unavailable(_))),
        "{refused:?}"
    );
    setting.issuer.fail(None);
    let refused = setting.verify(&token).await;
    assert!(
        matches!(refused, Err(SignatureError::Unavailable(_))),
        "{refused:?}"
    );
    setting.after(15);
    setting.verify(&token).await.expect("the issuer is back");
}

/// Bug D15 of similar systems: each of many requests started the same work.
#[tokio::test]
async fn simultaneous_tokens_share_one_fetch() {
    let setting = Setting::new();
    let tokens: Vec<String> = (0..20).map(|_| setting.token()).collect();
    let verified = join_all(tokens.iter().map(|token| setting.verify(token))).await;
    assert!(verified.iter().all(Result::is_ok), "{verified:?}");
    assert_eq!(setting.fetches(), (1, 1));
}

async fn is_unavailable(setting: &Setting) -> bool {
    let refused = setting.verify(&setting.token()).await;
    matches!(refused, Err(SignatureError::Unavailable(_)))
}

#[tokio::test]
async fn documents_of_another_issuer_redirects_and_large_bodies_are_not_used() {
    let url = |setting: &Setting, path: &str| format!("{}{path}", setting.issuer.url());
    let other = TestIssuer::start();
    let serve = |issuer: Value, keys: Value| {
        let setting = Setting::new();
        let issuer = if issuer.is_null() {
            json!(setting.issuer.url())
        } else {
            issuer
        };
        setting
            .issuer
            .serve(DISCOVERY, &json!({"issuer": issuer, "jwks_uri": keys}));
        setting
    };
    let setting = serve(json!(other.url()), json!(format!("{}{KEYS}", other.url())));
    assert!(is_unavailable(&setting).await);
    assert_eq!(other.fetched(KEYS), 0);
    for keys in [
        "http://169.254.169.254/latest",
        "http://127.0.0.1/keys",
        "ftp://127.0.0.1/",
        "/keys",
    ] {
        assert!(
            is_unavailable(&serve(Value::Null, json!(keys))).await,
            "{keys}"
        );
    }
    let setting = Setting::new();
    setting.issuer.fail(Some(302));
    assert!(is_unavailable(&setting).await);
    assert_eq!(setting.issuer.fetched("/elsewhere"), 0);
    let setting = Setting::new();
    let mut keys = setting.issuer.served(KEYS);
    keys["padding"] = json!("x".repeat(300_000));
    setting.issuer.serve(KEYS, &keys);
    assert!(is_unavailable(&setting).await);
    // The control.
    let setting = Setting::new();
    let keys = url(&setting, KEYS);
    setting.issuer.serve(
        DISCOVERY,
        &json!({"issuer": setting.issuer.url(), "jwks_uri": keys}),
    );
    setting.verify(&setting.token()).await.expect("valid");
}

/// Only the certificate proves that a response comes from the issuer.
#[tokio::test]
async fn issuer_with_a_certificate_of_an_unknown_root_is_not_asked() {
    let setting = Setting {
        keys: connected("/dev/null"),
        ..Setting::new()
    };
    assert!(is_unavailable(&setting).await);
    assert_eq!(setting.fetches(), (0, 0));
}
