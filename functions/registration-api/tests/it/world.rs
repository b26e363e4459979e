//! A hub in memory, its callers, and customers whose stack outputs can be pasted.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use registration_api::route::send_through_gateway;
use registration_api::routes::ROUTES;
use registration_api::{Api, Response};
use rolecall_domain::aws::{AwsAccountId, ExternalId, Region, RoleArn, RoleUniqueId, StackId};
use rolecall_domain::check::Hub;
use rolecall_domain::check::StackStatus;
use rolecall_domain::companion::{DeployedRole, RequestedRole};
use rolecall_domain::ids::AccountId;
use rolecall_domain::link::service::Service;
use rolecall_domain::link::token::KeyRing;
use rolecall_domain::ports::{CustomerAccounts, Records, Store, TemplateBucket};
use rolecall_domain::record::account::Account;
use rolecall_domain::settings::Settings;
use rolecall_domain::text::Tenant;
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_testing::{FakeCustomers, FakeHost, FakeKeys, FakeRole, MemoryBucket, MemoryStore};
use rolecall_testing::{companion_roles, onboarding, owners};
use rolecall_usecases::Environment;
use serde_json::{Value, json};
use std::cell::Cell;

pub const ACME: &str = "acme";
pub const GLOBEX: &str = "globex";

pub struct World<S = MemoryStore, C = FakeCustomers, B = MemoryBucket> {
    pub api: Api<Environment<S, C, FakeHost>, FakeKeys, B>,
    made: Cell<u32>,
}

pub fn start() -> Timestamp {
    Timestamp::from_second(1_800_000_000).expect("in range")
}

pub fn tenant(name: &str) -> Tenant {
    Tenant::parse(name).expect("valid")
}

pub fn hub() -> Hub {
    Hub {
        account: AwsAccountId::parse("111111111111").expect("valid"),
        region: Region::parse("us-east-1").expect("valid"),
        allow_own_account: false,
        trusted_principals: vec!["arn:aws:iam::111111111111:role/rolecall-hub/verifier/*".into()],
    }
}

impl World {
    pub fn new() -> Self {
        World::over(MemoryStore::new(), FakeCustomers::new())
    }
}

impl<S: Store, C: CustomerAccounts> World<S, C> {
    pub fn over(store: S, customers: C) -> Self {
        World::with_bucket(store, customers, MemoryBucket::new())
    }
}

