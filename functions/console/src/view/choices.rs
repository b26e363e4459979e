//! Pages that change the access profiles and companion roles of an account. Both end with a link to the stack's
//! update page.

use super::account_roles::heading;
use super::layout::{Frame, Look, Menu, page};
use super::parts::{SAVE, Text, Wrong, buttons, dangerous, form_token, wrong_fields, wrong_text};
use super::role_form::role_fields;
use crate::model::OfferedAccess;
use crate::model::records::Account;
use crate::model::roles::RoleFields;
use maud::{Markup, html};
use rolecall_domain::messages::{AccountPage, AddAccount, Connect};

/// The field with the chosen access profiles.
pub const ACCESS: &str = "access";

/// Access profiles to choose, in the operator's words.
pub fn access_fields(
    look: &Look<'_>,
    wrong: &[Wrong],
    offered: &[OfferedAccess],
    chosen: &[&str],
) -> Markup {
    html! {
        fieldset id=(ACCESS) {
            legend { (look.say(&AddAccount::AccessLegend)) }
            (wrong_text(wrong, ACCESS))
            @for OfferedAccess { access, .. } in offered {
                label.choice {
                    input type="checkbox" name=(ACCESS) value=(access.name) checked[chosen.contains(&&*access.name)];
                    span {
                        (access.title)
                        @if access.dangerous { " " (dangerous(look)) }
                        span.hint { (access.explain) }
                        @if let Some(excluded) = &access.excluded { span.hint { (look.say(&Connect::MayNotHeading)) ": " (excluded) } }
                    }
                }
            }
        }
    }
}

pub fn access(
    look: &Look<'_>,
    account: &Account,
    offered: &[OfferedAccess],
    chosen: &[&str],
    wrong: &[Wrong],
) -> Markup {
    let fields = match offered.is_empty() {
        true => html! { p.muted { (look.say(&AccountPage::NothingOffered)) } },
        false => access_fields(look, wrong, offered, chosen),
    };
    choices(
        look,
        account,
        &AccountPage::ChangeAccess,
        "access",
        &fields,
        wrong,
    )
}

pub fn companion_roles(
    look: &Look<'_>,
    account: &Account,
    roles: &RoleFields,
    wrong: &[Wrong],
) -> Markup {
    let fields = role_fields(look, wrong, roles);
    choices(
        look,
        account,
        &AccountPage::ChangeRoles,
        "companion-roles",
        &fields,
        wrong,
    )
}

fn choices(
    look: &Look<'_>,
    account: &Account,
    title: &dyn Text,
    what: &str,
    fields: &Markup,
    wrong: &[Wrong],
) -> Markup {
    let title = title.text(look);
    let path = format!("/accounts/{}", account.account_id);
    let content = html! {
        (wrong_fields(look, wrong))
        nav.crumbs { a href=(path) { (account.name) } }
        div.head { h1 { (title) } p.muted { (look.say(&AccountPage::UpdateHint)) } }
        form.card method="post" action={(path) "/" (what)} {
            (heading(look, account))
            (form_token(look))
            (fields)
            (buttons(look, &SAVE, &path))
        }
    };
    page(look, &title, Frame::of(Menu::Groups), &content)
}
