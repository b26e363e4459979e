//! The samples in docs/exports.md.

use super::{candidate, options, unhealthy};
use crate::common::generated::{assert_generated, read};
use crate::people::account;
use rolecall_domain::aws::{ExternalId, RoleArn};
use rolecall_domain::export::{Candidate, Format, export};
use rolecall_domain::record::account::Account;

/// With a role in its own account, and its own external ID.
fn own_role(mut account: Account) -> Account {
    let digits = account.aws_account_id.as_str();
    let role = format!("arn:aws:iam::{digits}:role/rolecall/rolecall-1-RolecallRole-EXAMPLE");
    let byte = if digits.ends_with('1') { 0x5a } else { 0xc3 };
    account.role.arn = RoleArn::parse(role).expect("an ARN");
    account.external_id = ExternalId::from_random([byte; 20]);
    account
}

/// Replaces the text between the markers of each format.
#[test]
fn documented_samples_are_what_exports_contain() {
    let candidates: [Candidate; 3] = [
        candidate(own_role(account(1, "Shop", None)), &["inventory"]),
        candidate(
            own_role(account(2, "決済 基盤", None)),
            &["backup", "inventory"],
        ),
        candidate(unhealthy(3, "Lab"), &["inventory"]),
    ];
    let name = "docs/exports.md";
    let mut page = read(name);
    for format in Format::ALL {
        let done = export(&candidates, &options(format)).expect("exported");
        let text = done
            .text
            .trim_start_matches('\u{feff}')
            .replace("\r\n", "\n");
        let (begin, end) = (
            format!("<!-- sample: {} -->\n", format.as_str()),
            "<!-- end -->",
        );
        let (before, rest) = page.split_once(&begin).expect("the format's sample");
        let (_, after) = rest.split_once(end).expect("the sample's end");
        page = format!("{before}{begin}```text\n{text}```\n{end}{after}");
    }
    assert_generated(name, &page);
}
