//! Services of the operator, and accounts that give them access.

use anyhow::{Context, Result, ensure};
use aws_credential_types::Credentials;
use http::Method;
use rolecall_admin::signed::Signer;
use rolecall_aws::clients::Aws;
use rolecall_client::Registration;
use rolecall_client::http::{Http, HttpAnswer};
use rolecall_local::paths::Tree;
use rolecall_tests::accounts::Connected;
use rolecall_tests::roles::session;
use rolecall_tests::world::{World, unique};
use serde_json::{Value, json};
use std::process::Command;

use crate::companions::bench::post;

/// The access profiles: `tables` may list tables, `queues` may list queues.
fn access() -> Value {
    let words = |en: &str| json!({"en": en, "ja": "説明"});
    let profile = |action: &str| {
        json!({
            "title": words("Read"),
            "explain": words("Lists resources."),
            "policy": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": action, "Resource": "*"},
            ]},
        })
    };
    json!({"profiles": {
        "tables": profile("dynamodb:ListTables"),
        "queues": profile("sqs:ListQueues"),
        "other": profile("sns:ListTopics"),
    }})
}

#[derive(Debug)]
pub struct Desk {
    pub world: World,
    pub connected: Connected,
}

/// A service with a session of its own IAM role.
#[derive(Debug, Clone)]
pub struct Service {
    pub name: String,
    pub credentials: Credentials,
    signer: Signer,
    api_url: String,
}

impl Desk {
    pub async fn open(world: World) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("access.json");
        std::fs::write(&path, access().to_string())?;
        publish(&world, &["--access", path.to_str().context("a path")?])?;
        let connected = connect(&world).await?;
        Ok(Self { world, connected })
    }

    /// Publishes as the operator does.
    pub fn publish(&self, arguments: &[&str]) -> Result<()> {
        publish(&self.world, arguments)
    }

    /// Another account with both profiles.
    pub async fn connect(&self) -> Result<Connected> {
        connect(&self.world).await
    }

    pub fn account_id(&self) -> &str {
        &self.connected.account.account_id
    }

    /// A role of the hub's account that may call these paths.
    pub async fn service(&self, paths: &[&str]) -> Result<Service> {
        let world = &self.world;
        let root = world.aws(world.hub_account_id())?;
        let name = unique("service");
        let hub = world.hub_account_id();
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"AWS": format!("arn:aws:iam::{hub}:root")},
            "Action": "sts:AssumeRole",
        }]});
        let request = root.iam().create_role().role_name(&name);
        let request = request.assume_role_policy_document(trust.to_string());
        request.send().await?;
        let region = &world.hub.file().region;
        let of_path = |path: &&str| format!("arn:aws:execute-api:{region}:{hub}:*/*/{path}");
        let resources: Vec<String> = paths.iter().map(of_path).collect();
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Action": "execute-api:Invoke",
            "Resource": resources,
        }]});
        let request = root.iam().put_role_policy().role_name(&name);
        let request = request
            .policy_name("call")
            .policy_document(policy.to_string());
        request.send().await?;
        let credentials = session(&root, &name).await?;
        Ok(Service {
            signer: self.signer(credentials.clone()),
            credentials,
            name,
            api_url: world.hub.file().api_url.clone(),
        })
    }

    fn signer(&self, credentials: Credentials) -> Signer {
        let file = self.world.hub.file();
        let endpoint = Some(file.endpoint_url.as_str());
        Signer::new(Http::new(), credentials, &file.region, endpoint)
    }

    /// The customer's AWS, with issued credentials.
    pub fn aws(&self, document: &Value) -> Result<Aws> {
        let text = |name: &str| document[name].as_str().context(name.to_owned());
        self.world.aws_with(
            text("AccessKeyId")?,
            text("SecretAccessKey")?,
            Some(text("SessionToken")?),
        )
    }

    /// A tenant's own view of the account.
    pub async fn get(&self, rest: &str) -> Result<Value> {
        let path = format!("/v1/accounts/{}{rest}", self.account_id());
        post(&self.world, Method::GET, &path, &json!({}), 200).await
    }
}

fn publish(world: &World, arguments: &[&str]) -> Result<()> {
    let file = world.hub.file();
    let output = Command::new(Tree::default().root().join("target/rolecall-admin"))
        .arg("publish")
        .args(arguments)
        .env_clear()
        .env("AWS_ENDPOINT_URL", &file.endpoint_url)
        .env("AWS_REGION", &file.region)
        .env("AWS_ACCESS_KEY_ID", &file.hub_account_id)
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{error}");
    Ok(())
}

async fn connect(world: &World) -> Result<Connected> {
    let (customer, group) = (world.customer(), world.group().await?);
    let path = format!("/v1/groups/{}/registrations", group.group_id);
    let body = json!({"access": ["tables", "queues"]});
    let made = post(world, Method::POST, &path, &body, 201).await?;
    let registration: Registration = serde_json::from_value(made)?;
    world.connect_by(&customer, group, &registration).await
}

impl Service {
    /// Sends a signed request for an unmodified path.
    pub async fn send(&self, path: &str, body: &Value) -> Result<HttpAnswer> {
        let request = http::Request::post(format!("{}{path}", self.api_url));
        let request = request.header("content-type", "application/json");
        let request = request.body(body.to_string().into_bytes())?;
        Ok(self.signer.send("execute-api", request).await?)
    }

    pub async fn ask(&self, profile: &str, account_id: &str, body: &Value) -> Result<HttpAnswer> {
        let path = format!("/operator/v1/credentials/{profile}/{account_id}");
        self.send(&path, body).await
    }

    /// The same, with a given status.
    pub async fn expect(&self, profile: &str, account_id: &str, status: u16) -> Result<Value> {
        let answer = self.ask(profile, account_id, &json!({})).await?;
        let text = answer.text();
        ensure!(
            answer.status == status,
            "{profile}: {} {text}",
            answer.status
        );
        Ok(serde_json::from_slice(&answer.body)?)
    }
}

/// The paths of one profile, and of all.
pub fn of(profile: &str) -> String {
    format!("POST/operator/v1/credentials/{profile}/*")
}
