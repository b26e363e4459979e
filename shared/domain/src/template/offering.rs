//! What the operator published for customers.

use super::{HubFacts, Template, VERSION};
use crate::access::{AccessFile, Profile, ProfileName};
use crate::brand::Brand;
use crate::companion::RequestedRole;
use serde::{Deserialize, Serialize};

/// The operator's offering: access profiles and the brand. A hub whose operator published nothing has no
/// profiles: its customers' roles can only read themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Offering {
    #[serde(default)]
    pub access: AccessFile,
    #[serde(default)]
    pub brand: Brand,
}

impl Offering {
    /// The template with these profiles and companion roles. Profiles that are no longer published
    /// are left out.
    pub fn template(
        &self,
        hub: &HubFacts,
        access: &[ProfileName],
        companion_roles: &[RequestedRole],
    ) -> Template {
        let published = |name: &ProfileName| self.access.profiles.get(name);
        let mut profiles: Vec<Profile> = access.iter().filter_map(published).cloned().collect();
        profiles.sort_by(|one, other| one.name.cmp(&other.name));
        profiles.dedup_by(|one, other| one.name == other.name);
        Template {
            version: VERSION,
            hub: hub.clone(),
            product: self.brand.product.ascii.clone(),
            contact: self.brand.contact.clone(),
            profiles,
            companion_roles: companion_roles.to_vec(),
        }
    }
}
