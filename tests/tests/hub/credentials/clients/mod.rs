//! The AWS SDKs for Python, JavaScript and Rust, and the AWS CLI as they are: they get credentials through a
//! profile's `credential_process`, through `rolecall exec`, and as workloads through the container provider.

mod expiring;
mod programs;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use futures_util::future::try_join_all;
use http::Method;
use rolecall_local::paths::Tree;
use rolecall_testing::TestIssuer;
use rolecall_tests::accounts::Connected;
use rolecall_tests::programs::built;
use rolecall_tests::world::unique;
use serde_json::json;
use tempfile::TempDir;
use tokio::process::Command;

use crate::credentials::clients::expiring::Expiring;
use crate::credentials::clients::programs::{Program, Sdk, tool};
use crate::credentials::desk::{Desk, Service, of};

const AUDIENCE: &str = "https://hub.example.com";
const RUNNER: &str = "system:serviceaccount:tables:runner";
const STRANGER: &str = "system:serviceaccount:tables:stranger";

/// The first credentials and two renewals.
const ISSUES: usize = 3;

/// A customer's account with a table, a service of the operator, and a workload.
struct Shop<'a> {
    desk: &'a Desk,
    connected: Connected,
    table: String,
    service: Service,
    issuer: TestIssuer,
    folder: TempDir,
    profile: String,
}

/// A workload's program, its hub, and the file of its token.
struct Workload {
    sdk: Sdk,
    program: Program,
    hub: Expiring,
    token: PathBuf,
}

/// Bug D15 of similar systems, among others: each SDK renews its credentials, and prints the hub's refusal.
pub async fn sdks_get_credentials_renew_them_and_are_refused_after_a_deregistration(
    desk: &Desk,
) -> Result<()> {
    let shop = Shop::open(desk).await?;
    let processes = Sdk::ALL.map(|sdk| shop.process(sdk));
    let workloads = Sdk::ALL.map(|sdk| shop.workload(sdk));
    let mut processes = try_join_all(processes).await?;
    let mut workloads = try_join_all(workloads).await?;
    try_join_all(Sdk::ALL.map(|sdk| shop.exec(sdk))).await?;
    shop.receipts_name_the_callers().await?;
    shop.deregister().await?;
    let ended = processes.iter_mut().map(|one| {
        let words = ["account_not_usable", "The account is deregistered"];
        async move { one.ends_with(&words).await }
    });
    try_join_all(ended).await?;
    let ended = workloads.iter_mut().map(|one| shop.is_refused(one));
    try_join_all(ended).await?;
    let output = shop
        .rolecall_exec(&[PathBuf::from("true")])?
        .output()
        .await?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(5), "{error}");
    ensure!(error.contains("account_not_usable"), "{error}");
    let workloads = workloads.into_iter().map(|one| one.program);
    for program in processes.into_iter().chain(workloads) {
        program.end().await?;
    }
    Ok(())
}

impl<'a> Shop<'a> {
    async fn open(desk: &'a Desk) -> Result<Self> {
        let (connected, issuer) = (desk.connect().await?, TestIssuer::start());
        let table = unique("orders");
        create_table(desk, &connected, &table).await?;
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("workloads.json");
        let workloads = json!({
            "issuers": {"cluster": {"issuer": issuer.url(), "audience": AUDIENCE}},
            "rules": [{"issuer": "cluster", "subject": RUNNER, "profiles": ["tables"]}],
        });
        std::fs::write(&path, workloads.to_string())?;
        desk.publish(&["--workloads", path.to_str().context("a path")?])?;
        let service = desk.service(&[&of("tables")]).await?;
        let mut shop = Self {
            desk,
            connected,
            table,
            service,
            issuer,
            folder,
            profile: String::new(),
        };
        shop.profile = shop.export().await?;
        Ok(shop)
    }

    fn account_id(&self) -> &str {
        &self.connected.account.account_id
    }

