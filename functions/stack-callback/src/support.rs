//! The contact for customers whose request was refused.

use rolecall_aws::telemetry::with_causes;
use rolecall_domain::brand::{AsciiName, Contact};
use rolecall_domain::ports::Records;
use rolecall_domain::record::registration::Registration;
use rolecall_usecases::Env;
use std::sync::OnceLock;

/// The operator's product and contact, as in the template of the registration's link. Both are
/// printable ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Support {
    pub product: AsciiName,
    pub contact: Contact,
}

/// Reads the support of a registration when a request is refused, and only once, because the stored answer
/// and the one that is sent must be the same.
pub(crate) struct SupportOf<'a, E> {
    env: &'a E,
    registration: Registration,
    read: OnceLock<Option<Support>>,
}

impl<'a, E: Env> SupportOf<'a, E> {
    pub(crate) fn new(env: &'a E, registration: &Registration) -> Self {
        Self {
            env,
            registration: registration.clone(),
            read: OnceLock::new(),
        }
    }

    /// `None` if no brand was published, or if the template can't be read, because the answer must be sent in
    /// any case.
    pub(crate) async fn get(&self) -> Option<&Support> {
        if self.read.get().is_none() {
            let support = support(self.env, &self.registration).await;
            return self.read.get_or_init(|| support).as_ref();
        }
        self.read.get()?.as_ref()
    }
}

async fn support(env: &impl Env, registration: &Registration) -> Option<Support> {
    let id = &registration.template.template_id;
    let template = env.store().template(id).await.inspect_err(|error| {
        tracing::warn!(
            registration.id = %registration.registration_id,
            cause = with_causes(error),
            "a refusal does not name the operator's contact, because its template could not be read"
        );
    });
    let template = template.ok()??;
    Some(Support {
        product: template.product,
        contact: template.contact?,
    })
}
