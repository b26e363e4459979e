//! Runs `rolecall-admin` from `make build` against a hub, outside of the source tree.

use anyhow::{Context, Result, ensure};
use rolecall_tests::programs::admin;
use rolecall_tests::world::World;

fn run(world: &World, arguments: &[&str]) -> Result<(i32, String, String)> {
    admin(&world.hub, arguments)
}

const BACKUP: &str = "
profiles:
  archive:
    title: {en: Back up volumes, ja: ボリュームのバックアップ}
    explain: {en: Creates snapshots., ja: スナップショットを作成します。}
    policy:
      Version: 2012-10-17
      Statement:
        - Effect: Allow
          Action: ec2:CreateSnapshot
          Resource: '*'
";

/// A file with this text.
fn file(text: &str) -> Result<(tempfile::TempDir, String)> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("access.yaml");
    std::fs::write(&path, text)?;
    let path = path.to_str().context("a path")?.to_owned();
    Ok((folder, path))
}

#[tokio::test]
async fn dry_run_shows_the_difference_in_words_and_publishes_nothing() -> Result<()> {
    let world = World::find().await?;
    let (folder, path) = file(BACKUP)?;
    let out_file = folder.path().join("role.yaml");
    let out_file = out_file.to_str().context("a path")?;
    let arguments = ["publish", "--access", &path, "--dry-run", "--out", out_file];
    for _ in 0..2 {
        let (code, out, err) = run(&world, &arguments)?;
        assert_eq!(code, 0, "{err}");
        ensure!(out.contains("archive is new.\n"), "{out}");
    }
    let template = std::fs::read_to_string(out_file)?;
    ensure!(template.contains("Custom::RolecallPreflight"), "{template}");
    Ok(())
}

/// IAM would reject the policy in every customer's account, after the customer has created the stack.
#[tokio::test]
async fn file_with_mistakes_publishes_nothing_and_names_each_place() -> Result<()> {
    let world = World::find().await?;
    let wrong = BACKUP
        .replace("Action: ec2:CreateSnapshot", "Action: CreateSnapshot")
        .replace(
            "title: {en: Back up volumes, ja: ボリュームのバックアップ}",
            "title: {en: x}",
        );
    let (_folder, path) = file(&wrong)?;
    let (code, out, err) = run(&world, &["publish", "--access", &path])?;
    assert_eq!(code, 2, "{err}");
    ensure!(out.is_empty(), "{out}");
    ensure!(err.starts_with("error: file_invalid: "), "{err}");
    for place in [
        "profiles.archive.title.ja: ",
        "profiles.archive.policy.Statement[0].Action: ",
    ] {
        ensure!(err.contains(place), "{err}");
    }
    Ok(())
}

/// Distinct names of buckets that no compression makes much shorter.
fn buckets(count: usize) -> String {
    let mut state: u64 = 7;
    let mut letter = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let letters = b"abcdefghijklmnopqrstuvwxyz0123456789";
        char::from(letters[usize::try_from(state >> 33).unwrap_or_default() % letters.len()])
    };
    let names = (0..count).map(|_| (0..45).map(|_| letter()).collect::<String>());
    let arns: Vec<String> = names.map(|name| format!("arn:aws:s3:::{name}")).collect();
    format!("[{}]", arns.join(", "))
}

/// Bug D1 of similar systems: the packed size can't be computed, so STS is asked before any customer is.
#[tokio::test]
async fn profile_that_sts_can_not_pack_is_named_and_nothing_is_published() -> Result<()> {
    let world = World::find().await?;
    for (count, fits) in [(3, true), (30, false)] {
        let resources = format!("Resource: {}", buckets(count));
        let (_folder, path) = file(&BACKUP.replace("Resource: '*'", &resources))?;
        let (code, out, err) = run(&world, &["publish", "--access", &path, "--dry-run"])?;
        if fits {
            assert_eq!(code, 0, "{err}");
            continue;
        }
        assert_eq!((code, &*out), (2, ""), "{err}");
        let expected = format!(
            "{path}: profiles.archive: STS refuses a session with this profile: Packed policy consumes 1"
        );
        ensure!(err.contains(&expected), "{err}");
        let end = "% of allotted space, please use smaller policy. (PackedPolicyTooLarge).\n";
        ensure!(err.ends_with(end), "{err}");
    }
    Ok(())
}

#[tokio::test]
async fn missing_stack_error_contains_stack_name() -> Result<()> {
    let world = World::find().await?;
    let (code, out, err) = run(
        &world,
        &["publish", "--no-access", "--stack-name", "another"],
    )?;
    assert_eq!((code, out.as_str()), (4, ""));
    let region = &world.hub.file().region;
    assert_eq!(
        err,
        format!(
            "error: stack_not_found: No stack another in {region}. Check --stack-name, \
             --region and the account.\n"
        )
    );
    Ok(())
}
