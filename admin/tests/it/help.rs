//! Snapshots of `--help`. With `ROLECALL_WRITE_DOCS` set, the test writes them.

use std::path::Path;

use crate::program::{ended, program};

#[test]
fn help_matches_its_snapshot() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/help");
    for (name, arguments) in [
        ("rolecall-admin.txt", &["--help"][..]),
        ("publish.txt", &["publish", "--help"]),
        ("replay-events.txt", &["replay-events", "--help"]),
        ("users.txt", &["users", "--help"]),
        ("users-add.txt", &["users", "add", "--help"]),
        ("users-role.txt", &["users", "role", "--help"]),
    ] {
        let output = program(arguments, Path::new("")).output().expect("it runs");
        let (code, help, _) = ended(&output);
        assert_eq!(code, 0);
        let path = folder.join(name);
        if std::env::var_os("ROLECALL_WRITE_DOCS").is_some() {
            std::fs::write(&path, &help).expect("written");
        }
        let recorded = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            help == recorded,
            "{name} differs: run this test with ROLECALL_WRITE_DOCS=1, and review the change\n{help}"
        );
    }
}
