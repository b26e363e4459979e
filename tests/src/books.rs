//! Checks that everything stored for a tenant is consistent: records, audit entries, index items,
//! guards and schedules.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use rolecall_aws::table::Table;
use serde_json::{Value, json};

#[derive(Debug)]
pub struct Books {
    tenant: String,
    table: Table,
    /// All items of the tenant's partition, by sort key.
    items: BTreeMap<String, Value>,
}

const RECORDS: [(&str, &str); 4] = [
    ("GROUP#", "group_id"),
    ("REGISTRATION#", "registration_id"),
    ("ACCOUNT#", "account_id"),
    ("STACK#", "orphaned_stack_id"),
];

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

impl Books {
    /// # Errors
    /// The first inconsistency that is found.
    pub async fn read_consistent(table: &Table, tenant: &str) -> Result<Self> {
        let books = Self {
            items: query(table, &format!("TENANT#{tenant}")).await?,
            tenant: tenant.to_owned(),
            table: table.clone(),
        };
        books.check_audit_entries()?;
        books.check_index_items()?;
        books.check_connections()?;
        books.check_schedules()?;
        for (guard, owner) in books.expected_guards() {
            let holder = books.guard(&guard).await?;
            ensure!(holder.as_deref() == Some(&owner), "{guard}: {holder:?}");
        }
        for entry in books.records("STACK#") {
            books.check_stack_guard(entry).await?;
        }
        for registration in books.records("REGISTRATION#") {
            let id = text(registration, "/registration_id");
            let copy = query(table, &format!("REGISTRATION#{id}")).await?;
            let copy = copy.get("REGISTRATION").context("no copy")?;
            // Only the record itself is on the index of changes.
            ensure!(
                *copy == without_index_keys(registration),
                "the copy {copy} differs from {registration}"
            );
        }
        Ok(books)
    }

    /// The records of a kind, by key prefix.
    pub fn records(&self, kind: &str) -> Vec<&Value> {
        let items = self.items.iter().filter(|(sk, _)| sk.starts_with(kind));
        items.map(|(_, item)| item).collect()
    }

    pub fn only(&self, kind: &str) -> Result<&Value> {
        let records = self.records(kind);
        ensure!(records.len() == 1, "{} of {kind}", records.len());
        Ok(records[0])
    }

    /// A record's audit entries, oldest first.
    pub fn history(&self, id: &str) -> Vec<&Value> {
        self.records(&format!("AUDIT#{id}#"))
    }

    /// The names of a record's events.
    pub fn events(&self, id: &str) -> Vec<&str> {
        let entries = self.history(id).into_iter();
        entries.map(|entry| text(entry, "/event")).collect()
    }

    pub fn schedule_is_due(&self, id: &str) -> bool {
        let schedule = self.items.get(&format!("SCHEDULE#{id}"));
        schedule.is_some_and(|schedule| !schedule["due_at"].is_null())
    }

    /// The owner of a permanently reserved name.
    pub async fn guard(&self, name: &str) -> Result<Option<String>> {
        let found = query(&self.table, &format!("GUARD#{name}")).await?;
        let owner = found.get("GUARD").map(|guard| {
            let (tenant, id) = (text(guard, "/tenant"), text(guard, "/record_id"));
            format!("{tenant}/{id}")
        });
        Ok(owner)
    }

    /// Checks that an orphaned stack that never became an account has a guard for its registration.
    async fn check_stack_guard(&self, entry: &Value) -> Result<()> {
        if !entry["account_id"].is_null() {
            return Ok(());
        }
        let of_stack = query(&self.table, &format!("ORPHAN#{}", text(entry, "/stack_id"))).await?;
        let registration = format!("REGISTRATION#{}", text(entry, "/registration_id"));
        let held = of_stack
            .get(&registration)
            .context("no guard for the orphaned stack")?;
        ensure!(
            text(held, "/record_id") == text(entry, "/orphaned_stack_id"),
            "{held} does not belong to {entry}"
        );
        Ok(())
    }

