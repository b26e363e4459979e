//! Tests of `export`: to standard output, to a file, and merged into a file of AWS profiles.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use serde_json::json;

use super::program::{Run, finished, run, with_hub};
use super::stub::{Reply, Stub};

const GRP: &str = "grp_0123456789abcdef0123456789abcdef";
const OTHER: &str = "grp_ffffffffffffffffffffffffffffffff";
const TEXT: &str = "# Account Shop\n[profile shop]\nrole_arn = arn:aws:iam::222222222222:role/x\n";

/// The hub's answer with this file.
fn exported(block: &str, content: &str) -> Reply {
    let omitted = json!({"account_id": "acc_1", "aws_account_id": "333333333333", "name": "Old",
        "reason": "Its checks fail."});
    Reply::ok(
        &json!({"content": content, "account_count": 1, "omitted": [omitted], "block": block}),
    )
}

fn profiles(content: &str) -> Reply {
    exported(GRP, content)
}

fn hub() -> Stub {
    Stub::one(profiles(TEXT))
}

/// Runs `export --merge` with this home directory.
fn write(stub: &Stub, home: &Path, group: &str, more: &[&str]) -> Run {
    let options = [
        "export",
        "--format",
        "aws-config",
        "--via",
        "switch-role",
        "--group",
        group,
    ];
    let arguments = [&options[..], &["--merge"], more].concat();
    let mut command = with_hub(stub, &arguments);
    finished(&command.env("HOME", home).output().expect("it starts"))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("there").permissions().mode() & 0o777
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("UTF-8")
}

fn home() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

/// A home directory with this configuration.
fn home_with(config: &str) -> tempfile::TempDir {
    let home = home();
    fs::create_dir(home.path().join(".aws")).expect("made");
    fs::write(home.path().join(".aws/config"), config).expect("written");
    home
}

