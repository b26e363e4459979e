//! The offering, and the templates that were put into the bucket.

use super::world::World;
use rolecall_aws::table::{Publication, Table};
use rolecall_domain::access::{AccessFile, ProfileName};
use rolecall_domain::brand::{Brand, Contact, MAX_LOGO_BYTES};
use rolecall_domain::ports::{PublishedWorkloads, Records, Store, StoreError};
use rolecall_domain::template::{Offering, Template};
use rolecall_domain::workload::Workloads;
use rolecall_testing::{MemoryStore, companion_roles, offering, onboarding, template};
use rolecall_tests::in_process::hub;
use serde_json::{Value, json};
use std::hash::{DefaultHasher, Hash, Hasher};

/// What an operator does, in each store.
pub(crate) trait Publish: Store + PublishedWorkloads {
    async fn publish_offering(&self, offering: Offering, world: &World);
    async fn publish_workloads(&self, workloads: Workloads, world: &World);
    async fn publish_logo(&self, file: &[u8], world: &World);
}

impl Publish for MemoryStore {
    async fn publish_offering(&self, offering: Offering, _: &World) {
        self.publish(offering);
    }

    async fn publish_workloads(&self, workloads: Workloads, _: &World) {
        MemoryStore::publish_workloads(self, workloads);
    }

    async fn publish_logo(&self, file: &[u8], _: &World) {
        MemoryStore::publish_logo(self, file);
    }
}

impl Publish for Table {
    async fn publish_offering(&self, offering: Offering, world: &World) {
        publish(self, &Publication::of(&offering), world).await;
    }

    async fn publish_workloads(&self, workloads: Workloads, world: &World) {
        let offering = self.offering().await.expect("read").unwrap_or_default();
        let publication = Publication {
            workloads: Some(&workloads),
            ..Publication::of(&offering)
        };
        publish(self, &publication, world).await;
    }

    async fn publish_logo(&self, file: &[u8], world: &World) {
        let offering = self.offering().await.expect("read").unwrap_or_default();
        let publication = Publication {
            logo: Some(file),
            ..Publication::of(&offering)
        };
        publish(self, &publication, world).await;
    }
}

async fn publish(table: &Table, publication: &Publication<'_>, world: &World) {
    let mut hasher = DefaultHasher::new();
    format!("{publication:?}").hash(&mut hasher);
    let content = hasher.finish().to_string();
    let former = table.offering_hash().await.expect("read");
    let published = table.publish(publication, former.as_deref(), &content, world.now());
    published.await.expect("published");
}

fn words(en: &str) -> Value {
    json!({"en": en, "ja": "\"説明\""})
}

/// Profiles with every kind of policy.
fn profiles() -> Value {
    let statement = |action: &str| json!({"Effect": "Allow", "Action": action, "Resource": "*"});
    let condition = json!({"StringEquals": {"aws:ResourceTag/a": ["x", "y"]}, "Bool": {"aws:SecureTransport": true}});
    let mut conditional = statement("ec2:CreateSnapshot");
    conditional["Condition"] = condition;
    json!({
        "inventory": {
            "title": words("Read"),
            "explain": words("Reads."),
            "managed_policies": ["arn:aws:iam::aws:policy/SecurityAudit"],
        },
        "backup": {
            "title": words("Back up"),
            "explain": words("Creates snapshots."),
            "not": words("Deleting anything."),
            "policy": {"Version": "2012-10-17", "Statement": [statement("ec2:Describe*"), conditional]},
        },
    })
}

/// An offering with a value in every field.
fn whole_offering() -> Offering {
    let file = json!({"profiles": profiles(), "default": ["inventory"]});
    Offering {
        brand: Brand {
            contact: Contact::parse("https://example.com/support").ok(),
            ..Brand::default()
        },
        ..offering(&hub(), &file)
    }
}

pub(crate) async fn offering_reads_back_as_published(store: &impl Publish, world: &World) {
    assert_eq!(store.offering().await.expect("read"), None);
    for offering in [
        whole_offering(),
        Offering {
            access: AccessFile::default(),
            ..whole_offering()
        },
        whole_offering(),
    ] {
        store.publish_offering(offering.clone(), world).await;
        assert_eq!(store.offering().await.expect("read"), Some(offering));
    }
}

