//! An account with companion roles, and helpers to change and check it.

use anyhow::{Context, Result, ensure};
use http::Method;
use rolecall_client::Registration;
use rolecall_local::paths::Tree;
use rolecall_local::wait::until;
use rolecall_tests::accounts::Connected;
use rolecall_tests::world::{SOON, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::process::Command;

#[derive(Debug)]
pub struct Bench {
    pub world: World,
    pub connected: Connected,
}

pub const BASTION: &str = "333333333333";

impl Bench {
    /// Connects an account with a link that requests these roles.
    pub async fn set(companion_roles: Value) -> Result<Self> {
        let world = World::find().await?;
        let (customer, group) = (world.customer(), world.group().await?);
        let path = format!("/v1/groups/{}/registrations", group.group_id);
        let body = json!({"companion_roles": companion_roles});
        let made = post(&world, Method::POST, &path, &body, 201).await?;
        let registration: Registration = serde_json::from_value(made)?;
        let connected = world.connect_by(&customer, group, &registration).await?;
        Ok(Self { world, connected })
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/accounts/{}{rest}", self.connected.account.account_id)
    }

    pub async fn put(&self, rest: &str, body: &Value) -> Result<Value> {
        post(&self.world, Method::PUT, &self.path(rest), body, 200).await
    }

    /// Chooses companion roles, and updates the stack with the command in the response.
    pub async fn choose(&self, companion_roles: &Value) -> Result<()> {
        let body = json!({"companion_roles": companion_roles});
        let answer = self.put("/companion-roles", &body).await?;
        self.update(&answer).await
    }

    /// Runs the update command of a response, and waits until the stack is updated.
    pub async fn update(&self, answer: &Value) -> Result<()> {
        let command = answer["update"]["command"].as_str().context("an update")?;
        self.run_update(command).await
    }

    /// Runs an update command. The emulator accepts template URLs only from the caller's own buckets,
    /// so the template is read as the console reads it.
    pub async fn run_update(&self, command: &str) -> Result<()> {
        let (before, rest) = command.split_once("--template-url ").context("a URL")?;
        let (url, after) = rest.split_once(' ').context("more options")?;
        let template = self.connected.customer.fetch_template(url).await?;
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), template)?;
        let stack = &self.connected.stack.stack_id;
        let local = format!(
            "{before}--template-body file://{} {after} && \
             aws cloudformation wait stack-update-complete --stack-name {stack}",
            file.path().display()
        );
        self.shell(&local).await?;
        Ok(())
    }

    pub async fn post(&self, rest: &str, body: &Value) -> Result<Value> {
        post(&self.world, Method::POST, &self.path(rest), body, 200).await
    }

    pub async fn account(&self) -> Result<Value> {
        post(&self.world, Method::GET, &self.path(""), &json!({}), 200).await
    }

    /// The account's role of a kind, as the API returns it.
    pub async fn role(&self, kind: &str) -> Result<Value> {
        let account = self.account().await?;
        let roles = account["companion_roles"].as_array().context("no list")?;
        let found = roles.iter().find(|role| role["kind"] == kind);
        found
            .cloned()
            .with_context(|| format!("no {kind}: {account}"))
    }

    /// The role after a full check, with all checks that neither passed nor were skipped. Right
    /// after a healthy check, the schedule runs only a quick check (in the local hub, for ten
    /// seconds).
    pub async fn checked(&self, kind: &str) -> Result<(Value, Vec<Value>)> {
        let id = &self.connected.account.account_id;
        let before = self.role(kind).await?["checked_at"].clone();
        let role = until("a full check", SOON, async || {
            self.world.scheduled_check(id).await?;
            let role = self.role(kind).await?;
            Ok((role["checked_at"] != before).then_some(role))
        })
        .await?;
        let checks = role["checks"].as_array().context("no checks")?;
        let fine = |check: &&Value| check["status"] == "passed" || check["status"] == "skipped";
        let odd = checks
            .iter()
            .filter(|check| !fine(check))
            .cloned()
            .collect();
        Ok((role, odd))
    }

    /// Checks that there is one finding with this code, and returns its command.
    pub async fn finds(&self, kind: &str, code: &str) -> Result<String> {
        let (role, odd) = self.checked(kind).await?;
        let [finding] = odd.as_slice() else {
            anyhow::bail!("one finding: {odd:#?}");
        };
        assert_eq!(finding["code"], code, "{finding:#}");
        assert_eq!(role["state"], "failed", "{role:#}");
        assert!(finding["remedy"].is_string(), "{finding:#}");
        let command = finding["command"].as_str();
        Ok(command
            .with_context(|| format!("no command: {finding}"))?
            .to_owned())
    }

    pub async fn assert_healthy(&self, kind: &str) -> Result<()> {
        let (role, odd) = self.checked(kind).await?;
        ensure!(role["state"] == "passed" && odd.is_empty(), "{role:#}");
        Ok(())
    }

    /// Runs a shell command with the customer's credentials, and returns its output.
    pub async fn shell(&self, command: &str) -> Result<String> {
        run(&self.world, self.connected.customer.account_id(), command).await
    }

    /// Runs a command; returns whether it succeeded, and its output.
    pub async fn try_shell(&self, command: &str) -> Result<(bool, String)> {
        try_run(&self.world, self.connected.customer.account_id(), command).await
    }

    pub async fn shell_as(
        &self,
        command: &str,
        settings: BTreeMap<&str, &str>,
    ) -> Result<(bool, String)> {
        run_as(&self.world, command, settings).await
    }

    /// The name of the role of a kind.
    pub async fn role_name(&self, kind: &str) -> Result<String> {
        let role = self.role(kind).await?;
        let arn = role["role_arn"].as_str().context("no role")?;
        Ok(arn.rsplit('/').next().unwrap_or_default().to_owned())
    }

    /// The actions that the role of a kind is allowed to call.
    pub async fn allowed(&self, kind: &str, actions: &[&str]) -> Result<Vec<String>> {
        let question = json!({"kind": kind, "actions": actions});
        let answer = self.post("/simulations", &question).await?;
        ensure!(answer["verdict"] == "answered", "{answer}");
        let results = answer["results"].as_array().context("no results")?;
        let allowed = results.iter().filter(|one| one["decision"] == "allowed");
        Ok(allowed
            .filter_map(|one| one["action"].as_str().map(str::to_owned))
            .collect())
    }
}