#[test]
fn default_file_is_created_with_mode_0600() {
    let home = home();
    let ran = write(&hub(), home.path(), GRP, &[]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    assert!(ran.err.contains("✓ Wrote 1 profile to "), "{ran:?}");
    let config = home.path().join(".aws/config");
    assert!(read(&config).contains(TEXT), "{}", read(&config));
    assert_eq!(
        (mode(&config), mode(&home.path().join(".aws"))),
        (0o600, 0o700)
    );
}

#[test]
fn lines_outside_the_block_and_the_mode_are_kept() {
    let own = "[default]\nregion = eu-west-1\n\n[profile mine]\noutput = json\n";
    let home = home_with(own);
    let config = home.path().join(".aws/config");
    fs::set_permissions(&config, fs::Permissions::from_mode(0o640)).expect("changed");
    assert_eq!(write(&hub(), home.path(), GRP, &[]).code, 0);
    let once = read(&config);
    assert!(once.starts_with(own) && once.contains(TEXT), "{once}");
    assert_eq!(mode(&config), 0o640);
    assert_eq!(write(&hub(), home.path(), GRP, &[]).code, 0);
    assert_eq!(read(&config), once, "writing again changes nothing");

    let lab = Stub::one(exported(OTHER, "[profile lab]\nregion = x\n"));
    assert_eq!(write(&lab, home.path(), OTHER, &[]).code, 0);
    let two = read(&config);
    assert!(
        two.starts_with(&once) && two.contains("[profile lab]"),
        "{two}"
    );
    let gone = Stub::one(profiles("# Nothing.\n"));
    assert_eq!(write(&gone, home.path(), GRP, &[]).code, 0);
    let later = read(&config);
    assert!(
        later.starts_with(own) && later.contains("[profile lab]"),
        "{later}"
    );
    assert!(!later.contains("[profile shop]"), "{later}");
    let files = fs::read_dir(home.path().join(".aws"))
        .expect("there")
        .count();
    assert_eq!(files, 1, "no temporary file is left");
}

#[test]
fn windows_line_endings_are_kept() {
    let home = home_with("[default]\r\nregion = x");
    assert_eq!(write(&hub(), home.path(), GRP, &[]).code, 0);
    let text = read(&home.path().join(".aws/config"));
    assert!(text.starts_with("[default]\r\nregion = x\r\n"), "{text:?}");
    assert_eq!(
        text.matches('\n').count(),
        text.matches("\r\n").count(),
        "{text:?}"
    );
}

#[test]
fn file_that_cannot_be_merged_is_left_alone() {
    let home = home_with("[default]\n");
    let config = home.path().join(".aws/config");
    assert_eq!(write(&hub(), home.path(), GRP, &[]).code, 0);
    let edited = read(&config).replace("role/x", "role/mine");
    fs::write(&config, &edited).expect("written");
    let stub = hub();
    let ran = write(&stub, home.path(), GRP, &[]);
    assert_eq!(ran.code, 9, "{ran:?}");
    assert!(ran.err.contains("--force"), "{ran:?}");
    assert_eq!(read(&config), edited);
    assert_eq!(write(&stub, home.path(), GRP, &["--force"]).code, 0);
    assert!(read(&config).contains(TEXT));

    let twice = "[profile shop]\nregion = mine\n";
    fs::write(&config, twice).expect("written");
    let ran = write(&hub(), home.path(), GRP, &["--force"]);
    assert_eq!(ran.code, 9, "{ran:?}");
    assert!(ran.err.contains("profile shop"), "{ran:?}");
    assert_eq!(read(&config), twice);
}

#[test]
fn symbolic_links_are_followed_and_kept() {
    let home = home();
    fs::create_dir_all(home.path().join("dotfiles")).expect("made");
    fs::create_dir(home.path().join(".aws")).expect("made");
    let (target, link) = (
        home.path().join("dotfiles/aws"),
        home.path().join(".aws/config"),
    );
    symlink("../dotfiles/aws", &link).expect("linked");
    assert_eq!(
        write(&hub(), home.path(), GRP, &[]).code,
        0,
        "the target does not exist yet"
    );
    assert!(read(&target).contains(TEXT));
    fs::write(&target, "[default]\n").expect("written");
    assert_eq!(write(&hub(), home.path(), GRP, &[]).code, 0);
    assert!(read(&target).starts_with("[default]\n") && read(&target).contains(TEXT));
    assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
    let files = fs::read_dir(home.path().join(".aws"))
        .expect("there")
        .count();
    assert_eq!(files, 1);
}

#[test]
fn aws_config_file_variable_is_respected() {
    let home = home();
    let named = home.path().join("named");
    let stub = hub();
    let mut command = with_hub(&stub, &["export", "--format", "aws-config", "--merge"]);
    command
        .env("HOME", home.path())
        .env("AWS_CONFIG_FILE", &named);
    assert_eq!(finished(&command.output().expect("it starts")).code, 0);
    assert!(read(&named).contains(TEXT));
    assert!(!home.path().join(".aws").exists());
}

/// Programs that read the other file read no other configuration.
#[test]
fn other_file_gets_a_copy_of_the_source_profile() {
    let config = "[default]\nregion = x\n[profile work]\nsso_session = corp\nsso_role_name = Admin\n\n\
                  # >>> rolecall grp_1 0\n# <<< rolecall grp_1\n[sso-session corp]\nsso_region = us-east-1\n\
                  [profile other]\nregion = y\n";
    let home = home_with(config);
    let elsewhere = home.path().join("rolecall");
    let named = elsewhere.to_str().expect("UTF-8");
    let ran = write(
        &hub(),
        home.path(),
        GRP,
        &[named, "--source-profile", "work"],
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    let text = read(&elsewhere);
    for part in [
        "[profile work]\nsso_session = corp\n",
        "[sso-session corp]\n",
        TEXT,
    ] {
        assert_eq!(text.matches(part).count(), 1, "{part}{text}");
    }
    assert!(
        !text.contains("[profile other]") && !text.contains("[default]"),
        "{text}"
    );
    assert_eq!(
        read(&home.path().join(".aws/config")),
        config,
        "it must not change"
    );
    let lab = "[profile lab]\nsource_profile = work\nregion = x\n";
    let lab = Stub::one(exported(OTHER, lab));
    assert_eq!(
        write(
            &lab,
            home.path(),
            OTHER,
            &[named, "--source-profile", "work"]
        )
        .code,
        0
    );
    assert_eq!(
        read(&elsewhere).matches("[profile work]").count(),
        1,
        "once for both groups"
    );

    let ran = write(
        &hub(),
        home.path(),
        GRP,
        &[named, "--source-profile", "absent"],
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("has the source profile absent"), "{ran:?}");
    for part in [
        "[profile work]\nsso_session = corp\n",
        "[sso-session corp]\n",
    ] {
        let text = read(&elsewhere);
        assert_eq!(text.matches(part).count(), 1, "the other group's: {text}");
    }
    let keys = "[absent]\naws_access_key_id = a\n";
    fs::write(home.path().join(".aws/credentials"), keys).expect("written");
    let ran = write(
        &hub(),
        home.path(),
        GRP,
        &[named, "--source-profile", "absent"],
    );
    assert!(!ran.err.contains("Warning"), "{ran:?}");

    // Once no profile refers to it, it is removed.
    let lab = Stub::one(exported(OTHER, "[profile lab]\nsource_profile = absent\n"));
    let ran = write(
        &lab,
        home.path(),
        OTHER,
        &[named, "--source-profile", "absent"],
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    let text = read(&elsewhere);
    assert!(
        !text.contains("[profile work]") && !text.contains("[sso-session corp]"),
        "{text}"
    );
    assert!(
        text.contains("[profile lab]") && text.contains(TEXT),
        "{text}"
    );
}

#[test]
fn failed_request_writes_nothing() {
    let home = home();
    let ran = write(
        &Stub::one(Reply::problem(404, "not_found")),
        home.path(),
        GRP,
        &[],
    );
    assert_eq!(ran.code, 4);
    assert!(!home.path().join(".aws").exists());
    let nowhere = home.path().join("no/such/place");
    let nowhere = nowhere.to_str().expect("UTF-8");
    assert_eq!(write(&hub(), home.path(), GRP, &[nowhere]).code, 9);
    let directory = home.path().to_str().expect("UTF-8");
    assert_eq!(write(&hub(), home.path(), GRP, &[directory]).code, 9);
    let ran = run(&hub(), &["export", "--format", "aws-config", "--merge"]);
    assert_eq!(ran.code, 2, "no home: {ran:?}");
}

#[test]
fn file_is_replaced_and_never_written_in_place() {
    let home = home_with("[default]\n");
    let former = home.path().join("former");
    fs::hard_link(home.path().join(".aws/config"), &former).expect("linked");
    assert_eq!(write(&hub(), home.path(), GRP, &[]).code, 0);
    assert!(read(&home.path().join(".aws/config")).contains(TEXT));
    assert_eq!(
        read(&former),
        "[default]\n",
        "it must not be written in place"
    );
}

#[test]
fn concurrent_change_of_the_file_is_kept() {
    let home = home_with("[default]\n");
    let config = home.path().join(".aws/config");
    let theirs = "[default]\nregion = eu-west-1\n";
    let reply = Box::new(profiles(TEXT));
    let hub = Stub::one(Reply::After(config.clone(), theirs, reply));
    let ran = write(&hub, home.path(), GRP, &[]);
    assert_eq!(ran.code, 9, "{ran:?}");
    assert!(ran.err.contains("changed meanwhile"), "{ran:?}");
    assert_eq!(read(&config), theirs);
}

/// A section of the same name in the credentials file has its own keys.
#[test]
fn profile_of_the_credentials_file_is_reported() {
    let home = home_with("[default]\n");
    let keys = "[shop]\naws_access_key_id = a\naws_secret_access_key = b\n";
    fs::write(home.path().join(".aws/credentials"), keys).expect("written");
    let ran = write(&hub(), home.path(), GRP, &[]);
    assert_eq!(ran.code, 9, "{ran:?}");
    assert!(
        ran.err.contains("credentials file has a profile shop"),
        "{ran:?}"
    );
    assert_eq!(read(&home.path().join(".aws/config")), "[default]\n");
}

/// The reader of an export without comments finds the reasons on standard error.
#[test]
fn left_out_accounts_are_reported_where_the_file_has_no_comments() {
    let csv = "\u{feff}account_id\r\nacc_1\r\n";
    let hub = Stub::one(exported("", csv));
    let output = with_hub(&hub, &["export", "--format", "csv"])
        .output()
        .expect("it starts");
    assert_eq!(
        String::from_utf8(output.stdout).expect("UTF-8"),
        csv,
        "byte for byte"
    );
    let errors = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(errors, "Left out: Old (333333333333). Its checks fail.\n");
    let config = Stub::one(profiles(TEXT));
    let ran = run(&config, &["export", "--format", "aws-config"]);
    assert_eq!(
        (ran.out.as_str(), ran.err.as_str()),
        (TEXT, ""),
        "the comments say it"
    );
}

#[test]
fn file_is_created_private_and_replaced_with_its_mode() {
    let home = home();
    let path = home.path().join("accounts.yml");
    let named = path.to_str().expect("UTF-8");
    let export = |content: &str| {
        let hub = Stub::one(exported("", content));
        run(&hub, &["export", "--format", "c7n-org", "--file", named])
    };
    let ran = export("accounts: []\n");
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    assert!(ran.err.contains("✓ Wrote 1 account to "), "{ran:?}");
    assert!(
        ran.err
            .contains("Left out: Old (333333333333). Its checks fail.\n"),
        "{ran:?}"
    );
    assert_eq!(
        (read(&path).as_str(), mode(&path)),
        ("accounts: []\n", 0o600)
    );
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("changed");
    let ran = export("accounts: [] # new\n");
    assert!(
        ran.err.contains("Other users of this machine can read"),
        "{ran:?}"
    );
    assert_eq!(
        (read(&path).as_str(), mode(&path)),
        ("accounts: [] # new\n", 0o644)
    );
    let files = fs::read_dir(home.path()).expect("there").count();
    assert_eq!(files, 1, "no temporary file is left");
}

#[test]
fn answer_without_a_usable_block_writes_nothing() {
    for block in ["", "two words", "a\nb"] {
        let home = home_with("[default]\n");
        let ran = write(&Stub::one(exported(block, TEXT)), home.path(), GRP, &[]);
        assert_eq!(ran.code, 8, "{block:?}: {ran:?}");
        assert_eq!(read(&home.path().join(".aws/config")), "[default]\n");
    }
}
