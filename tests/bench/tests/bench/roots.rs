//! Whom a function trusts: Amazon's roots, then the system's; or those alone that it is given.
//! The stub's certificate is signed by an authority of its own, which nobody knows unasked.

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

/// What event-publisher makes of two events, if this is what it is told about roots.
async fn published(roots: &[(&str, &Path)]) -> Result<()> {
    let tree = Tree::default();
    let facts = template_facts(&tree)?;
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
    };
    let errands = Job::Publication.errands(2, &scene).await?;
    for errand in &errands {
        stub.take_tally();
        let answer = function.invoke(&errand.event).await?;
        let tally = stub.take_tally();
        let judged = scene.judge(Job::Publication, errand, &answer.payload, &tally);
        judged.await?;
    }
    function.stop().await
}

/// The function was well, and its call did not get through.
fn nothing_was_put(published: Result<()>) {
    let error = published.expect_err("nobody knows the stub").to_string();
    assert_eq!(error, "PutEvents was asked 0 times");
}

fn amazon_alone(files: &tempfile::TempDir) -> PathBuf {
    let path = files.path().join("amazon.pem");
    std::fs::write(&path, AMAZON_ROOTS).expect("a file");
    path
}

#[tokio::test]
async fn what_amazon_does_not_vouch_for_the_system_may() {
    let system = published(&[("SSL_CERT_FILE", &tls::ca())]).await;
    system.expect("the system's store knows the stub");
}

#[tokio::test]
async fn what_neither_vouches_for_is_not_talked_to() {
    let files = tempfile::tempdir().expect("a directory");
    let others = published(&[("SSL_CERT_FILE", &amazon_alone(&files))]).await;
    nothing_was_put(others);
}

#[tokio::test]
async fn a_bundle_is_trusted() {
    let bundle = published(&[("AWS_CA_BUNDLE", &tls::ca())]).await;
    bundle.expect("the bundle knows the stub");
}

#[tokio::test]
async fn beside_a_bundle_nobody_is_trusted() {
    let files = tempfile::tempdir().expect("a directory");
    let amazon = amazon_alone(&files);
    let bundle = published(&[("AWS_CA_BUNDLE", &amazon), ("SSL_CERT_FILE", &tls::ca())]).await;
    nothing_was_put(bundle);
}
