//! Records by ID. All reads are consistent.

use super::Table;
use super::items::{Stored, corrupt, decode, decode_stored, encode, failed, text};
use super::keys::{Item, Key};
use super::offering::LOGO_CONTENT;
use aws_sdk_dynamodb::types::AttributeValue;
use rolecall_domain::change::{Change, Guard, IdempotencyRecord, Owner};
use rolecall_domain::ids::{AccountId, GroupId, OrphanedStackId, RegistrationId};
use rolecall_domain::link::template::TemplateId;
use rolecall_domain::ports::{CommitError, Directory, PublishedWorkloads, Records, StoreError};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::group::Group;
use rolecall_domain::record::orphan::OrphanedStack;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::template::{Offering, Template};
use rolecall_domain::text::{IdempotencyKey, Tenant};
use rolecall_domain::workload::Workloads;
use serde::de::DeserializeOwned;

impl Table {
    pub(super) async fn item(&self, key: &Key) -> Result<Option<Item>, StoreError> {
        let read = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key.attributes()))
            .consistent_read(true)
            .send()
            .await
            .map_err(failed)?;
        Ok(read.item)
    }

    pub(super) async fn stored<T: Stored>(&self, key: Key) -> Result<Option<T>, StoreError> {
        self.item(&key).await?.map(decode_stored).transpose()
    }

    /// For values that don't contain their own key.
    async fn plain<T: DeserializeOwned>(&self, key: Key) -> Result<Option<T>, StoreError> {
        let item = self.item(&key).await?;
        item.map(|item| decode(&key, item)).transpose()
    }
}

impl PublishedWorkloads for Table {
    async fn workloads(&self) -> Result<Workloads, StoreError> {
        Ok(self.plain(Key::workloads()).await?.unwrap_or_default())
    }
}

impl Records for Table {
    async fn group(&self, tenant: &Tenant, id: &GroupId) -> Result<Option<Group>, StoreError> {
        self.stored(Key::group(tenant, id)).await
    }

    async fn registration(
        &self,
        tenant: &Tenant,
        id: &RegistrationId,
    ) -> Result<Option<Registration>, StoreError> {
        self.stored(Key::registration(tenant, id)).await
    }

    async fn registration_by_id(
        &self,
        id: &RegistrationId,
    ) -> Result<Option<Registration>, StoreError> {
        let key = Key::registration_copy(id);
        let read: Option<Registration> = self.plain(key.clone()).await?;
        match read {
            Some(copy) if copy.registration_id != *id => {
                Err(corrupt(&key, "it contains another registration"))
            }
            read => Ok(read),
        }
    }

    async fn account(
        &self,
        tenant: &Tenant,
        id: &AccountId,
    ) -> Result<Option<Account>, StoreError> {
        self.stored(Key::account(tenant, id)).await
    }

    async fn account_by_id(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        let Some(tenant) = self.tenant_of(id).await? else {
            return Ok(None);
        };
        self.account(&tenant, id).await
    }

    async fn orphaned_stack(
        &self,
        tenant: &Tenant,
        id: &OrphanedStackId,
    ) -> Result<Option<OrphanedStack>, StoreError> {
        self.stored(Key::orphaned_stack(tenant, id)).await
    }

    async fn owner(&self, guard: &Guard) -> Result<Option<Owner>, StoreError> {
        self.plain(Key::guard(guard)).await
    }

    async fn offering(&self) -> Result<Option<Offering>, StoreError> {
        self.plain(Key::offering()).await
    }

    async fn logo(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let key = Key::logo();
        let Some(mut item) = self.item(&key).await? else {
            return Ok(None);
        };
        match item.remove(LOGO_CONTENT) {
            Some(AttributeValue::B(content)) => Ok(Some(content.into_inner())),
            _ => Err(corrupt(&key, "it has no content")),
        }
    }

    async fn template(&self, id: &TemplateId) -> Result<Option<Template>, StoreError> {
        let key = Key::template(id);
        let read: Option<Template> = self.plain(key.clone()).await?;
        match read {
            Some(template) if template.id() != *id => {
                Err(corrupt(&key, "it contains another template"))
            }
            read => Ok(read),
        }
    }

    async fn keep_template(&self, template: &Template) -> Result<(), StoreError> {
        let key = Key::template(&template.id());
        let mut item = encode(&key, template)?;
        item.insert("kind".to_owned(), text("template"));
        let put = self.client.put_item().table_name(&self.name);
        put.set_item(Some(item)).send().await.map_err(failed)?;
        Ok(())
    }

    async fn idempotency(
        &self,
        tenant: &Tenant,
        route: &str,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        self.stored(Key::idempotency(tenant, route, key)).await
    }

    async fn commit(&self, change: &Change) -> Result<(), CommitError> {
        self.transact(change).await
    }
}
