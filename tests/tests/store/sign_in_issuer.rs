//! How the console calls the issuer at which people sign in: as a public client, or as one with a secret in
//! Secrets Manager.

use rolecall_aws::client_secret::ClientSecret;
use rolecall_aws::clients::Aws;
use rolecall_aws::config::AwsEnvironment;
use rolecall_aws::sign_in::OidcIssuer;
use rolecall_domain::ports::{Grant, IssuerError, SignInIssuer};
use rolecall_domain::workload::IssuerUrl;
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_local::hub::Hub;
use rolecall_testing::{DISCOVERY, ISSUER_ROOTS, SentForm, TestIssuer};
use rolecall_tests::world::unique;
use serde_json::json;

const CLIENT: &str = "the console";

/// `Basic` with `the+console:SECRET`, as RFC 6749 encodes it.
fn basic(secret: &str) -> String {
    use base64::Engine;
    let both = format!("the+console:{secret}");
    let coded = base64::engine::general_purpose::STANDARD.encode(both);
    format!("Basic {coded}")
}

/// An issuer with an endpoint for tokens and one for revocations.
fn issuer() -> TestIssuer {
    let issuer = TestIssuer::start();
    let url = issuer.url().to_owned();
    issuer.serve(
        DISCOVERY,
        &json!({
            "issuer": url,
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"),
            "revocation_endpoint": format!("{url}/revoke"),
            "jwks_uri": format!("{url}/keys"),
        }),
    );
    issuer.serve(
        "/token",
        &json!({"id_token": "id", "refresh_token": "refresh"}),
    );
    issuer.serve("/revoke", &json!({}));
    issuer
}

/// The emulator, and connections that trust the issuer.
fn aws() -> Aws {
    let hub = Hub::from_env().expect("no hub; run: make test");
    let file = hub.file();
    let environment = AwsEnvironment::read(&|name: &str| {
        let value = match name {
            "AWS_REGION" => Some(file.region.as_str()),
            "AWS_ACCESS_KEY_ID" => Some(file.hub_account_id.as_str()),
            "AWS_SECRET_ACCESS_KEY" => Some("local"),
            "AWS_ENDPOINT_URL" => Some(file.endpoint_url.as_str()),
            "AWS_CA_BUNDLE" => Some(ISSUER_ROOTS),
            _ => None,
        };
        value.map(str::to_owned)
    });
    Aws::new(&environment.expect("complete")).expect("an HTTP client")
}

fn of(aws: &Aws, issuer: &TestIssuer, secret_arn: Option<&str>) -> OidcIssuer {
    let url = IssuerUrl::parse(issuer.url()).expect("a URL");
    let discovery = url.discovery_url();
    let secret = secret_arn.map(|arn| ClientSecret::new(aws.secretsmanager(), arn));
    OidcIssuer::new(aws.connector(), url, CLIENT.to_owned(), discovery).with_secret(secret)
}

async fn new_secret(aws: &Aws, value: &str) -> String {
    let client = aws.secretsmanager();
    let request = client.create_secret().name(unique("client-secret"));
    let answer = request.secret_string(value).send().await;
    let answer = answer.expect("a new secret");
    answer.arn().expect("an ARN").to_owned()
}

async fn replace(aws: &Aws, arn: &str, value: &str) {
    let request = aws.secretsmanager().put_secret_value().secret_id(arn);
    let answer = request.secret_string(value).send().await;
    answer.expect("a new version");
}

const CODE: Grant<'_> = Grant::Code {
    code: "the-code",
    verifier: "the-verifier",
    redirect_uri: "https://hub.example/sign-in/callback",
};

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

