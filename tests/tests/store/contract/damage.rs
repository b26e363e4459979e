//! Damaged items in the table cause errors with their keys, and attributes that other readers need
//! are written.

use super::world::{World, first, owner_of};
use aws_sdk_dynamodb::types::AttributeValue;
use rolecall_aws::table::{Publication, Table, audit_entry_from_item};
use rolecall_domain::SignedDuration;
use rolecall_domain::change::PersistedAnswer;
use rolecall_domain::ports::{
    CommitError, Lists, PublishedWorkloads, Records, Requests, ScheduleStore, StoreError, WorkerId,
};
use rolecall_domain::schedule::{CheckSchedule, Subject};
use rolecall_domain::template::Offering;
use rolecall_domain::workload::Workloads;
use rolecall_testing::template;
use rolecall_tests::in_process::hub;
use rolecall_tests::twin::Hub;
use serde_json::json;
use std::collections::HashMap;
use std::fmt::Debug;

type Item = HashMap<String, AttributeValue>;

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn key(pk: &str, sk: &str) -> Item {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

fn of_tenant(world: &World, sk: impl AsRef<str>) -> (String, String) {
    (format!("TENANT#{}", world.tenant), sk.as_ref().to_owned())
}

async fn item(table: &Table, (pk, sk): &(String, String)) -> Option<Item> {
    let read = table.client.get_item().table_name(&table.name);
    let read = read.set_key(Some(key(pk, sk))).consistent_read(true).send();
    read.await.expect("read").item
}

/// Sets one attribute of an item, and creates the item if it doesn't exist.
async fn damage(table: &Table, (pk, sk): &(String, String), name: &str, value: AttributeValue) {
    let update = table.client.update_item().table_name(&table.name);
    let update = update
        .set_key(Some(key(pk, sk)))
        .update_expression("SET #name = :value")
        .expression_attribute_names("#name", name)
        .expression_attribute_values(":value", value);
    update.send().await.expect("damaged");
}

fn assert_corrupt<T: Debug>(result: Result<T, StoreError>, (pk, sk): &(String, String)) {
    match result {
        Err(StoreError::Corrupt { key, .. }) => assert_eq!(key, format!("{pk}/{sk}")),
        other => panic!("not corrupt: {other:?}"),
    }
}

#[tokio::test]
async fn damaged_record_error_contains_its_key() {
    let (table, world) = (Hub::find().twin().await, World::new("damaged_record"));
    let tenant = &world.tenant;
    let group = world.given_group(&table).await;
    world.given_group(&table).await;
    let at = of_tenant(&world, format!("GROUP#{}", group.group_id));
    damage(&table, &at, "color", text("red")).await;
    assert_corrupt(table.group(tenant, &group.group_id).await, &at);
    assert_corrupt(table.groups(tenant, &first(9)).await, &at);

    let account = world.account(&group.group_id);
    world.given(&table, &world.creation(&account)).await;
    let at = of_tenant(&world, format!("ACCOUNT#{}", account.account_id));
    damage(&table, &at, "stack_id", AttributeValue::N("1".to_owned())).await;
    assert_corrupt(table.account(tenant, &account.account_id).await, &at);
    assert_corrupt(
        table.accounts(tenant, &group.group_id, &first(9)).await,
        &at,
    );
}

#[tokio::test]
async fn record_under_another_key_is_corrupt() {
    let (table, world) = (Hub::find().twin().await, World::new("anothers_place"));
    let (group, other) = (world.given_group(&table).await, world.group());
    let at = of_tenant(&world, format!("GROUP#{}", group.group_id));
    damage(&table, &at, "group_id", text(other.group_id.as_str())).await;
    assert_corrupt(table.group(&world.tenant, &group.group_id).await, &at);
    damage(&table, &at, "group_id", text(group.group_id.as_str())).await;
    damage(&table, &at, "tenant", text("another-tenant")).await;
    assert_corrupt(table.group(&world.tenant, &group.group_id).await, &at);

    let registration = world.registration(&group.group_id);
    world.given(&table, &world.creation(&registration)).await;
    let id = &registration.registration_id;
    let at = (format!("REGISTRATION#{id}"), "REGISTRATION".to_owned());
    let other = world.registration(&group.group_id).registration_id;
    damage(&table, &at, "registration_id", text(other.as_str())).await;
    assert_corrupt(table.registration_by_id(id).await, &at);
}

#[tokio::test]
async fn index_item_without_record_is_corrupt() {
    let (table, world) = (Hub::find().twin().await, World::new("names_nothing"));
    let (tenant, group) = (&world.tenant, world.group().group_id);
    let account = world.account(&group).account_id;
    let index = of_tenant(&world, format!("IN#{group}#ACCOUNT#{account}"));
    damage(&table, &index, "x", text("x")).await;
    let missing = of_tenant(&world, format!("ACCOUNT#{account}"));
    assert_corrupt(table.accounts(tenant, &group, &first(9)).await, &missing);

    let pending = of_tenant(&world, format!("PENDING#{group}#unknown"));
    damage(&table, &pending, "x", text("x")).await;
    assert_corrupt(table.pending_registrations(tenant, None, 9).await, &pending);
}

/// An unknown actor must not be read as the hub.
#[tokio::test]
async fn audit_entry_with_unknown_actor_is_corrupt() {
    let (table, world) = (Hub::find().twin().await, World::new("unknown_actor"));
    for actor in ["root", "", "Hub"] {
        let group = world.given_group(&table).await;
        let id = group.group_id.as_str();
        let audit = of_tenant(&world, format!("AUDIT#{id}#0000000001"));
        damage(&table, &audit, "actor", text(actor)).await;
        assert_corrupt(table.history(&world.tenant, id, &first(9)).await, &audit);
        let entry = item(&table, &audit).await.expect("an entry");
        assert_corrupt(audit_entry_from_item(entry), &audit);
    }
}

#[tokio::test]
async fn damaged_item_of_other_kinds_error_contains_its_key() {
    let (table, world) = (Hub::find().twin().await, World::new("no_record"));
    let (tenant, group) = (&world.tenant, world.given_group(&table).await);
    let id = group.group_id.as_str();
    let audit = of_tenant(&world, format!("AUDIT#{id}#0000000001"));
    damage(&table, &audit, "sequence", text("one")).await;
    assert_corrupt(table.history(tenant, id, &first(9)).await, &audit);
    assert_corrupt(
        audit_entry_from_item(item(&table, &audit).await.expect("an entry")),
        &audit,
    );

    let account = world.account(&group.group_id).account_id;
    let schedule = of_tenant(&world, format!("SCHEDULE#{account}"));
    damage(&table, &schedule, "streak", text("two")).await;
    assert_corrupt(
        table
            .check_schedule(tenant, &Subject::Account(account))
            .await,
        &schedule,
    );

    let request = world.request();
    let (stack, request_id) = (&request.stack_id, &request.request_id);
    let at = (
        format!("REQUEST#{}", request.registration_id),
        format!("{stack}#{request_id}"),
    );
    damage(
        &table,
        &at,
        "lease_until_ms",
        AttributeValue::N("9999999999999".to_owned()),
    )
    .await;
    assert_corrupt(
        table
            .claim_request(&request, WorkerId(1), world.now(), world.now())
            .await,
        &at,
    );
}

#[tokio::test]
async fn damaged_guard_error_contains_no_secret() {
    let (table, world) = (Hub::find().twin().await, World::new("damaged_guard"));
    let group = world.group();
    let secret = world.external_id();
    let guard = rolecall_domain::change::Guard::ExternalId(secret.clone());
    let change = world
        .creation(&group)
        .claim(guard.clone(), &owner_of(&group));
    world.given(&table, &change).await;
    let at = (format!("GUARD#EXTERNAL_ID#{secret}"), "GUARD".to_owned());
    damage(&table, &at, "tenant", text("#")).await;
    let shown = ("GUARD#EXTERNAL_ID#".to_owned(), "GUARD".to_owned());
    assert_corrupt(table.owner(&guard).await, &shown);
}

#[tokio::test]
async fn publisher_reads_only_audit_entries() {
    let (table, world) = (Hub::find().twin().await, World::new("the_publisher"));
    let group = world.group();
    let change = world.creation(&group);
    world.given(&table, &change).await;
    let at = of_tenant(&world, format!("AUDIT#{}#0000000001", group.group_id));
    let image = item(&table, &at).await.expect("an entry");
    let expected = Some(change.writes[0].audit.clone());
    assert_eq!(
        audit_entry_from_item(image.clone()).expect("read"),
        expected
    );
    let streamed = serde_dynamo::Item::from(image);
    assert_eq!(audit_entry_from_item(streamed).expect("read"), expected);

    let at = of_tenant(&world, format!("GROUP#{}", group.group_id));
    let image = item(&table, &at).await.expect("a group");
    assert_eq!(audit_entry_from_item(image).expect("read"), None);
}

#[tokio::test]
async fn damaged_offering_and_template_errors_contain_their_keys() {
    let (table, world) = (Hub::find().twin().await, World::new("the_offering"));
    let offering = Offering::default();
    let published = table
        .publish(&Publication::of(&offering), None, "hash", world.now())
        .await;
    published.expect("published");
    let at = ("HUB".to_owned(), "OFFERING".to_owned());
    damage(&table, &at, "access", text("all")).await;
    assert_corrupt(table.offering().await, &at);

    let (offering, workloads) = (Offering::default(), Workloads::default());
    let publication = Publication {
        workloads: Some(&workloads),
        ..Publication::of(&offering)
    };
    let published = table
        .publish(&publication, Some("hash"), "other", world.now())
        .await;
    published.expect("published");
    let at = ("HUB".to_owned(), "WORKLOADS".to_owned());
    damage(&table, &at, "rules", text("all")).await;
    assert_corrupt(table.workloads().await, &at);

    let at = ("HUB".to_owned(), "LOGO".to_owned());
    damage(&table, &at, "content", text("<svg>")).await;
    assert_corrupt(table.logo().await, &at);

    let template = template(&hub(), &json!([]));
    let id = template.id();
    table.keep_template(&template).await.expect("kept");
    let at = (format!("TEMPLATE#{id}"), "TEMPLATE".to_owned());
    damage(&table, &at, "version", text("new")).await;
    assert_corrupt(table.template(&id).await, &at);
}

/// Its text would grant something else than the file that the ID names.
#[tokio::test]
async fn template_under_another_id_is_corrupt() {
    let table = Hub::find().twin().await;
    let template = template(&hub(), &json!([]));
    table.keep_template(&template).await.expect("kept");
    let at = (format!("TEMPLATE#{}", template.id()), "TEMPLATE".to_owned());
    damage(&table, &at, "product", text("Another")).await;
    assert_corrupt(table.template(&template.id()).await, &at);
}

#[tokio::test]
async fn expiring_items_have_a_time_to_live() {
    let (table, world) = (Hub::find().twin().await, World::new("time_to_live"));
    let now = world.now();
    let ttl = async |at: (String, String)| {
        let item = item(&table, &at).await.expect("an item");
        let seconds: i64 = item["ttl"]
            .as_n()
            .expect("a number")
            .parse()
            .expect("whole");
        seconds - now.as_second()
    };
    let record = super::commits::remembered(&world, "POST /v1/groups", "k");
    let expires = (record.expires_at - now).get_seconds();
    let mut change = world.creation(&world.group());
    change.idempotency = Some(record);
    world.given(&table, &change).await;
    let kept = ttl(of_tenant(&world, "IDEMPOTENCY#POST /v1/groups#k")).await;
    assert!((expires..expires + 5).contains(&kept), "{kept}");

    let request = world.request();
    let until = now + SignedDuration::from_secs(60);
    table
        .claim_request(&request, WorkerId(1), now, until)
        .await
        .expect("asked");
    let body = "done".to_owned();
    let key = request.clone();
    table
        .keep_answer(&PersistedAnswer { key, body })
        .await
        .expect("kept");
    let pk = format!("REQUEST#{}", request.registration_id);
    let sk = format!("{}#{}", request.stack_id, request.request_id);
    let kept = ttl((pk, sk)).await;
    assert!((604_800..604_805).contains(&kept), "{kept}");
}

#[tokio::test]
async fn schedule_without_due_time_is_not_in_the_index() {
    let (table, world) = (Hub::find().twin().await, World::new("not_on_the_index"));
    let account = world.account(&world.group().group_id).account_id;
    let at = of_tenant(&world, format!("SCHEDULE#{account}"));
    let subject = Subject::Account(account);
    let mut schedule = CheckSchedule::first(world.tenant.clone(), subject, world.now());
    let before = CheckSchedule::never(world.tenant.clone(), schedule.subject.clone());
    table.reschedule(&before, &schedule).await.expect("put");
    let due = item(&table, &at).await.expect("a schedule");
    let millis = world.now().as_millisecond().to_string();
    assert_eq!(due["due_at"], AttributeValue::N(millis));
    let shard = format!("DUE#{:x}", schedule.subject.shard());
    assert_eq!(due["due_shard"], text(shard));
    let before = schedule.clone();
    schedule.next_check_at = None;
    table.reschedule(&before, &schedule).await.expect("put");
    let never = item(&table, &at).await.expect("a schedule");
    assert!(!never.contains_key("due_at") && !never.contains_key("due_shard"));
}

#[tokio::test]
async fn unexpected_response_is_unavailable() {
    let hub = Hub::find();
    let table = Table::new(hub.aws.dynamodb(), "no-such-table");
    let world = World::new("no_such_table");
    let read = table.group(&world.tenant, &world.group().group_id).await;
    assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
    let refused = table.commit(&world.creation(&world.group())).await;
    let unavailable = matches!(refused, Err(CommitError::Store(StoreError::Unavailable(_))));
    assert!(unavailable, "{refused:?}");
}
