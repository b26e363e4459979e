//! From an empty emulator to a hub that works: what an operator does on AWS,
//! plus two tenants and three customers to play with.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use aws_sdk_cloudformation::types::Capability;

use crate::aws::{Account, LOCAL_REGION};
use crate::emulator::{Emulator, HUB_ACCOUNT};
use crate::hub_file::HubFile;
use crate::onboarding::{self, UNRESOLVED_REGION};
use crate::package::package;
use crate::paths::Tree;
use crate::progress::Progress;
use crate::s3::Bucket;
use crate::stacks::{StackState, Stacks};
use crate::tenants;

pub const CUSTOMER_ACCOUNTS: [&str; 3] = ["222222222222", "333333333333", "444444444444"];
pub const STACK_NAME: &str = "rolecall";
const ARTIFACTS_BUCKET: &str = "rolecall-artifacts";
const STAND_IN: &str = "rolecall-callback-stand-in";

/// Deploys everything and describes it.
pub async fn deploy(
    tree: &Tree,
    emulator: &Emulator,
    overrides: &BTreeMap<String, String>,
    progress: &Progress,
) -> Result<HubFile> {
    let endpoint = emulator.endpoint_url();
    let account = Account::local(HUB_ACCOUNT, LOCAL_REGION, &endpoint);
    let template_url = progress
        .step(
            "five functions packaged and uploaded",
            upload(tree, &account),
        )
        .await?;
    let mut parameters = local_settings(emulator);
    parameters.extend(overrides.clone());
    let hub = progress
        .step(
            "infra/template.yaml deployed",
            deploy_hub(&account, &template_url, &parameters),
        )
        .await?;
    let published = progress
        .step(
            "onboarding template published",
            onboarding::publish(&account, &hub, &tree.onboarding_template(), None),
        )
        .await?;
    let pool = hub.output("UserPoolId")?;
    let client = hub.output("UserPoolClientId")?;
    let tokens = progress
        .step(
            "two tenants signed in",
            tenants::sign_in(account.signer(), pool, client),
        )
        .await?;
    progress
        .step(
            "three customer accounts prepared",
            prepare_customers(tree, &endpoint, &hub),
        )
        .await?;
    Ok(HubFile {
        region: LOCAL_REGION.to_owned(),
        hub_account_id: HUB_ACCOUNT.to_owned(),
        customer_account_ids: CUSTOMER_ACCOUNTS.map(str::to_owned).to_vec(),
        api_url: hub.output("ApiUrl")?.trim_end_matches('/').to_owned(),
        tokens,
        table_name: hub.output("TableName")?.to_owned(),
        event_bus_name: hub.output("EventBusName")?.to_owned(),
        template_url: published.url,
        template_version: published.version,
        stack_name: STACK_NAME.to_owned(),
        outputs: hub.outputs,
        parameters,
        endpoint_url: endpoint,
        emulator: emulator.clone(),
    })
}

/// What the local hub's parameters are: minutes and hours become seconds, and
/// what the emulator does differently is said openly here and nowhere else.
fn local_settings(emulator: &Emulator) -> BTreeMap<String, String> {
    [
        ("EndpointUrl", emulator.endpoint_url()),
        // The emulator's ResponseURLs are not S3's. The second is for a bucket that misbehaves.
        (
            "ResponseOrigins",
            format!("{},{}", emulator.endpoint_url(), misbehaving_bucket()),
        ),
        // It shows a role's session, not the role, as aws:PrincipalArn.
        (
            "ExtraTrustedPrincipals",
            format!("arn:aws:sts::{HUB_ACCOUNT}:assumed-role/{STACK_NAME}-Verifier*/*"),
        ),
        // It does not resolve pseudo parameters in conditions: there, `!Ref AWS::Region` is
        // this very text, so the customers' template finds itself served.
        ("ServedRegions", UNRESOLVED_REGION.to_owned()),
        // It takes no topic as a service token: see infra/local/stand-in.yaml.
        (
            "ServiceTokenOverride",
            format!("arn:aws:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{STAND_IN}"),
        ),
        ("Architecture", architecture().to_owned()),
        ("DeletionProtection", "false".to_owned()),
        ("RegistrationTtlSeconds", "60".to_owned()),
        ("QuietPeriodSeconds", "2".to_owned()),
        ("DeletingRecheckSeconds", "3".to_owned()),
        ("CheckIntervalSeconds", "5".to_owned()),
        ("FullCheckIntervalSeconds", "10".to_owned()),
        ("OrphanCheckSeconds", "1".to_owned()),
        ("ScheduleExpression", "rate(1 minute)".to_owned()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

/// An origin at which nobody listens yet: a load test will. Its port is below those that the system
/// gives to outgoing connections.
fn misbehaving_bucket() -> String {
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap_or_default();
    let is_free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let port = (first..32_000).find(is_free).unwrap_or(first);
    format!("http://127.0.0.1:{port}")
}

/// The functions run as this machine's own processes.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "arm64",
        _ => "x86_64",
    }
}

async fn upload(tree: &Tree, account: &Account) -> Result<String> {
    let bucket = Bucket::new(account.signer(), ARTIFACTS_BUCKET);
    bucket.create().await?;
    package(tree, &bucket).await
}

async fn deploy_hub(
    account: &Account,
    template_url: &str,
    parameters: &BTreeMap<String, String>,
) -> Result<StackState> {
    let capabilities = [Capability::CapabilityIam, Capability::CapabilityAutoExpand];
    Stacks::new(account.cloudformation())
        .deploy_uploaded(STACK_NAME, template_url, parameters, &capabilities)
        .await
}

async fn prepare_customers(tree: &Tree, endpoint: &str, hub: &StackState) -> Result<()> {
    let path = tree.stand_in_template();
    let template =
        std::fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
    let parameters: BTreeMap<String, String> = [
        ("TopicArn", hub.output("TopicArn")?),
        ("EndpointUrl", endpoint),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    for id in CUSTOMER_ACCOUNTS {
        let account = Account::local(id, LOCAL_REGION, endpoint);
        Stacks::new(account.cloudformation())
            .deploy(
                STAND_IN,
                &template,
                &parameters,
                &[Capability::CapabilityIam],
            )
            .await
            .with_context(|| format!("customer account {id}"))?;
    }
    Ok(())
}