    /// Every record's audit entries are numbered without gaps up to its version, the last entry
    /// contains the current record, and each entry's state matches its event.
    fn check_audit_entries(&self) -> Result<()> {
        let mut reported = BTreeSet::new();
        for (kind, id) in RECORDS {
            for record in self.records(kind) {
                let id = text(record, &format!("/{id}"));
                let history = self.history(id);
                let version = record["version"].as_u64().context("no version")?;
                ensure!(history.len() as u64 == version, "{id}: {}", history.len());
                let last = history.last().context("no entry")?;
                let shown = snapshot(record);
                ensure!(
                    last["record"] == shown,
                    "{} differs from {shown}",
                    last["record"]
                );
                reported.insert(id.to_owned());
            }
        }
        let mut next: BTreeMap<&str, u64> = BTreeMap::new();
        for entry in self.records("AUDIT#") {
            let id = text(entry, "/record_id");
            let expected = next.entry(id).or_insert(1);
            ensure!(entry["sequence"] == *expected, "a gap before {entry}");
            *expected += 1;
            let event = text(entry, "/event");
            ensure!(leads_to(event, &entry["record"]), "{event}: {entry}");
            let is_end = event == "Group Deleted";
            ensure!(reported.contains(id) || id.starts_with("grp_"), "{entry}");
            ensure!(!(is_end && reported.contains(id)), "{id} still exists");
        }
        Ok(())
    }

    /// The index items are exactly the ones that the records require.
    fn check_index_items(&self) -> Result<()> {
        let mut expected = BTreeSet::new();
        for it in self.records("REGISTRATION#") {
            let (group, id) = (text(it, "/group_id"), text(it, "/registration_id"));
            expected.insert(format!("IN#{group}#REGISTRATION#{id}"));
            if text(it, "/state/status") == "pending" {
                expected.insert(format!("PENDING#{group}#{id}"));
            }
        }
        for it in self.records("ACCOUNT#") {
            if text(it, "/state/status") != "deregistered" {
                let (group, id) = (text(it, "/group_id"), text(it, "/account_id"));
                expected.insert(format!("IN#{group}#ACCOUNT#{id}"));
                let there = self.items.contains_key(&format!("GROUP#{group}"));
                ensure!(there, "{id} is in {group}, which is gone");
            }
        }
        for it in self.records("STACK#") {
            let (status, id) = (text(it, "/status/name"), text(it, "/orphaned_stack_id"));
            expected.insert(format!("ORPHAN#{status}#{id}"));
            let seen = it["evidence"]["seen"].as_array().into_iter().flatten();
            let mut seen = seen.filter(|seen| seen["kind"] == "stack_status");
            let is_proven =
                !it["account_id"].is_null() || seen.any(|seen| !seen["status"].is_null());
            if ["orphaned", "deleting"].contains(&status) && !is_proven {
                expected.insert(format!("UNPROVEN#{id}"));
            }
        }
        let is_index = |sk: &&String| {
            let kinds = ["IN#", "PENDING#", "ORPHAN#", "UNPROVEN#"];
            kinds.iter().any(|kind| sk.starts_with(kind))
        };
        let listed: BTreeSet<String> = self.items.keys().filter(is_index).cloned().collect();
        ensure!(
            listed == expected,
            "index items {listed:?}, expected {expected:?}"
        );
        Ok(())
    }

    /// Only active and unhealthy accounts hold a connection to their AWS account.
    fn check_connections(&self) -> Result<()> {
        let mut expected: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for account in self.records("ACCOUNT#") {
            if ["active", "unhealthy"].contains(&text(account, "/state/status")) {
                let sk = format!("CONNECTED#{}", text(account, "/aws_account_id"));
                let holders = expected.entry(sk).or_default();
                holders.insert(text(account, "/account_id"));
            }
        }
        let mut noted: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for (sk, item) in self
            .items
            .iter()
            .filter(|(sk, _)| sk.starts_with("CONNECTED#"))
        {
            let holders = item["holders"].as_array().into_iter().flatten();
            let holders: BTreeSet<_> = holders.filter_map(Value::as_str).collect();
            if !holders.is_empty() {
                noted.insert(sk.clone(), holders);
            }
        }
        ensure!(
            noted == expected,
            "connections {noted:?}, expected {expected:?}"
        );
        Ok(())
    }