pub(crate) async fn workloads_read_back_as_published(store: &impl Publish, world: &World) {
    let read = async || store.workloads().await.expect("read");
    assert_eq!(read().await, Workloads::default());
    let issuer = json!({"issuer": "https://issuer.example.com/", "audience": "hub"});
    let rule = json!({"issuer": "cluster", "subject": "a:b/*", "dangerous": true,
        "profiles": ["inventory", "backup"], "tenants": ["acme"]});
    let exact = json!({"issuer": "cluster", "subject": "a", "profiles": ["backup"]});
    let file = json!({"issuers": {"cluster": issuer}, "rules": [rule, exact]});
    let profiles = whole_offering().access.profiles.into_keys().collect();
    let whole = Workloads::read(&file, &profiles).expect("a valid file");
    for workloads in [whole.clone(), Workloads::default(), whole] {
        store.publish_workloads(workloads.clone(), world).await;
        assert_eq!(read().await, workloads);
    }
    // An offering that is published alone leaves them.
    store.publish_offering(whole_offering(), world).await;
    assert_ne!(read().await, Workloads::default());
}

pub(crate) async fn logo_reads_back_as_published(store: &impl Publish, world: &World) {
    let read = async || store.logo().await.expect("read");
    assert_eq!(read().await, None);
    // Every byte, and the largest file.
    let all: Vec<u8> = (0..=255).cycle().take(MAX_LOGO_BYTES).collect();
    for file in [&b"\x89PNG"[..], &all, b"\xff\xd8"] {
        store.publish_logo(file, world).await;
        assert_eq!(read().await.as_deref(), Some(file));
    }
    // An offering that is published alone leaves it.
    store.publish_offering(whole_offering(), world).await;
    assert_eq!(read().await.as_deref(), Some(&b"\xff\xd8"[..]));
}

async fn read(store: &impl Store, template: &Template) -> Result<Option<Template>, StoreError> {
    store.template(&template.id()).await
}

pub(crate) async fn template_reads_back_as_kept(store: &impl Publish, _: &World) {
    let kept = template(&hub(), &json!([]));
    let other = template(&hub(), &json!([{"kind": "ec2-instance"}]));
    assert_eq!(read(store, &kept).await.expect("read"), None);
    store.keep_template(&kept).await.expect("kept");
    assert_eq!(read(store, &kept).await.expect("read"), Some(kept.clone()));
    assert_eq!(read(store, &other).await.expect("read"), None);
    store.keep_template(&other).await.expect("kept");
    for template in [kept, other] {
        let found = read(store, &template).await.expect("read");
        assert_eq!(found.map(|it| it.text()), Some(template.text()));
    }
}

pub(crate) async fn template_is_kept_again_without_an_error(store: &impl Publish, _: &World) {
    let kept = template(&hub(), &json!([]));
    let keep = async || store.keep_template(&kept).await;
    let (one, other) = futures_util::join!(keep(), keep());
    one.and(other).expect("kept");
    keep().await.expect("kept");
    assert_eq!(read(store, &kept).await.expect("read"), Some(kept));
}

/// The ID is a hash of the record, so a record that reads back changed is found to be corrupt.
pub(crate) async fn template_with_every_choice_reads_back(store: &impl Publish, _: &World) {
    let names: Vec<ProfileName> = whole_offering().access.profiles.into_keys().collect();
    let own = "arn:aws:iam::222222222222:policy/team/Own";
    let switch = json!({"trusted_account_id": "333333333333", "policies": [own, "ReadOnlyAccess"],
        "require_mfa": false, "max_session_seconds": 7200});
    let instance = json!({"trust_ssm": true, "policies": ["AmazonSSMManagedInstanceCore"]});
    let roles = json!([
        {"kind": "switch-role", "options": switch},
        {"kind": "ec2-instance", "options": instance},
        {"kind": "ssm-hybrid", "options": {"s3_buckets": ["one", "two"]}},
    ]);
    let roles = companion_roles(&hub(), &roles);
    let facts = onboarding(&hub()).facts;
    let template = whole_offering().template(&facts, &names, &roles);
    store.keep_template(&template).await.expect("kept");
    let found = read(store, &template).await.expect("read");
    assert_eq!(found.as_ref().map(Template::id), Some(template.id()));
    assert_eq!(found, Some(template));
}