/// Sends a request, and retries it while it is rate limited.
pub async fn post(
    world: &World,
    method: Method,
    path: &str,
    body: &Value,
    status: u16,
) -> Result<Value> {
    let body = match method {
        Method::GET => Vec::new(),
        _ => body.to_string().into_bytes(),
    };
    let answer = until(
        &format!("a response to {method} {path}"),
        SOON,
        async || {
            let call = world.acme.raw(method.clone(), path, &[], body.clone());
            let answer = call.await?;
            Ok((answer.status == status || answer.status != 429).then_some(answer))
        },
    )
    .await?;
    let text = answer.text();
    ensure!(
        answer.status == status,
        "{method} {path}: {} {text}",
        answer.status
    );
    Ok(serde_json::from_slice(&answer.body)?)
}

/// Runs a shell command as the root user of an AWS account, and returns its output.
pub async fn run(world: &World, account: &str, command: &str) -> Result<String> {
    let (done, output) = try_run(world, account, command).await?;
    ensure!(done, "{command}: {output}");
    Ok(output)
}

async fn try_run(world: &World, account: &str, command: &str) -> Result<(bool, String)> {
    let secret = BTreeMap::from([
        ("AWS_ACCESS_KEY_ID", account),
        ("AWS_SECRET_ACCESS_KEY", "local"),
    ]);
    run_as(world, command, secret).await
}

async fn run_as(
    world: &World,
    command: &str,
    settings: BTreeMap<&str, &str>,
) -> Result<(bool, String)> {
    let tools = Tree::default().root().join(".venv/bin");
    let path = format!("{}:/usr/bin:/bin", tools.display());
    let home = tempfile::tempdir()?;
    let output = Command::new("bash")
        .args(["-euc", command])
        .env_clear()
        .env("PATH", path)
        .env("HOME", home.path())
        .env("AWS_ENDPOINT_URL", world.endpoint_url())
        .env("AWS_DEFAULT_REGION", &world.hub.file().region)
        .envs(settings)
        .output()
        .await?;
    let text = [output.stdout, output.stderr].concat();
    Ok((
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    ))
}
