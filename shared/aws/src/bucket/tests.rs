use super::*;
use crate::config::AwsEnvironment;
use aws_credential_types::Credentials;
use aws_credential_types::provider::future;
use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::StatusCode;
use rolecall_domain::ports::TemplateBucket as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const KEY: &str = "onboarding/1.0.0/abc/role.yaml";

/// S3 with prepared responses; the last one applies to all further requests.
#[derive(Debug, Clone)]
struct S3 {
    answers: Vec<(u16, &'static str)>,
    /// The method, the URL and the headers of each request.
    requests: Arc<Mutex<Vec<String>>>,
}

impl HttpConnector for S3 {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut text = format!("{} {}\n", request.method(), request.uri());
        for (name, value) in request.headers() {
            text.push_str(&format!("{name}: {value}\n"));
        }
        let mut requests = self.requests.lock().expect("not poisoned");
        let at = requests.len().min(self.answers.len() - 1);
        requests.push(text);
        let (status, body) = self.answers[at];
        let status = StatusCode::try_from(status).expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
    }
}

/// Returns other credentials each time.
#[derive(Debug, Default)]
struct Expiring(AtomicUsize);

impl ProvideCredentials for Expiring {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        let token = Some(format!("token-{number}"));
        let credentials = Credentials::new(format!("KEY{number}"), "secret", token, None, "test");
        future::ProvideCredentials::ready(Ok(credentials))
    }
}

/// Stores a template. Returns the result and the requests.
async fn put(
    region: &str,
    answers: &[(u16, &'static str)],
) -> (Result<(), BucketError>, Vec<String>) {
    let s3 = S3 {
        answers: answers.to_vec(),
        requests: Arc::default(),
    };
    let environment = AwsEnvironment::read(&|name: &str| match name {
        "AWS_REGION" => Some(region.to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("none".to_owned()),
        _ => None,
    });
    let connector = SharedHttpConnector::new(s3.clone());
    let aws = Aws::over(connector, &environment.expect("complete"));
    let bucket = TemplateBucket {
        credentials: SharedCredentialsProvider::new(Expiring::default()),
        ..TemplateBucket::new(&aws, "templates")
    };
    let stored = bucket.put_once(KEY, "Resources: {}\n").await;
    let requests = s3.requests.lock().expect("not poisoned").clone();
    (stored, requests)
}

const BUSY: (u16, &str) = (503, "<Error><Code>SlowDown</Code></Error>");

#[tokio::test]
async fn template_is_put_with_a_signed_condition() {
    for (region, suffix) in [("eu-central-1", "com"), ("cn-north-1", "com.cn")] {
        let (stored, requests) = put(region, &[(200, "")]).await;
        stored.expect("stored");
        let [request] = requests.as_slice() else {
            panic!("{requests:?}");
        };
        let url = format!("PUT https://templates.s3.{region}.amazonaws.{suffix}/{KEY}\n");
        assert!(request.starts_with(&url), "{request}");
        assert!(request.contains("\nif-none-match: *\n"), "{request}");
        let signature = format!("/{region}/s3/aws4_request, SignedHeaders=");
        let (_, signed) = request.split_once(&signature).expect("a signature");
        let (signed, _) = signed.split_once(", ").expect("signed headers");
        for header in [
            "content-type",
            "host",
            "if-none-match",
            "x-amz-content-sha256",
            "x-amz-security-token",
        ] {
            assert!(signed.split(';').any(|one| one == header), "{signed}");
        }
    }
}

#[tokio::test]
async fn existing_key_counts_as_stored() {
    let exists = (412, "<Error><Code>PreconditionFailed</Code></Error>");
    let (stored, requests) = put("us-east-1", &[exists]).await;
    stored.expect("stored");
    assert_eq!(requests.len(), 1);
}

#[tokio::test]
async fn each_attempt_reads_the_credentials_again() {
    let (stored, requests) = put("us-east-1", &[BUSY, (200, "")]).await;
    stored.expect("stored");
    let [first, second] = requests.as_slice() else {
        panic!("{requests:?}");
    };
    assert!(first.contains("Credential=KEY0/"), "{first}");
    assert!(second.contains("Credential=KEY1/"), "{second}");
    assert!(second.contains("x-amz-security-token: token-1"), "{second}");
}

#[tokio::test]
async fn temporary_failure_is_retried_once() {
    for temporary in [
        BUSY,
        (500, "<Error><Code>InternalError</Code></Error>"),
        (
            409,
            "<Error><Code>ConditionalRequestConflict</Code></Error>",
        ),
        (403, "<html>a gateway without AWS's code</html>"),
    ] {
        let (stored, requests) = put("us-east-1", &[temporary, (412, "")]).await;
        stored.expect("stored");
        assert_eq!(requests.len(), 2, "{temporary:?}");
        let (stored, requests) = put("us-east-1", &[temporary]).await;
        let unavailable = matches!(stored, Err(BucketError::Unavailable(_)));
        assert!(unavailable, "{temporary:?}: {stored:?}");
        assert_eq!(requests.len(), 2, "{temporary:?}");
    }
}

#[tokio::test]
async fn rejection_is_not_retried() {
    for (status, code) in [
        (301, "PermanentRedirect"),
        (400, "AuthorizationHeaderMalformed"),
        (403, "AccessDenied"),
        (404, "NoSuchBucket"),
    ] {
        let body: &'static str = format!("<Error><Code>{code}</Code></Error>").leak();
        let (stored, requests) = put("us-east-1", &[(status, body)]).await;
        assert_eq!(requests.len(), 1, "{code}");
        let error = stored.expect_err(code);
        assert!(matches!(error, BucketError::Rejected { .. }), "{error:?}");
        let text = with_causes(&error);
        let expected = format!(": {code}, HTTP status {status}");
        assert!(text.contains("templates/onboarding/*"), "{text}");
        assert!(text.ends_with(&expected), "{text}");
    }
}
