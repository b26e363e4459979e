//! Adding an account: a form, then the link and its progress. The URL contains the registration, so the page
//! can be reloaded, closed and shared.

use super::choices::access_fields;
use super::groups::registration_status;
use super::layout::{Frame, Look, Menu, Role, page};
use super::parts::{
    Confirm, Wrong, badge, buttons, confirm, copy_button, described, form_token, outside,
    text_field, wrong_fields, wrong_text,
};
use super::role_form::role_fields;
use super::stack_steps::{Pasted, console_button, create_steps, delete_step, paste_form};
use crate::model::Choices;
use crate::model::records::{Group, Registration};
use crate::model::roles::RoleFields;
use maud::{Markup, html};
use rolecall_domain::messages::{AddAccount, Connect, Span};

/// What is typed and chosen.
#[derive(Debug, Clone, Default)]
pub struct AddForm<'a> {
    pub name: &'a str,
    pub region: &'a str,
    pub aws_account_id: &'a str,
    pub access: Vec<&'a str>,
    pub roles: RoleFields,
    pub wrong: Vec<Wrong>,
}

pub fn add(look: &Look<'_>, group: &Group, choices: &Choices, form: &AddForm<'_>) -> Markup {
    let title = look.say(&AddAccount::Title);
    let content = html! {
        (wrong_fields(look, &form.wrong))
        (crumbs(group))
        div.head {
            h1 { (title) }
            p.muted { (look.say(&AddAccount::Step { number: 1 })) }
        }
        form.card method="post" action={"/groups/" (group.group_id) "/registrations"} {
            (form_token(look))
            (text_field(look, &form.wrong, "account_name", &AddAccount::NameLabel, Some(&AddAccount::NameHint), form.name))
            (region(look, choices, form))
            (text_field(look, &form.wrong, "aws_account_id", &AddAccount::AccountLabel, Some(&AddAccount::AccountHint), form.aws_account_id))
            @if !choices.access.is_empty() { (access_fields(look, &form.wrong, &choices.access, &form.access)) }
            (role_fields(look, &form.wrong, &form.roles))
            (buttons(look, &AddAccount::Continue, &format!("/groups/{}", group.group_id)))
        }
    };
    page(look, &title, Frame::of(Menu::Groups), &content)
}

fn region(look: &Look<'_>, choices: &Choices, form: &AddForm<'_>) -> Markup {
    let (is_wrong, described_by, hint_id) = described(&form.wrong, "region", true);
    let chosen = match form.region {
        "" => &choices.home_region,
        region => region,
    };
    html! {
        label for="region" {
            (look.say(&AddAccount::RegionLabel))
            span.hint id=[hint_id] { (look.say(&AddAccount::RegionHint)) }
        }
        (wrong_text(&form.wrong, "region"))
        select #region name="region" aria-invalid=[is_wrong] aria-describedby=[described_by] {
            @for region in &choices.regions {
                @let report_by = match region.report_by.as_str() {
                    "paste" => AddAccount::RegionPaste,
                    _ => AddAccount::RegionServed,
                };
                option value=(region.region) selected[region.region == chosen] {
                    (region.region) " – " (look.say(&report_by))
                }
            }
        }
    }
}

fn crumbs(group: &Group) -> Markup {
    html! {
        nav.crumbs { a href={"/groups/" (group.group_id)} { (group.name) } }
    }
}

/// Steps 2 and 3: the link, and its progress.
pub fn registration(
    look: &Look<'_>,
    group: &Group,
    registration: &Registration,
    pasted: &Pasted<'_>,
) -> Markup {
    let name = registration
        .account_name
        .clone()
        .unwrap_or_else(|| registration.stack_name.clone());
    let title = look.say(&AddAccount::LinkTitle { name });
    let is_pending = registration.status == "pending";
    let content = html! {
        (wrong_fields(look, &pasted.wrong))
        (crumbs(group))
        div.head { h1 { (title) } }
        p.unseen role="status" data-announce {}
        (live(look, registration))
        @if is_pending && look.may(Role::Member) {
            div.stack.while-open {
                (paste(look, registration, pasted))
                p { a href={"/registrations/" (registration.registration_id) "/revoke"} data-dialog {
                    (look.say(&AddAccount::Revoke))
                } }
            }
        }
    };
    page(look, &title, Frame::of(Menu::Groups), &content)
}

