//! Chapter 6: a service of the operator works in the connected accounts.

use anyhow::{Context, Result};
use serde_json::Value;

use super::stage::Stage;
use crate::aws::{LOCAL_REGION, create_bucket};
use crate::service::{Service, bucket_names};
use rolecall_client::Account;

const PROFILE: &str = "inventory";

pub(super) async fn list_buckets(stage: &mut Stage, accounts: [&Account; 2]) -> Result<Service> {
    stage.chapter(
        "Use the connected accounts",
        "A service of the operator asks the hub for credentials, signed with its own IAM role: there is no key \
         to keep. IAM decides which service gets which access profile. The hub issues credentials only while \
         its proof of the role is fresh.",
    );
    for (index, name) in ["shop-orders", "lake-raw"].into_iter().enumerate() {
        let account = stage.hub.customer(index)?.account(LOCAL_REGION);
        create_bucket(account.signer(), name).await?;
    }
    let service = Service::create(&stage.hub, "inventory-service", PROFILE).await?;
    stage.action(
        "operator",
        "creates a role for the service, and allows it one call:",
    );
    stage.fact("role", &service.name);
    stage.fact(
        "allowed",
        &format!("POST/operator/v1/credentials/{PROFILE}/*"),
    );
    for (account, bucket) in accounts.into_iter().zip(["shop-orders", "lake-raw"]) {
        let theirs = service.account(PROFILE, &account.account_id).await?;
        let names = bucket_names(&theirs).await?;
        stage.action(
            "service",
            &format!(
                "gets credentials for {}, and lists its buckets:",
                account.name
            ),
        );
        stage.fact("buckets", &names.join(", "));
        stage.must(
            names.iter().any(|name| name == bucket),
            "the bucket is in the list",
        )?;
    }
    let shop = &accounts[0].account_id;
    let other = service.ask("volume-backup", shop).await?;
    stage.must(
        other.status == 403,
        "IAM refuses the service another access profile",
    )?;
    Ok(service)
}

/// The account is deregistered.
pub(super) async fn is_refused(
    stage: &mut Stage,
    service: &Service,
    account: &Account,
) -> Result<()> {
    let answer = service.ask(PROFILE, &account.account_id).await?;
    let problem: Value = serde_json::from_slice(&answer.body).context("no problem")?;
    let text = |name: &str| problem[name].as_str().unwrap_or_default();
    stage.action(
        "service",
        &format!("asks for credentials for {} again", account.name),
    );
    stage.action(
        "hub",
        &format!(
            "responds {} {}: {}",
            answer.status,
            text("code"),
            text("detail")
        ),
    );
    stage.must(
        answer.status == 409 && text("code") == "account_not_usable",
        "from the moment of the deregistration, the hub issues nothing",
    )
}
