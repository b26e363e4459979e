//! Stands in for CloudFormation: sends custom-resource requests and reads the responses.

use crate::accounts::Connected;
use crate::world::{World, unique};
use anyhow::{Context, Result, bail, ensure};
use rolecall_admin::signed::Signer;
use rolecall_client::Registration;
use rolecall_client::http::HttpAnswer;
use rolecall_domain::link::stack_info::StackInfo;
use rolecall_domain::messages::{Language, Message};
use rolecall_local::aws::create_bucket;
use rolecall_local::hub::Invoked;
use serde_json::{Value, json};

/// Stores the responses in a publicly writable bucket at the emulator's own origin.
#[derive(Debug)]
pub struct Desk {
    pub world: World,
    signer: Signer,
    bucket: String,
}

/// A stack whose requests the test sends.
#[derive(Debug, Clone)]
pub struct Stack {
    pub stack_id: String,
    pub role_arn: String,
    pub registration: Registration,
    pub token: String,
}

/// A response, as CloudFormation reads it.
#[derive(Debug)]
pub struct Answer {
    pub text: String,
    pub json: Value,
}

impl Desk {
    pub async fn open() -> Result<Self> {
        Self::of(World::find().await?).await
    }

    pub async fn of(world: World) -> Result<Self> {
        let signer = world.hub.account().signer().clone();
        let bucket = unique("responses");
        create_bucket(&signer, &bucket).await?;
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": format!("arn:aws:s3:::{bucket}/*"),
        }]});
        // New buckets block public access by default.
        let base = signer.bucket_base(&bucket);
        let open = http::Request::delete(format!("{base}?publicAccessBlock")).body(Vec::new())?;
        let allow = http::Request::put(format!("{base}?policy"));
        let allow = allow.body(policy.to_string().into_bytes())?;
        for request in [open, allow] {
            let answer = signer.send("s3", request).await?;
            ensure!(answer.is_success(), "{}", answer.text());
        }
        Ok(Self {
            world,
            signer,
            bucket,
        })
    }

    pub fn url(&self, key: &str) -> String {
        format!("{}/{key}", self.signer.bucket_base(&self.bucket))
    }

    async fn object(&self, key: &str) -> Result<HttpAnswer> {
        let request = http::Request::get(self.url(key)).body(Vec::new())?;
        Ok(self.signer.send("s3", request).await?)
    }

    /// The response stored under a key.
    pub async fn answer(&self, key: &str) -> Result<Answer> {
        let object = self.object(key).await?;
        ensure!(object.is_success(), "no response for {key}");
        let text = object.text();
        ensure!(text.len() <= 4096, "a response of {} bytes", text.len());
        let json = serde_json::from_str(&text)?;
        Ok(Answer { text, json })
    }

    pub async fn is_unanswered(&self, key: &str) -> Result<bool> {
        Ok(self.object(key).await?.status == 404)
    }

    /// A stack in a new account; the hub has received no request for it.
    pub async fn stack_without_callback(&self) -> Result<Stack> {
        let group = self.world.group().await?;
        let registration = self.world.register(&group).await?;
        self.stack_without_callback_of(&registration).await
    }

    pub async fn stack_without_callback_of(&self, registration: &Registration) -> Result<Stack> {
        let customer = self.world.customer();
        let (_, line) = self
            .world
            .stack_without_callback(&customer, registration)
            .await?;
        Stack::of_line(&line, registration)
    }

    /// A stack that connected its account through its own callback.
    pub async fn connected(&self) -> Result<(Connected, Stack)> {
        let connected = self.world.connect().await?;
        let role_arn = connected.account.rest["role_arn"].as_str();
        let token = connected.stack.parameters.get("RegistrationToken");
        let stack = Stack {
            stack_id: connected.stack.stack_id.clone(),
            role_arn: role_arn.context("no role")?.to_owned(),
            registration: connected.registration.clone(),
            token: token.context("no token")?.clone(),
        };
        Ok((connected, stack))
    }

    /// Invokes the function with an event and waits until it returns.
    pub async fn send(&self, event: &Value) -> Result<Invoked> {
        let invoked = self.world.hub.invoke("stack-callback", event).await?;
        if invoked.failed {
            bail!("the function failed: {}", invoked.payload);
        }
        Ok(invoked)
    }

    /// Invokes the function with a request and returns the response.
    pub async fn ask(&self, request: &Value) -> Result<Answer> {
        self.send(request).await?;
        let url = request["ResponseURL"].as_str().unwrap_or_default();
        self.answer(url.rsplit('/').next().unwrap_or_default())
            .await
    }

    /// A request about a stack's custom resource, with a unique id and response URL.
    pub fn request(&self, kind: &str, stack: &Stack) -> Value {
        let id = unique(kind);
        let mut request = json!({
            "RequestType": kind,
            "ResponseURL": self.url(&id),
            "StackId": stack.stack_id,
            "RequestId": id,
            "ResourceType": "Custom::RolecallRegistration",
            "LogicalResourceId": "Registration",
            "ResourceProperties": stack.properties(),
        });
        if kind != "Create" {
            request["PhysicalResourceId"] = json!(stack.physical_id());
        }
        if kind == "Update" {
            request["OldResourceProperties"] = stack.properties();
        }
        request
    }

    /// The same request with another response URL.
    pub fn again(&self, request: &Value) -> Value {
        let mut again = request.clone();
        again["ResponseURL"] = json!(self.url(&unique("again")));
        again
    }

    /// Whether the hub has a record of a request.
    pub async fn is_on_record(&self, request: &Value) -> Result<bool> {
        let text = |name: &str| request[name].as_str().unwrap_or_default();
        let token = request["ResourceProperties"]["RegistrationToken"].as_str();
        let (registration, _) = token
            .unwrap_or_default()
            .split_once('.')
            .unwrap_or_default();
        let pk = format!("REQUEST#{registration}");
        let sk = format!("{}#{}", text("StackId"), text("RequestId"));
        Ok(self.world.item(&pk, &sk).await?.is_some())
    }

    pub async fn account_status(&self, connected: &Connected) -> Result<String> {
        let id = &connected.account.account_id;
        Ok(self.world.acme.account(id).await?.status)
    }
}

impl Stack {
    /// The stack that shows this stack info line.
    pub fn of_line(line: &str, registration: &Registration) -> Result<Self> {
        let info = StackInfo::parse(line)
            .map_err(|reason| anyhow::anyhow!(reason.text(Language::English)))?;
        Ok(Self {
            stack_id: info.stack_id.to_string(),
            role_arn: info.role_arn.to_string(),
            token: registration.link()?.parameters["RegistrationToken"].clone(),
            registration: registration.clone(),
        })
    }

    pub fn properties(&self) -> Value {
        json!({
            "ServiceToken": "arn:aws:sns:us-east-1:111111111111:rolecall-registration",
            "ServiceTimeout": "900",
            "RegistrationToken": self.token,
            "ExternalId": self.registration.external_id,
            "RoleArn": self.role_arn,
            "TemplateVersion": self.registration.template_version,
            "TemplateId": self.registration.template_id,
            "StackName": self.registration.stack_name,
        })
    }

    pub fn physical_id(&self) -> String {
        format!("rolecall/{}", self.registration.registration_id)
    }
}

impl Answer {
    pub fn field(&self, name: &str) -> &str {
        self.json[name].as_str().unwrap_or_default()
    }

    /// # Panics
    /// If the response is not SUCCESS or does not match the request.
    #[track_caller]
    pub fn assert_success(&self, request: &Value) {
        assert_eq!(self.field("Status"), "SUCCESS", "{}", self.text);
        self.echoes(request);
    }

    /// # Panics
    /// If the response is not FAILED with that reason, or does not match the request.
    #[track_caller]
    pub fn assert_failed(&self, request: &Value, reason: &str) {
        assert_eq!(self.field("Status"), "FAILED", "{}", self.text);
        assert!(self.field("Reason").starts_with(reason), "{}", self.text);
        self.echoes(request);
        if request["RequestType"] == "Create" {
            let refused = format!("rolecall/refused/{}", self.field("RequestId"));
            assert_eq!(self.field("PhysicalResourceId"), refused);
        }
    }

    #[track_caller]
    fn echoes(&self, request: &Value) {
        for name in ["StackId", "RequestId", "LogicalResourceId"] {
            assert_eq!(self.json[name], request[name], "{name}");
        }
        if !request["PhysicalResourceId"].is_null() {
            assert_eq!(
                self.json["PhysicalResourceId"],
                request["PhysicalResourceId"]
            );
        }
        assert!(!self.text.contains("null"), "{}", self.text);
    }
}

/// Requests in an SNS notification, as the hub's topic delivers them.
pub fn sns_notification(requests: &[Value]) -> Value {
    let record = |request: &Value| {
        let message = request
            .as_str()
            .map_or_else(|| request.to_string(), str::to_owned);
        json!({
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": "arn:aws:sns:us-east-1:111111111111:rolecall-registration:1",
            "Sns": {
                "Type": "Notification",
                "MessageId": "00000000-0000-4000-8000-000000000003",
                "TopicArn": "arn:aws:sns:us-east-1:111111111111:rolecall-registration",
                "Subject": "AWS CloudFormation custom resource request",
                "Message": message,
                "Timestamp": "2026-01-01T00:00:00.000Z",
            },
        })
    };
    json!({"Records": requests.iter().map(record).collect::<Vec<_>>()})
}