impl<S: Store, C: CustomerAccounts, B: TemplateBucket> World<S, C, B> {
    pub fn with_bucket(store: S, customers: C, bucket: B) -> Self {
        let ring = KeyRing::parse(r#"{"k1":"0123456789abcdef0123456789abcdef"}"#);
        Self {
            api: Api {
                env: Environment {
                    store,
                    customers,
                    host: FakeHost::new(start(), 1),
                    settings: Settings::default(),
                    hub: hub(),
                    onboarding: Some(onboarding(&hub())),
                },
                keys: FakeKeys::new(ring.expect("a key ring")),
                bucket,
                claims: owners(),
                sign_in: registration_api::sign_in::SignIn::default(),
                service: Service::new(Region::parse("us-east-1").expect("a Region"), []),
                topic_name: "rolecall-registration".to_owned(),
                onboarding_bucket: "example".to_owned(),
                api_url: "https://hub.example".to_owned(),
                console_url: Some("https://hub.example".to_owned()),
            },
            made: Cell::new(0),
        }
    }

    pub fn wait(&self, millis: i64) {
        let host = &self.api.env.host;
        host.advance(SignedDuration::from_millis(millis));
    }

    pub async fn ask(&self, tenant: &str, asked: &str, body: &Value) -> Response {
        self.ask_in("", tenant, asked, body).await
    }

    /// Sends a request with this `Accept-Language`.
    pub async fn ask_in(
        &self,
        languages: &str,
        tenant: &str,
        asked: &str,
        body: &Value,
    ) -> Response {
        let mut event = event(tenant, asked, body);
        event["headers"]["accept-language"] = json!(languages);
        let response = self.api.handle(&event).await;
        // Only credential-broker's responses contain credentials.
        for name in ["SecretAccessKey", "SessionToken"] {
            assert!(!response.body.contains(name), "{asked}: {}", response.body);
        }
        response
    }

    /// Sends a request, checks the response's status, and returns its body.
    pub async fn expect(&self, tenant: &str, asked: &str, body: Value, status: u16) -> Value {
        let response = self.ask(tenant, asked, &body).await;
        assert_eq!(response.status_code, status, "{asked}: {}", response.body);
        serde_json::from_str(&response.body).unwrap_or_default()
    }

    /// Sends a request of a service of the operator, and checks the response's status.
    pub async fn expect_signed(&self, asked: &str, body: Value, status: u16) -> Value {
        let response = self.api.handle(&signed(SERVICE, asked, &body)).await;
        assert_eq!(response.status_code, status, "{asked}: {}", response.body);
        serde_json::from_str(&response.body).unwrap_or_default()
    }

    pub async fn group(&self, tenant: &str) -> String {
        let body = json!({"name": "Production", "color": "#112233"});
        let group = self.expect(tenant, "POST /v1/groups", body, 201).await;
        text(&group, "group_id")
    }

    pub async fn registration(&self, tenant: &str, group: &str, body: Value) -> Value {
        let asked = format!("POST /v1/groups/{group}/registrations");
        self.expect(tenant, &asked, body, 201).await
    }

    pub fn number(&self) -> u32 {
        self.made.set(self.made.get() + 1);
        self.made.get()
    }

    /// A stack of the registration in an AWS account, and its output to paste.
    pub fn stack(&self, registration: &Value, aws_account_id: &str) -> Stack {
        let number = self.number();
        let stack = format!(
            "arn:aws:cloudformation:us-east-1:{aws_account_id}:stack/rolecall-{number}/abc"
        );
        let role = format!("arn:aws:iam::{aws_account_id}:role/rolecall/R{number}");
        let external_id = ExternalId::parse(text(registration, "external_id"));
        let stack = Stack {
            stack_id: StackId::parse(stack).expect("valid"),
            role_arn: RoleArn::parse(role).expect("valid"),
            external_id: external_id.expect("valid"),
            unique_id: RoleUniqueId::parse(format!("AROA{number:017}")).expect("valid"),
            line: String::new(),
        };
        let line = json!({
            "v": 2,
            "registration_id": registration["registration_id"],
            "template_id": registration["template_id"],
            "stack_id": stack.stack_id,
            "role_arn": stack.role_arn,
        });
        Stack {
            line: STANDARD.encode(line.to_string()),
            ..stack
        }
    }
}

impl<B: TemplateBucket> World<MemoryStore, FakeCustomers, B> {
    /// Creates the stack and its role in a healthy state, without the access of a profile.
    pub fn build(&self, stack: &Stack) {
        let (unique_id, external_id) = (stack.unique_id.clone(), stack.external_id.clone());
        let role = FakeRole::healthy(unique_id, external_id, &hub());
        let customers = &self.api.env.customers;
        customers.create_stack(&stack.stack_id, &stack.role_arn, role);
        customers.change_stack(&stack.stack_id, |made| {
            made.status = StackStatus::CreateComplete;
        });
    }

    /// Adds a companion role to the stack.
    fn build_companion(&self, stack: &Stack, role: &Value) -> RoleArn {
        let RequestedRole { kind, options } = companion_roles(&hub(), &json!([role])).remove(0);
        let name = format!("H{}", self.number());
        let aws_account_id = stack.stack_id.account();
        let arn = format!("arn:aws:iam::{aws_account_id}:role/companion/{name}");
        let role_arn = RoleArn::parse(arn).expect("valid");
        let external_id = stack.external_id.clone();
        let role = FakeRole::companion(stack.unique_id.clone(), external_id, &hub());
        let customers = &self.api.env.customers;
        customers.put_role(&role_arn, role);
        customers.change_stack(&stack.stack_id, |made| {
            made.roles.insert(name);
            made.deployed_roles.push(DeployedRole {
                kind,
                options: Some(options),
                role_arn: role_arn.clone(),
                instance_profile_arn: None,
                unique_id: None,
                is_lost: false,
            });
        });
        role_arn
    }

