//! Pages that change the access profiles and companion roles of an account. Both end with a link to the stack's
//! update page.

use super::account_roles::heading;
use super::add::RoleChoice;
use super::layout::{Frame, Look, Menu, page};
use super::parts::{Text, Wrong, checkboxes, form_token, wrong_fields};
use crate::model::Access;
use crate::model::records::Account;
use maud::{Markup, html};
use rolecall_domain::messages::{AccountPage, AddAccount};

pub fn access(
    look: &Look<'_>,
    account: &Account,
    profiles: &[Access],
    chosen: &[&str],
    wrong: &[Wrong],
) -> Markup {
    let options = profiles
        .iter()
        .map(|one| (one.name.as_str(), one.title.as_str(), one.explain.as_str()));
    let fields = checkboxes(
        look,
        wrong,
        "access",
        &AddAccount::AccessLegend,
        None,
        options,
        chosen,
    );
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
    roles: &[RoleChoice],
    chosen: &[&str],
    wrong: &[Wrong],
) -> Markup {
    let options = roles
        .iter()
        .map(|one| (one.kind.as_str(), one.title.as_str(), ""));
    let fields = checkboxes(
        look,
        wrong,
        "companion_roles",
        &AddAccount::RolesLegend,
        None,
        options,
        chosen,
    );
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
            div.row {
                button.button.primary { (look.say(&super::parts::SAVE)) }
                a.button href=(path) { (look.say(&super::parts::CANCEL)) }
            }
        }
    };
    page(look, &title, Frame::of(Menu::Groups), &content)
}
