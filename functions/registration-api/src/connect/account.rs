//! The customer's page of an account: what was granted, who used it, and what remains to be deleted.

use super::shown;
use crate::Api;
use crate::paging;
use crate::problem::Problem;
use crate::request::{Request, Visitor};
use crate::response::Response;
use futures_util::join;
use rolecall_domain::Timestamp;
use rolecall_domain::access::Profile;
use rolecall_domain::check::Report;
use rolecall_domain::credentials::Receipt;
use rolecall_domain::ids::AccountId;
use rolecall_domain::link::links;
use rolecall_domain::pages::CustomerState;
use rolecall_domain::ports::{Receipts, Records, ScheduleStore, TemplateBucket, TokenKeys};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::attempt::StackLinks;
use rolecall_domain::record::orphan::OrphanedStack;
use rolecall_domain::remedy::Reader;
use rolecall_domain::schedule::{CheckSchedule, Subject};
use rolecall_domain::template::Template;
use rolecall_usecases::Env;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// All data of the page.
struct Sources {
    account: Account,
    orphan: Option<OrphanedStack>,
    /// The access that the stack gives, if the hub has a record of its template.
    template: Option<Template>,
    schedule: Option<CheckSchedule>,
    report: Option<Report>,
    sessions_until: Option<Timestamp>,
}

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    pub(crate) async fn customer_page(&self, visitor: &Visitor) -> Result<Response, Problem> {
        let account = self.account_of(visitor).await?;
        let (store, tenant) = (self.env.store(), &account.tenant);
        let subject = Subject::Account(account.account_id.clone());
        let (offering, template, schedule, report, until, orphan) = join!(
            self.offering(),
            store.template(&account.template_id),
            store.check_schedule(tenant, &subject),
            store.report(tenant, &subject),
            store.sessions_until(&account.account_id, self.env.now()),
            async {
                match account.orphaned_stack_id() {
                    Some(id) => store.orphaned_stack(tenant, id).await,
                    None => Ok(None),
                }
            }
        );
        let (offering, report) = (offering?, report?);
        let update = self.pending_update(&offering, &account, report.as_ref());
        let update = update.await?;
        let sources = Sources {
            orphan: orphan?,
            template: template?,
            schedule: schedule?,
            report,
            sessions_until: until?,
            account,
        };
        let brand = self.show_brand(&offering.brand);
        let mut view = customer_view(&sources, &brand);
        view["update"] = update;
        Ok(Response::json(200, &view))
    }

    /// Which services received credentials, for what, and until when they work.
    pub(crate) async fn customer_receipts(
        &self,
        request: &Request<'_>,
        visitor: &Visitor,
    ) -> Result<Response, Problem> {
        let slice = paging::slice(request, visitor)?;
        let account = self.account_of(visitor).await?;
        let id: &AccountId = &account.account_id;
        let (page, template) = join!(
            self.env.store().receipts(id, &slice),
            self.env.store().template(&account.template_id)
        );
        let (page, template) = (page?, template?);
        let profiles = template.iter().flat_map(|template| &template.profiles);
        let profiles: BTreeMap<_, _> = profiles.map(|it| (&it.name, it)).collect();
        let view = |receipt: &Receipt| receipt_view(receipt, profiles.get(&receipt.profile));
        let views = page.items.iter().map(view).collect();
        Ok(paging::page(request, visitor, views, page.next.as_deref()))
    }
}

fn customer_view(sources: &Sources, brand: &Value) -> Value {
    let Sources {
        account, template, ..
    } = sources;
    let state = CustomerState::of(account, sources.orphan.as_ref());
    // After a deregistration, nothing is checked and nothing is granted.
    let is_ours = !account.is_deregistered();
    let template = template.as_ref().filter(|_| is_ours);
    let report = sources.report.as_ref().filter(|_| is_ours);
    let profiles = template.map_or(&[][..], |template| &template.profiles);
    let kinds = account.seen_roles().map(|role| role.kind);
    let stack = &account.stack_id;
    let seen = report.map(|report| report.stack.clone());
    let stack_links = StackLinks::to(stack, seen.unwrap_or_default());
    json!({
        "state": state.as_str(),
        "name": account.name,
        "aws_account_id": account.aws_account_id,
        "region": stack.region(),
        "stack_name": stack.name(),
        "stack_id": stack,
        "role_arn": account.role.arn,
        "console_url": stack_links.console_url,
        // A deregistered account has a separate command, which deletes its stack.
        "delete_command": stack_links.delete_command.filter(|_| is_ours),
        "connected_at": account.registered_at,
        "last_checked_at": sources.schedule.as_ref().and_then(|it| it.last_checked_at),
        "access": profiles.iter().map(shown::profile).collect::<Value>(),
        "companion_roles": kinds.filter(|_| is_ours).map(shown::companion_role).collect::<Value>(),
        "checks": shown::findings(report, Reader::ConnectedCustomer),
        "orphaned_stack": sources.orphan.as_ref().map(orphaned_stack),
        "sessions_until": sources.sessions_until,
        "brand": brand,
    })
}

/// The remaining stack of a deregistered account, and how to delete it.
fn orphaned_stack(orphan: &OrphanedStack) -> Value {
    let (stack, remedy) = (&orphan.stack_id, orphan.remedy());
    json!({
        "status": orphan.status().as_str(),
        "stack_name": stack.name(),
        "stack_id": stack,
        "region": stack.region(),
        "console_url": links::stack_page(stack),
        "role_arn": orphan.role_arn,
        "remedy": remedy.as_ref().map(|it| it.instruction(Reader::ConnectedCustomer)),
        "delete_command": remedy.as_ref().and_then(|it| it.command(stack.partition())),
        "proof": if orphan.proof_is_available() { "available" } else { "unavailable" },
        "opened_at": orphan.opened_at,
    })
}

/// The title is the operator's current or former one; `null` for a profile that the stack no longer gives.
fn receipt_view(receipt: &Receipt, profile: Option<&&Profile>) -> Value {
    json!({
        "receipt_id": receipt.receipt_id,
        "service": receipt.service,
        "profile": receipt.profile,
        "profile_title": profile.map(|profile| &profile.title),
        "session_name": receipt.session_name,
        "issued_at": receipt.issued_at,
        "expires_at": receipt.expires_at,
    })
}
