//! Assumes roles and edits their trust policies.

use anyhow::{Context, Result};
use aws_credential_types::Credentials;
use aws_sdk_sts::error::ProvideErrorMetadata;
use rolecall_aws::clients::Aws;
use rolecall_domain::iam::percent_decode;
use serde_json::{Value, json};

use crate::world::{World, unique};

/// The result of an attempt to assume a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssumeResult {
    Granted,
    Refused(String),
}

impl AssumeResult {
    pub fn denied() -> Self {
        Self::Refused("AccessDenied".to_owned())
    }
}

pub async fn assume(who: &Aws, role_arn: &str, external_id: Option<&str>) -> AssumeResult {
    let request = who.sts().assume_role().role_arn(role_arn);
    let request = request.role_session_name("tests");
    let request = request.set_external_id(external_id.map(str::to_owned));
    match request.send().await {
        Ok(_) => AssumeResult::Granted,
        Err(error) => AssumeResult::Refused(error.code().unwrap_or("no code").to_owned()),
    }
}

/// A session of a role. In the emulator, the root user of an account can assume all of its roles, whatever they
/// trust.
pub async fn session(root: &Aws, role_name: &str) -> Result<Credentials> {
    let answer = root.iam().get_role().role_name(role_name).send().await?;
    let arn = answer.role().context("no role")?.arn().to_owned();
    let request = root.sts().assume_role().role_arn(arn);
    let answer = request.role_session_name("tests").send().await?;
    let given = answer.credentials().context("no credentials")?;
    Ok(Credentials::from_keys(
        given.access_key_id(),
        given.secret_access_key(),
        Some(given.session_token().to_owned()),
    ))
}

/// The name of a role that a stack created.
pub async fn role_of(root: &Aws, stack: &str, logical_id: &str) -> Result<String> {
    let client = root.cloudformation();
    let request = client.describe_stack_resource().stack_name(stack);
    let answer = request.logical_resource_id(logical_id).send().await?;
    let detail = answer.stack_resource_detail();
    let name = detail.and_then(|it| it.physical_resource_id());
    Ok(name.context("no role")?.to_owned())
}

impl World {
    /// A session of a role of the hub's functions.
    pub async fn function_session(&self, logical_id: &str) -> Result<Credentials> {
        let root = self.aws(self.hub_account_id())?;
        let role = role_of(&root, &self.hub.file().stack_name, logical_id).await?;
        session(&root, &role).await
    }

    /// A role under the path of the hub's verifier roles, which customers trust.
    pub async fn verifier(&self) -> Result<Aws> {
        let hub = self.aws(self.hub_account_id())?;
        let name = unique("rolecall-VerifierOfTests");
        let root = format!("arn:aws:iam::{}:root", self.hub_account_id());
        let trust = policy("sts:AssumeRole", json!({"Principal": {"AWS": root}}));
        let request = hub.iam().create_role().role_name(&name);
        let request = request.path("/rolecall-hub/verifier/");
        let request = request.assume_role_policy_document(trust.to_string());
        let answer = request.send().await?;
        let arn = answer.role().context("no role")?.arn().to_owned();
        let may = policy(
            "sts:AssumeRole",
            json!({"Resource": "arn:aws:iam::*:role/rolecall/*"}),
        );
        let request = hub.iam().put_role_policy().role_name(&name);
        let request = request.policy_name("assume");
        request.policy_document(may.to_string()).send().await?;
        let request = hub.sts().assume_role().role_arn(arn);
        let answer = request.role_session_name("tests").send().await?;
        let credentials = answer.credentials().context("no credentials")?;
        self.aws_with(
            credentials.access_key_id(),
            credentials.secret_access_key(),
            Some(credentials.session_token()),
        )
    }

    /// A role's trust policy, read by its account's root user.
    pub async fn trust_policy(&self, account_id: &str, role_arn: &str) -> Result<Value> {
        let request = self.aws(account_id)?.iam().get_role();
        let answer = request.role_name(name_of(role_arn)).send().await?;
        let role = answer.role().context("no role")?;
        let text = role.assume_role_policy_document().context("no policy")?;
        Ok(serde_json::from_str(&percent_decode(text))?)
    }

    pub async fn set_trust_policy(
        &self,
        account_id: &str,
        role_arn: &str,
        trust: &Value,
    ) -> Result<()> {
        let request = self.aws(account_id)?.iam().update_assume_role_policy();
        let request = request.role_name(name_of(role_arn));
        request.policy_document(trust.to_string()).send().await?;
        Ok(())
    }
}

/// The last part of an ARN.
pub fn name_of(role_arn: &str) -> &str {
    role_arn.rsplit('/').next().unwrap_or_default()
}

fn policy(action: &str, rest: Value) -> Value {
    let mut statement = rest;
    statement["Effect"] = json!("Allow");
    statement["Action"] = json!(action);
    json!({"Version": "2012-10-17", "Statement": [statement]})
}
