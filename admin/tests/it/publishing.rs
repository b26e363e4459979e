//! `publish`, with a hub on a fake AWS.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::fake_aws::{FakeAws, MESSAGE};

/// The files that the documentation shows, in a folder where a test can change them.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/onboarding");
        for name in [
            "access.example.yaml",
            "brand.example.yaml",
            "workloads.example.yaml",
            "logo.example.png",
        ] {
            std::fs::copy(examples.join(name), folder.path().join(name)).expect(name);
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn access(&self) -> String {
        self.path("access.example.yaml").display().to_string()
    }

    fn workloads(&self) -> String {
        self.path("workloads.example.yaml").display().to_string()
    }

    fn brand(&self) -> String {
        self.path("brand.example.yaml").display().to_string()
    }

    fn replace(&self, path: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(path).expect("the file");
        assert!(text.contains(from), "{from}");
        std::fs::write(path, text.replace(from, to)).expect("written");
    }
}

#[track_caller]
fn succeeds(aws: &FakeAws, arguments: &[&str]) -> String {
    let (code, out, err) = aws.run(&[&["publish"], arguments].concat());
    assert_eq!((code, &*err), (0, ""), "{out}");
    out
}

/// The published workloads.
fn published_workloads(aws: &FakeAws) -> Option<Value> {
    let key = ("HUB".to_owned(), "WORKLOADS".to_owned());
    aws.state().items.get(&key).cloned()
}

/// The published record.
fn offering(aws: &FakeAws) -> Option<Value> {
    let key = ("HUB".to_owned(), "OFFERING".to_owned());
    aws.state().items.get(&key).cloned()
}

#[test]
fn example_files_are_published_and_then_unchanged() {
    let (aws, files) = (FakeAws::start(), Files::new());
    let (access, brand) = (files.access(), files.brand());
    let both = ["--access", &access, "--brand", &brand];
    let out = succeeds(&aws, &both);
    let expected = "break-glass is new.\ninventory is new.\nvolume-backup is new.\n\
        The default access is inventory.\nThe brand Example Backup changed.\npublished\n";
    assert_eq!(out, expected);
    let record = offering(&aws).expect("a record");
    assert!(record.to_string().contains("SecurityAudit"), "{record}");
    let logo = ("HUB".to_owned(), "LOGO".to_owned());
    assert!(aws.state().items.contains_key(&logo));
    assert_eq!(succeeds(&aws, &both), "unchanged\n");
    assert_eq!(succeeds(&aws, &["--access", &access]), "unchanged\n");
    assert_eq!(offering(&aws), Some(record));
}

#[test]
fn difference_is_printed_in_words_and_a_dry_run_publishes_nothing() {
    let (aws, files) = (FakeAws::start(), Files::new());
    let access = files.access();
    succeeds(&aws, &["--access", &access, "--brand", &files.brand()]);
    let before = offering(&aws);
    files.replace(&access, "- ec2:DescribeSnapshots", "- ec2:DescribeTags");
    files.replace(&access, "  break-glass:", "  emergency:");
    let changes = "break-glass was removed.\nemergency is new.\n\
        volume-backup now also allows ec2:DescribeTags, and no longer allows ec2:DescribeSnapshots.\n";
    let out = succeeds(&aws, &["--access", &access, "--dry-run"]);
    assert_eq!(
        out,
        format!("{changes}not published, because of --dry-run\n")
    );
    assert_eq!(offering(&aws), before);
    let out = succeeds(&aws, &["--access", &access]);
    assert_eq!(out, format!("{changes}published\n"));
    assert_ne!(offering(&aws), before);
    // The brand is as it was published.
    let out = succeeds(&aws, &["--no-access"]);
    let expected = "emergency was removed.\ninventory was removed.\nvolume-backup was removed.\n\
        The default access is none.\npublished\n";
    assert_eq!(out, expected);
    let record = offering(&aws).expect("a record").to_string();
    assert!(record.contains("Example Backup"), "{record}");
}

#[test]
fn every_mistake_of_both_files_is_printed_with_its_place_and_nothing_is_published() {
    let (aws, files) = (FakeAws::start(), Files::new());
    let (access, brand) = (files.access(), files.brand());
    files.replace(&access, "    dangerous: true\n", "");
    files.replace(&access, "- inventory\n", "- inventroy\n");
    files.replace(&brand, "contact: support@example.com", "contact: support");
    let (code, out, err) = aws.run(&["publish", "--access", &access, "--brand", &brand]);
    assert_eq!((code, &*out), (2, ""), "{err}");
    let mut lines = err.lines();
    let first = Some("error: file_invalid: Nothing was published.");
    assert_eq!(lines.next(), first, "{err}");
    for begins in [
        format!("{access}: profiles.break-glass.managed_policies[0]: "),
        format!(
            "{access}: default[0]: No access profile is named \"inventroy\". The profiles are: "
        ),
        format!("{brand}: contact: "),
    ] {
        assert!(
            err.lines().any(|line| line.starts_with(&begins)),
            "{begins}\n{err}"
        );
    }
    assert_eq!(lines.count(), 3, "{err}");
    assert_eq!(offering(&aws), None);
}

