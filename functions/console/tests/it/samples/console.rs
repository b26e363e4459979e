//! The pages of the console.

use super::{Named, Setting, api};
use ::console::http::Form;
use ::console::model::connect::Receipt;
use ::console::model::records::{Account, Group, HistoryEntry, OrphanedStack, Session};
use ::console::model::roles::RoleFields;
use ::console::model::{Choices, Page};
use ::console::view::account::{self, Shown};
use ::console::view::account_roles::Tools;
use ::console::view::accounts::{self, Filters, Names};
use ::console::view::add::{self, AddForm};
use ::console::view::groups::{self, Contents, GroupForm};
use ::console::view::parts::Wrong;
use ::console::view::{Look, account_log, choices, orphaned_stacks, sign_in};
use rolecall_domain::messages::{Failure, SignIn};

pub fn all(of: &Setting) -> Vec<Named> {
    let brand = of.read(api::brand(of));
    let person = of.person();
    let look = of.look(&brand, "/", Some(&person));
    let mut pages = group_pages(of, &look);
    pages.extend(adding(of, &look));
    pages.extend(account_pages(of, &look));
    pages.extend(orphaned(of, &look));
    pages.extend(sessions(&look));
    let nobody = of.look(&brand, "/", None);
    let signed_out = sign_in::sign_in(&nobody, "/accounts?status=active", Some(&SignIn::Expired));
    pages.push(("sign-in".to_owned(), signed_out));
    for (name, at_issuer) in [
        (
            "signed-out",
            Some("https://login.example/logout?client_id=a&logout_uri=b"),
        ),
        ("signed-out-no-page", None),
    ] {
        pages.push((name.to_owned(), sign_in::signed_out(&nobody, at_issuer)));
    }
    let branded = of.read(api::brand_with_logo(of, 64, 64));
    let branded = of.look(&branded, "/", Some(&person));
    let with_logo = sessions(&branded).into_iter();
    pages.extend(with_logo.map(|(name, page)| (format!("{name}-logo"), page)));
    let detail = look.say(&Failure::UnavailableDetail);
    let failure = sign_in::failure(&look, &Failure::Unavailable, &detail, Some("/"), "request");
    pages.push(("failure".to_owned(), failure));
    pages
}

fn wrong(of: &Setting, field: &str) -> Vec<Wrong> {
    vec![Wrong {
        field: field.to_owned(),
        label: of.either("Name", "名前"),
        message: of.either("must not be empty", "空にできません"),
    }]
}

fn group_pages(of: &Setting, look: &Look<'_>) -> Vec<Named> {
    let group: Group = of.read(api::group(of, 38));
    let groups: Page<Group> = of.read(api::page(
        &[api::group(of, 38), api::group(of, 1)],
        Some("next"),
    ));
    let none: Page<Group> = of.read(api::page(&[], None));
    let statuses = ["active", "unhealthy", "disconnected", "deregistered"];
    let connected = statuses.map(|status| api::account(of, status));
    let connected: Page<Account> = of.read(api::page(&connected, Some("next")));
    let no_accounts: Page<Account> = of.read(api::page(&[], None));
    let statuses = [
        "pending",
        "started",
        "refused",
        "completed",
        "expired",
        "revoked",
    ];
    let waiting = statuses.map(|status| api::registration(of, status));
    let waiting = of.read(api::page(&waiting, None));
    let nothing = of.read(api::page(&[], None));
    let form = GroupForm {
        name: "",
        color: "#2f5bea",
        wrong: wrong(of, "name"),
    };
    let filters = Filters {
        search: "222222222222",
        status: "unhealthy",
        access: "inventory",
    };
    let later = Look {
        path: "/accounts",
        query: "status=unhealthy&cursor=here",
        ..look.clone()
    };
    let offered: Choices = of.read(api::choices(of));
    let shown_groups = [of.read(api::group(of, 38))];
    let names = Names {
        choices: &offered,
        groups: Some(&shown_groups),
    };
    let of_one = Names {
        groups: None,
        ..names
    };
    let newest = Look {
        path: "/groups/grp_1",
        query: "order=newest_first",
        ..look.clone()
    };
    let none_chosen = Filters::default();
    let contents = [
        ("group", Contents::Accounts(none_chosen, of_one, &connected)),
        (
            "group-empty",
            Contents::Accounts(none_chosen, of_one, &no_accounts),
        ),
        (
            "group-none-found",
            Contents::Accounts(filters, of_one, &no_accounts),
        ),
        ("group-waiting", Contents::Waiting("pending", &waiting)),
        ("group-waiting-none", Contents::Waiting("pending", &nothing)),
        ("group-ended-none", Contents::Waiting("expired", &nothing)),
    ];
    let contents =
        contents.map(|(name, contents)| (name, groups::group(&newest, &group, &contents)));
    let mut pages = named([
        ("groups", groups::groups(look, &groups)),
        ("groups-none", groups::groups(look, &none)),
        ("group-new-wrong", groups::group_form(look, None, &form)),
        (
            "group-edit",
            groups::group_form(
                look,
                Some("grp_1"),
                &GroupForm {
                    name: "Production",
                    ..Default::default()
                },
            ),
        ),
        ("group-delete", groups::delete_group(look, &group)),
        (
            "accounts",
            accounts::accounts(&later, filters, names, &connected),
        ),
        (
            "accounts-none-found",
            accounts::accounts(&later, filters, names, &no_accounts),
        ),
        (
            "accounts-none",
            accounts::accounts(look, none_chosen, names, &no_accounts),
        ),
    ]);
    pages.extend(named(contents));
    pages
}

