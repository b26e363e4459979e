//! The access and the companion roles that an account's stack gives, and the tools for companion roles.

use super::checks::{passed_checks, role_status, wrong_checks};
use super::layout::{Look, Role};
use super::parts::{access_list, badge, code_block, copyable, facts, form_token, text_field};
use crate::model::records::{Account, Companion, Simulated};
use crate::model::{Check, Choices};
use maud::{Markup, html};
use rolecall_domain::companion::Kind;
use rolecall_domain::messages::{AccountPage, Customer, RoleForm};

/// Access profiles, and how the template differs from the newest one.
pub fn access(look: &Look<'_>, account: &Account, choices: &Choices) -> Markup {
    let names = account.requested_access.iter();
    let profiles = Vec::from_iter(names.map(|name| choices.profile(name)));
    html! {
        section.card {
            h2 { (look.say(&AccountPage::AccessHeading)) }
            @if profiles.is_empty() { p.muted { (look.say(&AccountPage::AccessNone)) } }
            @else { (access_list(look, &profiles)) }
            @if account.status != "deregistered" && look.may(Role::Owner) {
                p { a href={"/accounts/" (account.account_id) "/access"} { (look.say(&AccountPage::ChangeAccess)) } }
            }
        }
    }
}

/// What the page offers for companion roles.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tools<'a> {
    /// The link of the account's switch role, if it has one.
    pub switch_role_url: Option<&'a str>,
    /// Policies for the users who switch.
    pub source_policies: &'a [String],
    /// A question about an action, with its answer.
    pub asked: Option<&'a Asked<'a>>,
    /// A decoded message, by the names of its parts.
    pub decoded: Option<&'a [(String, String)]>,
}

pub fn roles(look: &Look<'_>, account: &Account, tools: &Tools<'_>) -> Markup {
    let is_open = account.status != "deregistered";
    html! {
        section.card {
            h2 { (look.say(&AccountPage::RolesHeading)) }
            @if account.companion_roles.is_empty() { p.muted { (look.say(&AccountPage::RolesNone)) } }
            @for companion in &account.companion_roles { (role(look, account, companion, tools)) }
            @if is_open && look.may(Role::Owner) {
                p { a href={"/accounts/" (account.account_id) "/companion-roles"} { (look.say(&AccountPage::ChangeRoles)) } }
            }
        }
        @if account.is_connected() && !account.companion_roles.is_empty() && look.may(Role::Member) {
            (simulate(look, account, tools.asked))
            (decode(look, account, tools.decoded))
        }
    }
}

/// A kind of role by its title. A new one is shown by its name.
fn title(look: &Look<'_>, kind: &str) -> String {
    Kind::parse(kind).map_or_else(|| kind.to_owned(), |kind| look.say(&kind.label))
}

/// A companion role as a check list: what is there, and what is missing.
fn role(look: &Look<'_>, account: &Account, companion: &Companion, tools: &Tools<'_>) -> Markup {
    let (tone, status) = role_status(companion.state.as_deref());
    html! {
        article.role {
            div.between-row { h3 { (title(look, &companion.kind)) } (badge(look, tone, &status)) }
            @if let Some(arn) = &companion.role_arn {
                p.small { (copyable(look, &format!("{}-role", companion.kind), arn)) }
            } @else { p.muted.small { (look.say(&RoleForm::NotDeployed)) } }
            @if let Some(arn) = &companion.instance_profile_arn {
                p.small { (copyable(look, &format!("{}-profile", companion.kind), arn)) }
            }
            @let (right, wrong) = split(&companion.checks);
            (wrong_checks(look, &wrong, Some("/reference/")))
            (passed_checks(look, &right, wrong.is_empty()))
            @if let (Some(arn), true) = (&companion.role_arn, account.is_connected()) {
                (uses(look, account, &companion.kind, arn, tools))
            }
        }
    }
}

/// The checks that passed, and the others.
fn split(checks: &[Check]) -> (Vec<&Check>, Vec<&Check>) {
    checks.iter().partition(|check| check.status == "passed")
}

