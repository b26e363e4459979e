//! `/v1/groups/{group_id}/registrations` and `/v1/registrations`

pub(crate) mod requested;

use crate::Api;
use crate::caller::Caller;
use crate::fields::Fields;
use crate::idempotency::Seen;
use crate::problem::{Problem, decide_again};
use crate::request::Request;
use crate::response::Response;
use crate::{paging, views};
use futures_util::join;
use requested::Requested;
use rolecall_domain::SignedDuration;
use rolecall_domain::access::ProfileName;
use rolecall_domain::aws::ExternalId;
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::change::{Change, Guard, Occasion};
use rolecall_domain::ids::{GroupId, RegistrationId};
use rolecall_domain::link::stack_info::StackInfo;
use rolecall_domain::link::template::PublishedTemplate;
use rolecall_domain::messages::{Detail, Language, Reason};
use rolecall_domain::ports::{CommitError, Lists, Records, TemplateBucket, TokenKeys};
use rolecall_domain::problem::Code;
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::record::registration::{Registration, RegistrationState};
use rolecall_domain::remedy::Remedy;
use rolecall_domain::schedule::pace::{Errand, Limited};
use rolecall_domain::settings::PENDING_LIMIT;
use rolecall_domain::template::Offering;
use rolecall_domain::text::{FieldError, Name};
use rolecall_domain::transition::register;
use rolecall_domain::transition::register::create_registration;
use rolecall_usecases::register::{Attempt, NoAnswer, Outcome};
use rolecall_usecases::{self as usecases, Env};

