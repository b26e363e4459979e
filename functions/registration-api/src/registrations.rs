//! `/v1/groups/{group_id}/registrations` and `/v1/registrations`

use crate::Api;
use crate::fields::Fields;
use crate::idempotency::Seen;
use crate::problem::Problem;
use crate::request::{Caller, Request};
use crate::response::Response;
use crate::{paging, views};
use futures_util::join;
use rolecall_domain::SignedDuration;
use rolecall_domain::audit::{Event, Record};
use rolecall_domain::aws::{AwsAccountId, ExternalId, Region};
use rolecall_domain::change::{Change, Guard, Occasion};
use rolecall_domain::companion::options::Asked;
use rolecall_domain::companion::{CompanionRole, read_all};
use rolecall_domain::ids::{GroupId, RegistrationId};
use rolecall_domain::pace::Limited;
use rolecall_domain::ports::{CommitError, CustomerAccounts, Host, Store, TokenKeys};
use rolecall_domain::problem::{Code, Refusal};
use rolecall_domain::regions::Service;
use rolecall_domain::registering::{self, create_registration};
use rolecall_domain::registration::{Channel, Registration, RegistrationState};
use rolecall_domain::remedy::Remedy;
use rolecall_domain::report_by::ReportBy;
use rolecall_domain::settings::PENDING_LIMIT;
use rolecall_domain::stack_info::StackInfo;
use rolecall_domain::template::PublishedTemplate;
use rolecall_domain::text::{Invalid, Name};
use rolecall_domain::verification::observe::Hub;
use rolecall_flows::attempt::{Attempt, NoAnswer, Outcome};
use rolecall_flows::{DECISIONS, applied};
use serde_json::{Map, Value};

/// When to ask again for a registration where too many are pending.
const FULL: SignedDuration = SignedDuration::from_secs(60);

/// What a new registration is asked for with.
struct Wanted {
    account_name: Option<Name>,
    region: Region,
    report_by: ReportBy,
    aws_account_id: Option<AwsAccountId>,
    allow_duplicate: bool,
    companion_roles: Vec<CompanionRole>,
}

impl Wanted {
    fn read(body: Map<String, Value>, service: &Service, hub: &Hub) -> Result<Self, Problem> {
        let mut fields = Fields::new(body);
        let aws_account_id = fields.optional("aws_account_id", AwsAccountId::parse);
        if let Some(error) = own_account(aws_account_id.as_ref(), hub) {
            fields.refuse("aws_account_id", "invalid", &error);
        }
        let region = fields.optional("region", Ok::<String, Invalid>);
        let region = match region.map(|code| service.region(&code)) {
            None => service.home.clone(),
            Some(Ok(region)) => region,
            Some(Err(error)) => {
                fields.refuse("region", "invalid", &error);
                service.home.clone()
            }
        };
        let report_by = fields.optional("report_by", |text| ReportBy::parse(&text));
        if report_by == Some(ReportBy::Callback) && !service.serves(&region) {
            fields.refuse("report_by", "invalid", &no_callback(&region, service));
        }
        let asked = Asked {
            partition: service.partition(),
            aws_account_id: aws_account_id.as_ref(),
        };
        let companion_roles = fields.read("companion_roles", |list| read_all(list, &asked));
        let wanted = Self {
            account_name: fields.optional("account_name", Name::parse),
            report_by: report_by.unwrap_or_else(|| service.report_by(&region)),
            region,
            aws_account_id,
            allow_duplicate: fields.flag("allow_duplicate"),
            companion_roles: companion_roles.unwrap_or_default(),
        };
        fields.finish()?;
        Ok(wanted)
    }
}

