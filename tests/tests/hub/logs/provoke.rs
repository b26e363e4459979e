//! Runs the whole life cycle and every failure that can be provoked from outside.

use std::hash::{BuildHasher, RandomState};

use anyhow::{Context, Result, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use rolecall_client::{HubClient, NewRegistration};
use rolecall_tests::accounts::{Connected, sqs_batch};
use rolecall_tests::tenants::sign_in;
use rolecall_tests::world::{World, unique};
use serde_json::{Value, json};

use crate::logs::secrets::Secrets;
use rolecall_tests::desk::{Desk, Stack, sns_notification};

pub struct Stage {
    pub desk: Desk,
    pub secrets: Secrets,
    /// The API's error responses.
    pub told: Vec<String>,
}

impl Stage {
    pub async fn open() -> Result<Self> {
        Self::of(World::find().await?).await
    }

    pub async fn of(world: World) -> Result<Self> {
        Ok(Self {
            desk: Desk::of(world).await?,
            secrets: Secrets::default(),
            told: Vec::new(),
        })
    }

    fn world(&self) -> &World {
        &self.desk.world
    }

    /// A unique value for a request; it must not appear in any output.
    fn canary(&mut self, what: &'static str) -> String {
        let random = || RandomState::new().hash_one(());
        let value = format!("canary{:016x}{:016x}", random(), random());
        self.secrets.add(what, &value);
        value
    }

    fn keep_secret(&mut self, stack: &Stack) {
        self.secrets.add_token(&stack.token);
        self.secrets
            .add("an external ID", &stack.registration.external_id);
    }

    /// A request with a secret in its response URL.
    fn request(&mut self, kind: &str, stack: &Stack) -> Value {
        let signature = self.canary("a response URL");
        let mut request = self.desk.request(kind, stack);
        let url = request["ResponseURL"].as_str().unwrap_or_default();
        request["ResponseURL"] = json!(format!("{url}?for={signature}"));
        request["ResourceProperties"]["Remark"] = json!(self.canary("a request's body"));
        request
    }

    /// Connects, checks, renames, updates and deregisters an account, and dismisses its stack.
    pub async fn whole_story(&mut self) -> Result<Connected> {
        let world = self.world().clone();
        let (connected, stack) = self.desk.connected().await?;
        self.keep_secret(&stack);
        let id = connected.account.account_id.clone();
        world.acme.check(&id).await?;
        world.scheduled_check(&id).await?;
        let name = unique("Name");
        world
            .acme
            .change_account(&id, &json!({"name": name}))
            .await?;
        world.acme.history(&id).await?;
        let mut update = self.request("Update", &stack);
        update["ResourceProperties"]["TemplateVersion"] = json!("9.9.9");
        self.desk.send(&update).await?;
        let delete = self.request("Delete", &stack);
        self.desk.send(&delete).await?;
        world.scheduled_check(&id).await?;
        let gone = world.acme.deregister(&id).await?;
        let entry = gone.orphaned_stack.orphaned_stack_id;
        world.hub.tick().await?;
        world.acme.dismiss(&entry, "For the record").await?;
        let pending = world.register(&connected.group).await?;
        self.keep_secret(&Stack {
            token: pending.link()?.parameters["RegistrationToken"].clone(),
            registration: pending.clone(),
            ..stack
        });
        world.acme.revoke(&pending.registration_id).await?;
        Ok(connected)
    }

    async fn refused(
        &mut self,
        caller: &HubClient,
        (method, path): (Method, &str),
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<()> {
        let answer = caller.raw(method, path, headers, body).await?;
        ensure!(answer.status >= 400, "{path}: {}", answer.text());
        self.told.push(answer.text());
        Ok(())
    }

    /// Sends invalid requests of every kind to the API.
    pub async fn refused_callers(&mut self) -> Result<()> {
        let world = self.world().clone();
        let tokens = sign_in(&world.hub, None).await?;
        self.secrets.add("a JWT", &tokens.id);
        self.secrets.add("a JWT", &tokens.access);
        let tenantless = world.hub.caller(Some(&tokens.id));
        self.refused(&tenantless, (Method::GET, "/v1/groups"), &[], Vec::new())
            .await?;
        let canary = self.canary("a request's body");
        let long = canary.repeat(4000);
        let (acme, groups) = (world.acme.clone(), "/v1/groups");
        for body in [
            format!("{{\"name\": \"{canary}\""),
            json!({"name": 7, "color": canary}).to_string(),
            json!({"name": canary, "color": "#11"}).to_string(),
            json!({"name": "x", "color": "#112233", "more": canary}).to_string(),
            json!([canary]).to_string(),
            json!({"name": long, "color": "#112233"}).to_string(),
        ] {
            self.refused(&acme, (Method::POST, groups), &[], body.into_bytes())
                .await?;
        }
        let unknown = format!("/v1/groups/{canary}");
        self.refused(&acme, (Method::GET, &unknown), &[], Vec::new())
            .await?;
        let cursor = format!("/v1/groups?cursor={canary}");
        self.refused(&acme, (Method::GET, &cursor), &[], Vec::new())
            .await?;
        let key = unique("key");
        let key = [("idempotency-key", key.as_str())];
        for (name, expected) in [("One", 201), ("Two", 422)] {
            let body = json!({"name": name, "color": "#112233"}).to_string();
            let body = body.into_bytes();
            let answer = acme.raw(Method::POST, groups, &key, body).await?;
            ensure!(answer.status == expected, "{}", answer.text());
        }
        Ok(())
    }

    /// Sends stacks that can't be verified, through the API and through callbacks.
    pub async fn failed_verifications(&mut self) -> Result<()> {
        let world = self.world().clone();
        let stack = self.desk.stack_without_callback().await?;
        self.keep_secret(&stack);
        let complete = format!(
            "/v1/registrations/{}/complete",
            stack.registration.registration_id
        );
        let canary = self.canary("a request's body");
        let acme = world.acme.clone();
        for line in [
            canary.clone(),
            format!("{stack_id} {canary}", stack_id = stack.stack_id),
        ] {
            let body = json!({"stack_info": line}).to_string().into_bytes();
            self.refused(&acme, (Method::POST, &complete), &[], body)
                .await?;
        }
        let mut trials = Vec::new();
        for (name, value) in [
            ("RegistrationToken", json!(null)),
            ("RegistrationToken", json!([canary])),
            ("RegistrationToken", json!(forged(&stack.token))),
            ("ExternalId", json!(canary)),
            ("ExternalId", json!({"is": canary})),
            ("RoleArn", json!(canary)),
            ("RoleArn", json!(format!("{}2", stack.role_arn))),
            (
                "RoleArn",
                json!("arn:aws:iam::999999999999:role/rolecall/x"),
            ),
            ("TemplateVersion", json!(canary)),
        ] {
            let mut create = self.request("Create", &stack);
            create["ResourceProperties"][name] = value.clone();
            trials.push(create);
            let mut update = self.request("Update", &stack);
            update["ResourceProperties"][name] = value;
            trials.push(update);
        }
        for trial in &trials {
            // A role that doesn't exist may be a new one, so the function would wait for it.
            let quick = !trial["ResourceProperties"]["RoleArn"]
                .as_str()
                .is_some_and(|role| role.ends_with('2') && trial["RequestType"] == "Create");
            if quick {
                self.desk.send(trial).await?;
            }
        }
        // A trust policy without its condition.
        let customer = stack.stack_id.split(':').nth(4).context("no account")?;
        let mut trust = world.trust_policy(customer, &stack.role_arn).await?;
        trust["Statement"][0]["Condition"].take();
        world
            .set_trust_policy(customer, &stack.role_arn, &trust)
            .await?;
        let create = self.request("Create", &stack);
        self.desk.send(&create).await?;
        let delete = self.request("Delete", &stack);
        self.desk.send(&delete).await?;
        Ok(())
    }

    /// Sends malformed events to every function.
    pub async fn poison(&mut self) -> Result<()> {
        let world = self.world().clone();
        let stack = self.desk.stack_without_callback().await?;
        self.keep_secret(&stack);
        let canary = self.canary("an event");
        let mut events = Vec::new();
        for url in [
            format!("https://{canary}.example/"),
            format!("http://169.254.169.254/{canary}"),
            format!(
                "https://cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com.{canary}/"
            ),
        ] {
            let mut create = self.request("Create", &stack);
            create["ResponseURL"] = json!(url);
            events.push(("stack-callback", create));
        }
        let mut wrong = self.request("Create", &stack);
        wrong["StackId"] = json!(canary);
        events.push(("stack-callback", wrong));
        let cut = format!("{{\"RequestType\": \"{canary}");
        for event in [
            json!({"RequestType": canary}),
            json!({"Records": [canary]}),
            sns_notification(&[json!(cut)]),
        ] {
            events.push(("stack-callback", event));
        }
        let nobodys = format!("arn:aws:cloudformation:us-east-1:222222222222:stack/{canary}/x");
        for event in [
            json!({"source": "aws.cloudformation", "detail-type": "CloudFormation Stack Status Change",
                "account": "333333333333", "time": "2026-01-01T00:00:00Z",
                "detail": {"stack-id": nobodys, "status-details": {"status": "DELETE_COMPLETE"}}}),
            json!({"source": "aws.cloudformation", "detail-type": canary, "detail": canary}),
            json!({"source": "rolecall", "detail-type": "Account Deregistered",
                "detail": {"tenant": canary, "record": {"account_id": canary}, "record_id": canary}}),
            json!({"source": canary, "detail": {"key": canary}}),
            json!([canary]),
        ] {
            events.push(("stack-cleanup", event));
        }
        events.push((
            "account-health",
            sqs_batch(&json!({"tenant": canary, "more": [canary]})),
        ));
        events.push(("account-health", sqs_batch(&json!(canary))));
        events.push(("account-health", json!({"Records": canary})));
        events.push((
            "account-health",
            json!({"Records": [{"body": {"is": canary}}]}),
        ));
        let image = |name: &str, value: Value| {
            let keys = json!({"pk": {"S": "TENANT#acme"}, "sk": {"S": "AUDIT#acc_1#0000000001"}});
            let mut image = keys.clone();
            image[name] = value;
            json!({"Records": [{"eventID": "1", "eventName": "INSERT",
                "dynamodb": {"Keys": keys, "NewImage": image, "SequenceNumber": "1"}}]})
        };
        for (name, value) in [
            ("event", json!({"S": canary})),
            ("sequence", json!({"S": canary})),
            ("tenant", json!({"S": canary})),
            ("record", json!({"X": canary})),
        ] {
            events.push(("event-publisher", image(name, value)));
        }
        events.push(("event-publisher", whole_image(&canary)));
        events.push(("event-publisher", json!({"Records": canary})));
        for (function, event) in &events {
            world.hub.invoke(function, event).await?;
        }
        Ok(())
    }

    /// Makes records unreadable, which causes internal errors.
    pub async fn damage(&mut self) -> Result<()> {
        let world = self.world().clone();
        let (caller, tenant) = world.new_tenant().await?;
        let group = caller.create_group("Damaged", "#112233").await?;
        let begun = caller
            .register(&group.group_id, &NewRegistration::default())
            .await?;
        self.secrets.add("an external ID", &begun.external_id);
        let canary = self.canary("a record");
        let (pk, sk) = (
            format!("TENANT#{tenant}"),
            format!("REGISTRATION#{}", begun.registration_id),
        );
        let path = format!("/v1/registrations/{}", begun.registration_id);
        for (name, value) in [
            ("state", AttributeValue::S(canary.clone())),
            ("version", AttributeValue::S(canary.clone())),
            ("external_id", AttributeValue::Ss(vec![canary.clone()])),
            ("region", AttributeValue::S(canary.clone())),
        ] {
            let item = world.item(&pk, &sk).await?.context("no item")?;
            world.set_attribute((&pk, &sk), name, value).await?;
            self.refused(&caller, (Method::GET, &path), &[], Vec::new())
                .await?;
            world.put_items(vec![item]).await?;
        }
        Ok(())
    }
}

/// A forged token of the right form.
fn forged(token: &str) -> String {
    token.chars().rev().collect::<String>() + "." + token
}

/// An audit entry that is valid except for its event name.
fn whole_image(canary: &str) -> Value {
    let text = |text: &str| json!({"S": text});
    let keys = json!({"pk": text("TENANT#acme"), "sk": text("AUDIT#acc_1#0000000001")});
    let mut image = keys.clone();
    for (name, value) in [
        ("tenant", "acme"),
        ("record_id", "acc_1"),
        ("event", canary),
        ("at", "2026-01-01T00:00:00Z"),
        ("actor", "hub"),
        ("cause", "verified"),
    ] {
        image[name] = text(value);
    }
    image["sequence"] = json!({"N": "1"});
    image["record"] = json!({"M": {"account_id": text("acc_1")}});
    json!({"Records": [{"eventID": "1", "eventName": "INSERT",
        "dynamodb": {"Keys": keys, "NewImage": image, "SequenceNumber": "1"}}]})
}
