//! The connect page of a registration.

use super::shown;
use crate::Api;
use crate::fields::Fields;
use crate::problem::Problem;
use crate::request::{Request, Visitor};
use crate::response::Response;
use futures_util::join;
use rolecall_domain::brand::Brand;
use rolecall_domain::pages::{self, ConnectState, Verification};
use rolecall_domain::ports::{Records, Requests, TemplateBucket, TokenKeys};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::attempt::LastAttempt;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::remedy::Reader;
use rolecall_domain::schedule::pace::{Errand, Limited};
use rolecall_domain::template::Template;
use rolecall_domain::text::{Actor, FieldError};
use rolecall_usecases::Env;
use rolecall_usecases::register::{Attempt, NoAnswer, Outcome};
use serde_json::{Value, json};

/// All data of the page.
struct Sources {
    registration: Registration,
    brand: Brand,
    template: Template,
    account: Option<Account>,
    verification: Option<Verification>,
}

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    pub(crate) async fn connect_page(&self, visitor: &Visitor) -> Result<Response, Problem> {
        let registration = self.registration_of(visitor).await?;
        self.show_registration(visitor, registration).await
    }

    async fn show_registration(
        &self,
        visitor: &Visitor,
        registration: Registration,
    ) -> Result<Response, Problem> {
        let store = self.env.store();
        let (offering, template, verification, account) = join!(
            self.offering(),
            self.template_of(&registration),
            store.verification(&registration.registration_id),
            async {
                match registration.account_id() {
                    Some(id) => store.account(&registration.tenant, id).await,
                    None => Ok(None),
                }
            }
        );
        let sources = Sources {
            brand: offering?.brand,
            template: template?,
            account: account?,
            verification: verification?,
            registration,
        };
        Ok(Response::json(200, &self.connect_view(visitor, &sources)))
    }

    fn connect_view(&self, visitor: &Visitor, sources: &Sources) -> Value {
        let (now, registration) = (self.env.now(), &sources.registration);
        let state = ConnectState::of(registration, sources.verification.as_ref(), now);
        let links = self.links(Some(&visitor.keys));
        let account = sources.account.as_ref();
        let mut view = json!({
            "state": state.as_str(),
            "brand": self.show_brand(&sources.brand),
            "created_at": registration.created_at,
            "expires_at": registration.expires_at,
            "locale": registration.locale,
            "return_url": return_url(registration, &sources.brand),
            "region": registration.region,
            "report_by": registration.report_by,
            "hub_account_id": sources.template.hub.account_id,
            "stack_name": stack_name(registration, account),
            "account_name": null,
            "aws_account_id": null,
            "access": [],
            "companion_roles": [],
            "quick_create_url": null,
            "template_url": null,
            "template_sha256": null,
            "required_permissions": null,
            "progress": progress(sources, state, now),
            "last_attempt": null,
            "account": account.map(|account| {
                // An older page does not reveal the link that replaced its own.
                let customer_url = links.customer(account).filter(|_| account.customer_link == 0);
                json!({
                    "aws_account_id": account.aws_account_id,
                    "connected_at": account.registered_at,
                    "status": account.state().as_str(),
                    "customer_url": customer_url,
                })
            }),
        });
        if state.shows_request() {
            self.add_request(&mut view, sources);
            let link = pages::is_link_usable(registration, now);
            let link = Some(registration).filter(|_| link);
            view["quick_create_url"] = json!(link.and_then(|it| links.quick_create(it)));
            view["last_attempt"] = json!(registration.last_attempt.as_ref().map(last_attempt));
        }
        view
    }

    /// The access that the link requests.
    fn add_request(&self, view: &mut Value, sources: &Sources) {
        let (registration, template) = (&sources.registration, &sources.template);
        let kinds = template.companion_roles.iter().map(|role| role.kind);
        view["account_name"] = json!(registration.account_name);
        view["aws_account_id"] = json!(registration.aws_account_id);
        view["access"] = template.profiles.iter().map(shown::profile).collect();
        view["companion_roles"] = kinds.map(shown::companion_role).collect();
        view["template_url"] = json!(registration.template.url);
        view["template_sha256"] = json!(template.sha256());
        view["required_permissions"] = self.policy(Some(template), registration.report_by);
    }

    /// Registers the stack whose output was pasted on the page.
    pub(crate) async fn complete_from_page(
        &self,
        request: &Request<'_>,
        visitor: &Visitor,
    ) -> Result<Response, Problem> {
        // An invalid body costs nothing, so it does not count against the limit.
        let mut fields = Fields::new(request.body()?);
        let pasted = fields.required("stack_info", Ok::<String, FieldError>);
        let pasted = fields.finish_with(pasted)?;
        let registration = self.registration_of(visitor).await?;
        let (id, tenant) = (
            registration.registration_id.clone(),
            registration.tenant.clone(),
        );
        // The link's own limit comes first, so that someone with the link can't use up the tenant's limit.
        self.admit_in(&tenant, Limited::Paste(id.clone())).await?;
        self.admit_in(&tenant, Limited::Tenant(Errand::Paste))
            .await?;
        let stack_info = crate::registrations::pasted(&pasted, &id);
        let stack_info = stack_info.map_err(|refusal| Problem::for_customer(&refusal))?;
        visitor.log.stack(&stack_info.stack_id);
        let now = self.env.now();
        let attempt = Attempt::pasted(registration, stack_info, None, Actor::Customer, now);
        match rolecall_usecases::register(&self.env, attempt, None, &NoAnswer).await? {
            Outcome::Registered(_) | Outcome::Confirmed(_) => {}
            Outcome::Refused(refusal) => return Err(Problem::for_customer(&refusal)),
            Outcome::Answered => {
                return Err(Problem::unexpected("a paste was answered elsewhere"));
            }
        }
        let registration = self.shown_registration(&id).await?;
        self.show_registration(visitor, registration).await
    }
}