impl<S: Store, C: CustomerAccounts, H: Host, K: TokenKeys> Api<S, C, H, K> {
    pub(crate) async fn create_registration(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        group_id: &GroupId,
    ) -> Result<Response, Problem> {
        let body = request.body()?;
        let wanted = Wanted::read(body.clone(), &self.service, &self.ctx.hub)?;
        for _ in 0..DECISIONS {
            let now = self.ctx.now();
            let (seen, group, template, pending) = join!(
                self.seen(request, caller, &body, now),
                self.group(caller, group_id),
                self.ctx.store.published_template(),
                self.ctx
                    .store
                    .pending_registrations(&caller.tenant, None, PENDING_LIMIT)
            );
            let group = group?;
            let seen = seen?;
            if let Seen::Made(made) = &seen {
                let made = crate::id(made, RegistrationId::parse)?;
                let registration = self.registration(caller, &made).await?;
                return Ok(Response::json(
                    201,
                    &views::registration(&registration, &caller.keys, now),
                ));
            }
            if pending?.len() >= PENDING_LIMIT {
                let detail = format!(
                    "Your tenant has {PENDING_LIMIT} pending registrations and can't have more. \
                     Complete or revoke some first."
                );
                return Err(Problem::rate_limited(FULL, detail));
            }
            let template = template?.ok_or_else(no_template)?;
            if !wanted.companion_roles.is_empty() {
                crate::companion_roles::check_template(&template)?;
            }
            let registration = self.new_registration(caller, group_id, &wanted, template);
            let occasion = Occasion::new(now, caller.actor.clone(), "requested");
            let idempotency = seen.record(registration.registration_id.as_str());
            let mut change = create_registration(registration.clone(), idempotency, &occasion);
            if group.closing_until.is_some_and(|until| until <= now) {
                // A deletion that never ended left its mark.
                let reopened = Record::Group(group.reopened());
                change.requires.clear();
                change = change.update(
                    Record::Group(group),
                    reopened,
                    Event::GroupChanged,
                    &occasion,
                );
            }
            match self.ctx.store.commit(&change).await {
                Err(CommitError::KeyUsed | CommitError::Held(Guard::ExternalId(_))) => {}
                Err(CommitError::GroupClosed) => {
                    self.group(caller, group_id).await?;
                    return Err(Problem::conflict());
                }
                result => {
                    if applied(result)? {
                        caller.log.registration(&registration);
                        let view = views::registration(&registration, &caller.keys, now);
                        return Ok(Response::json(201, &view));
                    }
                }
            }
        }
        Err(Problem::conflict())
    }

    fn new_registration(
        &self,
        caller: &Caller,
        group_id: &GroupId,
        wanted: &Wanted,
        template: PublishedTemplate,
    ) -> Registration {
        let now = self.ctx.now();
        Registration {
            registration_id: RegistrationId::new(self.ctx.id_seed()),
            tenant: caller.tenant.clone(),
            version: 1,
            group_id: group_id.clone(),
            state: RegistrationState::Pending,
            account_name: wanted.account_name.clone(),
            aws_account_id: wanted.aws_account_id.clone(),
            region: wanted.region.clone(),
            report_by: wanted.report_by,
            external_id: ExternalId::from_random(self.ctx.random()),
            token_key_id: caller.keys.signer().clone(),
            allow_duplicate: wanted.allow_duplicate,
            companion_roles: wanted.companion_roles.clone(),
            template,
            created_at: now,
            expires_at: now + self.ctx.settings.registration_ttl,
            refused_stacks: 0,
            refused_attempts: 0,
            last_report: None,
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
            self.ctx
                .store
                .registrations(&caller.tenant, group_id, &slice)
        );
        group?;
        let (page, now) = (page?, self.ctx.now());
        let views = page
            .items
            .iter()
            .map(|item| views::registration(item, &caller.keys, now))
            .collect();
        Ok(paging::page(request, caller, views, page.next.as_deref()))
    }

