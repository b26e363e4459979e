//! What is published for all customers alike, read once for an event, however many accounts it is
//! about. Whoever makes one per event never acts on what an earlier event has read.

use futures_util::lock::Mutex;
use rolecall_domain::ports::{Records, StoreError};
use rolecall_domain::template::{PublishedTemplate, TemplatePermissions, TemplateVersion};
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub struct Published {
    template: Mutex<Option<Option<PublishedTemplate>>>,
    permissions: Mutex<BTreeMap<TemplateVersion, Option<TemplatePermissions>>>,
}

impl Published {
    /// The current template.
    ///
    /// # Errors
    /// The store's; the next one who asks reads anew.
    pub async fn template(
        &self,
        store: &impl Records,
    ) -> Result<Option<PublishedTemplate>, StoreError> {
        // Held while it reads: the others wait for the same answer.
        let mut known = self.template.lock().await;
        if let Some(template) = &*known {
            return Ok(template.clone());
        }
        let read = store.published_template().await?;
        *known = Some(read.clone());
        Ok(read)
    }

    /// What a version of the template gives its roles.
    ///
    /// # Errors
    /// The store's; the next one who asks reads anew.
    pub async fn permissions(
        &self,
        store: &impl Records,
        version: &TemplateVersion,
    ) -> Result<Option<TemplatePermissions>, StoreError> {
        let mut known = self.permissions.lock().await;
        if let Some(permissions) = known.get(version) {
            return Ok(permissions.clone());
        }
        let read = store.template_permissions(version).await?;
        known.insert(version.clone(), read.clone());
        Ok(read)
    }
}