    /// Open records have a due schedule; ended registrations and closed orphaned stacks don't.
    fn check_schedules(&self) -> Result<()> {
        for account in self.records("ACCOUNT#") {
            let id = text(account, "/account_id");
            let alive = text(account, "/state/status") != "deregistered";
            // A deregistered account is removed from the schedule by its next check.
            ensure!(
                !alive || self.schedule_is_due(id),
                "{id} has no scheduled check"
            );
        }
        for entry in self.records("STACK#") {
            let id = text(entry, "/orphaned_stack_id");
            let open = ["orphaned", "deleting"].contains(&text(entry, "/status/name"));
            ensure!(open == self.schedule_is_due(id), "{entry}");
        }
        for registration in self.records("REGISTRATION#") {
            let id = text(registration, "/registration_id");
            let pending = text(registration, "/state/status") == "pending";
            // The next sweep handles stack info that was pasted for an ended registration.
            let wound_up = registration["pasted"].is_null();
            let due = self.schedule_is_due(id);
            ensure!(due == pending || (due && !wound_up), "{registration}");
        }
        Ok(())
    }

    /// The names that the records must reserve permanently.
    fn expected_guards(&self) -> Vec<(String, String)> {
        let mut guards = Vec::new();
        let mut hold =
            |name: String, id: &str| guards.push((name, format!("{}/{id}", self.tenant)));
        for it in self.records("ACCOUNT#") {
            let id = text(it, "/account_id");
            hold(format!("STACK#{}", text(it, "/stack_id")), id);
            hold(format!("ROLE_ARN#{}", text(it, "/role/arn")), id);
            hold(
                format!("ROLE_UNIQUE_ID#{}", text(it, "/role/unique_id")),
                id,
            );
        }
        for it in self.records("REGISTRATION#") {
            let name = format!("EXTERNAL_ID#{}", text(it, "/external_id"));
            hold(name, text(it, "/registration_id"));
        }
        guards
    }
}

/// A record without its keys on the index of changes.
fn without_index_keys(record: &Value) -> Value {
    let mut record = record.clone();
    for field in ["changes_at", "changes_shard", "listed_status"] {
        record.as_object_mut().map(|fields| fields.remove(field));
    }
    record
}

/// The record as audit entries and events show it.
fn snapshot(record: &Value) -> Value {
    let mut shown = without_index_keys(record);
    let hidden = [
        "pk",
        "sk",
        "external_id",
        "token_key_id",
        "closing_until",
        "closing_until_ms",
        "customer_link",
        "version",
    ];
    for field in hidden {
        shown.as_object_mut().map(|fields| fields.remove(field));
    }
    if let Some(fields) = shown
        .as_object_mut()
        .filter(|it| it.contains_key("report_by"))
    {
        let started = fields.remove("started").unwrap_or_default();
        let progress = started.as_array().and_then(|started| started.last());
        fields.insert("progress".to_owned(), json!(progress));
    }
    shown
}

/// Whether the record is in the state that the event leads to.
fn leads_to(event: &str, record: &Value) -> bool {
    let status = match event {
        "Registration Created" => "pending",
        "Registration Completed" => "completed",
        "Registration Revoked" => "revoked",
        "Registration Expired" => "expired",
        "Account Registered" | "Account Recovered" => "active",
        "Account Unhealthy" => "unhealthy",
        "Account Disconnected" => "disconnected",
        "Account Deregistered" => "deregistered",
        "Stack Orphaned" => "orphaned",
        "Stack Deleting" => "deleting",
        "Stack Gone" => "gone",
        "Stack Dismissed" => "dismissed",
        _ => return true,
    };
    [text(record, "/state/status"), text(record, "/status/name")].contains(&status)
}

/// All items of a partition, by sort key.
async fn query(table: &Table, pk: &str) -> Result<BTreeMap<String, Value>> {
    let request = table.client.query().table_name(&table.name);
    let request = request
        .consistent_read(true)
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()));
    let mut items = BTreeMap::new();
    let mut start = None;
    loop {
        let page = request
            .clone()
            .set_exclusive_start_key(start)
            .send()
            .await?;
        for item in page.items.unwrap_or_default() {
            let mut item: Value = serde_dynamo::from_item(item)?;
            let sk = text(&item, "/sk").to_owned();
            let fields = item.as_object_mut().context("an item")?;
            fields.retain(|name, _| !["pk", "sk"].contains(&name.as_str()));
            items.insert(sk, json!(item));
        }
        start = page.last_evaluated_key;
        if start.is_none() {
            return Ok(items);
        }
    }
}