    async fn registration(
        &self,
        caller: &Caller,
        id: &RegistrationId,
    ) -> Result<Registration, Problem> {
        let found = self.ctx.store.registration(&caller.tenant, id).await?;
        let registration = found.ok_or_else(Problem::not_found)?;
        caller.log.registration(&registration);
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
            &views::registration(&registration, &caller.keys, self.ctx.now()),
        ))
    }

    pub(crate) async fn revoke_registration(
        &self,
        caller: &Caller,
        id: &RegistrationId,
    ) -> Result<Response, Problem> {
        for _ in 0..DECISIONS {
            let now = self.ctx.now();
            let before = self.registration(caller, id).await?;
            if before.state == RegistrationState::Revoked {
                return Ok(Response::json(
                    200,
                    &views::registration(&before, &caller.keys, now),
                ));
            }
            let after = before.revoked()?;
            let occasion = Occasion::new(now, caller.actor.clone(), "requested");
            let view = views::registration(&after, &caller.keys, now);
            let change = registering::end(Change::new(), &after, now).update(
                Record::Registration(before),
                Record::Registration(after),
                Event::RegistrationRevoked,
                &occasion,
            );
            if applied(self.ctx.store.commit(&change).await)? {
                return Ok(Response::json(200, &view));
            }
        }
        Err(Problem::conflict())
    }

    /// The paste channel.
    pub(crate) async fn complete_registration(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        id: &RegistrationId,
    ) -> Result<Response, Problem> {
        let mut fields = Fields::new(request.body()?);
        let pasted = fields.required("stack_info", Ok::<String, Invalid>);
        let name = fields.optional("account_name", Name::parse);
        let pasted = fields.finish_with(pasted)?;
        let stack_info = StackInfo::parse(&pasted).map_err(|error| {
            let detail = error.to_string();
            Refusal::new(Code::StackInfoInvalid, detail, &Remedy::CopyStackInfo)
        });
        let (registration, stack_info) = (self.registration(caller, id).await?, stack_info?);
        caller.log.stack(&stack_info.stack_id);
        if &stack_info.registration_id != id {
            return Err(Refusal::new(
                Code::StackInfoOtherRegistration,
                "This RolecallStackInfo is of a stack that was made for another registration.",
                &Remedy::PasteOwnStack,
            )
            .into());
        }
        self.admit(caller, Limited::Paste(id.clone())).await?;
        let attempt = Attempt {
            registration,
            channel: Channel::Paste,
            actor: caller.actor.clone(),
            stack_id: stack_info.stack_id,
            role_arn: Ok(stack_info.role_arn),
            logical_resource_id: None,
            template_version: None,
            made_roles: Vec::new(),
            name,
            heard_at: self.ctx.now(),
            reported_external_id_matches: None,
        };
        match self.ctx.attempt(attempt, &NoAnswer).await? {
            Outcome::Registered(now) => {
                caller.log.account(&now.account);
                let view = views::account(&now.account, Some(&now.checkup), Some(&now.report));
                Ok(Response::json(200, &view))
            }
            Outcome::Confirmed(account_id) => self.read_account(caller, &account_id).await,
            Outcome::Refused(refusal) => Err(refusal.into()),
            Outcome::Answered => Err(Problem::unexpected("a paste was answered elsewhere")),
        }
    }
}

/// What can only fail later: the hub doesn't verify a role in its own account.
fn own_account(asked: Option<&AwsAccountId>, hub: &Hub) -> Option<String> {
    let own = asked.filter(|id| **id == hub.account && !hub.allow_own_account)?;
    Some(format!(
        "{own} is the hub's own AWS account, which this hub does not connect. Name the customer's \
         account, or leave the field out."
    ))
}

fn no_callback(region: &Region, service: &Service) -> String {
    let served = service.listed();
    format!(
        "stacks in {region} can't call back; this hub has its topic in {served}. Leave the field \
         out or choose paste, and hand over the stack's output RolecallStackInfo."
    )
}

