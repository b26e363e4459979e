use super::*;
use rolecall_domain::messages::Series;

const ALL: &[(&str, &str)] = &[
    ("AWS_REGION", "eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "very-secret-key"),
    ("AWS_SESSION_TOKEN", "very-secret-token"),
    ("AWS_ENDPOINT_URL", ""),
    ("TABLE_NAME", "records"),
    ("RECEIPTS_TABLE_NAME", "receipts"),
    ("PROOF_MAX_AGE_SECONDS", "7200"),
    (
        "TOKEN_KEY_SECRET_ARN",
        "arn:aws:secretsmanager:eu-central-1:111111111111:secret:k",
    ),
    ("EVENT_BUS_NAME", "rolecall"),
    ("PUBLISH_DLQ_URL", "https://sqs.example/111111111111/dead"),
    ("CHECK_QUEUE_URL", "https://sqs.example/111111111111/checks"),
    (
        "FAILURES_QUEUE_URL",
        "https://sqs.example/111111111111/failures",
    ),
    ("HUB_ACCOUNT_ID", "111111111111"),
    (
        "TRUSTED_PRINCIPALS",
        "arn:aws:iam::111111111111:role/rolecall-hub/verifier/*, arn:aws:iam::111111111111:role/x",
    ),
    ("ALLOW_HUB_ACCOUNT", "false"),
    ("RESPONSE_ORIGINS", ""),
    ("TOPIC_NAME", "rolecall-registration"),
    ("ONBOARDING_BUCKET", "onboarding"),
    ("ONBOARDING_URL", "https://onboarding.s3.example"),
    ("API_URL", "https://api.example/"),
    ("TENANT_CLAIM", "custom:tenant"),
    ("ROLE_CLAIM", "custom:role"),
    ("DEFAULT_ROLE", "viewer"),
    ("JWT_ISSUER", "https://issuer.example/"),
    ("JWT_AUDIENCE", "console, cli"),
    ("OPENID_CONFIGURATION", ""),
    ("CLI_CLIENT_ID", "cli"),
    ("SERVED_REGIONS", "eu-central-1, eu-west-1"),
    ("REGISTRATION_TTL_SECONDS", "172800"),
    ("QUIET_PERIOD_SECONDS", "900"),
    ("DELETING_RECHECK_SECONDS", "3600"),
    ("CHECK_INTERVAL_SECONDS", "3600"),
    ("FULL_CHECK_INTERVAL_SECONDS", "86400"),
    ("ORPHAN_CHECK_SECONDS", "300"),
];

/// A deployed function's environment, with one variable changed.
fn with(name: &'static str, value: Option<&'static str>) -> impl Lookup {
    move |wanted: &str| {
        if wanted == name {
            return value.map(str::to_owned);
        }
        let found = ALL.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, value)| (*value).to_owned())
    }
}

fn as_deployed() -> impl Lookup {
    with("", None)
}

#[test]
fn every_function_reads_the_template_environment() {
    let get = as_deployed();
    let api = ApiConfig::read(&get).expect("complete");
    assert_eq!(api.settings, Settings::default());
    assert_eq!(api.hub.account.as_str(), "111111111111");
    assert_eq!(api.hub.trusted_principals.len(), 2);
    assert!(!api.hub.allow_own_account);
    assert_eq!(api.claims, ClaimSettings::default());
    assert_eq!(api.audiences, ["console", "cli"]);
    assert_eq!(api.cli_client_id.as_deref(), Some("cli"));
    let metadata = "https://issuer.example/.well-known/openid-configuration";
    assert_eq!(api.openid_configuration, metadata);
    let served = Series::of(["eu-central-1", "eu-west-1"]);
    assert_eq!(api.service.listed(), served);
    let callback = CallbackConfig::read(&get).expect("complete");
    assert!(callback.response_origins.is_empty());
    CleanupConfig::read(&get).expect("complete");
    // A check compares stacks with the template that a link would have.
    let health = HealthConfig::read(&get).expect("complete");
    assert_eq!(health.onboarding, api.onboarding);
    let facts = api.onboarding.facts;
    assert_eq!(facts.served_regions.len(), 2);
    assert_eq!(facts.trusted_principals, api.hub.trusted_principals);
    let topic = "arn:${AWS::Partition}:sns:${AWS::Region}:111111111111:rolecall-registration";
    assert_eq!(facts.service_token, topic);
    PublisherConfig::read(&get).expect("complete");
}

#[test]
fn regions_that_can_not_be_served_are_omitted() {
    for (value, served) in [
        ("eu-west-9", &["eu-central-1"][..]),
        ("eu-west-1;eu-west-2", &["eu-central-1"]),
        ("us-gov-west-1,eu-west-1", &["eu-central-1", "eu-west-1"]),
        ("cn-north-1,eusc-de-east-1", &["eu-central-1"]),
    ] {
        let config = ApiConfig::read(&with("SERVED_REGIONS", Some(value))).expect(value);
        let served = Series::of(served.iter().copied());
        assert_eq!(config.service.listed(), served, "{value}");
    }
    let alone = ApiConfig::read(&with("SERVED_REGIONS", None)).expect("its own Region");
    assert_eq!(alone.service.listed(), Series::of(["eu-central-1"]));
}

