//! The pages without a login.

use super::{Named, Setting, api};
use ::console::model::Page;
use ::console::model::connect::{ConnectPage, Customer, Receipt};
use ::console::view::connect;
use ::console::view::customer;
use ::console::view::parts::Wrong;
use ::console::view::stack_steps::Pasted;

const STATES: [&str; 8] = [
    "waiting",
    "stack_started",
    "verifying",
    "connected",
    "refused",
    "refused_at_once",
    "expired",
    "revoked",
];

const CUSTOMER_STATES: [&str; 5] = [
    "connected",
    "attention",
    "disconnected",
    "deregistered",
    "gone",
];

pub fn all(of: &Setting) -> Vec<Named> {
    let mut pages = Vec::new();
    for state in STATES {
        let registration: ConnectPage = of.read(api::connect(of, state));
        let look = of.look(&registration.brand, "/connect/token", None);
        let page = connect::connect(&look, &registration, &Pasted::default());
        pages.push((format!("connect-{state}"), page));
    }
    for state in CUSTOMER_STATES {
        let account: Customer = of.read(api::customer(of, state));
        let receipts: Page<Receipt> = of.read(api::receipts());
        let look = of.look(&account.brand, "/customer/token", None);
        let page = customer::customer(&look, &account, &receipts);
        pages.push((format!("customer-{state}"), page));
    }
    pages.push(("connect-pasted-wrong".to_owned(), pasted_wrong(of)));
    let mut branded = api::connect(of, "waiting");
    branded["brand"] = api::brand_with_logo(of, 300, 60);
    let branded: ConnectPage = of.read(branded);
    let look = of.look(&branded.brand, "/connect/token", None);
    let page = connect::connect(&look, &branded, &Pasted::default());
    pages.push(("connect-logo".to_owned(), page));
    let brand = of.read(api::brand(of));
    let look = of.look(&brand, "/connect/token", None);
    pages.push(("connect-invalid".to_owned(), connect::invalid(&look)));
    pages.push(("connect-busy".to_owned(), connect::busy(&look)));
    pages
}

fn pasted_wrong(of: &Setting) -> maud::Markup {
    let registration: ConnectPage = of.read(api::connect(of, "waiting"));
    let look = of.look(&registration.brand, "/connect/token", None);
    let wrong = Wrong {
        field: "stack_info".to_owned(),
        label: of.either("Value of RolecallStackInfo", "RolecallStackInfo の値"),
        message: of.either(
            "Only a part was pasted.",
            "値の一部しか貼り付けられていません。",
        ),
    };
    let pasted = Pasted {
        text: "{\"v\": 1",
        wrong: vec![wrong],
    };
    connect::connect(&look, &registration, &pasted)
}
