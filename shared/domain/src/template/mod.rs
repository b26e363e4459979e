//! The onboarding template: what the stack of a link creates, and its text.
//!
//! A template is determined by its [`Template`], whose hash is its ID. The text is a pure function of
//! it, in ASCII English: IAM accepts only Latin-1 in descriptions, and CloudFormation returns other
//! text as `?`.

mod hub;
mod offering;
pub mod policies;
mod render;
mod resources;
mod words;
mod yaml;

pub use hub::{HubFacts, Onboarding};
pub use offering::Offering;

use crate::access::{
    Difference, MAX_INLINE, MAX_MANAGED_POLICIES, Profile, ProfileChange, ProfileName, inline_size,
};
use crate::aws::Partition;
use crate::brand::{AsciiName, Contact};
use crate::companion::expected::ExpectedRole;
use crate::companion::options::Options;
use crate::companion::{Kind, RequestedRole};
use crate::link::template::{PublishedTemplate, TemplateId, TemplateVersion};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// The version of the text. Every change to what templates create needs a new version.
pub const VERSION: TemplateVersion = TemplateVersion::new(2, 1, 0);

/// The logical ID of the hub's role.
pub const ROLE: &str = "RolecallRole";

/// The name and the logical ID of the policy with which the hub's role reads itself and its stack.
pub const SELF_INSPECTION: &str = "SelfInspection";

/// Everything that determines a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    pub version: TemplateVersion,
    pub hub: HubFacts,
    /// The operator's product.
    pub product: AsciiName,
    /// The contact for customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// The access profiles, sorted by name.
    pub profiles: Vec<Profile>,
    /// In the catalog's order.
    pub companion_roles: Vec<RequestedRole>,
}

/// The characters that IAM leaves for all access profiles of a role that also has every companion
/// role.
pub fn room_for_access(hub: &HubFacts) -> usize {
    let companion_roles = Kind::companions().map(|kind| RequestedRole {
        kind,
        options: Options::default(),
    });
    let offering = Offering::default();
    let template = offering.template(hub, &[], &companion_roles.collect::<Vec<_>>());
    MAX_INLINE.saturating_sub(template.longest_self_inspection())
}

/// Why a template exceeds a limit of IAM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TooMuch {
    /// The hub's role has more inline policies than IAM accepts, in characters.
    Inline { size: usize, most: usize },
    /// The hub's role has more managed policies than IAM attaches.
    Managed { count: usize, most: usize },
}

impl Template {
    /// The hash of the canonical JSON.
    pub fn id(&self) -> TemplateId {
        // A struct of strings, lists and maps with string keys always serializes.
        let value = serde_json::to_value(self).unwrap_or_default();
        let mut canonical = String::new();
        write_canonical(&value, &mut canonical);
        TemplateId::of(&canonical)
    }

    /// The key of the file in the onboarding bucket. Different content has a different key, so a
    /// template that a customer reviewed never changes.
    pub fn key(&self) -> String {
        format!("onboarding/{}/{}/role.yaml", self.version, self.id())
    }

    /// The URL of the file, in a bucket with this URL.
    pub fn published_at(&self, bucket_url: &str) -> PublishedTemplate {
        let bucket_url = bucket_url.trim_end_matches('/');
        PublishedTemplate {
            version: self.version.clone(),
            template_id: self.id(),
            url: format!("{bucket_url}/{}", self.key()),
        }
    }

    /// The names of the inline policies that the stack gives the hub's role.
    pub fn policy_names(&self) -> Vec<String> {
        let with_policy = self.profiles.iter().filter(|one| one.policy.is_some());
        let access = with_policy.map(|profile| profile.name.policy_name());
        std::iter::once(SELF_INSPECTION.to_owned())
            .chain(access)
            .collect()
    }

    /// The names of the profiles.
    pub fn access(&self) -> Vec<ProfileName> {
        let each = self.profiles.iter();
        each.map(|profile| profile.name.clone()).collect()
    }

    /// The options of the stack's role of this kind, if it has one.
    pub fn options_of(&self, kind: Kind) -> Option<&Options> {
        let mut roles = self.companion_roles.iter();
        let role = roles.find(|role| role.kind == kind)?;
        Some(&role.options)
    }

    /// Whether a stack of this template gives the hub's role the same access as a stack of the other one.
    pub fn grants_the_same_as(&self, other: &Self) -> bool {
        self.version == other.version && self.access_changes(other).is_empty()
    }

