//! An in-memory hub whose functions receive the samples.

use std::convert::Infallible;
use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use credential_broker::Gateway;
use event_publisher::Publisher;
use registration_api::Api;
use rolecall_client::QuickCreateLink;
use rolecall_domain::aws::{AwsAccountId, ExternalId, Region, RoleArn, RoleUniqueId, StackId};
use rolecall_domain::change::audit::AuditEntry;
use rolecall_domain::check::Hub;
use rolecall_domain::link::service::Service;
use rolecall_domain::link::token::KeyRing;
use rolecall_domain::ports::{CheckQueue, DeadLetters, EventBus, Publication};
use rolecall_domain::schedule::DueCheck;
use rolecall_domain::settings::Settings;
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_testing::{
    FakeCustomers, FakeHost, FakeKeys, FakeRole, MemoryBucket, MemoryStore, NoIssuers, onboarding,
    owners,
};
use rolecall_usecases::issue_credentials::Broker;
use rolecall_usecases::{Env, Environment};
use serde_json::{Value, json};
use stack_callback::request::{RequestType, decode};
use stack_callback::{Callback, Reply, ReplyError};
use stack_cleanup::{Cleanup, Summary};

use crate::sample_events::samples::Samples;
use crate::sample_events::text;

type TestEnv = Environment<MemoryStore, FakeCustomers, FakeHost>;

pub const STACK: &str = "arn:aws:cloudformation:eu-central-1:222222222222:stack/rolecall-1d2e3f4a5c/6f8b0c60-1c5e-11f0-9d8e-0a1b2c3d4e5f";
const ROLE: &str =
    "arn:aws:iam::222222222222:role/rolecall/rolecall-1d2e3f4a5c-RolecallRole-1ABCDEFGHIJKL";

/// Everything that the hub sends.
#[derive(Default)]
struct Out {
    replies: Mutex<Vec<(String, String)>>,
    published: Mutex<Vec<AuditEntry>>,
    queued: Mutex<Vec<DueCheck>>,
}

impl Reply for &Out {
    async fn put(&self, url: &str, body: &str) -> Result<(), ReplyError> {
        let reply = (url.to_owned(), body.to_owned());
        self.replies.lock().expect("no panic").push(reply);
        Ok(())
    }
}

impl EventBus for &Out {
    async fn publish(&self, entries: &[AuditEntry]) -> Vec<Publication> {
        self.published
            .lock()
            .expect("no panic")
            .extend(entries.to_vec());
        vec![Publication::Published; entries.len()]
    }
}

impl DeadLetters for &Out {
    type Error = Infallible;

    async fn send(&self, message: &Value) -> Result<(), Infallible> {
        panic!("a sample could not be read: {message}")
    }
}

impl CheckQueue for &Out {
    async fn send(&self, due: &[DueCheck]) -> Vec<DueCheck> {
        self.queued.lock().expect("no panic").extend(due.to_vec());
        Vec::new()
    }
}

/// An in-memory hub, and the samples for its functions.
pub struct Story {
    pub samples: Samples,
    env: Option<TestEnv>,
    keys: FakeKeys,
    out: Out,
}

pub fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn hub() -> Hub {
    Hub {
        account: AwsAccountId::parse("111111111111").expect("valid"),
        region: Region::parse("us-east-1").expect("valid"),
        allow_own_account: false,
        trusted_principals: vec!["arn:aws:iam::111111111111:role/rolecall-hub/verifier/*".into()],
    }
}