/// Bug D1 of similar systems: the packed size can't be computed, so each profile is proven by a real call.
#[test]
fn profile_that_sts_refuses_is_named_and_nothing_is_published() {
    let (aws, files) = (FakeAws::start(), Files::new());
    aws.state().too_large = Some("CreateSnapshot");
    let access = files.access();
    for dry_run in [&[] as &[&str], &["--dry-run"]] {
        let arguments = [&["publish", "--access", &access], dry_run].concat();
        let (code, out, err) = aws.run(&arguments);
        let expected = format!(
            "error: file_invalid: Nothing was published.\n{access}: profiles.volume-backup: STS refuses a \
             session with this profile: Packed policy consumes 112% of allotted space, please use smaller \
             policy. (PackedPolicyTooLarge).\n"
        );
        assert_eq!((code, &*out, err), (2, "", expected));
        assert_eq!(offering(&aws), None);
    }
    aws.state().too_large = None;
    aws.state().sessions.clear();
    succeeds(&aws, &["--access", &access, "--dry-run"]);
    let sessions = std::mem::take(&mut aws.state().sessions);
    assert_eq!(sessions.len(), 3, "{sessions:?}");
    for part in ["AdministratorAccess", "SecurityAudit", "CreateSnapshot"] {
        let with_it = sessions.iter().filter(|body| body.contains(part));
        assert_eq!(with_it.count(), 1, "{part}");
    }
    for body in sessions {
        assert!(body.contains("publishing%2Fproof"), "{body}");
    }
}

#[test]
fn out_writes_the_template_of_a_link_with_the_default_access() {
    let (aws, files) = (FakeAws::start(), Files::new());
    let template = files.path("template.yaml");
    let out = template.display().to_string();
    let (access, brand) = (files.access(), files.brand());
    succeeds(
        &aws,
        &[
            "--access",
            &access,
            "--brand",
            &brand,
            "--dry-run",
            "--out",
            &out,
        ],
    );
    assert_eq!(offering(&aws), None);
    let text = std::fs::read_to_string(&template).expect("the template");
    assert!(
        text.contains("Example Backup. Access: Read your inventory."),
        "{text}"
    );
    assert!(!text.contains("volume-backup"), "{text}");
    // Of a hub where nothing was published.
    let printed = succeeds(&aws, &["--out", &out]);
    assert_eq!((&*printed, offering(&aws)), ("unchanged\n", None));
    let text = std::fs::read_to_string(&template).expect("the template");
    assert!(
        text.contains("SelfInspection") && !text.contains("SecurityAudit"),
        "{text}"
    );
}

#[test]
fn concurrent_publication_is_not_overwritten() {
    let (aws, files) = (FakeAws::start(), Files::new());
    let access = files.access();
    for published_before in [false, true] {
        if published_before {
            aws.state().items.clear();
            succeeds(&aws, &["--access", &access]);
            files.replace(&access, "Back up volumes", "Back up your volumes");
        }
        aws.state().overtaking = Some("theirs".to_owned());
        let (code, _, err) = aws.run(&["publish", "--access", &access]);
        let expected = "error: publication_overtaken: Something else was published at the same time. \
            Publish again.\n";
        assert_eq!((code, &*err), (5, expected));
        let record = offering(&aws).expect("the other publication");
        assert_eq!(record["sha256"]["S"], "theirs");
    }
}

#[test]
fn damaged_record_is_replaced_by_both_files_only() {
    let (aws, files) = (FakeAws::start(), Files::new());
    let (access, brand) = (files.access(), files.brand());
    let both = ["--access", &*access, "--brand", &brand];
    succeeds(&aws, &both);
    for item in aws.state().items.values_mut() {
        item["access"] = serde_json::json!({"S": "damaged"});
        item["sha256"] = serde_json::json!({"S": "damaged"});
    }
    let (code, _, err) = aws.run(&["publish", "--access", &access]);
    assert_eq!(code, 8, "{err}");
    assert!(err.starts_with("error: table_unavailable: "), "{err}");
    assert!(succeeds(&aws, &both).ends_with("\npublished\n"));
    assert_eq!(succeeds(&aws, &["--access", &access]), "unchanged\n");
}

#[test]
fn unreadable_file_exits_9_and_syntax_error_names_its_line() {
    let (aws, files) = (FakeAws::start(), Files::new());
    let missing = files.path("missing.yaml").display().to_string();
    let (code, _, err) = aws.run(&["publish", "--access", &missing]);
    assert_eq!(code, 9);
    assert!(err.starts_with("error: file_unreadable: "), "{err}");
    let access = files.access();
    std::fs::write(&access, "profiles:\n\tinventory: {}\n").expect("written");
    let (code, _, err) = aws.run(&["publish", "--access", &access]);
    let begins = format!("error: file_invalid: {access}, line 2, column 1: ");
    assert!(code == 2 && err.starts_with(&begins), "{err}");
}