/// The connected stack, or the one that the link creates.
fn stack_name(registration: &Registration, account: Option<&Account>) -> String {
    let made = account.map(|account| account.stack_id.name());
    made.map_or_else(|| registration.stack_name(), str::to_owned)
}

/// Set only while the operator allows its origin.
fn return_url<'a>(registration: &'a Registration, brand: &Brand) -> Option<&'a str> {
    let url = registration.return_url.as_ref()?.as_str();
    brand.allows_return_url(url).then_some(url)
}

/// The stack that is being created or verified.
fn progress(
    sources: &Sources,
    state: ConnectState,
    now: rolecall_domain::Timestamp,
) -> Option<Value> {
    let step = match state {
        ConnectState::Verifying => "role_created",
        ConnectState::StackStarted => "stack_started",
        _ => return None,
    };
    let verified = sources.verification.as_ref();
    let verified = verified.filter(|_| state == ConnectState::Verifying);
    let started = pages::progress(&sources.registration, now);
    let started = started.filter(|it| verified.is_none_or(|one| one.stack_id == it.stack_id));
    let (stack_id, since) = match (started, verified) {
        (Some(started), _) => (&started.stack_id, started.started_at),
        (None, Some(verified)) => (&verified.stack_id, verified.since),
        (None, None) => return None,
    };
    Some(json!({
        "stack_id": stack_id,
        "aws_account_id": stack_id.account(),
        "region": stack_id.region(),
        "started_at": since,
        "step": step,
    }))
}

fn last_attempt(attempt: &LastAttempt) -> Value {
    let told = &attempt.for_customer;
    json!({
        "code": attempt.code,
        "title": told.title,
        "detail": told.detail,
        "remedy": told.remedy,
        "command": told.command,
        "attempted_at": attempt.attempted_at,
        "stack": attempt.stack,
        "checks": shown::findings(attempt.report.as_ref(), Reader::Customer),
    })
}