    /// Connects an account in a new group.
    pub async fn connect(&self, tenant: &str) -> (Account, Stack) {
        let group = self.group(tenant).await;
        let aws_account_id = format!("{:012}", 222_222_222_000_u64 + u64::from(self.number()));
        self.connect_in(tenant, &group, &aws_account_id).await
    }

    /// Connects an account whose stack has an `ssm-hybrid` role. An AWS account needs only one.
    pub async fn connect_in(
        &self,
        tenant: &str,
        group: &str,
        aws_account_id: &str,
    ) -> (Account, Stack) {
        let hybrid = json!({"kind": "ssm-hybrid"});
        let connected = self.connect_with(tenant, group, aws_account_id, &hybrid);
        let (account, stack, _) = connected.await;
        (account, stack)
    }

    /// Connects an account whose stack has this companion role.
    pub async fn connect_with(
        &self,
        tenant: &str,
        group: &str,
        aws_account_id: &str,
        role: &Value,
    ) -> (Account, Stack, RoleArn) {
        let body = json!({"allow_duplicate": true, "companion_roles": [role]});
        let registration = self.registration(tenant, group, body).await;
        let stack = self.stack(&registration, aws_account_id);
        self.build(&stack);
        let role = self.build_companion(&stack, role);
        let account = self.complete(tenant, &registration, &stack).await;
        (account, stack, role)
    }

    /// Connects the account by pasting the stack's output.
    pub async fn complete(&self, tenant: &str, registration: &Value, stack: &Stack) -> Account {
        let view = self.paste(tenant, registration, stack, 200).await;
        let id = AccountId::parse(text(&view, "account_id")).expect("an id");
        let read = self.api.env.store.account(&self::tenant(tenant), &id).await;
        read.expect("read").expect("there")
    }

    pub async fn paste(
        &self,
        tenant: &str,
        registration: &Value,
        stack: &Stack,
        status: u16,
    ) -> Value {
        let id = text(registration, "registration_id");
        let asked = format!("POST /v1/registrations/{id}/complete");
        let body = json!({"stack_info": stack.line});
        self.expect(tenant, &asked, body, status).await
    }
}

/// A request, as the gateway forwards it.
pub fn event(tenant: &str, asked: &str, body: &Value) -> Value {
    let (method, path) = asked.split_once(' ').expect("a method and a path");
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let query = query.split('&').filter_map(|part| part.split_once('='));
    let query: serde_json::Map<String, Value> = query
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    let mut event = json!({
        "version": "2.0",
        "rawPath": path,
        "headers": {},
        "queryStringParameters": query,
        "requestContext": {
            "requestId": "in-memory",
            "http": {"method": method},
            "authorizer": {"jwt": {"claims": {"custom:tenant": tenant, "sub": "user"}}},
        },
        "body": if body.is_null() { String::new() } else { body.to_string() },
        "isBase64Encoded": false,
    });
    send_through_gateway(ROUTES, &mut event);
    event
}

/// The same request, signed by a service of the operator.
pub fn signed(user_arn: &str, asked: &str, body: &Value) -> Value {
    let mut event = event("", asked, body);
    event["requestContext"]["authorizer"] = json!({"iam": {"userArn": user_arn}});
    event
}

/// A service of the operator.
pub const SERVICE: &str = "arn:aws:sts::111111111111:assumed-role/billing/run-7";

pub struct Stack {
    pub stack_id: StackId,
    pub role_arn: RoleArn,
    pub external_id: ExternalId,
    pub unique_id: RoleUniqueId,
    pub line: String,
}

pub fn text(view: &Value, field: &str) -> String {
    let text = view[field].as_str();
    text.unwrap_or_else(|| panic!("no {field}: {view}"))
        .to_owned()
}
