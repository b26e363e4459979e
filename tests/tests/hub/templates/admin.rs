//! Runs `rolecall-admin` from `make build` against a hub, outside of the source tree.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use rolecall_client::http::Http;
use rolecall_local::paths::Tree;
use rolecall_tests::world::World;

/// Runs the program; returns its exit code, stdout and stderr.
fn run(world: &World, arguments: &[&str]) -> Result<(i32, String, String)> {
    let elsewhere = tempfile::tempdir()?;
    let file = world.hub.file();
    let program = Tree::default().root().join("target/rolecall-admin");
    let output = Command::new(program)
        .args(arguments)
        .current_dir(elsewhere.path())
        .env_clear()
        .env("AWS_ENDPOINT_URL", &file.endpoint_url)
        .env("AWS_REGION", &file.region)
        .env("AWS_ACCESS_KEY_ID", &file.hub_account_id)
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().context("the program was killed")?;
    Ok((code, text(&output.stdout), text(&output.stderr)))
}

/// The local hub's template was published by the same code, so there is nothing to publish.
#[tokio::test]
async fn republishing_the_same_template_changes_nothing() -> Result<()> {
    let world = World::find().await?;
    let file = world.hub.file();
    let (code, out, err) = run(&world, &["publish-template"])?;
    assert_eq!(code, 0, "{err}");
    let begins = format!("unchanged: version {} sha256 ", file.template_version);
    ensure!(out.starts_with(&begins), "{out}");
    ensure!(
        out.ends_with(&format!("\n{}\n", file.template_url)),
        "{out}"
    );
    let (code, out, _) = run(&world, &["publish-template", "--dry-run"])?;
    assert_eq!(code, 0);
    let same = format!("The template does not differ from {}\n", file.template_url);
    assert_eq!(out, same);
    Ok(())
}

#[tokio::test]
async fn dry_run_shows_the_diff_and_publishes_nothing() -> Result<()> {
    let world = World::find().await?;
    let file = world.hub.file();
    let folder = tempfile::tempdir()?;
    let (policy, out_file) = (
        folder.path().join("policy.json"),
        folder.path().join("role.yaml"),
    );
    let text = r#"{"Version": "2012-10-17", "Statement":
        [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}"#;
    std::fs::write(&policy, text)?;
    let policy = policy.to_str().context("a path")?;
    let out_file = out_file.to_str().context("a path")?;
    let arguments = [
        "publish-template",
        "--operator-policy",
        policy,
        "--dry-run",
        "--out",
        out_file,
    ];
    let (code, out, err) = run(&world, &arguments)?;
    assert_eq!(code, 0, "{err}");
    ensure!(
        out.starts_with(&format!("--- {}\n", file.template_url)),
        "{out}"
    );
    ensure!(out.contains("\n-      Policies: []\n"), "{out}");
    ensure!(
        out.contains("\n+        - PolicyName: OperatorPolicy\n"),
        "{out}"
    );
    let address = out.lines().nth(1).context("no second line")?;
    let address = address.strip_prefix("+++ ").context("no address")?;
    let answer = Http::new().get(address).await?;
    ensure!(!answer.is_success(), "the template was uploaded");
    ensure!(std::fs::read_to_string(out_file)?.contains("s3:ListAllMyBuckets"));
    Ok(())
}

/// IAM would reject it in every customer's account, after the customer has created the stack.
#[tokio::test]
async fn policy_that_iam_rejects_is_not_published() -> Result<()> {
    let world = World::find().await?;
    let folder = tempfile::tempdir()?;
    let policy = folder.path().join("policy.json");
    let text = r#"{"Version": "2012-10-17", "Statement":
        [{"Effect": "Allow", "Principal": "*", "Action": "GetObject", "Resource": "arn:aws-cn:s3:::a"}]}"#;
    std::fs::write(&policy, text)?;
    let policy = policy.to_str().context("a path")?;
    let (code, out, err) = run(&world, &["publish-template", "--operator-policy", policy])?;
    assert_eq!(code, 2, "{err}");
    ensure!(out.is_empty(), "{out}");
    ensure!(err.starts_with("error: policy_invalid: "), "{err}");
    for place in ["Principal", "Action", "Resource"] {
        ensure!(
            err.contains(&format!("\n  Statement[0].{place}: ")),
            "{err}"
        );
    }
    let (_, out, _) = run(&world, &["publish-template", "--dry-run"])?;
    ensure!(out.starts_with("The template does not differ"), "{out}");
    Ok(())
}

#[tokio::test]
async fn missing_stack_error_contains_stack_name() -> Result<()> {
    let world = World::find().await?;
    let (code, out, err) = run(&world, &["publish-template", "--stack-name", "another"])?;
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