/// The part that updates itself.
pub fn live(look: &Look<'_>, registration: &Registration) -> Markup {
    let (tone, status) = registration_status(registration);
    let is_pending = registration.status == "pending";
    let path = format!("/registrations/{}", registration.registration_id);
    let update = is_pending.then(|| format!("{path}/status"));
    // A new attempt changes the page too.
    let attempted = registration
        .last_attempt
        .as_ref()
        .map(|one| one.attempted_at.to_string());
    let state = format!("{} {}", tone.class(), attempted.unwrap_or_default());
    let step = if is_pending { 2 } else { 3 };
    html! {
        div #live .stack data-state=(state) data-ended[update.is_none()] data-update=[update] {
            p.between-row {
                (badge(look, tone, &status))
                span.muted { (look.say(&AddAccount::Step { number: step })) }
            }
            @match registration.status.as_str() {
                "pending" => (pending(look, registration)),
                "completed" => (completed(look, registration)),
                _ => (ended(look, registration)),
            }
        }
    }
}

fn pending(look: &Look<'_>, registration: &Registration) -> Markup {
    let left = registration.expires_at.duration_since(look.now);
    html! {
        @if let Some(progress) = &registration.progress {
            section.card {
                h2.live { (look.say(&Connect::Started { aws_account_id: progress.aws_account_id.clone() })) }
                p { (look.say(&Connect::StartedDetail)) }
            }
        } @else if let Some(attempt) = &registration.last_attempt {
            section.notice.bad {
                h2 { (look.say(&Connect::Refused { title: attempt.title.clone() })) }
                p { (attempt.detail) }
                ol.steps {
                    (delete_step(look, &attempt.stack))
                    li { (look.say(&Connect::AgainCreate)) }
                }
            }
        }
        section.card {
            h2 { (look.say(&AddAccount::Yourself)) }
            @let account = registration.aws_account_id.as_deref();
            (create_steps(look, &registration.report_by, account))
            @if let Some(url) = &registration.quick_create_url {
                (console_button(look, Some(url), account, registration.region.as_deref()))
            }
            p.live { (look.say(&Connect::Waiting)) }
        }
        @if let Some(url) = &registration.connect_url {
            section.card {
                h2 { (look.say(&AddAccount::Colleague)) }
                p { (look.say(&AddAccount::ColleagueDetail)) }
                label for="connect-url" { (look.say(&AddAccount::PageAddress)) }
                div.row.stretch {
                    input #connect-url .mono readonly value=(url);
                    (copy_button(look, "connect-url"))
                    (outside(look, url, "button small", &look.say(&AddAccount::OpenConnectPage)))
                }
            }
        }
        p.muted.small { (look.say(&AddAccount::LeavePage { left: Span(left) })) }
    }
}

fn completed(look: &Look<'_>, registration: &Registration) -> Markup {
    let name = registration.account_name.clone().unwrap_or_default();
    html! {
        section.notice.good {
            h2 { (look.say(&Connect::StepConnected)) }
            @if !name.is_empty() { p { (name) } }
            div.row {
                @if let Some(id) = &registration.account_id {
                    a.button.primary href={"/accounts/" (id)} { (look.say(&AddAccount::OpenAccount)) }
                }
                @if look.may(Role::Member) {
                    a.button href={"/groups/" (registration.group_id) "/add"} { (look.say(&AddAccount::AddAnother)) }
                }
            }
        }
    }
}

fn ended(look: &Look<'_>, registration: &Registration) -> Markup {
    let title = match registration.status.as_str() {
        "revoked" => Connect::RevokedTitle,
        _ => Connect::ExpiredTitle,
    };
    html! {
        section.notice.wait {
            h2 { (look.say(&title)) }
            @if look.may(Role::Member) {
                div.row {
                    a.button.primary href={"/groups/" (registration.group_id) "/add"} { (look.say(&AddAccount::StartOver)) }
                }
            }
        }
    }
}

fn paste(look: &Look<'_>, registration: &Registration, pasted: &Pasted<'_>) -> Markup {
    let action = format!("/registrations/{}/complete", registration.registration_id);
    let is_needed = registration.report_by == "paste";
    paste_form(look, &action, is_needed, is_needed, pasted)
}

/// Asks for confirmation before a link is revoked.
pub fn revoke(look: &Look<'_>, registration: &Registration) -> Markup {
    let title = look.say(&AddAccount::RevokeTitle);
    let path = format!("/registrations/{}", registration.registration_id);
    let content = confirm(
        look,
        &Confirm {
            title: &title,
            detail: &html! { p { (look.say(&AddAccount::RevokeDetail)) } },
            action: &format!("{path}/revoke"),
            button: &look.say(&AddAccount::Revoke),
            back: &path,
            fields: &html! {},
        },
    );
    page(look, &title, Frame::of(Menu::Groups), &content)
}