/// A switch role with an option that the API refuses.
fn chosen_roles() -> RoleFields {
    let fields = [
        ("role", "switch-role"),
        ("switch-role.trusted_account_id", "3333"),
        ("switch-role.policies", "ReadOnlyAccess"),
        (
            "switch-role.policies",
            "arn:aws:iam::aws:policy/IAMReadOnlyAccess",
        ),
        ("switch-role.require_mfa", "true"),
        ("switch-role.max_session_seconds", "5400"),
        ("switch-role.path", "/companion/"),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    RoleFields::sent(&Form(fields.into()))
}

fn adding(of: &Setting, look: &Look<'_>) -> Vec<Named> {
    let group: Group = of.read(api::group(of, 1));
    let choices: Choices = of.read(api::choices(of));
    let form = AddForm {
        access: vec!["inventory"],
        roles: RoleFields::unchosen(),
        ..AddForm::default()
    };
    let mut mistakes = wrong(of, "aws_account_id");
    mistakes.extend(wrong(of, "switch-role.trusted_account_id"));
    let failed = AddForm {
        name: "Payments",
        region: "eu-south-2",
        aws_account_id: "2222",
        access: Vec::new(),
        roles: chosen_roles(),
        wrong: mistakes,
    };
    let mut pages = named([
        ("add", add::add(look, &group, &choices, &form)),
        ("add-wrong", add::add(look, &group, &choices, &failed)),
    ]);
    for status in [
        "pending",
        "started",
        "refused",
        "completed",
        "expired",
        "revoked",
    ] {
        let registration = of.read(api::registration(of, status));
        let page = add::registration(look, &group, &registration, &Default::default());
        pages.push((format!("registration-{status}"), page));
    }
    let registration = of.read(api::registration(of, "pending"));
    pages.push((
        "registration-revoke".to_owned(),
        add::revoke(look, &registration),
    ));
    pages
}

fn account_pages(of: &Setting, look: &Look<'_>) -> Vec<Named> {
    let group: Group = of.read(api::group(of, 1));
    let history: Page<HistoryEntry> = of.read(api::history());
    let receipts: Page<Receipt> = of.read(api::receipts());
    let offered: Choices = of.read(api::choices(of));
    let policies = ["{}".to_owned()];
    let mut pages = Vec::new();
    for status in ["active", "unhealthy", "disconnected", "deregistered"] {
        let shown = of.read(api::account(of, status));
        let shown = Shown {
            account: &shown,
            group: &group,
            history: &history,
            receipts: &receipts,
            reference_url: "/reference/",
            choices: &offered,
            tools: Tools {
                switch_role_url: Some("https://signin.aws.amazon.com/switchrole"),
                source_policies: &policies,
                ..Tools::default()
            },
        };
        pages.push((format!("account-{status}"), account::account(look, shown)));
    }
    let one: Account = of.read(api::account(of, "active"));
    let groups = [group];
    let mismatch = wrong(of, "name");
    pages.extend(named([
        (
            "account-edit",
            account::edit(look, &one, &groups, "Payments", &[]),
        ),
        (
            "account-deregister",
            account::deregister(look, &one, "Pay", &mismatch),
        ),
        (
            "account-access",
            choices::access(look, &one, &offered.access, &["inventory"], &[]),
        ),
        (
            "account-roles",
            choices::companion_roles(look, &one, &chosen_roles(), &[]),
        ),
        (
            "account-history",
            account_log::history_page(look, &one, &history),
        ),
        (
            "account-receipts",
            account_log::receipts_page(look, &one, &receipts, &offered),
        ),
    ]));
    pages
}

fn orphaned(of: &Setting, look: &Look<'_>) -> Vec<Named> {
    let statuses = ["orphaned", "deleting", "gone", "dismissed"];
    let list = statuses.map(|status| api::orphaned_stack(of, status));
    let list: Page<OrphanedStack> = of.read(api::page(&list, None));
    let none: Page<OrphanedStack> = of.read(api::page(&[], None));
    let mut pages = named([
        (
            "orphaned-stacks",
            orphaned_stacks::orphaned_stacks(look, Some("orphaned"), &list),
        ),
        (
            "orphaned-stacks-none",
            orphaned_stacks::orphaned_stacks(look, None, &none),
        ),
        (
            "orphaned-stack-dismiss",
            orphaned_stacks::dismiss(look, &list.items[0], "", &wrong(of, "reason")),
        ),
    ]);
    for (status, stack) in statuses.iter().zip(&list.items) {
        pages.push((
            format!("orphaned-stack-{status}"),
            orphaned_stacks::orphaned_stack(look, stack),
        ));
    }
    pages
}

fn sessions(look: &Look<'_>) -> Vec<Named> {
    let session = Session {
        id: "session".to_owned(),
        is_current: true,
        started_at: look.now,
        last_seen_at: look.now,
        browser: "Firefox 146, Linux".to_owned(),
    };
    named([("sessions", sign_in::sessions(look, &[session]))])
}

fn named<const N: usize>(pages: [(&str, maud::Markup); N]) -> Vec<Named> {
    pages.map(|(name, page)| (name.to_owned(), page)).into()
}
