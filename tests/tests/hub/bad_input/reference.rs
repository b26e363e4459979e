//! The reference page that a problem's `type` links to.

use anyhow::{Context, Result};
use http::Method;
use rolecall_domain::reference::Topic;
use rolecall_tests::world::World;
use serde_json::Value;

#[tokio::test]
async fn problem_type_links_to_public_reference_page() -> Result<()> {
    let world = World::find().await?;
    let stranger = world.hub.caller(None);
    let problem = world
        .acme
        .raw(Method::GET, "/v1/groups/grp_1", &[], Vec::new())
        .await?;
    let problem: Value = serde_json::from_slice(&problem.body)?;
    let url = problem["type"].as_str().context("a type")?;
    let path = url.strip_prefix(world.hub.file().api_url.as_str());
    let path = path.with_context(|| format!("not a URL of this API: {url}"))?;
    for (query, languages, words) in [
        ("", "en", "Not found"),
        ("", "ja,en;q=0.5", "見つかりません"),
        ("?lang=ja", "en", "見つかりません"),
    ] {
        let headers = [("accept-language", languages)];
        let asked = format!("{path}{query}");
        let page = stranger
            .raw(Method::GET, &asked, &headers, Vec::new())
            .await?;
        assert_eq!(page.status, 200, "{}", page.text());
        assert_eq!(
            page.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert!(page.text().contains(words), "{}", page.text());
    }
    Ok(())
}

#[tokio::test]
async fn every_code_has_a_page_and_other_paths_need_a_token() -> Result<()> {
    let world = World::find().await?;
    let stranger = world.hub.caller(None);
    let status = async |path: &str| {
        let answer = stranger.raw(Method::GET, path, &[], Vec::new()).await;
        anyhow::Ok(answer?.status)
    };
    for topic in Topic::all() {
        let path = format!("/reference/{}", topic.code());
        assert_eq!(status(&path).await?, 200, "{path}");
    }
    for path in ["/reference/nothing", "/reference/v1/groups", "/reference"] {
        assert_eq!(status(path).await?, 404, "{path}");
    }
    assert_eq!(status("/v1/groups").await?, 401);
    Ok(())
}