/// What people need to use the role.
fn uses(look: &Look<'_>, account: &Account, kind: &str, arn: &str, tools: &Tools<'_>) -> Markup {
    html! {
        @match kind {
            "switch-role" => {
                @let file = format!("/export?format=aws-config&via=switch-role&group_id={}", account.group_id);
                p { a href=(file) download { (look.say(&RoleForm::DownloadConfig)) } }
                @if !tools.source_policies.is_empty() {
                    details {
                        summary { (look.say(&RoleForm::SourcePolicy)) }
                        p.small { (look.say(&RoleForm::SourcePolicyDetail)) }
                        @for (at, policy) in tools.source_policies.iter().enumerate() {
                            (code_block(look, &format!("source-policy-{at}"), policy))
                        }
                    }
                }
            }
            "ssm-hybrid" => {
                details {
                    summary { (look.say(&RoleForm::Activation)) }
                    (code_block(look, "activation-command", &activation(arn, &account.region)))
                }
            }
            _ => {}
        }
    }
}

/// Systems Manager takes the role with its path, without the slash in front.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateActivation.html>
fn activation(role_arn: &str, region: &str) -> String {
    let role = role_arn
        .split_once(":role/")
        .map_or(role_arn, |(_, role)| role);
    format!("aws ssm create-activation --iam-role {role} --registration-limit 1 --region {region}")
}

/// What was asked about an action, and the answer.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    pub action: &'a str,
    pub answer: Option<&'a Simulated>,
    /// Why there is no result.
    pub problem: Option<&'a str>,
}

/// Whether a companion role may do something (S4).
pub fn simulate(look: &Look<'_>, account: &Account, asked: Option<&Asked<'_>>) -> Markup {
    let action = asked.map_or("", |asked| asked.action);
    html! {
        section.card #simulate {
            h2 { (look.say(&AccountPage::SimulateHeading)) }
            form method="post" action={"/accounts/" (account.account_id) "/simulate"} {
                (form_token(look))
                label for="kind" { (look.say(&AccountPage::SimulateRole)) }
                select #kind name="kind" {
                    @for companion in &account.companion_roles { option value=(companion.kind) { (title(look, &companion.kind)) } }
                }
                (text_field(look, &[], "action", &AccountPage::SimulateAction, None, action))
                div.row { button.button { (look.say(&AccountPage::SimulateButton)) } }
            }
            @if let Some(answer) = asked.and_then(|asked| asked.answer) {
                @for result in &answer.results {
                    @let (class, text) = match result.decision.as_str() {
                        "allowed" => ("notice good", AccountPage::Allowed),
                        "explicitly_denied" => ("notice bad", AccountPage::ExplicitDeny),
                        "implicitly_denied" => ("notice bad", AccountPage::ImplicitDeny),
                        _ => ("notice wait", AccountPage::Unknown),
                    };
                    section class=(class) role="status" {
                        h2 { (result.action) ": " (look.say(&text)) }
                        p { (result.because) }
                    }
                }
                @if let Some(reason) = &answer.reason {
                    section.notice.wait role="status" { h2 { (reason) } }
                }
            }
            @if let Some(problem) = asked.and_then(|asked| asked.problem) {
                section.notice.bad role="alert" { h2 { (problem) } }
            }
        }
    }
}

/// Decodes the message of a refused call (S4).
pub fn decode(look: &Look<'_>, account: &Account, decoded: Option<&[(String, String)]>) -> Markup {
    html! {
        details.card #decode open[decoded.is_some()] {
            summary { h2 { (look.say(&AccountPage::DecodeHeading)) } }
            form method="post" action={"/accounts/" (account.account_id) "/decode"} {
                (form_token(look))
                label for="encoded_message" { (look.say(&AccountPage::DecodeLabel)) }
                textarea #encoded_message .mono name="encoded_message" rows="3" required spellcheck="false" {}
                div.row { button.button { (look.say(&AccountPage::DecodeButton)) } }
            }
            @if let Some(decoded) = decoded {
                dl.facts { @for (name, value) in decoded { dt { (name) } dd { (value) } } }
            }
        }
    }
}

/// The account's details, for the pages that change its access or roles.
pub fn heading(look: &Look<'_>, account: &Account) -> Markup {
    facts(
        look,
        &[
            (
                &Customer::AwsAccount,
                super::parts::digits(&account.aws_account_id),
            ),
            (&Customer::Stack, html! { (account.stack_name) }),
        ],
    )
}
