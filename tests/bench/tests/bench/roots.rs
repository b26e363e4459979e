//! Which roots a function trusts: Amazon's and then the system's, or only those in a given bundle.
//! The stub's certificate is signed by its own CA, which is not trusted by default.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use rolecall_aws::tls::AMAZON_ROOTS;
use rolecall_bench::cold::jobs::{Job, Scene};
use rolecall_bench::fleet::{seed, template_facts};
use rolecall_bench::lambda::{Function, Launch};
use rolecall_bench::paths::Tree;
use rolecall_bench::stub::Stub;
use rolecall_bench::template::Template;
use rolecall_bench::tls;

/// Publishes two events with event-publisher and these root certificate settings.
async fn published(roots: &[(&str, &Path)]) -> Result<()> {
    let tree = Tree::default();
    let facts = template_facts();
    let plain = Stub::start(facts.clone()).await?;
    let stub = plain.with_tls().await?;
    let settings = Template::read(&tree)?.function("EventPublisher", &stub.url)?;
    let told = roots
        .iter()
        .map(|(name, file)| ((*name).to_owned(), file.to_string_lossy().into_owned()));
    let files = tempfile::tempdir()?;
    let mut function = Function::start(&Launch {
        program: &tree.bootstrap("event-publisher")?,
        arguments: &[],
        environment: settings.environment.into_iter().chain(told).collect(),
        memory_mb: settings.memory_mb,
        time_out: Duration::from_secs(60),
        log: &files.path().join("log"),
    })
    .await?;
    let scene = Scene {
        table: &seed::table(&plain.url)?,
        template: &facts,
        responses_url: &stub.url,
        recorded: None,
    };
    let tasks = Job::Publication.tasks(2, &scene).await?;
    for task in &tasks {
        stub.take_tally();
        let answer = function.invoke(&task.event).await?;
        let tally = stub.take_tally();
        let judged = scene.judge(Job::Publication, task, &answer.payload, &tally);
        judged.await?;
    }
    function.stop().await
}

/// The function worked, but its call failed.
fn assert_nothing_was_published(published: Result<()>) {
    let error = published.expect_err("the stub is not trusted").to_string();
    assert!(error.starts_with("PutEvents was called 0 times"), "{error}");
}

fn amazon_alone(files: &tempfile::TempDir) -> PathBuf {
    let path = files.path().join("amazon.pem");
    std::fs::write(&path, AMAZON_ROOTS).expect("a file");
    path
}

#[tokio::test]
async fn system_roots_are_trusted_in_addition_to_amazons() {
    let system = published(&[("SSL_CERT_FILE", &tls::ca())]).await;
    system.expect("the system's store contains the stub's CA");
}

#[tokio::test]
async fn unknown_root_is_not_trusted() {
    let files = tempfile::tempdir().expect("a directory");
    let others = published(&[("SSL_CERT_FILE", &amazon_alone(&files))]).await;
    assert_nothing_was_published(others);
}

#[tokio::test]
async fn root_in_a_bundle_is_trusted() {
    let bundle = published(&[("AWS_CA_BUNDLE", &tls::ca())]).await;
    bundle.expect("the bundle contains the stub's CA");
}

#[tokio::test]
async fn only_the_bundle_is_trusted_if_there_is_one() {
    let files = tempfile::tempdir().expect("a directory");
    let amazon = amazon_alone(&files);
    let bundle = published(&[("AWS_CA_BUNDLE", &amazon), ("SSL_CERT_FILE", &tls::ca())]).await;
    assert_nothing_was_published(bundle);
}
