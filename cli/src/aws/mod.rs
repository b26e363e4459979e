//! Calls to AWS with the machine's own credentials, without an SDK: finding them and signing one kind of
//! request takes less than an SDK's clients.

mod credentials;
mod sts;

use std::time::Duration;

use ureq::Agent;

use crate::http;

pub use credentials::{Credentials, Sources};
pub use sts::{Sts, WebIdentityToken, WebIdentityTokenRequest};

const USER_AGENT: &str = concat!("rolecall/", env!("CARGO_PKG_VERSION"));

/// The longest response that is read.
const MAX_BYTES: u64 = 256 * 1024;

/// For AWS's own endpoints, and for sources of credentials that have a name.
fn agent() -> Agent {
    http::agent(false, Duration::from_secs(30))
}

/// For endpoints of the machine itself, which respond immediately or don't exist.
fn local_agent() -> Agent {
    let config = Agent::config_builder()
        .timeout_connect(Some(Duration::from_secs(1)))
        .timeout_global(Some(Duration::from_secs(5)))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        // A proxy could read the credentials.
        .proxy(None)
        .user_agent(USER_AGENT);
    config.build().into()
}