/// When to retry if too many registrations are pending.
const FULL: SignedDuration = SignedDuration::from_secs(60);

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    pub(crate) async fn create_registration(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        group_id: &GroupId,
    ) -> Result<Response, Problem> {
        let body = request.body()?;
        let requested = Requested::read(body.clone(), &self.service, self.env.hub())?;
        if let Some(locale) = requested.locale {
            caller.prefer(locale);
        }
        decide_again(&self.env, async || {
            let now = self.env.now();
            let (seen, group, offering, pending) = join!(
                self.seen(request, caller, &body, now),
                self.group(caller, group_id),
                self.offering(),
                self.env
                    .store()
                    .pending_registrations(&caller.tenant, None, PENDING_LIMIT)
            );
            let group = group?;
            let seen = seen?;
            if let Seen::Made(made) = &seen {
                let made = crate::id(made, RegistrationId::parse)?;
                let registration = self.registration(caller, &made).await?;
                return Ok(Response::json(
                    201,
                    &views::registration(&registration, self.links(caller.link_keys()), now),
                ));
            }
            if pending?.len() >= PENDING_LIMIT {
                let registrations = PENDING_LIMIT;
                let detail = Detail::TooManyPendingRegistrations { registrations };
                return Err(Problem::rate_limited(FULL, &detail));
            }
            let offering = offering?;
            requested.check_return_url(&offering.brand)?;
            let access = chosen(&offering, requested.access.as_deref())?;
            let template = self.render(&offering, &access, &requested.companion_roles)?;
            let template = self.publish(&template).await?;
            let locale = requested.locale.unwrap_or(offering.brand.default_language);
            caller.prefer(locale);
            let registration =
                self.new_registration(caller, group_id, &requested, locale, access, template);
            let occasion = Occasion::new(now, caller.actor.clone(), "requested");
            let idempotency = seen.record(registration.registration_id.as_str());
            let mut change = create_registration(registration.clone(), idempotency, &occasion);
            if group.closing_until.is_some_and(|until| until <= now) {
                // An unfinished deletion left the group marked as closing.
                let reopened = Record::Group(group.reopened());
                change.requires.clear();
                change = change.update(
                    Record::Group(group),
                    reopened,
                    Event::GroupChanged,
                    &occasion,
                );
            }
            match self.env.store().commit(&change).await {
                Err(CommitError::KeyUsed) => Err(Problem::changed()),
                Err(CommitError::Held(guard)) if matches!(*guard, Guard::ExternalId(_)) => {
                    Err(Problem::changed())
                }
                Err(CommitError::GroupClosed) => {
                    self.group(caller, group_id).await?;
                    Err(Problem::conflict())
                }
                result => {
                    result?;
                    caller.log.registration(&registration);
                    let view =
                        views::registration(&registration, self.links(caller.link_keys()), now);
                    Ok(Response::json(201, &view))
                }
            }
        })
        .await
    }

    fn new_registration(
        &self,
        caller: &Caller,
        group_id: &GroupId,
        requested: &Requested,
        locale: Language,
        access: Vec<ProfileName>,
        template: PublishedTemplate,
    ) -> Registration {
        let now = self.env.now();
        Registration {
            registration_id: RegistrationId::new(self.env.id_seed()),
            tenant: caller.tenant.clone(),
            version: 1,
            group_id: group_id.clone(),
            state: RegistrationState::Pending,
            account_name: requested.account_name.clone(),
            aws_account_id: requested.aws_account_id.clone(),
            region: requested.region.clone(),
            report_by: requested.report_by,
            locale,
            return_url: requested.return_url.clone(),
            external_id: ExternalId::from_random(self.env.random()),
            token_key_id: caller.keys.signer().clone(),
            allow_duplicate: requested.allow_duplicate,
            access,
            companion_roles: requested.companion_roles.clone(),
            template,
            created_at: now,
            expires_at: now + self.env.settings().registration_ttl,
            refused_stacks: 0,
            refused_attempts: 0,
            last_attempt: None,
            started: Vec::new(),
            pasted: Vec::new(),
        }
    }

    pub(crate) async fn list_registrations(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        group_id: &GroupId,
    ) -> Result<Response, Problem> {
        let slice = paging::slice(request, caller)?;
        let (group, page) = join!(
            self.group(caller, group_id),
            self.env
                .store()
                .registrations(&caller.tenant, group_id, &slice)
        );
        group?;
        let (page, now) = (page?, self.env.now());
        let views = page
            .items
            .iter()
            .map(|item| views::registration(item, self.links(caller.link_keys()), now))
            .collect();
        Ok(paging::page(request, caller, views, page.next.as_deref()))
    }

    pub(crate) async fn registration(
        &self,
        caller: &Caller,
        id: &RegistrationId,
    ) -> Result<Registration, Problem> {
        let found = self.env.store().registration(&caller.tenant, id).await?;
        let registration = found.ok_or_else(|| Problem::not_found(&Detail::UnknownRegistration))?;
        caller.log.registration(&registration);
        caller.prefer(registration.locale);
        Ok(registration)
    }

    pub(crate) async fn read_registration(
        &self,
        caller: &Caller,
        id: &RegistrationId,
    ) -> Result<Response, Problem> {
        let registration = self.registration(caller, id).await?;
        Ok(Response::json(
            200,
            &views::registration(
                &registration,
                self.links(caller.link_keys()),
                self.env.now(),
            ),
        ))
    }

    pub(crate) async fn revoke_registration(
        &self,
        caller: &Caller,
        id: &RegistrationId,
    ) -> Result<Response, Problem> {
        decide_again(&self.env, async || {
            let now = self.env.now();
            let before = self.registration(caller, id).await?;
            if before.state == RegistrationState::Revoked {
                return Ok(Response::json(
                    200,
                    &views::registration(&before, self.links(caller.link_keys()), now),
                ));
            }
            let after = before.revoked()?;
            let occasion = Occasion::new(now, caller.actor.clone(), "requested");
            let view = views::registration(&after, self.links(caller.link_keys()), now);
            let change = register::end(Change::new(), &after, now).update(
                Record::Registration(before),
                Record::Registration(after),
                Event::RegistrationRevoked,
                &occasion,
            );
            self.env.store().commit(&change).await?;
            Ok(Response::json(200, &view))
        })
        .await
    }

    /// Registers the stack whose output was pasted.
    pub(crate) async fn complete_registration(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        id: &RegistrationId,
    ) -> Result<Response, Problem> {
        // An invalid body costs nothing, so it does not count against the limit.
        let mut fields = Fields::new(request.body()?);
        let pasted = fields.required("stack_info", Ok::<String, FieldError>);
        let name = fields.optional("account_name", Name::parse);
        let pasted = fields.finish_with(pasted)?;
        let (admitted, registration, offering) = join!(
            self.admit(caller, Limited::Tenant(Errand::Paste)),
            self.registration(caller, id),
            self.offering()
        );
        admitted?;
        let (registration, offering) = (registration?, offering?);
        let stack_info = self::pasted(&pasted, id)?;
        caller.log.stack(&stack_info.stack_id);
        self.admit(caller, Limited::Paste(id.clone())).await?;
        let (actor, now) = (caller.actor.clone(), self.env.now());
        let attempt = Attempt::pasted(registration, stack_info, name, actor, now);
        match usecases::register(&self.env, attempt, None, &NoAnswer).await? {
            Outcome::Registered(now) => {
                caller.log.account(&now.account);
                let view = self.registered_view(caller, offering, *now).await?;
                Ok(Response::json(200, &view))
            }
            Outcome::Confirmed(account_id) => self.read_account(caller, &account_id).await,
            Outcome::Refused(refusal) => Err(refusal.into()),
            Outcome::Answered => Err(Problem::unexpected("a paste was answered elsewhere")),
        }
    }
}

/// The output of a stack of this registration.
pub(crate) fn pasted(text: &str, id: &RegistrationId) -> Result<StackInfo, Refusal> {
    let stack_info = StackInfo::parse(text)
        .map_err(|reason| Refusal::new(Code::StackInfoInvalid, &reason, &Remedy::CopyStackInfo))?;
    if &stack_info.registration_id == id {
        return Ok(stack_info);
    }
    Err(Refusal::new(
        Code::StackInfoOtherRegistration,
        &Reason::StackInfoOtherRegistration,
        &Remedy::PasteOwnStack,
    ))
}

/// The names of the profiles that a request asks for.
pub(crate) fn chosen(
    offering: &Offering,
    names: Option<&[String]>,
) -> Result<Vec<ProfileName>, Problem> {
    let chosen = offering.access.chosen(names).map_err(Problem::fields)?;
    Ok(chosen.into_iter().map(|one| one.name.clone()).collect())
}
