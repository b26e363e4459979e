//! Deploys a hub to an empty emulator, as an operator does on AWS, with two tenants and three customers.

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_cloudformation::types::Capability;
use rolecall_admin::aws::Account;
use rolecall_admin::hub_stack::HubStack;

use crate::aws::{LOCAL_REGION, create_bucket, root_user};
use crate::emulator::{Emulator, HUB_ACCOUNT};
use crate::hub_file::HubFile;
use crate::overlay::Overlay;
use crate::package;
use crate::paths::Tree;
use crate::progress::Progress;
use crate::stacks::Stacks;
use crate::tenants;

pub const CUSTOMER_ACCOUNTS: [&str; 3] = ["222222222222", "333333333333", "444444444444"];
pub const STACK_NAME: &str = "rolecall";
const ARTIFACTS_BUCKET: &str = "rolecall-artifacts";

/// How to start a hub.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub port: Option<u16>,
    /// Hub stack parameters that differ from the local hub's.
    pub parameters: BTreeMap<String, String>,
    /// Endpoint for the functions, if it is not the emulator's.
    pub functions_endpoint_url: Option<String>,
}

/// Deploys everything. Returns the contents of the hub file.
pub async fn deploy(
    tree: &Tree,
    emulator: &Emulator,
    options: &Options,
    progress: &Progress,
) -> Result<HubFile> {
    let endpoint = emulator.endpoint_url();
    let account = root_user(HUB_ACCOUNT, LOCAL_REGION, &endpoint);
    let overlay = Overlay {
        endpoint_url: endpoint.clone(),
        functions_endpoint_url: options.functions_endpoint_url.clone(),
        console_url: emulator.console_url(),
    };
    let template_url = progress
        .step("upload seven functions", upload(tree, &overlay, &account))
        .await?;
    let mut parameters = local_settings(emulator);
    parameters.extend(options.parameters.clone());
    let hub = progress
        .step(
            "deploy infra/template.yaml",
            deploy_hub(&account, &template_url, &parameters),
        )
        .await?;
    let pool = hub.output("UserPoolId")?;
    let client = hub.output("UserPoolClientId")?;
    let tokens = progress
        .step(
            "sign two tenants in",
            tenants::sign_in(account.signer(), pool, client),
        )
        .await?;
    Ok(HubFile {
        region: LOCAL_REGION.to_owned(),
        hub_account_id: HUB_ACCOUNT.to_owned(),
        customer_account_ids: CUSTOMER_ACCOUNTS.map(str::to_owned).to_vec(),
        api_url: hub.output("ApiUrl")?.trim_end_matches('/').to_owned(),
        console_url: emulator.console_url(),
        tokens,
        table_name: hub.output("TableName")?.to_owned(),
        event_bus_name: hub.output("EventBusName")?.to_owned(),
        stack_name: STACK_NAME.to_owned(),
        outputs: hub.outputs,
        parameters,
        endpoint_url: endpoint,
        emulator: emulator.clone(),
    })
}

/// The local hub's parameters, with seconds in place of minutes and hours.
fn local_settings(emulator: &Emulator) -> BTreeMap<String, String> {
    [
        // The emulator's ResponseURLs are not on S3. The second origin is for the load test.
        (
            "ResponseOrigins",
            format!("{},{}", emulator.endpoint_url(), load_test_origin()),
        ),
        // The emulator's aws:PrincipalArn is the session of a role instead of the role.
        (
            "ExtraTrustedPrincipals",
            format!(
                "arn:aws:sts::{HUB_ACCOUNT}:assumed-role/{STACK_NAME}-Verifier*/*,\
                 arn:aws:sts::{HUB_ACCOUNT}:assumed-role/{STACK_NAME}-BrokerRole*/*"
            ),
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

/// A free local origin, where the load test starts a server. Its port is below the range that the system
/// uses for outgoing connections.
fn load_test_origin() -> String {
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap_or_default();
    let is_free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let port = (first..32_000).find(is_free).unwrap_or(first);
    format!("http://127.0.0.1:{port}")
}

/// The functions run as processes on this machine.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "arm64",
        _ => "x86_64",
    }
}

async fn upload(tree: &Tree, overlay: &Overlay, account: &Account) -> Result<String> {
    let bucket = create_bucket(account.signer(), ARTIFACTS_BUCKET).await?;
    let template = package::template(tree, overlay, &bucket).await?;
    package::upload(&template, &bucket).await
}

async fn deploy_hub(
    account: &Account,
    template_url: &str,
    parameters: &BTreeMap<String, String>,
) -> Result<HubStack> {
    let capabilities = [Capability::CapabilityIam, Capability::CapabilityAutoExpand];
    Stacks::new(account.cloudformation())
        .deploy_uploaded(STACK_NAME, template_url, parameters, &capabilities)
        .await?;
    Ok(HubStack::read(account, STACK_NAME).await?)
}