fn after(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

/// Sends every kind of form, and returns what the issuer received.
async fn every_form(oidc: &OidcIssuer, issuer: &TestIssuer) -> Vec<SentForm> {
    oidc.tokens(CODE, now()).await.expect("tokens");
    let renewed = oidc.tokens(Grant::Refresh("the-token"), now()).await;
    assert_eq!(renewed.expect("tokens").id_token, "id");
    oidc.revoke("the-token", now()).await.expect("revoked");
    let forms = issuer.forms();
    let paths: Vec<&str> = forms.iter().map(|form| form.path.as_str()).collect();
    assert_eq!(paths, ["/token", "/token", "/revoke"]);
    assert!(
        forms[0]
            .body
            .contains("code=the-code&code_verifier=the-verifier")
    );
    assert!(forms[1].body.contains("refresh_token=the-token"));
    assert!(forms[2].body.contains("token=the-token"));
    forms
}

#[tokio::test]
async fn public_client_names_itself_in_the_form() {
    let (aws, issuer) = (aws(), issuer());
    for form in every_form(&of(&aws, &issuer, None), &issuer).await {
        assert_eq!(form.authorization, None, "{}", form.path);
        assert!(
            form.body.ends_with("&client_id=the+console"),
            "{}",
            form.body
        );
    }
}

#[tokio::test]
async fn client_with_a_secret_sends_it_in_the_header_only() {
    let (aws, issuer) = (aws(), issuer());
    let arn = new_secret(&aws, "s3cret:+%").await;
    issuer.require(&basic("s3cret%3A%2B%25"));
    let oidc = of(&aws, &issuer, Some(&arn));
    for form in every_form(&oidc, &issuer).await {
        assert_eq!(form.authorization, Some(basic("s3cret%3A%2B%25")));
        for secret in ["s3cret", "client_secret", "client_id"] {
            assert!(!form.body.contains(secret), "{}", form.body);
        }
    }
    let shown = format!("{oidc:?}");
    assert!(shown.contains(&arn) && !shown.contains("s3cret"), "{shown}");
}

/// Everyone would otherwise be signed out by a typing error.
#[tokio::test]
async fn issuer_that_does_not_know_the_client_refuses_no_token() {
    let (aws, issuer) = (aws(), issuer());
    let arn = new_secret(&aws, "former").await;
    issuer.require(&basic("another"));
    for secret_arn in [Some(&*arn), None] {
        let oidc = of(&aws, &issuer, secret_arn);
        let answer = oidc.tokens(Grant::Refresh("the-token"), now()).await;
        let Err(IssuerError::Unavailable(cause)) = answer else {
            panic!("{answer:?}");
        };
        let cause = cause.to_string();
        assert!(cause.contains("ConsoleClientSecretArn"), "{cause}");
        assert!(!cause.contains("former"), "{cause}");
    }
    // A flood of requests reads the secret once.
    assert_eq!(issuer.forms().len(), 2);
}

#[tokio::test]
async fn replaced_secret_is_used_within_half_a_minute() {
    let (aws, issuer) = (aws(), issuer());
    let arn = new_secret(&aws, "former").await;
    issuer.require(&basic("former"));
    let oidc = of(&aws, &issuer, Some(&arn));
    oidc.tokens(CODE, now()).await.expect("tokens");
    issuer.require(&basic("newer"));
    replace(&aws, &arn, "newer").await;
    let early = oidc.tokens(CODE, after(29)).await;
    assert!(
        matches!(early, Err(IssuerError::Unavailable(_))),
        "{early:?}"
    );
    oidc.tokens(CODE, after(30)).await.expect("tokens");
    // The former secret remains in use while the newer one can't be read.
    replace(&aws, &arn, "{}").await;
    oidc.tokens(CODE, after(1000)).await.expect("tokens");
}

#[tokio::test]
async fn value_that_is_no_secret_is_not_sent() {
    let (aws, issuer) = (aws(), issuer());
    for value in [r#"{"client_secret":"x"}"#, "a b", "line\nbreak", "é"] {
        let arn = new_secret(&aws, value).await;
        let answer = of(&aws, &issuer, Some(&arn)).tokens(CODE, now()).await;
        let Err(IssuerError::Unavailable(cause)) = answer else {
            panic!("{value}: {answer:?}");
        };
        let cause = cause.to_string();
        assert!(cause.contains("store it as plain text"), "{cause}");
        assert!(!cause.contains(value), "{cause}");
    }
    assert!(issuer.forms().is_empty());
}
