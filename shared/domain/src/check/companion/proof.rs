//! Decides which roles reported by a stack the hub trusts. Anyone who can read the stack's token
//! can send a callback, and any role in the account can have any name. A role is proven once the
//! hub observes it, through its own role, among the stack's resources and consistent with the
//! stack's parameters. From then on, IAM's unique ID identifies it.

use crate::check::expected::Source;
use crate::check::observed::{ObservedRole, Read, RoleFacts, StackFacts};
use crate::companion::{DeployedRole, Kind};
use std::collections::BTreeSet;

/// What the hub observed of a stack through its role.
#[derive(Debug, Clone, Copy)]
pub struct Stack<'a> {
    pub facts: &'a Read<StackFacts>,
    /// Names of the roles among the stack's resources.
    pub roles: &'a Read<BTreeSet<String>>,
}

impl DeployedRole {
    /// Returns the role updated with this check's result. `recorded` is the state before the check.
    #[must_use]
    pub fn after_check_of_stack(
        &self,
        recorded: &[Self],
        source: Source,
        stack: Stack<'_>,
        seen: &ObservedRole,
    ) -> Self {
        let known = recorded.iter().find(|known| known.reports_the_same(self));
        let (unique_id, is_lost) = match (stack.roles, &seen.role) {
            (Read::Seen(names), _) if !names.contains(self.role_arn.name()) => (None, false),
            (Read::Seen(_), Read::Seen(role))
                if known.is_some_and(|it| it.was_seen() && source == Source::Record)
                    || self.matches_stack(source, stack, seen) =>
            {
                let same_name = recorded.iter().filter(|it| it.role_arn == self.role_arn);
                let pinned = same_name.filter_map(|it| it.unique_id.as_ref()).next();
                match pinned.filter(|_| source != Source::Callback) {
                    Some(pinned) => (Some(pinned.clone()), *pinned != role.unique_id),
                    None => (Some(role.unique_id.clone()), false),
                }
            }
            (Read::Seen(_), Read::Seen(RoleFacts { .. })) => (None, false),
            (_, Read::NotFound) => (known.and_then(|it| it.unique_id.clone()), true),
            // AWS returned no usable response: keep the previous state.
            _ => known.map_or((None, false), |it| (it.unique_id.clone(), it.is_lost)),
        };
        Self {
            is_lost: is_lost && unique_id.is_some(),
            unique_id,
            ..self.clone()
        }
    }

    fn matches_stack(&self, source: Source, stack: Stack<'_>, seen: &ObservedRole) -> bool {
        if source == Source::Stack {
            return true;
        }
        let Read::Seen(facts) = stack.facts else {
            return false;
        };
        let in_profile = match &seen.instance_profile {
            None => true,
            Some(Read::Seen(roles)) => roles.contains(self.role_arn.name()),
            Some(_) => false,
        };
        let asked_for =
            |(kind, options): &(Kind, _)| *kind == self.kind && *options == self.options;
        in_profile && facts.asked_roles.iter().any(asked_for)
    }
}

/// The roles to record after a callback. Unverified claims don't replace observed roles, and a role
/// that the callback omits stays until the stack's own parameters no longer request it.
pub fn merge_reported(
    recorded: &[DeployedRole],
    reported: &[DeployedRole],
    stack: Option<&Read<StackFacts>>,
) -> Vec<DeployedRole> {
    let of_kind =
        |list: &[DeployedRole], kind: Kind| list.iter().find(|it| it.kind == kind).cloned();
    let kinds = Kind::companions().filter_map(|kind| {
        match (of_kind(reported, kind), of_kind(recorded, kind)) {
            (Some(claim), Some(known)) if !claim.was_seen() && known.was_seen() => Some(known),
            (Some(claim), _) => Some(claim),
            (None, Some(known)) => {
                let facts = stack.and_then(Read::seen);
                let asks = |facts: &StackFacts| facts.asked_roles.iter().any(|it| it.0 == kind);
                let is_gone = facts.is_some_and(|facts| !asks(facts));
                (!is_gone).then_some(known)
            }
            (None, None) => None,
        }
    });
    kinds.collect()
}