#[test]
fn missing_permission_for_the_table_is_reported_in_the_words_of_aws() {
    let files = Files::new();
    for (operation, code, exit) in [
        ("GetItem", "AccessDeniedException", 1),
        ("TransactWriteItems", "AccessDeniedException", 1),
        ("GetItem", "ExpiredTokenException", 3),
    ] {
        let aws = FakeAws::start();
        aws.state().failing.insert(operation, (0, code));
        let (ended, _, err) = aws.run(&["publish", "--access", &files.access()]);
        let report = format!("error: aws_refused: DynamoDB: AWS returned {code}: {MESSAGE}\n");
        assert_eq!((ended, err), (exit, report), "{operation}");
        assert_eq!(offering(&aws), None);
    }
}

#[test]
fn missing_permission_for_the_proof_is_reported_in_the_words_of_aws() {
    let (aws, files) = (FakeAws::start(), Files::new());
    aws.state()
        .failing
        .insert("AssumeRole", (0, "AccessDenied"));
    let (code, _, err) = aws.run(&["publish", "--access", &files.access()]);
    let report = format!("error: aws_refused: AssumeRole: AWS returned AccessDenied: {MESSAGE}\n");
    assert_eq!((code, err), (1, report));
    assert_eq!(offering(&aws), None);
}

#[test]
fn workloads_are_published_with_their_difference_in_words() {
    let (aws, files) = (FakeAws::start(), Files::new());
    let (access, workloads) = (files.access(), files.workloads());
    let both = ["--access", &*access, "--workloads", &workloads];
    let out = succeeds(&aws, &[&both[..], &["--dry-run"]].concat());
    let expected = "The issuer github is new: https://token.actions.githubusercontent.com, audience \
        https://hub.example.com.\n";
    assert!(out.contains(expected), "{out}");
    let expected = "products-account/arn:aws:iam::111122223333:role/backup-worker now gets volume-backup in the \
        accounts of acme.\n";
    assert!(out.contains(expected), "{out}");
    assert_eq!((offering(&aws), published_workloads(&aws)), (None, None));
    assert!(succeeds(&aws, &both).ends_with("\npublished\n"));
    let record = published_workloads(&aws).expect("a record");
    assert!(record.to_string().contains("backup-worker"), "{record}");
    assert_eq!(succeeds(&aws, &both), "unchanged\n");
    files.replace(&workloads, "inventory:collector", "inventory:reader");
    let out = succeeds(&aws, &["--workloads", &workloads]);
    let expected = "A rule was removed: production-cluster/system:serviceaccount:inventory:collector gets inventory.\n\
        production-cluster/system:serviceaccount:inventory:reader now gets inventory in every tenant's accounts.\n\
        published\n";
    assert_eq!(out, expected);
    // The rest is as it was published.
    assert_eq!(succeeds(&aws, &["--access", &access]), "unchanged\n");
}

#[test]
fn mistake_in_the_workloads_is_printed_with_its_place_and_nothing_is_published() {
    let (aws, files) = (FakeAws::start(), Files::new());
    let (access, workloads) = (files.access(), files.workloads());
    // Nothing is published, so there are no profiles.
    let (code, _, err) = aws.run(&["publish", "--workloads", &workloads]);
    assert_eq!(code, 2, "{err}");
    let place =
        format!("{workloads}: rules[0].profiles[0]: No access profile is named \"inventory\".");
    assert!(err.contains(&place), "{err}");
    files.replace(&workloads, "    dangerous: true\n", "");
    files.replace(&access, "- inventory\n", "- inventroy\n");
    let (code, out, err) = aws.run(&["publish", "--access", &access, "--workloads", &workloads]);
    assert_eq!((code, &*out), (2, ""), "{err}");
    let place = format!("{workloads}: rules[2].subject: With a wildcard, ");
    assert!(err.contains(&place), "{err}");
    assert_eq!((offering(&aws), published_workloads(&aws)), (None, None));
}

#[test]
fn profile_that_published_workloads_use_is_not_removed() {
    let (aws, files) = (FakeAws::start(), Files::new());
    let (access, workloads) = (files.access(), files.workloads());
    succeeds(&aws, &["--access", &access, "--workloads", &workloads]);
    let before = (offering(&aws), published_workloads(&aws));
    let (code, _, err) = aws.run(&["publish", "--no-access"]);
    assert_eq!(code, 2, "{err}");
    let expected = "--no-access: profiles: Published rules for workloads name inventory and volume-backup, which \
        would be removed. ";
    assert!(err.contains(expected), "{err}");
    files.replace(&access, "  volume-backup:", "  backup:");
    let (code, _, err) = aws.run(&["publish", "--access", &access]);
    let expected =
        format!("{access}: profiles: Published rules for workloads name volume-backup, ");
    assert!(code == 2 && err.contains(&expected), "{err}");
    assert_eq!((offering(&aws), published_workloads(&aws)), before);
    files.replace(&workloads, "- volume-backup", "- backup");
    succeeds(&aws, &["--access", &access, "--workloads", &workloads]);
}
