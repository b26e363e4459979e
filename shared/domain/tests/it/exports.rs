//! Exports: their contents, the accounts that they omit, and that no name can break them. Other tests read the
//! files with the programs that they are for (`tests/tests/repo/readers`).

mod aws_config;
mod documented;
mod formats;

use crate::common::at;
use crate::people::account;
use rolecall_domain::access::ProfileName;
use rolecall_domain::export::{
    Candidate, CredentialCommand, Export, Format, Options, Scope, Via, export,
};
use rolecall_domain::ids::OrphanedStackId;
use rolecall_domain::record::account::{Account, DeregistrationCause};
use rolecall_domain::text::{Name, Tenant};

/// Names that customers could choose.
const NAMES: [&str; 22] = [
    "a] b",
    "A b",
    "a-b",
    "本番",
    "本番",
    "[default]",
    "default",
    "#x",
    "x = y",
    "-",
    "a b",
    "決済 基盤",
    "000000000012",
    "Größe",
    "Продукт",
    "🚀",
    ">>> rolecall",
    "; x",
    "a\u{a0}b",
    "\"}: ${HOME} %{if} 'x' \\",
    "=1+1",
    "accounts:",
];

fn access(name: &str) -> ProfileName {
    ProfileName::parse(name).expect("a name")
}

fn candidate(account: Account, names: &[&str]) -> Candidate {
    Candidate {
        account,
        group_name: Name::parse("Production").expect("a name"),
        access: names.iter().map(|name| access(name)).collect(),
    }
}

fn options(format: Format) -> Options {
    Options {
        format,
        scope: Scope::Tenant(Tenant::parse("acme").expect("a tenant")),
        // The format requires it.
        access: (format == Format::Steampipe).then(|| access("inventory")),
        region: None,
        profile_template: None,
        via: Via::CredentialProcess(CredentialCommand::default()),
    }
}

fn exported(candidates: &[Candidate], format: Format) -> Export {
    export(candidates, &options(format)).expect("exported")
}

/// An account for each name.
fn all_names() -> Vec<Candidate> {
    let numbered = (1..).zip(NAMES);
    let accounts = numbered.map(|(number, name)| account(number, name, None));
    accounts
        .map(|account| candidate(account, &["inventory"]))
        .collect()
}

fn unhealthy(number: u32, name: &str) -> Account {
    let account = account(number, name, None).turned_unhealthy();
    account.expect("it was active")
}

fn deregistered(number: u32, name: &str) -> Account {
    let stack = OrphanedStackId::new(crate::common::seed(5));
    let account = account(number, name, None);
    let left = account.deregistered(at(9), DeregistrationCause::Requested, stack);
    left.expect("it was registered")
}