fn no_template() -> Problem {
    Problem::new(
        Code::InternalError,
        "This hub has no onboarding template yet. Ask its operator to publish one.",
    )
    .because("no onboarding template is published; run: make publish-template")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn region(code: &str) -> Region {
        Region::parse(code).expect("a Region")
    }

    /// A hub in us-east-1 with a topic in eu-west-1.
    fn read(body: Value, own_account: bool) -> Result<Wanted, Value> {
        let service = Service::new(region("us-east-1"), [region("eu-west-1")]);
        let hub = Hub {
            account: AwsAccountId::parse("111111111111").expect("valid"),
            allow_own_account: own_account,
            trusted_principals: Vec::new(),
        };
        let Value::Object(body) = body else {
            panic!("a body is an object");
        };
        Wanted::read(body, &service, &hub).map_err(|problem| {
            let response = problem.into_response("r");
            assert_eq!(response.status_code, 422);
            let problem: Value = serde_json::from_str(&response.body).expect("JSON");
            problem["errors"].clone()
        })
    }

    #[test]
    fn a_region_is_one_of_the_hubs_partition_and_the_error_says_which_it_serves() {
        for good in ["us-east-1", "eu-west-1", "ap-northeast-1", "mx-central-1"] {
            let wanted = read(json!({"region": good}), false).expect(good);
            assert_eq!(wanted.region, region(good));
        }
        let wanted = read(json!({}), false).expect("its own");
        assert_eq!(wanted.region, region("us-east-1"));
        for (bad, why) in [
            (
                "xx-nowhere-9",
                "\"xx-nowhere-9\" is not an AWS Region's code.",
            ),
            ("us-east-9", "\"us-east-9\" is not an AWS Region's code."),
            ("", "\"\" is not an AWS Region's code."),
            (
                "eusc-de-east-1",
                "eusc-de-east-1 is in the partition aws-eusc.",
            ),
            ("cn-north-1", "cn-north-1 is in the partition aws-cn."),
            (
                "us-gov-west-1",
                "us-gov-west-1 is in the partition aws-us-gov.",
            ),
        ] {
            let errors = read(json!({"region": bad}), false).err().expect(bad);
            let serves = "This hub works in the partition aws; stacks report to it from us-east-1 and eu-west-1.";
            let expected = json!([{"field": "region", "code": "invalid", "message": format!("{why} {serves}")}]);
            assert_eq!(errors, expected);
        }
    }

    #[test]
    fn a_stack_reports_as_it_can_or_as_was_chosen() {
        let by = |body: Value| read(body, false).map(|wanted| wanted.report_by);
        for (body, expected) in [
            (json!({}), ReportBy::Callback),
            (json!({"region": "eu-west-1"}), ReportBy::Callback),
            (json!({"region": "ap-northeast-1"}), ReportBy::Paste),
            (json!({"report_by": "paste"}), ReportBy::Paste),
            (
                json!({"report_by": null, "region": "eu-west-1"}),
                ReportBy::Callback,
            ),
            (
                json!({"report_by": "callback", "region": "eu-west-1"}),
                ReportBy::Callback,
            ),
            (
                json!({"report_by": "paste", "region": "ap-northeast-1"}),
                ReportBy::Paste,
            ),
        ] {
            assert_eq!(by(body.clone()), Ok(expected), "{body}");
        }
        let errors = by(json!({"report_by": "callback", "region": "ap-northeast-1"}));
        let errors = errors.expect_err("no topic there");
        assert_eq!(errors[0]["field"], "report_by");
        let message = errors[0]["message"].as_str().unwrap_or_default();
        for words in ["ap-northeast-1", "us-east-1 and eu-west-1", "paste"] {
            assert!(message.contains(words), "{message}");
        }
        for bad in [json!("mail"), json!(""), json!(1), json!(true)] {
            let errors = by(json!({"report_by": bad})).expect_err("neither of the two");
            assert_eq!(errors[0]["field"], "report_by", "{errors}");
        }
    }

    #[test]
    fn the_hubs_own_account_is_refused_where_it_can_only_fail() {
        let own = json!({"aws_account_id": "111111111111"});
        let errors = read(own.clone(), false).err().expect("refused");
        assert_eq!(errors[0]["field"], "aws_account_id");
        let message = errors[0]["message"].as_str().unwrap_or_default();
        assert!(
            message.contains("111111111111 is the hub's own AWS account"),
            "{message}"
        );
        assert!(read(own, true).is_ok(), "the operator allows it");
        assert!(read(json!({"aws_account_id": "222222222222"}), false).is_ok());
    }
}