#[test]
fn default_role_is_viewer_unless_it_is_set() {
    let read = |role| ApiConfig::read(&with("DEFAULT_ROLE", role)).map(|it| it.claims.default_role);
    assert_eq!(read(None), Ok(Role::Viewer));
    assert_eq!(read(Some("")), Ok(Role::Viewer));
    assert_eq!(read(Some("owner")), Ok(Role::Owner));
    for wrong in ["Owner", "admin", "owner "] {
        let error = read(Some(wrong)).expect_err(wrong).to_string();
        assert!(
            error.contains("DEFAULT_ROLE") && !error.contains(wrong),
            "{error}"
        );
    }
}

#[test]
fn missing_variable_is_named() {
    for name in [
        "TABLE_NAME",
        "HUB_ACCOUNT_ID",
        "TRUSTED_PRINCIPALS",
        "QUIET_PERIOD_SECONDS",
    ] {
        for nothing in [None, Some("")] {
            let error = ApiConfig::read(&with(name, nothing)).expect_err(name);
            assert_eq!(error, ConfigError::Missing(name));
        }
    }
    let error = PublisherConfig::read(&with("EVENT_BUS_NAME", None)).expect_err("missing");
    assert_eq!(
        error.to_string(),
        "the environment variable EVENT_BUS_NAME is not set"
    );
}

#[test]
fn malformed_variable_is_named_without_its_value() {
    for (name, value) in [
        ("HUB_ACCOUNT_ID", "11111111111"),
        ("TRUSTED_PRINCIPALS", "*"),
        ("TRUSTED_PRINCIPALS", ","),
        ("TRUSTED_PRINCIPALS", "111111111111"),
        ("TRUSTED_PRINCIPALS", "role/console"),
        ("TRUSTED_PRINCIPALS", "arn:aws:iam::*:role/x"),
        ("TRUSTED_PRINCIPALS", "arn:aws:iam::111111111111:"),
        ("TRUSTED_PRINCIPALS", "arn:aws:s3:::bucket"),
        ("ALLOW_HUB_ACCOUNT", "yes"),
        ("RESPONSE_ORIGINS", "127.0.0.1:4566"),
        ("RESPONSE_ORIGINS", "http://user@127.0.0.1"),
        ("RESPONSE_ORIGINS", "http://127.0.0.1/path"),
        ("RESPONSE_ORIGINS", "ftp://127.0.0.1"),
        ("QUIET_PERIOD_SECONDS", "0"),
        ("QUIET_PERIOD_SECONDS", "-5"),
        ("QUIET_PERIOD_SECONDS", "0.9"),
        ("QUIET_PERIOD_SECONDS", "inf"),
        ("QUIET_PERIOD_SECONDS", "NaN"),
        ("QUIET_PERIOD_SECONDS", "15m"),
        ("QUIET_PERIOD_SECONDS", "31622401"),
        ("AWS_REGION", "moon"),
    ] {
        match CallbackConfig::read(&with(name, Some(value))).expect_err(name) {
            ConfigError::Malformed { name: named, .. } => assert_eq!(named, name),
            other => panic!("{name}={value}: {other}"),
        }
    }
}

#[test]
fn response_origins_are_normalized() {
    let get = with(
        "RESPONSE_ORIGINS",
        Some("http://127.0.0.1:4566/, http://localhost:4566"),
    );
    let config = CallbackConfig::read(&get).expect("valid");
    assert_eq!(
        config.response_origins,
        ["http://127.0.0.1:4566", "http://localhost:4566"]
    );
}

#[test]
fn empty_endpoint_url_is_none() {
    let environment = AwsEnvironment::read(&as_deployed()).expect("complete");
    assert_eq!(environment.endpoint_url, None);
    assert_eq!(environment.roots, Roots::AmazonThenSystem);
    let local = with("AWS_ENDPOINT_URL", Some("http://127.0.0.1:4566"));
    let environment = AwsEnvironment::read(&local).expect("complete");
    assert_eq!(
        environment.endpoint_url.as_deref(),
        Some("http://127.0.0.1:4566")
    );
}

#[test]
fn unusable_ca_bundle_is_replaced_by_the_default_roots() {
    // A missing file, and one without certificates.
    for path in ["/nowhere/roots.pem", "/dev/null"] {
        let environment = AwsEnvironment::read(&with("AWS_CA_BUNDLE", Some(path))).expect(path);
        assert_eq!(environment.roots, Roots::default());
    }
}

/// CloudFormation accepts such numbers.
#[test]
fn seconds_can_have_fractions_and_exponents() {
    for (text, seconds) in [("900", 900), ("900.0", 900), ("1.5", 1), ("9e2", 900)] {
        let config = CleanupConfig::read(&with("QUIET_PERIOD_SECONDS", Some(text))).expect(text);
        let expected = SignedDuration::from_secs(seconds);
        assert_eq!(config.settings.quiet_period, expected);
    }
}

#[test]
fn debug_output_shows_no_secret() {
    let environment = AwsEnvironment::read(&as_deployed()).expect("complete");
    let shown = format!("{environment:?}");
    assert!(!shown.contains("very-secret"), "{shown}");
}
