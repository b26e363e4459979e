//! The operator's files: their contents, and the messages for mistakes.

use std::path::PathBuf;

use rolecall_admin::error::AdminError;
use rolecall_admin::exit::Exit;
use rolecall_admin::files::{read_access, read_brand, read_workloads, read_yaml};
use rolecall_domain::access::ProfileName;
use rolecall_domain::aws::Partition;
use serde_json::{Value, json};
use tempfile::TempDir;

const LOGO: &[u8] = include_bytes!("../../../shared/domain/tests/logos/logo.png");

/// A folder with this file and a logo.
fn folder(name: &str, content: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("written");
    std::fs::write(folder.path().join("logo.png"), LOGO).expect("written");
    (folder, path)
}

fn read(content: impl AsRef<[u8]>) -> Value {
    let (_folder, path) = folder("access.yaml", content);
    read_yaml(&path).expect("a valid file")
}

/// The output, without the path of the folder.
fn report(error: &AdminError, folder: &TempDir) -> String {
    let prefix = format!("{}/", folder.path().display());
    error.report().replace(&prefix, "")
}

#[track_caller]
fn refused(content: impl AsRef<[u8]>, expected: &str) {
    let (folder, path) = folder("access.yaml", content);
    let error = read_yaml(&path).expect_err(expected);
    assert_eq!(
        (report(&error, &folder), error.exit()),
        (
            format!("error: file_invalid: access.yaml{expected}"),
            Exit::InvalidArguments
        )
    );
}

#[test]
fn yaml_is_read_as_its_values() {
    let text = "# Access\nprofiles:\n  backup:\n    title: {en: Back up, ja: バックアップ}\n    \
                dangerous: true\n    not: null\n    list: [1, 2.5, \"x\"]\ndefault:\n- backup\n";
    let expected = json!({
        "profiles": {"backup": {
            "title": {"en": "Back up", "ja": "バックアップ"},
            "dangerous": true,
            "not": null,
            "list": [1, 2.5, "x"],
        }},
        "default": ["backup"],
    });
    assert_eq!(read(text), expected);
    assert_eq!(
        read(format!("\u{feff}{text}")),
        expected,
        "with a byte order mark"
    );
    assert_eq!(
        read(text.replace('\n', "\r\n")),
        expected,
        "with Windows line ends"
    );
    assert_eq!(read(expected.to_string()), expected, "as JSON");
    let pretty = serde_json::to_string_pretty(&expected).expect("JSON");
    assert_eq!(
        read(pretty.replace("  ", "\t")),
        expected,
        "as JSON with tabs"
    );
}

#[test]
fn values_that_yaml_1_1_reads_otherwise_are_text() {
    for text in [
        "2012-10-17",
        "2026-11-29T12:00:00Z",
        "yes",
        "no",
        "on",
        "off",
        "Y",
        "n",
        "012345678901",
        "000000000000",
        "arn:aws:iam::012345678901:role/x",
        "1_000",
        "12:30:45",
        "s3:*",
        "=",
        "a#b",
    ] {
        assert_eq!(read(format!("key: {text}")), json!({"key": text}));
        assert_eq!(read(format!("- {text}")), json!([text]));
        assert_eq!(read(format!("{text}: x")), json!({text: "x"}));
    }
    assert_eq!(
        read("key: 123456789012"),
        json!({"key": 123_456_789_012_u64})
    );
    assert_eq!(
        read("a: #2f5bea\nb: '#2f5bea'"),
        json!({"a": null, "b": "#2f5bea"})
    );
}

#[test]
fn policy_in_yaml_is_the_policy_in_json() {
    let yaml = "Version: 2012-10-17\nStatement:\n- Effect: Allow\n  Action: [s3:Get*, ec2:Describe*]\n  \
                Resource: \"*\"\n  Condition:\n    StringEquals: {aws:SourceAccount: 012345678901}\n";
    let json = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Action": ["s3:Get*", "ec2:Describe*"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": "012345678901"}},
    }]});
    assert_eq!(read(yaml), json);
}

#[test]
fn alias_repeats_its_value() {
    let text = "a: &all\n- s3:GetObject\nb: *all\n";
    assert_eq!(
        read(text),
        json!({"a": ["s3:GetObject"], "b": ["s3:GetObject"]})
    );
}

