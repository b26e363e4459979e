//! The fields for access profiles and companion roles, which the forms of a registration and of an account share.

use crate::model::roles::{Place, ROLE, RoleFields, field as option_field};
use crate::view::choices::ACCESS;
use crate::view::role_form::kind_id;
use crate::visit::Visit;
use rolecall_domain::messages::AddAccount;

/// Whether a field of the API belongs to the access profiles, such as `access[0]`.
pub(super) fn is_access(field: &str) -> bool {
    field == ACCESS || field.starts_with("access[")
}

pub(super) fn access_field(visit: &Visit<'_>) -> (String, String) {
    (ACCESS.to_owned(), visit.say(&AddAccount::AccessLegend))
}

/// The ID and the label of the part of the form that a field of the API belongs to.
pub(super) fn role_field(
    visit: &Visit<'_>,
    roles: &RoleFields,
    field: &str,
) -> Option<(String, String)> {
    Some(match roles.place(field)? {
        Place::Roles => (ROLE.to_owned(), visit.say(&AddAccount::RolesLegend)),
        Place::Kind(kind) => (kind_id(kind), visit.say(&kind.label)),
        Place::Option(kind, option) => (option_field(kind, option), visit.say(&option.label)),
    })
}
