//! The sender of a request.

use crate::problem::Problem;
use crate::request::{Request, Scope};
use rolecall_aws::telemetry::RequestLog;
use rolecall_domain::aws::AwsAccountId;
use rolecall_domain::link::token::KeyRing;
use rolecall_domain::messages::{Detail, Language};
use rolecall_domain::operator::caller::ServiceCaller;
use rolecall_domain::problem::Code;
use rolecall_domain::text::person::Person;
use rolecall_domain::text::{Actor, Tenant};
use rolecall_domain::user::{ClaimSettings, Role};
use serde_json::Value;
use std::sync::{Arc, OnceLock};

/// The caller in a tenant: the tenant and the subject of the verified token, or a service of the
/// operator on the tenant's behalf; and the keys that sign links and cursors.
#[derive(Debug, Clone)]
pub struct Caller {
    pub tenant: Tenant,
    pub actor: Actor,
    /// What the caller may do in the tenant.
    pub role: Role,
    pub keys: Arc<KeyRing>,
    /// Handlers add the records that the request is about.
    pub log: Arc<RequestLog>,
    locale: Arc<OnceLock<Language>>,
}

/// A service of the operator.
#[derive(Debug, Clone)]
pub struct Operator {
    pub keys: Arc<KeyRing>,
    pub log: Arc<RequestLog>,
}

impl Caller {
    /// # Errors
    /// `not_permitted` if the caller's role is lower.
    pub fn require(&self, least: Role) -> Result<(), Problem> {
        if self.role.may(least) {
            return Ok(());
        }
        let detail = Detail::RoleTooLow {
            role: self.role.as_str(),
            required: least.as_str(),
        };
        Err(Problem::new(Code::NotPermitted, &detail))
    }

    /// The keys that make links. Viewers see no links, because a link can connect an account.
    pub fn link_keys(&self) -> Option<&KeyRing> {
        self.role.may(Role::Member).then_some(&*self.keys)
    }

    /// Sets the language of the response, unless the request has a preference.
    pub fn prefer(&self, locale: Language) {
        self.locale.get_or_init(|| locale);
    }
}

impl Request<'_> {
    /// The tenant of a user comes only from the verified claim. API Gateway turns every claim into
    /// text, a list into `[a b]`: a claim that is not one tenant's name gives no tenant at all.
    pub fn caller(
        &self,
        settings: &ClaimSettings,
        hub: &AwsAccountId,
        keys: Arc<KeyRing>,
    ) -> Result<Caller, Problem> {
        let (tenant, actor, role) = match self.scope {
            Scope::OnBehalf(name) => {
                let service = self.service(hub)?;
                let tenant = Tenant::parse(name);
                let unknown = |_| Problem::not_found(&Detail::UnknownTenant);
                // The operator may do everything.
                (tenant.map_err(unknown)?, service.actor(), Role::Owner)
            }
            Scope::Public | Scope::Connect | Scope::Tenant | Scope::Operator => {
                self.user(settings)?
            }
        };
        self.log.tenant(&tenant);
        Ok(Caller {
            tenant,
            actor,
            role,
            keys,
            log: Arc::clone(&self.log),
            locale: Arc::clone(&self.locale),
        })
    }

    fn user(&self, settings: &ClaimSettings) -> Result<(Tenant, Actor, Role), Problem> {
        let claims = self.event.pointer("/requestContext/authorizer/jwt/claims");
        let claims = claims.unwrap_or(&Value::Null);
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let tenant = text(&settings.tenant).and_then(|tenant| Tenant::parse(tenant).ok());
        let tenant = tenant.ok_or_else(|| Problem::new(Code::TenantMissing, &Detail::NoTenant))?;
        let actor = Actor::User {
            subject: text("sub").unwrap_or("unknown").to_owned(),
            person: Person::of_claims(claims),
        };
        let role = settings.role(claims, self.authorization());
        Ok((tenant, actor, role))
    }

    /// The header that the gateway read the token from. An empty text if there are several, because it is not
    /// known which one was verified.
    fn authorization(&self) -> Option<&str> {
        let headers = self.event.get("headers").and_then(Value::as_object);
        let mut found = headers
            .into_iter()
            .flatten()
            .filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        match (found.next(), found.next()) {
            (None, _) => None,
            (Some((_, value)), None) => Some(value.as_str().unwrap_or_default()),
            (Some(_), Some(_)) => Some(""),
        }
    }

    /// The service that signed the request. HTTP APIs reject callers of other accounts; so does this.
    fn service(&self, hub: &AwsAccountId) -> Result<ServiceCaller, Problem> {
        let arn = self.text("/requestContext/authorizer/iam/userArn");
        let service = ServiceCaller::parse(arn).filter(|caller| caller.aws_account_id == *hub);
        service.ok_or_else(|| Problem::new(Code::CallerNotAllowed, &Detail::NoService))
    }

    pub fn operator(&self, hub: &AwsAccountId, keys: Arc<KeyRing>) -> Result<Operator, Problem> {
        self.service(hub)?;
        Ok(Operator {
            keys,
            log: Arc::clone(&self.log),
        })
    }
}
