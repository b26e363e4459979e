//! Connects an AWS account, like stack-callback for a Create request.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use rust_defaults::table::{Item, Table, item, key};
use rust_defaults::{Candidate, Seen, observe, report};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::sync::OnceCell;

struct Hub {
    config: SdkConfig,
    sts: aws_sdk_sts::Client,
    secrets: aws_sdk_secretsmanager::Client,
    table: Table,
    keys: OnceCell<Value>,
    http: reqwest::Client,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let hub = Hub {
        sts: aws_sdk_sts::Client::new(&config),
        secrets: aws_sdk_secretsmanager::Client::new(&config),
        table: Table {
            client: aws_sdk_dynamodb::Client::new(&config),
            name: std::env::var("TABLE_NAME")?,
        },
        config,
        keys: OnceCell::new(),
        http: reqwest::Client::new(),
    };
    let hub = &hub;
    run(service_fn(move |event: LambdaEvent<Value>| handle(hub, event.payload))).await
}

async fn handle(hub: &Hub, event: Value) -> Result<Value, Error> {
    for record in event["Records"].as_array().into_iter().flatten() {
        let request: Value = serde_json::from_str(text(&record["Sns"]["Message"]))?;
        let body = create(hub, &request).await?;
        let put = hub.http.put(text(&request["ResponseURL"])).header("content-type", "");
        put.body(body).send().await?.error_for_status()?;
    }
    Ok(Value::Null)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The registration that the token belongs to.
async fn authenticated(hub: &Hub, token: &str) -> Result<Option<String>, Error> {
    let keys = hub.keys.get_or_try_init(|| async {
        let arn = std::env::var("TOKEN_KEY_SECRET_ARN")?;
        let secret = hub.secrets.get_secret_value().secret_id(arn).send().await?;
        Ok::<Value, Error>(serde_json::from_str(secret.secret_string().unwrap_or_default())?)
    });
    let (id, secret) = token.split_once('.').ok_or("no token")?;
    let secret = URL_SAFE_NO_PAD.decode(secret)?;
    for one in keys.await?.as_object().into_iter().flatten() {
        let mut mac = Hmac::<Sha256>::new_from_slice(text(one.1).as_bytes())?;
        mac.update(id.as_bytes());
        if mac.verify_slice(&secret).is_ok() {
            return Ok(Some(id.to_owned()));
        }
    }
    Ok(None)
}

fn request_key(request: &Value) -> Item {
    let (stack, id) = (text(&request["StackId"]), text(&request["RequestId"]));
    key(format!("REQUEST#{stack}#{id}"), "REQUEST")
}

async fn claim(table: &Table, request: &Value, now: Timestamp) -> Result<(), Error> {
    let until = now + SignedDuration::from_secs(45);
    let number = |number: i64| AttributeValue::N(number.to_string());
    table
        .client
        .update_item()
        .table_name(&table.name)
        .set_key(Some(request_key(request)))
        .return_values("ALL_NEW".into())
        .update_expression(
            "SET #first = if_not_exists(#first, :now), #until = :until, \
             #until_ms = :until_ms, #ttl = :ttl",
        )
        .condition_expression(
            "attribute_not_exists(#answer) AND \
             (attribute_not_exists(#until_ms) OR #until_ms <= :now_ms)",
        )
        .expression_attribute_names("#first", "first_received_at")
        .expression_attribute_names("#until", "lease_until")
        .expression_attribute_names("#until_ms", "lease_until_ms")
        .expression_attribute_names("#ttl", "ttl")
        .expression_attribute_names("#answer", "answer")
        .expression_attribute_values(":now", AttributeValue::S(now.to_string()))
        .expression_attribute_values(":now_ms", number(now.as_millisecond()))
        .expression_attribute_values(":until", AttributeValue::S(until.to_string()))
        .expression_attribute_values(":until_ms", number(until.as_millisecond()))
        .expression_attribute_values(":ttl", number(now.as_second() + 7 * 24 * 3600))
        .send()
        .await?;
    Ok(())
}

async fn create(hub: &Hub, request: &Value) -> Result<String, Error> {
    let now = Timestamp::now();
    let properties = &request["ResourceProperties"];
    let refused = format!("rolecall/refused/{}", text(&request["RequestId"]));
    let token = text(&properties["RegistrationToken"]);
    let Some(id) = authenticated(hub, token).await? else {
        let more = json!({"Status": "FAILED", "Reason": "invalid_token"});
        return Ok(answer(request, &refused, more));
    };
    let copy = format!("REGISTRATION#{id}");
    let (registration, ()) = tokio::try_join!(
        hub.table.read(&copy, "REGISTRATION"),
        claim(&hub.table, request, now)
    )?;
    let candidate = Candidate {
        role_arn: text(&properties["RoleArn"]).to_owned(),
        unique_id: None,
        external_id: text(&registration["external_id"]).to_owned(),
        stack_id: text(&request["StackId"]).to_owned(),
        template_version: text(&properties["TemplateVersion"]).to_owned(),
    };
    let mut template = registration["template"].clone();
    let versioned = format!("TEMPLATE#{}", text(&template["version"]));
    let (seen, permissions) = tokio::try_join!(
        observe(&hub.config, &hub.sts, &candidate),
        hub.table.read("HUB", &versioned)
    )?;
    template["self_inspection"] = permissions["self_inspection"].clone();
    let judged = report(&candidate, seen.as_ref(), &template, now)?;
    match seen {
        Some(seen)
            if registration["state"]["status"] == "pending" && judged["verdict"] == "passed" =>
        {
            let account = new_account(&registration, request, &seen, now);
            let data = json!({"AccountId": account["account_id"]});
            let more = json!({"Status": "SUCCESS", "Data": data});
            let body = answer(request, &format!("rolecall/{id}"), more);
            record(&hub.table, registration, request, &account, judged, &body, now).await?;
            Ok(body)
        }
        _ => {
            let more = json!({"Status": "FAILED", "Reason": "verification_failed"});
            let body = answer(request, &refused, more);
            let update = hub.table.client.update_item().table_name(&hub.table.name);
            update
                .set_key(Some(request_key(request)))
                .update_expression("SET #answer = :body")
                .expression_attribute_names("#answer", "answer")
                .expression_attribute_values(":body", AttributeValue::S(body.clone()))
                .send()
                .await?;
            Ok(body)
        }
    }
}

fn answer(request: &Value, physical_id: &str, more: Value) -> String {
    let mut body = json!({
        "PhysicalResourceId": physical_id, "StackId": request["StackId"],
        "RequestId": request["RequestId"], "LogicalResourceId": request["LogicalResourceId"],
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body.to_string()
}

fn new_account(registration: &Value, request: &Value, seen: &Seen, now: Timestamp) -> Value {
    let account_id = format!("acc_{}", uuid::Uuid::now_v7().simple());
    let properties = &request["ResourceProperties"];
    let aws_account_id = text(&request["StackId"]).split(':').nth(4);
    json!({
        "pk": format!("TENANT#{}", text(&registration["tenant"])),
        "sk": format!("ACCOUNT#{account_id}"),
        "account_id": account_id, "tenant": registration["tenant"], "version": 1,
        "group_id": registration["group_id"],
        "registration_id": registration["registration_id"],
        "name": aws_account_id, "state": {"status": "active"}, "aws_account_id": aws_account_id,
        "role": {"arn": properties["RoleArn"], "unique_id": seen.unique_id},
        "stack_id": request["StackId"], "logical_resource_id": request["LogicalResourceId"],
        "template_version": properties["TemplateVersion"],
        "template_id": registration["template"]["template_id"],
        "external_id": registration["external_id"],
        "allow_duplicate": registration["allow_duplicate"], "registered_at": now.to_string(),
    })
}

/// Builds the actions of a transaction.
struct Actions<'a>(&'a Table);

type Made = Result<TransactWriteItem, Error>;

impl Actions<'_> {
    fn put(&self, value: Value) -> Made {
        let put = Put::builder().table_name(&self.0.name).set_item(Some(item(value)?));
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }

    fn put_new(&self, value: Value) -> Made {
        let put = Put::builder()
            .table_name(&self.0.name)
            .set_item(Some(item(value)?))
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", "pk");
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }

    fn put_next(&self, value: Value, before: &Value) -> Made {
        let put = Put::builder()
            .table_name(&self.0.name)
            .set_item(Some(item(value)?))
            .condition_expression("#version = :version")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":version", serde_dynamo::to_attribute_value(before)?);
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }

    fn guard(&self, name: String, account: &Value) -> Made {
        let (tenant, id) = (&account["tenant"], &account["account_id"]);
        let pk = format!("GUARD#{name}");
        let held = item(json!({"pk": pk, "sk": "GUARD", "tenant": tenant, "record_id": id}))?;
        let put = Put::builder()
            .table_name(&self.0.name)
            .set_item(Some(held))
            .condition_expression(
                "attribute_not_exists(#pk) OR (#tenant = :tenant AND #record_id = :record_id)",
            )
            .expression_attribute_names("#pk", "pk")
            .expression_attribute_names("#tenant", "tenant")
            .expression_attribute_names("#record_id", "record_id")
            .expression_attribute_values(":tenant", AttributeValue::S(text(tenant).to_owned()))
            .expression_attribute_values(":record_id", AttributeValue::S(text(id).to_owned()));
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }

    fn audit(&self, whole: &Value, id: &str, sequence: u64, event: &str, now: Timestamp) -> Made {
        let mut record = whole.clone();
        for secret in ["pk", "sk", "version", "external_id", "token_key_id"] {
            record.as_object_mut().ok_or("no object")?.remove(secret);
        }
        self.put_new(json!({
            "pk": format!("TENANT#{}", text(&whole["tenant"])),
            "sk": format!("AUDIT#{id}#{sequence:010}"),
            "tenant": whole["tenant"], "record_id": id, "sequence": sequence, "event": event,
            "at": now.to_string(), "actor": "stack", "cause": "verified", "record": record,
        }))
    }

    fn delete(&self, key: Item) -> Made {
        let delete = Delete::builder().table_name(&self.0.name).set_key(Some(key));
        Ok(TransactWriteItem::builder().delete(delete.build()?).build())
    }

    fn check(&self, key: Item, condition: &str) -> Made {
        let check = ConditionCheck::builder()
            .table_name(&self.0.name)
            .set_key(Some(key))
            .condition_expression(condition)
            .expression_attribute_names("#pk", "pk");
        Ok(TransactWriteItem::builder().condition_check(check.build()?).build())
    }

    fn join(&self, key: Item, account_id: &str) -> Made {
        let update = Update::builder()
            .table_name(&self.0.name)
            .set_key(Some(key))
            .update_expression("ADD #holders :me")
            .condition_expression("attribute_not_exists(#holders) OR #holders = :me")
            .expression_attribute_names("#holders", "holders")
            .expression_attribute_values(":me", AttributeValue::Ss(vec![account_id.to_owned()]));
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    fn keep(&self, key: Item, body: &str) -> Made {
        let update = Update::builder()
            .table_name(&self.0.name)
            .set_key(Some(key))
            .update_expression("SET #answer = :body")
            .condition_expression("attribute_not_exists(#answer)")
            .expression_attribute_names("#answer", "answer")
            .expression_attribute_values(":body", AttributeValue::S(body.to_owned()));
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }
}

fn placed(mut value: Value, pk: &str, sk: String) -> Value {
    (value["pk"], value["sk"]) = (json!(pk), json!(sk));
    value
}

/// Writes everything in one transaction.
async fn record(
    table: &Table,
    registration: Value,
    request: &Value,
    account: &Value,
    judged: Value,
    body: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let field = |name: &str| text(&account[name]).to_owned();
    let (pk, tenant, group) = (field("pk"), field("tenant"), field("group_id"));
    let (id, account_id, stack) = (field("registration_id"), field("account_id"), field("stack_id"));
    let (aws, role) = (field("aws_account_id"), &account["role"]);
    let before = registration["version"].clone();
    let mut completed = registration;
    completed["version"] = json!(before.as_u64().unwrap_or(0) + 1);
    completed["state"] = json!({
        "status": "completed", "account_id": account_id, "stack_id": stack, "role_arn": role["arn"],
    });
    let due = now + SignedDuration::from_hours(1);
    let schedule = json!({
        "pk": pk, "sk": format!("SCHEDULE#{account_id}"), "tenant": tenant, "subject": account_id,
        "last_checked_at": now.to_string(), "next_check_at": due.to_string(),
        "last_healthy_at": now.to_string(), "due_at": due.as_millisecond(),
        "due_shard": format!("DUE#{}", &account_id[account_id.len() - 1..]),
        "streak": 0, "inconclusive": 0,
    });
    let report = json!({
        "pk": pk, "sk": format!("REPORT#{account_id}"), "tenant": tenant, "subject": account_id,
        "report": judged,
    });
    let listed = |pk: &str, sk: String| json!({"pk": pk, "sk": sk});
    let copy = format!("REGISTRATION#{id}");
    let deleted = format!("GUARD#DELETED#{stack}#{}", field("logical_resource_id"));
    let to = Actions(table);
    let actions = vec![
        to.put_next(placed(completed.clone(), &pk, copy.clone()), &before)?,
        to.put(placed(completed.clone(), &copy, "REGISTRATION".to_owned()))?,
        to.delete(key(&pk, format!("PENDING#{group}#{id}")))?,
        to.audit(&completed, &id, 2, "Registration Completed", now)?,
        to.put_new(account.clone())?,
        to.put(listed(&pk, format!("IN#{group}#ACCOUNT#{account_id}")))?,
        to.put(listed(&format!("AWS_ACCOUNT#{aws}"), format!("WATCHED#{tenant}#{account_id}")))?,
        to.audit(account, &account_id, 1, "Account Registered", now)?,
        to.guard(format!("STACK#{stack}"), account)?,
        to.guard(format!("ROLE_ARN#{}", text(&role["arn"])), account)?,
        to.guard(format!("ROLE_UNIQUE_ID#{}", text(&role["unique_id"])), account)?,
        to.join(key(&pk, format!("CONNECTED#{aws}")), &account_id)?,
        to.check(key(&pk, format!("GROUP#{group}")), "attribute_exists(#pk)")?,
        to.check(key(deleted, "GUARD"), "attribute_not_exists(#pk)")?,
        to.put(schedule)?,
        to.delete(key(&pk, format!("SCHEDULE#{id}")))?,
        to.put(report)?,
        to.keep(request_key(request), body)?,
    ];
    let transaction = table.client.transact_write_items();
    transaction.set_transact_items(Some(actions)).send().await?;
    Ok(())
}
