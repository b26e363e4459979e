//! A service of the operator's product: an IAM role of the hub's account that can get credentials for one
//! access profile.

use anyhow::{Context, Result, ensure};
use aws_credential_types::Credentials;
use aws_sdk_cloudformation::types::Capability;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

use rolecall_admin::aws::Account;
use rolecall_admin::signed::Signer;
use rolecall_client::http::{Http, HttpAnswer};

use crate::hub::Hub;
use crate::stacks::Stacks;

const LIMIT: Duration = Duration::from_secs(30);

/// A session of the service's role.
#[derive(Debug)]
pub struct Service {
    pub name: String,
    hub: Hub,
    signer: Signer,
}

impl Service {
    /// Creates the role by a stack, as an operator does, and assumes it.
    ///
    /// # Errors
    /// When AWS rejects a call.
    pub async fn create(hub: &Hub, name: &str, profile: &str) -> Result<Self> {
        let file = hub.file();
        let template = role(&file.hub_account_id, name, profile).to_string();
        let stacks = Stacks::new(hub.account().cloudformation());
        let named = [Capability::CapabilityNamedIam];
        let id = stacks
            .create(name, &template, &BTreeMap::new(), &named)
            .await?;
        let stack = stacks.settled(&id, LIMIT).await?;
        ensure!(
            stack.is_complete(),
            "the stack of {name} is {}",
            stack.status
        );
        let credentials = assume(hub.account(), &file.hub_account_id, name).await?;
        let endpoint = Some(file.endpoint_url.as_str());
        Ok(Self {
            name: name.to_owned(),
            signer: Signer::new(Http::new(), credentials, &file.region, endpoint),
            hub: hub.clone(),
        })
    }

    /// Requests credentials from the hub.
    ///
    /// # Errors
    /// When there is no response.
    pub async fn ask(&self, profile: &str, account_id: &str) -> Result<HttpAnswer> {
        let api_url = &self.hub.file().api_url;
        let url = format!("{api_url}/operator/v1/credentials/{profile}/{account_id}");
        let request = http::Request::post(url).header("content-type", "application/json");
        let request = request.body(b"{}".to_vec())?;
        Ok(self.signer.send("execute-api", request).await?)
    }

    /// The customer's account, with credentials from the hub.
    ///
    /// # Errors
    /// When the hub refuses.
    pub async fn account(&self, profile: &str, account_id: &str) -> Result<Account> {
        let answer = self.ask(profile, account_id).await?;
        ensure!(answer.is_success(), "{} {}", answer.status, answer.text());
        let document: Value = serde_json::from_slice(&answer.body)?;
        let text = |name: &str| document[name].as_str().map(str::to_owned);
        let keys = text("AccessKeyId").zip(text("SecretAccessKey"));
        let (id, secret) = keys.context("the document has no keys")?;
        let credentials = Credentials::from_keys(id, secret, text("SessionToken"));
        let region = text("region").unwrap_or_default();
        let endpoint = Some(self.hub.file().endpoint_url.as_str());
        Ok(Account::new(credentials, &region, endpoint))
    }
}

/// The names of an account's buckets.
///
/// # Errors
/// When S3 rejects the request.
pub async fn bucket_names(account: &Account) -> Result<Vec<String>> {
    let signer = account.signer();
    let request = http::Request::get(format!("{}/", signer.base("s3"))).body(Vec::new())?;
    let answer = signer.send("s3", request).await?;
    ensure!(answer.is_success(), "{} {}", answer.status, answer.text());
    Ok(values(&answer.text(), "Name"))
}

/// The template of a role that can request credentials for one profile.
fn role(hub_account_id: &str, name: &str, profile: &str) -> Value {
    let path = format!("POST/operator/v1/credentials/{profile}/*");
    json!({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {
        "RoleName": name,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"AWS": format!("arn:aws:iam::{hub_account_id}:root")},
            "Action": "sts:AssumeRole",
        }]},
        "Policies": [{"PolicyName": "GetCredentials", "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Action": "execute-api:Invoke",
                "Resource": format!("arn:aws:execute-api:*:{hub_account_id}:*/*/{path}"),
            }],
        }}],
    }}}})
}

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
async fn assume(account: &Account, account_id: &str, name: &str) -> Result<Credentials> {
    let signer = account.signer();
    let arn = format!("arn%3Aaws%3Aiam%3A%3A{account_id}%3Arole%2F{name}");
    let form = format!("Action=AssumeRole&Version=2011-06-15&RoleArn={arn}&RoleSessionName={name}");
    let request = http::Request::post(format!("{}/", signer.base("sts")))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.into_bytes())?;
    let answer = signer.send("sts", request).await?;
    let text = answer.text();
    ensure!(answer.is_success(), "{} {text}", answer.status);
    let one = |name: &str| values(&text, name).into_iter().next();
    let keys = one("AccessKeyId").zip(one("SecretAccessKey"));
    let (id, secret) = keys.context("the answer has no keys")?;
    Ok(Credentials::from_keys(id, secret, one("SessionToken")))
}

/// The texts of an XML element. The emulator's answers to these calls have no attributes and no escapes.
fn values(xml: &str, element: &str) -> Vec<String> {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let parts = xml.split(&open).skip(1);
    let texts = parts.filter_map(|part| part.split_once(&close));
    texts.map(|(text, _)| text.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn texts_of_an_element_are_found_in_order() {
        let xml = "<A><Name>one</Name></A><A><Name>two</Name></A><Other>x</Other>";
        assert_eq!(values(xml, "Name"), ["one", "two"]);
    }
}
