//! Publishing a template. Concurrent publications must not overwrite each other.

use super::Table;
use super::expression::{ABSENT, Values, names};
use super::items::{encode, failed, text};
use super::keys::{Item, Key};
use crate::host::SystemHost;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rolecall_domain::link::template::{PublishedTemplate, TemplatePermissions, TemplateVersion};
use rolecall_domain::ports::{Records, StoreError};
use rolecall_domain::retry::{RetryPolicy, with_retry};

/// The maximum number of policies per version, which keeps the record below DynamoDB's limit. None is
/// removed unasked, because its stacks are then compared with permissions that they were not granted.
const MAX_PUBLICATIONS: usize = 20;

/// Why a publication was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum PublicationError {
    #[error(
        "Template {0} was published with another self-inspection policy. Use the release that published \
         it, or increase the version in infra/onboarding/role.yaml and build rolecall-admin again."
    )]
    OtherSelfInspection(TemplateVersion),
    #[error(
        "Template {0} was published with {MAX_PUBLICATIONS} other policies. Publish one of them again, or \
         pass --drop-oldest-policy: stacks that still have the oldest one then fail their permission checks \
         until they are updated."
    )]
    TooMany(TemplateVersion),
    #[error("Another publication was recorded at the same time. Publish again.")]
    Overtaken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The permissions that a publication grants the roles of its version.
#[derive(Debug, Clone)]
pub struct Publication<'a> {
    pub version: &'a TemplateVersion,
    pub self_inspection: &'a str,
    /// Empty text if there is none.
    pub operator_policy: &'a str,
    /// Removes the oldest operator policy if the version has as many as are kept.
    pub drop_oldest: bool,
}

impl Table {
    /// Adds a publication to its version's record.
    ///
    /// # Errors
    /// If the version was published with another self-inspection policy, because customers have
    /// reviewed that one, or with too many operator policies.
    pub async fn record_publication(&self, new: &Publication<'_>) -> Result<(), PublicationError> {
        let key = Key::template_permissions(new.version);
        let overtaken = |error: &PublicationError| matches!(error, PublicationError::Overtaken);
        with_retry(&SystemHost, &RetryPolicy::BRIEF, overtaken, async || {
            let former = self.template_permissions(new.version).await?;
            let permissions = joined(former.as_ref(), new)?;
            let mut item = encode(&key, &permissions)?;
            item.insert("kind".to_owned(), text("template_permissions"));
            let written = match &former {
                None => self.put_if(item, ABSENT, Values::none()).await?,
                Some(former) => {
                    let former = Values::of([(":former", list(former))]);
                    let unchanged = "#operator_policies = :former";
                    self.put_if(item, unchanged, former).await?
                }
            };
            if written {
                Ok(())
            } else {
                Err(PublicationError::Overtaken)
            }
        })
        .await
    }

    /// The URL of the template that links point to, if there is one. Works even if the rest of the
    /// record can't be parsed, so that publishing repairs it.
    ///
    /// # Errors
    /// If the table can't be read.
    pub async fn template_url(&self) -> Result<Option<String>, StoreError> {
        let item = self.item(&Key::template()).await?.unwrap_or_default();
        let url = item.get("url").and_then(|url| url.as_s().ok());
        Ok(url.cloned())
    }

    /// Makes a template the one that links point to, if the current one is still the one that the
    /// publisher read at the start, or this template itself.
    ///
    /// # Errors
    /// [`PublicationError::Overtaken`] if another template was published in the meantime.
    pub async fn point_at_template(
        &self,
        new: &PublishedTemplate,
        sha256: &str,
        published_at: Timestamp,
        former_url: Option<&str>,
    ) -> Result<(), PublicationError> {
        let mut item = encode(&Key::template(), new)?;
        for (name, value) in [
            ("kind", "template".to_owned()),
            ("sha256", sha256.to_owned()),
            ("published_at", published_at.to_string()),
        ] {
            item.insert(name.to_owned(), text(value));
        }
        let replaced = format!("{ABSENT} OR #url = :former OR #url = :new");
        let former = text(former_url.unwrap_or(&new.url));
        let values = Values::of([(":former", former), (":new", text(&new.url))]);
        if self.put_if(item, &replaced, values).await? {
            Ok(())
        } else {
            Err(PublicationError::Overtaken)
        }
    }

    /// Returns false if the condition does not hold.
    async fn put_if(
        &self,
        item: Item,
        condition: &str,
        values: Values,
    ) -> Result<bool, StoreError> {
        let put = self.client.put_item().table_name(&self.name);
        let put = put
            .set_item(Some(item))
            .set_expression_attribute_names(names(&[condition]))
            .set_expression_attribute_values(values.into_map())
            .condition_expression(condition);
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(failed(error)),
            },
        }
    }
}

/// The record with the new publication first.
fn joined(
    former: Option<&TemplatePermissions>,
    new: &Publication<'_>,
) -> Result<TemplatePermissions, PublicationError> {
    let mut policies = vec![new.operator_policy.to_owned()];
    if let Some(former) = former {
        if former.self_inspection != new.self_inspection {
            let version = new.version.clone();
            return Err(PublicationError::OtherSelfInspection(version));
        }
        let others = former.operator_policies.iter();
        policies.extend(others.filter(|it| *it != new.operator_policy).cloned());
    }
    if new.drop_oldest {
        policies.truncate(MAX_PUBLICATIONS);
    }
    if policies.len() > MAX_PUBLICATIONS {
        return Err(PublicationError::TooMany(new.version.clone()));
    }
    Ok(TemplatePermissions {
        version: new.version.clone(),
        self_inspection: new.self_inspection.to_owned(),
        operator_policies: policies,
    })
}

fn list(permissions: &TemplatePermissions) -> AttributeValue {
    let policies = permissions.operator_policies.iter();
    AttributeValue::L(policies.map(text).collect())
}
