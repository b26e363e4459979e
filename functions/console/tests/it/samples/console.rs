//! The pages of the console.

use super::{Named, Setting, api};
use ::console::model::Page;
use ::console::model::connect::Receipt;
use ::console::model::records::{Account, Group, HistoryEntry, OrphanedStack, Session};
use ::console::view::account::{self, Shown};
use ::console::view::add::{self, AddForm, Choices, Region, RoleChoice};
use ::console::view::groups::{self, Contents, Filters, GroupForm};
use ::console::view::parts::Wrong;
use ::console::view::{Look, choices, orphaned_stacks, sign_in};
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

fn wrong(of: &Setting, field: &'static str) -> Vec<Wrong> {
    vec![Wrong {
        field,
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
    let accounts = statuses.map(|status| api::account(of, status));
    let accounts: Page<Account> = of.read(api::page(&accounts, Some("next")));
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
        idempotency_key: "key",
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
    let profiles = ["inventory".to_owned()];
    named([
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
            "group",
            groups::group(look, &group, &Contents::Accounts(&accounts)),
        ),
        (
            "group-empty",
            groups::group(look, &group, &Contents::Accounts(&no_accounts)),
        ),
        (
            "group-waiting",
            groups::group(look, &group, &Contents::Waiting(&waiting)),
        ),
        (
            "group-waiting-none",
            groups::group(look, &group, &Contents::Waiting(&nothing)),
        ),
        (
            "accounts",
            groups::accounts(&later, filters, &profiles, &accounts),
        ),
        (
            "accounts-none",
            groups::accounts(&later, filters, &profiles, &no_accounts),
        ),
    ])
}

fn choices_of(of: &Setting) -> Choices {
    let region = |code: &str, is_served| Region {
        code: code.to_owned(),
        is_served: Some(is_served),
    };
    Choices {
        regions: vec![region("ap-northeast-1", true), region("eu-south-2", false)],
        access: of.read(api::access(of)),
        roles: vec![RoleChoice {
            kind: "ec2-instance".to_owned(),
            title: of.either("A role for EC2 instances", "EC2インスタンス用のロール"),
        }],
    }
}

fn adding(of: &Setting, look: &Look<'_>) -> Vec<Named> {
    let group: Group = of.read(api::group(of, 1));
    let choices = choices_of(of);
    let form = AddForm {
        access: vec!["inventory"],
        region: "eu-south-2",
        ..AddForm::default()
    };
    let failed = AddForm {
        name: "Payments",
        aws_account_id: "2222",
        wrong: wrong(of, "aws_account_id"),
        ..form.clone()
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
    let history: Vec<HistoryEntry> = of.read(api::history());
    let receipts: Page<Receipt> = of.read(api::receipts());
    let mut pages = Vec::new();
    for status in ["active", "unhealthy", "disconnected", "deregistered"] {
        let shown = of.read(api::account(of, status));
        let shown = Shown {
            account: &shown,
            group: &group,
            history: &history,
            receipts: &receipts.items,
            switch_role_url: Some("https://signin.aws.amazon.com/switchrole"),
            reference_url: "/reference/",
            update_url: (status == "active").then_some("https://console.aws.amazon.com/"),
            asked: None,
            decoded: None,
        };
        pages.push((format!("account-{status}"), account::account(look, shown)));
    }
    let one: Account = of.read(api::account(of, "active"));
    let chosen = choices_of(of);
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
            choices::access(look, &one, &chosen.access, &["inventory"], &[]),
        ),
        (
            "account-roles",
            choices::companion_roles(look, &one, &chosen.roles, &[], &[]),
        ),
    ]));
    pages
}

fn orphaned(of: &Setting, look: &Look<'_>) -> Vec<Named> {
    let statuses = ["orphaned", "deleting", "gone", "dismissed"];
    let list = statuses.map(api::orphaned_stack);
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
