//! The environment of a use case.

use rolecall_domain::Timestamp;
use rolecall_domain::check::Hub;
use rolecall_domain::ids::IdSeed;
use rolecall_domain::ports::{CustomerAccounts, Host, Store};
use rolecall_domain::settings::Settings;
use rolecall_domain::template::Onboarding;

/// The domain's ports, the hub's settings and its identity.
pub trait Env {
    type Store: Store;
    type Customers: CustomerAccounts;
    type Host: Host;

    fn store(&self) -> &Self::Store;
    fn customers(&self) -> &Self::Customers;
    fn host(&self) -> &Self::Host;
    fn settings(&self) -> &Settings;
    fn hub(&self) -> &Hub;
    /// `None` for functions that compare no stack with the current template.
    fn onboarding(&self) -> Option<&Onboarding>;

    fn now(&self) -> Timestamp {
        use rolecall_domain::ports::Clock;
        self.host().now()
    }

    /// The inputs of a new ID.
    fn id_seed(&self) -> IdSeed {
        IdSeed {
            at: self.now(),
            random: self.random(),
        }
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        use rolecall_domain::ports::Entropy;
        let mut bytes = [0; N];
        self.host().fill(&mut bytes);
        bytes
    }

    /// A random number in 0..1 that spreads simultaneous work over time.
    fn jitter(&self) -> f64 {
        f64::from(u32::from_be_bytes(self.random())) / f64::from(u32::MAX)
    }
}

/// An environment, composed by a function's `main` or a test.
#[derive(Debug)]
pub struct Environment<S, C, H> {
    pub store: S,
    pub customers: C,
    pub host: H,
    pub settings: Settings,
    pub hub: Hub,
    pub onboarding: Option<Onboarding>,
}

impl<S: Store, C: CustomerAccounts, H: Host> Env for Environment<S, C, H> {
    type Store = S;
    type Customers = C;
    type Host = H;

    fn store(&self) -> &S {
        &self.store
    }

    fn customers(&self) -> &C {
        &self.customers
    }

    fn host(&self) -> &H {
        &self.host
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn hub(&self) -> &Hub {
        &self.hub
    }

    fn onboarding(&self) -> Option<&Onboarding> {
        self.onboarding.as_ref()
    }
}
