//! `workload-token`, with an STS on the loopback interface.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::program::{Run, command, finished};
use crate::stub::{Reply, Stub};

const ISSUED: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";

fn issued(token: &str) -> Reply {
    Reply::new(
        200,
        format!(
            "<GetWebIdentityTokenResponse><GetWebIdentityTokenResult><WebIdentityToken>{token}</WebIdentityToken>\
         <Expiration>2026-11-29T12:00:00Z</Expiration></GetWebIdentityTokenResult>\
         </GetWebIdentityTokenResponse>"
        ),
    )
}

fn refused() -> Reply {
    Reply::new(
        403,
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: arn:aws:iam::1:role/x is not \
        authorized to perform: sts:GetWebIdentityToken</Message></Error></ErrorResponse>",
    )
}

fn program(stub: &Stub, file: &Path) -> Command {
    let file = file.to_str().expect("a path");
    let mut command = command(&[
        "workload-token",
        "--file",
        file,
        "--audience",
        "https://hub.example.com",
    ]);
    command
        .env("AWS_ENDPOINT_URL", stub.url())
        .env("AWS_REGION", "eu-central-1");
    command
}

fn run(command: &mut Command) -> Run {
    let run = finished(&command.output().expect("it starts"));
    for secret in [ISSUED, "s3cr3t"] {
        assert!(
            !run.out.contains(secret) && !run.err.contains(secret),
            "{run:?}"
        );
    }
    run
}

fn with_keys(command: &mut Command) -> &mut Command {
    command
        .env("AWS_ACCESS_KEY_ID", "AKIATEST")
        .env("AWS_SECRET_ACCESS_KEY", "s3cr3t")
}

#[test]
fn token_alone_is_in_a_file_that_only_its_owner_can_read() {
    let stub = Stub::new([issued(ISSUED)]);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    for before in [None, Some("former\n")] {
        if let Some(before) = before {
            std::fs::write(&file, before).expect("written");
            std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).expect("set");
        }
        let run = run(with_keys(&mut program(&stub, &file)));
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(std::fs::read_to_string(&file).expect("a file"), ISSUED);
        let mode = std::fs::metadata(&file)
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(
            std::fs::read_dir(folder.path()).expect("a folder").count(),
            1
        );
    }
    let request = stub.requests().remove(0);
    assert_eq!(request.line(), "POST /");
    let expected = "Action=GetWebIdentityToken&Version=2011-06-15&\
        Audience.member.1=https%3A%2F%2Fhub.example.com&SigningAlgorithm=RS256&DurationSeconds=3600";
    assert_eq!(request.body, expected);
    let signature = request.header("authorization").expect("signed");
    assert!(
        signature.starts_with("AWS4-HMAC-SHA256 Credential=AKIATEST/"),
        "{signature}"
    );
    assert!(
        signature.contains("/eu-central-1/sts/aws4_request"),
        "{signature}"
    );
}

#[test]
fn refusal_is_reported_in_the_words_of_aws_and_leaves_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    std::fs::write(&file, "former").expect("written");
    let not_a_token = issued("a b\n");
    for (reply, expected) in [
        (
            refused(),
            "AWS STS refused with status 403: AccessDenied: User: arn:aws:iam::1:role/x is not authorized",
        ),
        (not_a_token, "AWS STS refused with status 200"),
        (Reply::new(500, ""), "AWS STS refused with status 500"),
        (Reply::Hangup, "Could not reach AWS STS"),
    ] {
        let stub = Stub::new([reply]);
        let run = run(with_keys(&mut program(&stub, &file)));
        assert_eq!((run.code, &*run.out), (1, ""), "{run:?}");
        assert!(run.err.contains(expected), "{run:?}");
        assert_eq!(std::fs::read_to_string(&file).expect("a file"), "former");
    }
}

#[test]
fn credentials_of_a_container_and_of_an_instance_are_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    let keys = Reply::new(
        200,
        r#"{"AccessKeyId": "ASIACONTAINER", "SecretAccessKey": "s3cr3t", "Token": "t"}"#,
    );
    let stub = Stub::new([keys.clone(), issued(ISSUED)]);
    let url = format!("{}/credentials", stub.url());
    let run_1 = run(program(&stub, &file)
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)
        .env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "container-token"));
    assert_eq!(run_1.code, 0, "{run_1:?}");
    let requests = stub.requests();
    assert_eq!(requests[0].line(), "GET /credentials");
    assert_eq!(requests[0].header("authorization"), Some("container-token"));
    assert_eq!(requests[1].header("x-amz-security-token"), Some("t"));

    let replies = [
        Reply::new(200, "imds"),
        Reply::new(200, "worker\n"),
        keys,
        issued(ISSUED),
    ];
    let stub = Stub::new(replies);
    let run_2 = run(program(&stub, &file).env("AWS_EC2_METADATA_SERVICE_ENDPOINT", stub.url()));
    assert_eq!(run_2.code, 0, "{run_2:?}");
    let lines: Vec<String> = stub.requests().iter().map(|one| one.line()).collect();
    let path = "GET /latest/meta-data/iam/security-credentials/";
    let expected = [
        "PUT /latest/api/token".to_owned(),
        path.to_owned(),
        format!("{path}worker"),
        "POST /".to_owned(),
    ];
    assert_eq!(lines, expected);
    assert_eq!(
        stub.requests()[1].header("x-aws-ec2-metadata-token"),
        Some("imds")
    );

    let stub = Stub::new([issued(ISSUED)]);
    let run_3 = run(program(&stub, &file).env("AWS_EC2_METADATA_DISABLED", "true"));
    assert_eq!(run_3.code, 3, "{run_3:?}");
    assert!(
        run_3.err.contains("No AWS credentials were found"),
        "{run_3:?}"
    );
}

#[test]
fn missing_region_is_named() {
    let stub = Stub::new([issued(ISSUED)]);
    let run = run(program(&stub, Path::new("token")).env_remove("AWS_REGION"));
    assert_eq!(run.code, 2);
    assert!(
        run.err
            .contains("No AWS Region. Set --region or AWS_REGION."),
        "{run:?}"
    );
}