#[test]
fn syntax_error_names_its_line_and_column() {
    for (text, expected) in [
        (
            "a: 1\nb:\n  c: 1\n  c: 2",
            ", line 4, column 3: The key \"c\" occurs more than once.",
        ),
        (
            "{\"a\": 1, \"a\": 2}",
            ", line 1, column 10: The key \"a\" occurs more than once.",
        ),
        (
            "a: 1\n\"a\": 2",
            ", line 2, column 1: The key \"a\" occurs more than once.",
        ),
        (
            "a:\n\tb: 1",
            ", line 2, column 1: Indent with spaces. YAML does not allow tabs.",
        ),
        (
            "a:\n  b: 1\n\tc: 2",
            ", line 3, column 1: Indent with spaces. YAML does not allow tabs.",
        ),
        (
            "a:\n  - b: 1\n  \tc: 2",
            ", line 3, column 3: Indent with spaces. YAML does not allow tabs.",
        ),
        (
            "Action: *",
            ", line 1, column 9: Put text that starts with * in quotes, such as \"*\".",
        ),
        (
            "Action: [*]",
            ", line 1, column 10: Put text that starts with * in quotes, such as \"*\".",
        ),
        (
            "Action:\n- *",
            ", line 2, column 3: Put text that starts with * in quotes, such as \"*\".",
        ),
        (
            "a: *b",
            ", line 1, column 4: The file has no anchor of this name. Put text that starts with * in quotes.",
        ),
        (
            "a: @b",
            ", line 1, column 4: Put text that starts with @ in quotes.",
        ),
        (
            "explain: Reads: all",
            ", line 1, column 15: Check the indentation, and put text that contains a colon and a space in quotes.",
        ),
        (
            "a: !Ref b",
            ", line 1, column 9: The tag \"!Ref\" is not supported. Put text that starts with ! in quotes.",
        ),
        (
            "a: !!set {b}",
            ", line 1, column 10: The tag \"!!set\" is not supported. Put text that starts with ! in quotes.",
        ),
        (
            "<<: {a: 1}",
            ", line 1, column 1: Merge keys (<<) are not supported. Write the keys out.",
        ),
        (
            "a: 1\n---\nb: 2",
            ", line 3, column 1: The file must have one document. Remove the line --- and everything after it.",
        ),
        (
            "a: .inf",
            ", line 1, column 4: \".inf\" is not a finite number. Put text in quotes.",
        ),
        ("a: 'b", ", line 1, column 4: Unclosed quote."),
        ("a: [1, 2", ", line 1, column 4: Unclosed bracket '['."),
        ("a: b\nc", ", line 2, column 1: Simple key expected ':'."),
        ("~: b", ", line 1, column 1: A key must be text."),
    ] {
        refused(text, expected);
    }
}

#[test]
fn file_without_a_document_is_refused() {
    for text in ["", "\n", "# only a comment\n", "~", "---\n", "\u{feff}"] {
        refused(text, ": The file is empty.");
    }
    refused(
        b"a: \xff\xfe",
        ": The file is not UTF-8 text. Save it as UTF-8.",
    );
    let utf16: Vec<u8> = "\u{feff}a: b"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    refused(utf16, ": The file is not UTF-8 text. Save it as UTF-8.");
}

#[test]
fn file_that_grows_when_it_is_read_is_refused() {
    let says = "The file has too many values or aliases, or is nested too deeply.";
    let ten = |anchor: &str| vec![format!("*{anchor}"); 10].join(", ");
    let bomb = format!(
        "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\nb: &b [{}]\nc: &c [{}]\nd: &d [{}]\ne: [{}]\n",
        ten("a"),
        ten("b"),
        ten("c"),
        ten("d")
    );
    let deep = "[".repeat(40) + &"]".repeat(40);
    let wide = "- 1\n".repeat(60_000);
    let often = format!("a: &a 1\nb: [{}]", vec!["*a"; 200].join(", "));
    for text in [bomb, deep, wide, often, "a: &a [*a]".to_owned()] {
        let (folder, path) = folder("access.yaml", text);
        let error = read_yaml(&path).expect_err("a limit");
        let report = report(&error, &folder);
        assert!(report.ends_with(says), "{report}");
    }
    refused(
        " ".repeat(1024 * 1024 + 1),
        ": The file has more than 1024 KB.",
    );
}

#[test]
fn control_characters_of_the_file_are_not_printed() {
    for text in [
        "a: \u{1b}[2Jx",
        "a: 1\n\"\\e[2J\": 2\n\"\\e[2J\": 3",
        "a: !\u{1b}x y",
    ] {
        let (folder, path) = folder("access.yaml", text);
        let error = read_yaml(&path).expect_err("refused");
        let report = report(&error, &folder);
        assert!(!report.contains(char::is_control), "{report:?}");
    }
}

#[test]
fn missing_file_exits_9() {
    let (folder, _) = folder("access.yaml", "");
    let error = read_yaml(&folder.path().join("other.yaml")).expect_err("missing");
    assert_eq!(
        (error.code(), error.exit()),
        ("file_unreadable", Exit::LocalFile)
    );
    let error = read_yaml(folder.path()).expect_err("a folder");
    assert_eq!(
        (error.code(), error.exit()),
        ("file_unreadable", Exit::LocalFile)
    );
}

