//! A service that IAM allows one profile, and that wants another.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::credentials::desk::{Desk, of};

/// What AWS does with these paths is to be seen there once; here, whatever passes the gateway is refused
/// by the function. The emulator decodes a path before it selects a route, so `tables%2F<id>` is the plain
/// path there; the function's own tests play AWS, which selects another route for it.
pub async fn paths_that_iam_reads_otherwise_are_refused(desk: &Desk) -> Result<()> {
    let id = desk.account_id();
    let service = desk.service(&[&of("tables")]).await?;
    let start = "/operator/v1/credentials";
    for path in [
        format!("{start}/tables/..%2Fqueues/{id}"),
        format!("{start}/tables/%2e%2e/queues/{id}"),
        format!("{start}/tables%2F..%2Fqueues/{id}"),
        format!("{start}//tables/{id}"),
        format!("{start}/tables//{id}"),
        format!("{start}/tables;x/{id}"),
        format!("{start}/tables/{id};x"),
        format!("{start}/tables/{id}%3Fx"),
        format!("{start}/tables/{id}%23x"),
        format!("{start}/Tables/{id}"),
        format!("{start}/TABLES/{id}"),
        format!("{start}/tables/{}", id.to_uppercase()),
        format!("{start}/tables/{id}/"),
        format!("{start}/tables/{id}/x"),
        format!("{start}/tables/%20{id}"),
    ] {
        let answer = service.send(&path, &json!({})).await?;
        let text = answer.text();
        ensure!(
            [403, 404].contains(&answer.status),
            "{path}: {} {text}",
            answer.status
        );
        ensure!(!text.contains("SecretAccessKey"), "{path}: {text}");
    }
    // The control: the plain path works.
    service.expect("tables", id, 200).await?;
    Ok(())
}
