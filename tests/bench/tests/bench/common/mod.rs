//! The environment that a deployed function has at its start.

use rolecall_aws::customers::Customers;
use rolecall_aws::host::SystemHost;
use rolecall_aws::table::Table;
use rolecall_bench::fleet::accounts::{onboarding, trusted_principals};
use rolecall_bench::template::HUB_ACCOUNT;
use rolecall_domain::aws::{AwsAccountId, Region};
use rolecall_domain::check::Hub;
use rolecall_domain::settings::Settings;
use rolecall_usecases::Environment;

pub fn environment(
    store: Table,
    customers: Customers,
) -> Environment<Table, Customers, SystemHost> {
    Environment {
        store,
        customers,
        host: SystemHost,
        settings: Settings::default(),
        onboarding: Some(onboarding()),
        hub: Hub {
            account: AwsAccountId::parse(HUB_ACCOUNT).expect("twelve digits"),
            region: Region::parse("us-east-1").expect("valid"),
            allow_own_account: false,
            trusted_principals: trusted_principals(),
        },
    }
}