const ACCESS: &str = "\
profiles:
  backup:
    title: {en: Back up volumes, ja: ボリュームのバックアップ}
    explain: {en: Creates snapshots., ja: スナップショットを作成します。}
    dangerous: no
    policy:
      Version: 2012-10-17
      Statement:
      - Effect: Allow
        Action: [ec2:CreateSnapshot, DescribeVolumes]
        Resource: arn:aws:ec2:*:012345678901:volume/*
default: [backup]
";

#[test]
fn access_file_in_yaml_is_read() {
    let text = ACCESS
        .replace(", DescribeVolumes", "")
        .replace("no\n", "false\n");
    let (_folder, path) = folder("access.yaml", text);
    let file = read_access(&path, Partition::Aws, 6_000).expect("a valid file");
    let policy = file
        .profiles
        .values()
        .next()
        .and_then(|one| one.policy.as_ref());
    let policy = policy.expect("a policy");
    assert_eq!(policy["Version"], "2012-10-17");
    let resource = &policy["Statement"][0]["Resource"];
    assert_eq!(resource, "arn:aws:ec2:*:012345678901:volume/*");
}

#[test]
fn each_mistake_of_an_access_file_is_on_a_line_of_its_own() {
    let (folder, path) = folder("access.yaml", ACCESS.replace("[backup]", "[backups]"));
    let error = read_access(&path, Partition::Aws, 6_000).expect_err("mistakes");
    let expected = "error: file_invalid: Nothing was published.\n\
        access.yaml: profiles.backup.policy.Statement[0].Action[1]: \"DescribeVolumes\" is not an action such as \
        s3:GetObject.\n\
        access.yaml: profiles.backup.dangerous: Must be true or false.\n\
        access.yaml: default[0]: No access profile is named \"backups\". The profiles are: backup.";
    assert_eq!(
        (&*report(&error, &folder), error.exit()),
        (expected, Exit::InvalidArguments)
    );
}

#[test]
fn brand_file_is_read_with_the_logo_beside_it() {
    let text = "product: {en: Acme Cloud, ja: アクメ}\ncontact: help@acme.example\nlogo: logo.png\n\
                accent: '#0972d3'\nreturn_origins:\n- https://app.acme.example\n";
    let (_folder, path) = folder("brand.yaml", text);
    let file = read_brand(&path).expect("a valid file");
    assert_eq!(file.brand.product.ascii.as_str(), "Acme Cloud");
    assert!(
        file.brand
            .allows_return_url("https://app.acme.example/done")
    );
    assert_eq!(file.brand.logo.expect("a logo").width, 48);
    assert_eq!(file.logo.as_deref(), Some(LOGO));
}

#[test]
fn each_mistake_of_a_brand_file_is_on_a_line_of_its_own() {
    let text = "product: Acme\ncontact: javascript:alert(1)\nlogo: missing.png\naccent: #0972d3\n\
                default_language: no\nreturn_origins: [https://*.acme.example]\ntitle: x\n";
    let (folder, path) = folder("brand.yaml", text);
    let error = read_brand(&path).expect_err("mistakes");
    let expected = "error: file_invalid: Nothing was published.\n\
        brand.yaml: title: Unknown key. Use product, contact, security_page, logo, accent, \
        default_language, or return_origins.\n\
        brand.yaml: contact: Must be an email address, or a link that starts with mailto: or https://, with no \
        user name, spaces, backslashes or braces.\n\
        brand.yaml: logo: Could not read the file \"missing.png\": No such file or directory (os error 2).\n\
        brand.yaml: accent: Put the color in quotes, such as \"#1a2b3c\". Without them, YAML reads # as the start \
        of a comment.\n\
        brand.yaml: default_language: Must be en or ja.\n\
        brand.yaml: return_origins[0]: Must be an origin such as https://app.example.com, without a user name or \
        wildcards.";
    assert_eq!(
        (&*report(&error, &folder), error.exit()),
        (expected, Exit::InvalidArguments)
    );
}

#[test]
fn logo_that_is_too_large_is_not_read_whole() {
    let (folder, path) = folder(
        "brand.yaml",
        "product: Acme\ncontact: a@b.example\nlogo: big.png\n",
    );
    std::fs::write(folder.path().join("big.png"), vec![0; 1024 * 1024]).expect("written");
    let error = read_brand(&path).expect_err("too large");
    let expected = "error: file_invalid: Nothing was published.\n\
        brand.yaml: logo: The logo must have at most 200 KB.";
    assert_eq!(report(&error, &folder), expected);
}

/// `publishing.rs` publishes the complete examples.
#[test]
fn files_in_the_documentation_are_valid() {
    let docs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/operations.md");
    let text = std::fs::read_to_string(docs).expect("the page");
    let blocks = text.split("\n```yaml\n").skip(1);
    let blocks = blocks.map(|rest| rest.split("\n```").next().unwrap_or_default());
    let (mut access_files, mut brand_files, mut workload_files) = (0, 0, 0);
    for block in blocks {
        let (_folder, path) = folder("file.yaml", block);
        if block.starts_with("profiles:") {
            access_files += 1;
            read_access(&path, Partition::Aws, 1000).expect(block);
        } else if block.starts_with("issuers:") {
            workload_files += 1;
            let profile = ProfileName::parse("inventory").expect("valid");
            read_workloads(&path, &[profile].into()).expect(block);
        } else {
            brand_files += 1;
            read_brand(&path).expect(block);
        }
    }
    assert_eq!((access_files, brand_files, workload_files), (1, 1, 1));
}
