//! How the profiles of two files differ.

use super::{Profile, ProfileName};
use crate::iam::PolicyDocument;
use crate::iam::grants::{Grant, missing_from};
use crate::iam::work::Work;
use crate::messages::{AccessChange, Names};
use std::collections::{BTreeMap, BTreeSet};

/// The change of one profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileChange {
    pub name: ProfileName,
    pub difference: Difference,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    Added,
    Removed,
    /// Its permissions differ.
    Permissions {
        also: Vec<String>,
        no_longer: Vec<String>,
    },
    /// Its policies were rewritten, but allow the same.
    Rewritten,
    /// Only its descriptions differ.
    Words,
}

impl ProfileChange {
    /// Every profile that differs, by name.
    pub fn between<'a>(
        former: impl IntoIterator<Item = &'a Profile>,
        new: impl IntoIterator<Item = &'a Profile>,
    ) -> Vec<Self> {
        let by_name = |profile: &'a Profile| (&profile.name, profile);
        let former: BTreeMap<&ProfileName, &Profile> = former.into_iter().map(by_name).collect();
        let new: BTreeMap<&ProfileName, &Profile> = new.into_iter().map(by_name).collect();
        let names: BTreeSet<&ProfileName> = former.keys().chain(new.keys()).copied().collect();
        let change = |name: &ProfileName| {
            let difference = match (former.get(name), new.get(name)) {
                (None, _) => Difference::Added,
                (_, None) => Difference::Removed,
                (Some(former), Some(new)) => Difference::between(former, new)?,
            };
            Some(Self {
                name: name.clone(),
                difference,
            })
        };
        names.into_iter().filter_map(change).collect()
    }

    pub fn message(&self) -> AccessChange {
        let name = self.name.to_string();
        match self.difference.clone() {
            Difference::Added => AccessChange::Added { name },
            Difference::Removed => AccessChange::Removed { name },
            Difference::Rewritten => AccessChange::Rewritten { name },
            Difference::Words => AccessChange::Words { name },
            Difference::Permissions { also, no_longer } => {
                let (also, no_longer) = (Names(also), Names(no_longer));
                match (also.0.is_empty(), no_longer.0.is_empty()) {
                    (false, true) => AccessChange::Widened { name, also },
                    (true, _) => AccessChange::Narrowed { name, no_longer },
                    (false, false) => AccessChange::Changed {
                        name,
                        also,
                        no_longer,
                    },
                }
            }
        }
    }
}

impl Difference {
    /// `None` if the profiles are the same.
    pub fn between(former: &Profile, new: &Profile) -> Option<Self> {
        if former == new {
            return None;
        }
        let same = former.policy == new.policy && former.managed_policies == new.managed_policies;
        if same {
            return Some(Self::Words);
        }
        let (also, no_longer) = (beyond(former, new), beyond(new, former));
        Some(match (also.is_empty(), no_longer.is_empty()) {
            (true, true) => Self::Rewritten,
            _ => Self::Permissions { also, no_longer },
        })
    }
}

/// What the second profile allows beyond the first: managed policies by name, then actions.
fn beyond(first: &Profile, second: &Profile) -> Vec<String> {
    let attached = second.managed_policies.iter();
    let attached = attached.filter(|arn| !first.managed_policies.contains(arn));
    let mut found: Vec<String> = attached
        .filter_map(|arn| arn.rsplit('/').next())
        .map(str::to_owned)
        .collect();
    let (given, wanted) = (documents(first), documents(second));
    let grants = missing_from(&given, &wanted, &mut Work::default());
    found.extend(grants.unwrap_or_default().iter().map(in_words));
    found
}

fn documents(profile: &Profile) -> Vec<PolicyDocument> {
    let policy = profile.policy.iter();
    policy
        .filter_map(|policy| PolicyDocument::parse(&policy.to_string()).ok())
        .collect()
}

fn in_words(grant: &Grant) -> String {
    match grant.resource.as_str() {
        "*" => grant.action.clone(),
        resource => format!("{} on {resource}", grant.action),
    }
}