    /// Whether a stack of this template creates the same as a stack of the other one.
    pub fn makes_the_same_as(&self, other: &Self) -> bool {
        self.grants_the_same_as(other) && self.companion_roles == other.companion_roles
    }

    /// How the access of the other template differs from this one's.
    pub fn access_changes(&self, other: &Self) -> Vec<ProfileChange> {
        let mut changes = ProfileChange::between(&self.profiles, &other.profiles);
        changes.retain(|change| change.difference != Difference::Words);
        changes
    }

    /// The file's text.
    pub fn text(&self) -> String {
        render::render(self)
    }

    /// The SHA-256 of the file, in hexadecimal.
    pub fn sha256(&self) -> String {
        hex::encode(Sha256::digest(self.text()))
    }

    pub fn partition(&self) -> Partition {
        self.hub.partition
    }

    /// ARNs of the managed policies that the stack attaches to the hub's role.
    pub fn managed_policies(&self) -> BTreeSet<&String> {
        let each = self.profiles.iter().flat_map(|one| &one.managed_policies);
        each.collect()
    }

    /// # Errors
    /// The limit that the hub's role would exceed.
    pub fn check_limits(&self) -> Result<(), TooMuch> {
        let profiles = self.profiles.iter().filter_map(|one| one.policy.as_ref());
        let profiles: usize = profiles.map(|one| inline_size(&one.to_string())).sum();
        let size = profiles + self.longest_self_inspection();
        if size > MAX_INLINE {
            let most = MAX_INLINE;
            return Err(TooMuch::Inline { size, most });
        }
        let count = self.managed_policies().len();
        if count > MAX_MANAGED_POLICIES {
            let most = MAX_MANAGED_POLICIES;
            return Err(TooMuch::Managed { count, most });
        }
        Ok(())
    }

    /// The longest `SelfInspection` that a stack of this template can have, as IAM counts it.
    pub fn longest_self_inspection(&self) -> usize {
        let arn = |service: &str, resource: &str, longest: usize| {
            let partition = self.partition().as_str();
            let start = format!("arn:{partition}:{service}:000000000000:{resource}");
            json!(format!("{start}{}", "x".repeat(longest)))
        };
        let arns = |resource: &str, path: usize| {
            let whole = arn("iam:", resource, path + LONGEST_NAME);
            policies::Arns([whole, arn("iam:", resource, LONGEST_NAME)])
        };
        let companions = self.companion_roles.iter().map(|role| {
            let has_profile = role.kind.instance_profile;
            policies::InspectedCompanion {
                role: arns("role", LONGEST_PATH),
                instance_profile: has_profile.then(|| arns("instance-profile", LONGEST_PATH)),
                policies: self.chosen_policies(role),
            }
        });
        let boundary = arn("iam:", "policy", LONGEST_BOUNDARY);
        let document = policies::self_inspection(&policies::Inspected {
            partition: self.partition(),
            stack: arn("cloudformation:ap-southeast-99", "stack/", LONGEST_STACK),
            role: arns("role", LONGEST_ROLE_PATH),
            boundary: policies::Boundary::Arn(boundary.as_str().unwrap_or_default().to_owned()),
            companions: companions.collect(),
        });
        inline_size(&document.to_string())
    }

    /// The customer-managed policies that were chosen for a companion role.
    fn chosen_policies(&self, role: &RequestedRole) -> Vec<String> {
        let (partition, own) = (self.partition(), &self.hub.account_id);
        let role = ExpectedRole::with(role.kind, &role.options, partition, own);
        role.customer_managed()
    }
}

/// IAM's limit for the name of a role or an instance profile.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const LONGEST_NAME: usize = 128;
/// The template's limit for the path of the hub's role.
const LONGEST_ROLE_PATH: usize = 128;
/// The longest path of a companion role.
const LONGEST_PATH: usize = 14;
/// IAM's limits for a policy's path and name.
const LONGEST_BOUNDARY: usize = 512 + 128;
/// A stack's name and its ID.
const LONGEST_STACK: usize = 128 + 37;

/// JSON without spaces and with sorted keys, whatever order the map has.
fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<_> = object.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            text.push('{');
            for (at, (key, value)) in entries.into_iter().enumerate() {
                text.push_str(if at == 0 { "" } else { "," });
                text.push_str(&json!(key).to_string());
                text.push(':');
                write_canonical(value, text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { "," });
                write_canonical(item, text);
            }
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}
