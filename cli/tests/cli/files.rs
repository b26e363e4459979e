//! `aws-config --write`.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::program::{Ran, run};
use super::stub::{Reply, Stub};

const GRP: &str = "grp_0123456789abcdef0123456789abcdef";
const TEXT: &str = "[profile shop]\nrole_arn = arn:aws:iam::222222222222:role/x\n";

fn write(stub: &Stub, path: &Path, more: &[&str]) -> Ran {
    let path = path.to_str().expect("UTF-8");
    run(
        stub,
        &[&["aws-config", GRP, "--write", path], more].concat(),
    )
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("there").permissions().mode() & 0o777
}

#[test]
fn a_file_is_for_its_owner_and_never_overwritten_unasked() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("config");
    let stub = Stub::one(Reply::new(200, TEXT));
    let ran = write(&stub, &path, &[]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    assert_eq!(fs::read_to_string(&path).expect("written"), TEXT);
    assert_eq!(mode(&path), 0o600);

    fs::write(&path, "mine").expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("changed");
    let ran = write(&stub, &path, &[]);
    assert_eq!(ran.code, 9, "{ran:?}");
    assert!(ran.err.contains("--force"), "{ran:?}");
    assert_eq!(fs::read_to_string(&path).expect("there"), "mine");
    assert_eq!(stub.asked().len(), 1, "the second one asked nobody");

    let ran = write(&stub, &path, &["--force"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(fs::read_to_string(&path).expect("there"), TEXT);
    assert_eq!(mode(&path), 0o600);
    let files = fs::read_dir(directory.path()).expect("there").count();
    assert_eq!(files, 1, "nothing is left beside it");
}

#[test]
fn a_link_is_followed_by_force_only() {
    let directory = tempfile::tempdir().expect("a directory");
    let (target, link) = (directory.path().join("real"), directory.path().join("link"));
    fs::write(&target, "mine").expect("written");
    symlink(&target, &link).expect("linked");
    let stub = Stub::one(Reply::new(200, TEXT));
    assert_eq!(write(&stub, &link, &[]).code, 9);
    assert_eq!(fs::read_to_string(&target).expect("there"), "mine");
    assert_eq!(write(&stub, &link, &["--force"]).code, 0);
    assert_eq!(fs::read_to_string(&target).expect("there"), TEXT);
    assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
}

#[test]
fn a_refusal_writes_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("config");
    let ran = write(&Stub::one(Reply::problem(404, "not_found")), &path, &[]);
    assert_eq!(ran.code, 4);
    assert!(!path.exists());
    let nowhere = directory.path().join("no/such/place");
    let ran = write(&Stub::one(Reply::new(200, TEXT)), &nowhere, &["--force"]);
    assert_eq!(ran.code, 9, "{ran:?}");
}
