//! `publish-template`, with a hub on a fake AWS.

use crate::fake_aws::{FakeAws, MESSAGE};

const READ: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}"#;
const LIST: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}"#;

/// Files with two policies.
fn policies() -> (tempfile::TempDir, [String; 2]) {
    let folder = tempfile::tempdir().expect("a folder");
    let files = [("read.json", READ), ("list.json", LIST)].map(|(name, text)| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    });
    (folder, files)
}

/// The first word and the URL of a successful run.
#[track_caller]
fn published(aws: &FakeAws, arguments: &[&str]) -> (String, String) {
    let arguments = [&["publish-template"], arguments].concat();
    let (code, out, err) = aws.run(&arguments);
    assert_eq!(code, 0, "{err}");
    let (state, rest) = out.split_once(": ").expect("a state");
    let url = rest.lines().nth(1).expect("a URL");
    (state.to_owned(), url.to_owned())
}

#[test]
fn operator_policy_stays_until_it_is_removed_explicitly() {
    let aws = FakeAws::start();
    let (_folder, [read, _]) = policies();
    let (state, with) = published(&aws, &["--operator-policy", &read]);
    assert_eq!(state, "published");
    let again = published(&aws, &[]);
    assert_eq!(again, ("unchanged".to_owned(), with.clone()));
    // A dry run shows what would be removed.
    let (code, out, _) = aws.run(&["publish-template", "--no-operator-policy", "--dry-run"]);
    assert_eq!(code, 0);
    assert!(
        out.contains("\n-        - PolicyName: OperatorPolicy\n"),
        "{out}"
    );
    let (code, out, err) = aws.run(&["publish-template", "--dry-run"]);
    assert_eq!(
        (code, out),
        (0, format!("The template does not differ from {with}\n"))
    );
    assert!(err.contains("--no-operator-policy"), "{err}");
    let (state, without) = published(&aws, &["--no-operator-policy"]);
    assert_eq!(state, "published");
    assert_ne!(without, with);
    assert_eq!(published(&aws, &[]), ("unchanged".to_owned(), without));
}

#[test]
fn unknown_published_policy_is_not_guessed() {
    let aws = FakeAws::start();
    published(&aws, &[]);
    for template in aws.state().objects.values_mut() {
        *template = "Resources: {}\n".to_owned();
    }
    let (code, _, err) = aws.run(&["publish-template"]);
    assert_eq!(code, 2);
    assert!(
        err.starts_with("error: published_policy_unknown: "),
        "{err}"
    );
    let (code, ..) = aws.run(&["publish-template", "--no-operator-policy"]);
    assert_eq!(code, 0);
}

#[test]
fn switching_back_to_an_earlier_template_is_not_unchanged() {
    let aws = FakeAws::start();
    let (_folder, [read, list]) = policies();
    let (_, first) = published(&aws, &["--operator-policy", &read]);
    let (_, second) = published(&aws, &["--operator-policy", &list]);
    assert_ne!(first, second);
    let back = published(&aws, &["--operator-policy", &read]);
    assert_eq!(back, ("published".to_owned(), first.clone()));
    let same = published(&aws, &["--operator-policy", &read]);
    assert_eq!(same, ("unchanged".to_owned(), first));
}

#[test]
fn missing_permission_for_the_table_is_reported_in_the_words_of_aws() {
    for (operation, code, exit) in [
        ("GetItem", "AccessDeniedException", 1),
        ("PutItem", "AccessDeniedException", 1),
        ("GetItem", "ExpiredTokenException", 3),
    ] {
        let aws = FakeAws::start();
        aws.state().failing.insert(operation, (0, code));
        let (ended, _, err) = aws.run(&["publish-template"]);
        let report = format!("error: aws_refused: DynamoDB: AWS returned {code}: {MESSAGE}\n");
        assert_eq!((ended, err), (exit, report), "{operation}");
    }
}