impl Story {
    pub fn begin() -> Self {
        let ring = KeyRing::parse(r#"{"k1":"0123456789abcdef0123456789abcdef"}"#).expect("valid");
        let env = Environment {
            store: MemoryStore::new(),
            customers: FakeCustomers::new(),
            host: FakeHost::new(time("2025-09-02T08:00:00Z"), 1),
            settings: Settings::default(),
            hub: hub(),
            onboarding: Some(onboarding(&hub())),
        };
        Self {
            samples: Samples::read(),
            env: Some(env),
            keys: FakeKeys::new(ring),
            out: Out::default(),
        }
    }

    pub fn env(&self) -> &TestEnv {
        self.env.as_ref().expect("no function is running")
    }

    fn deadline(&self) -> Timestamp {
        self.env().now() + SignedDuration::from_secs(120)
    }

    /// Sends an API request from a sample; returns the response body.
    pub async fn api(&mut self, name: &str, status: u16) -> Value {
        let event = self.samples.take(&format!("registration-api/{name}"));
        self.api_event(&event, status).await
    }

    async fn api_event(&mut self, event: &Value, status: u16) -> Value {
        let api = Api {
            env: self.env.take().expect("no function is running"),
            keys: self.keys.clone(),
            bucket: MemoryBucket::new(),
            claims: owners(),
            sign_in: registration_api::sign_in::SignIn::default(),
            service: Service::new(Region::parse("eu-central-1").expect("valid"), []),
            topic_name: "rolecall-registration".to_owned(),
            onboarding_bucket: "example".to_owned(),
            api_url: "https://hub.example".to_owned(),
            console_url: Some("https://hub.example".to_owned()),
        };
        let response = api.handle(event).await;
        self.env = Some(api.env);
        assert_eq!(response.status_code, status, "{}", response.body);
        serde_json::from_str(&response.body).expect("JSON")
    }

    /// Sends a service's request for credentials; returns the response body.
    pub async fn broker(&mut self, name: &str, status: u16) -> Value {
        let event = self.samples.take(&format!("credential-broker/{name}"));
        let env = self.env.take().expect("no function is running");
        let gateway = Gateway {
            broker: Broker {
                store: env.store,
                customers: env.customers,
                queue: &self.out,
                host: env.host,
                settings: env.settings,
            },
            keys: NoIssuers,
            hub_account: env.hub.account.clone(),
            api_url: "https://hub.example".to_owned(),
        };
        let response = gateway.handle(&event).await;
        let Broker {
            store,
            customers,
            host,
            settings,
            ..
        } = gateway.broker;
        self.env = Some(Environment {
            store,
            customers,
            host,
            settings,
            hub: env.hub,
            onboarding: env.onboarding,
        });
        assert_eq!(response.status_code, status, "{}", response.body);
        serde_json::from_str(&response.body).expect("JSON")
    }

    /// Delivers a custom-resource request twice, directly and in a notification.
    pub async fn callback(&mut self, kind: RequestType, name: &str) -> Value {
        let direct = self.samples.take(&format!("stack-callback/{name}"));
        let wrapped = self.samples.take(&format!("stack-callback/{name}-in-sns"));
        let mut answers = Vec::new();
        for event in [&direct, &wrapped] {
            let request = decode(event).pop().expect("one request").expect("decoded");
            assert_eq!(
                (request.request_type, request.response_url.as_str()),
                (kind, direct["ResponseURL"].as_str().expect("a URL"))
            );
            let deadline = self.deadline();
            let callback = Callback {
                env: self.env.take().expect("no function is running"),
                keys: self.keys.clone(),
                reply: &self.out,
                response_origins: Vec::new(),
            };
            callback
                .handle(event, deadline)
                .await
                .expect("the request is handled");
            self.env = Some(callback.env);
            let (url, body) = self
                .out
                .replies
                .lock()
                .expect("no panic")
                .pop()
                .expect("a response");
            assert_eq!(url, request.response_url);
            answers.push(body);
        }
        assert_eq!(answers[0], answers[1], "{name}");
        serde_json::from_str(&answers[0]).expect("JSON")
    }

    pub async fn cleanup(&mut self, name: &str, expected: Summary) {
        let event = self.samples.take(&format!("stack-cleanup/{name}"));
        stack_cleanup::event::Event::decode(&event).expect("decoded");
        let deadline = self.deadline();
        let cleanup = Cleanup {
            env: self.env.take().expect("no function is running"),
            queue: &self.out,
            dead_letters: &self.out,
        };
        let summary = cleanup
            .handle(&event, deadline)
            .await
            .expect("the event is handled");
        self.env = Some(cleanup.env);
        assert_eq!(summary, expected, "{name}");
    }

    pub async fn health(&mut self, name: &str) {
        let event = self.samples.take(&format!("account-health/{name}"));
        let deadline = self.deadline();
        let response = account_health::handle(self.env(), &event, deadline).await;
        let response = response.expect("a batch");
        assert!(response.batch_item_failures.is_empty());
    }

    pub async fn publisher(&mut self, name: &str) -> Vec<AuditEntry> {
        let event = self.samples.take(&format!("event-publisher/{name}"));
        let publisher = Publisher {
            bus: &self.out,
            dead_letters: &self.out,
        };
        let response = publisher.handle(event).await.expect("a batch");
        assert!(response.batch_item_failures.is_empty());
        self.out.published.lock().expect("no panic").clone()
    }

    /// Creates a group and a registration, and fills in their ids.
    pub async fn group_and_registration(&mut self) {
        let group = self.api("post-group", 201).await;
        let other = self.api("post-group-base64", 201).await;
        assert_eq!(other["name"], "本番");
        self.samples.fill_in(
            "grp_0198a0b1c2d37e4f8a9b0c1d2e3f4a5b",
            text(&group["group_id"]),
        );
        let made = self.api("post-registration", 201).await;
        assert_eq!(made["aws_account_id"], "222222222222");
        let id = "reg_0198a0b1c2d37e4f8a9b0c1d2e3f4a5c";
        let link = QuickCreateLink::parse(text(&made["quick_create_url"])).expect("a link");
        let token = &link.parameters["RegistrationToken"];
        self.samples.fill_in(&format!("{id}.REDACTED"), token);
        self.samples.fill_in(id, text(&made["registration_id"]));
        self.samples
            .fill_in("REDACTED-EXTERNAL-ID", text(&made["external_id"]));
        let (_, page) = text(&made["connect_url"]).rsplit_once('/').expect("a page");
        self.samples.fill_in("REDACTED-PAGE-TOKEN", page);
        let template = "2db841734c2f3f4de7b17cc2d1782d22909ccde0bade9730de11c71834af1f30";
        self.samples.fill_in(template, text(&made["template_id"]));
        let read = self.api("get-registration", 200).await;
        assert_eq!(read, made);
        let external_id = ExternalId::parse(text(&made["external_id"])).expect("valid");
        let unique_id = RoleUniqueId::parse("AROAEXAMPLEEXAMPLE123").expect("valid");
        let role = FakeRole::healthy(unique_id, external_id, &hub());
        let (stack, arn) = (StackId::parse(STACK), RoleArn::parse(ROLE));
        let customers = &self.env().customers;
        customers.create_stack(&stack.expect("valid"), &arn.expect("valid"), role);
    }

    /// Completes the registration; the sample's stack info contains the sample's registration id.
    pub async fn paste(&mut self) -> Value {
        let mut event = self.samples.take("registration-api/post-complete");
        let mut body: Value = serde_json::from_str(text(&event["body"])).expect("JSON");
        let line = STANDARD.decode(text(&body["stack_info"])).expect("base64");
        let line = self
            .samples
            .filled_in(&String::from_utf8(line).expect("text"));
        body["stack_info"] = json!(STANDARD.encode(line));
        event["body"] = json!(body.to_string());
        self.api_event(&event, 200).await
    }
}