    /// An environment without credentials.
    fn command(&self, words: &[PathBuf]) -> Result<Command> {
        let (program, arguments) = words.split_first().context("a program")?;
        let file = self.desk.world.hub.file();
        let path = std::env::var("PATH")?;
        let tools = tool("").display().to_string();
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .env("PATH", format!("{tools}:{path}"))
            .env("HOME", self.folder.path())
            .env("AWS_CONFIG_FILE", self.config())
            .env(
                "AWS_SHARED_CREDENTIALS_FILE",
                self.folder.path().join("none"),
            )
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ENDPOINT_URL", &file.endpoint_url)
            .env("AWS_REGION", &file.region)
            .env("AWS_DEFAULT_REGION", &file.region)
            .env("ROLECALL_API_URL", &file.api_url);
        Ok(command)
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// Has `rolecall export` write the profiles, and returns the account's.
    async fn export(&self) -> Result<String> {
        // A program of this name, because the line takes no arguments except options.
        let program = self.folder.path().join("rolecall");
        let script = Tree::default().root().join("tests/readers/expiring.py");
        let text = format!(
            "#!/bin/sh\nexec '{}' '{}' \"$@\"\n",
            tool("python").display(),
            script.display()
        );
        std::fs::write(&program, text)?;
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755))?;
        let file = self.desk.world.hub.file();
        let token = file
            .tokens
            .get(&self.desk.world.tenant)
            .context("a token")?;
        let words: Vec<PathBuf> = [rolecall()?]
            .into_iter()
            .chain(["export", "--format", "aws-config"].map(PathBuf::from))
            .chain(["--access", "tables", "--via", "credential-process"].map(PathBuf::from))
            .chain(["--profile-template", "{aws_account_id}"].map(PathBuf::from))
            .chain(["--command".into(), program, "--merge".into(), self.config()])
            .collect();
        let mut command = self.command(&words)?;
        let output = command.env("ROLECALL_TOKEN", token).output().await?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{error}");
        Ok(self.connected.customer.account_id().to_owned())
    }

    /// A program with the exported profile. It gets credentials three times.
    async fn process(&self, sdk: Sdk) -> Result<Program> {
        // A line for each run.
        let renewals = self.folder.path().join(format!("{sdk:?}.renewals"));
        let mut command = self.command(&sdk.words()?)?;
        command
            .env("AWS_PROFILE", &self.profile)
            .env("ROLECALL", rolecall()?)
            .env("LIFETIME", sdk.lifetime().to_string())
            .env("RENEWALS", &renewals);
        for (name, value) in self.keys() {
            command.env(format!("SIGNING_{name}"), value);
        }
        let mut program = Program::start(command)?;
        for number in 1..=ISSUES {
            let what = format!("{sdk:?}: {number} runs");
            let is_renewed = || {
                let runs = std::fs::read_to_string(&renewals)?;
                Ok(runs.lines().count() >= number)
            };
            program.sees_until(&self.table, &what, is_renewed).await?;
        }
        Ok(program)
    }

    /// The service's session, which signs the requests to the hub.
    fn keys(&self) -> BTreeMap<&'static str, String> {
        let session = &self.service.credentials;
        let token = session.session_token().unwrap_or_default();
        BTreeMap::from([
            ("ACCESS_KEY_ID", session.access_key_id().to_owned()),
            ("SECRET_ACCESS_KEY", session.secret_access_key().to_owned()),
            ("SESSION_TOKEN", token.to_owned()),
        ])
    }

    fn rolecall_exec(&self, words: &[PathBuf]) -> Result<Command> {
        let start = ["exec", self.account_id(), "--access", "tables", "--"];
        let start = [rolecall()?].into_iter().chain(start.map(PathBuf::from));
        let words: Vec<PathBuf> = start.chain(words.iter().cloned()).collect();
        let mut command = self.command(&words)?;
        for (name, value) in self.keys() {
            command.env(format!("AWS_{name}"), value);
        }
        Ok(command)
    }

    async fn exec(&self, sdk: Sdk) -> Result<()> {
        let mut program = Program::start(self.rolecall_exec(&sdk.words()?)?)?;
        program.sees(&self.table).await?;
        program.end().await
    }

    /// A program with a token file. It gets credentials three times, each with a renewed token.
    async fn workload(&self, sdk: Sdk) -> Result<Workload> {
        let hub = Expiring::start(&self.desk.world.hub.file().api_url, sdk.lifetime()).await?;
        let url = format!(
            "{}/workload/v1/credentials/tables/{}",
            hub.url,
            self.account_id()
        );
        let token = self.folder.path().join(format!("{sdk:?}.token"));
        let mut command = self.command(&sdk.words()?)?;
        command
            .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)
            .env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &token);
        let mut workload = Workload {
            sdk,
            program: Program::start(command)?,
            hub,
            token,
        };
        for number in 1..=ISSUES {
            self.renew(&workload.token, RUNNER, number)?;
            let what = format!("{sdk:?}: {number} tokens");
            let (program, hub) = (&mut workload.program, &workload.hub);
            let is_renewed = || Ok(hub.tokens() == number);
            program.sees_until(&self.table, &what, is_renewed).await?;
        }
        self.renew(&workload.token, STRANGER, 0)?;
        let words = workload
            .sdk
            .printed("403", &[STRANGER, "No published rule"]);
        workload.program.ends_with(&words).await?;
        Ok(workload)
    }

    /// Replaces the token as a kubelet does. The number makes it another token within the same second.
    fn renew(&self, file: &Path, subject: &str, number: usize) -> Result<()> {
        let mut claims = self.issuer.claims(subject, AUDIENCE);
        claims["jti"] = json!(number.to_string());
        let next = file.with_extension("next");
        std::fs::write(&next, self.issuer.sign(&claims))?;
        Ok(std::fs::rename(next, file)?)
    }

    async fn is_refused(&self, workload: &mut Workload) -> Result<()> {
        self.renew(&workload.token, RUNNER, ISSUES + 1)?;
        let words = workload
            .sdk
            .printed("409", &["The account is deregistered"]);
        workload.program.ends_with(&words).await?;
        let tokens = workload.hub.tokens();
        ensure!(tokens == ISSUES, "{tokens} tokens");
        Ok(())
    }

    async fn receipts_name_the_callers(&self) -> Result<()> {
        let path = format!("/v1/accounts/{}/receipts?limit=100", self.account_id());
        let acme = &self.desk.world.acme;
        let answer = acme.raw(Method::GET, &path, &[], Vec::new()).await?;
        let text = answer.text();
        ensure!(answer.status == 200, "{text}");
        ensure!(!text.contains("eyJ"), "a token: {text}");
        let page: serde_json::Value = serde_json::from_str(&text)?;
        let receipts = page["items"].as_array().context("a list")?;
        for service in [&self.service.name, &format!("workload:cluster/{RUNNER}")] {
            let own = receipts.iter().filter(|one| one["service"] == **service);
            let count = own.count();
            ensure!(count >= ISSUES * Sdk::ALL.len(), "{service}: {count}");
        }
        Ok(())
    }

    async fn deregister(&self) -> Result<()> {
        let path = format!("/v1/accounts/{}", self.account_id());
        let acme = &self.desk.world.acme;
        let answer = acme.raw(Method::DELETE, &path, &[], Vec::new()).await?;
        ensure!(answer.status == 200, "{}", answer.text());
        Ok(())
    }
}

fn rolecall() -> Result<PathBuf> {
    built("rolecall")?.context("rolecall is not built")
}

/// A table that only this customer has.
async fn create_table(desk: &Desk, connected: &Connected, name: &str) -> Result<()> {
    let root = desk.world.aws(connected.customer.account_id())?;
    let key = AttributeDefinition::builder()
        .attribute_name("id")
        .attribute_type(ScalarAttributeType::S);
    let schema = KeySchemaElement::builder()
        .attribute_name("id")
        .key_type(KeyType::Hash);
    let request = root.dynamodb().create_table().table_name(name);
    let request = request.billing_mode(BillingMode::PayPerRequest);
    let request = request.attribute_definitions(key.build()?);
    request.key_schema(schema.build()?).send().await?;
    Ok(())
}
