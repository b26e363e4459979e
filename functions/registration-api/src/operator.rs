//! The operator's own routes, `/operator/v1`, that are not lists with filters.

use crate::caller::Operator;
use crate::fleet::{ACCOUNT_STATUSES, REGISTRATION_STATUSES, Reads};
use crate::problem::Problem;
use crate::request::Request;
use crate::response::Response;
use crate::{Api, concurrently, paging};
use futures_util::join;
use rolecall_domain::aws::AwsAccountId;
use rolecall_domain::ids::AccountId;
use rolecall_domain::messages::{Detail, Rule};
use rolecall_domain::operator::counts::Counts;
use rolecall_domain::ports::{Directory, Receipts, Records, TemplateBucket, TokenKeys};
use rolecall_domain::record::orphan::OrphanedStackStatus;
use rolecall_domain::text::Tenant;
use rolecall_domain::text::month::Month;
use rolecall_usecases::Env;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    pub(crate) async fn list_tenants(
        &self,
        request: &Request<'_>,
        operator: &Operator,
    ) -> Result<Response, Problem> {
        let slice = paging::slice(request, operator)?;
        let page = self.env.store().tenants(&slice).await?;
        let views = page.items.iter().map(async |tenant| {
            let counts = self.env.store().counts(tenant).await?;
            Ok(tenant_view(tenant, &counts))
        });
        let views = concurrently(views).await?;
        Ok(paging::page(request, operator, views, page.next.as_deref()))
    }

    /// All records about an AWS account, across all tenants.
    pub(crate) async fn read_aws_account(
        &self,
        request: &Request<'_>,
        operator: &Operator,
        aws_account_id: &AwsAccountId,
    ) -> Result<Response, Problem> {
        let slice = paging::slice(request, operator)?;
        let store = self.env.store();
        let page = store
            .seen_in_aws_account(aws_account_id, None, &slice)
            .await?;
        let records = self.records(page.items.iter()).await?;
        let reads = Reads::Operator(operator);
        let views = records.iter().map(|record| self.listed(record, reads));
        let views = concurrently(views).await?;
        Ok(paging::page(request, operator, views, page.next.as_deref()))
    }

    /// The values that a product needs to assume an account's role itself.
    pub(crate) async fn assume_role(
        &self,
        operator: &Operator,
        id: &AccountId,
    ) -> Result<Response, Problem> {
        let unknown = || Problem::not_found(&Detail::UnknownAccount);
        let tenant = self.env.store().tenant_of(id).await?;
        let tenant = tenant.ok_or_else(unknown)?;
        let account = self.env.store().account(&tenant, id).await?;
        let account = account.ok_or_else(unknown)?;
        operator.log.account(&account);
        if account.is_deregistered() {
            return Err(crate::accounts::deregistered());
        }
        let body = json!({
            "account_id": account.account_id,
            "tenant": account.tenant,
            "status": account.state().as_str(),
            "aws_account_id": account.aws_account_id,
            "role_arn": account.role.arn,
            "external_id": account.external_id,
            "region": account.stack_id.region(),
            "partition": account.role.arn.partition().as_str(),
        });
        Ok(Response::json(200, &body))
    }

    /// What each tenant used in a month.
    pub(crate) async fn usage(
        &self,
        request: &Request<'_>,
        operator: &Operator,
    ) -> Result<Response, Problem> {
        let month = request.query("month");
        let month = month.ok_or_else(|| Problem::field("month", "required", Rule::Required))?;
        let month = Month::parse(month).map_err(|error| Problem::invalid("month", error))?;
        let slice = paging::slice(request, operator)?;
        let store = self.env.store();
        let page = store.tenants(&slice).await?;
        let views = page.items.iter().map(async |tenant| {
            let (usage, issued) = join!(
                store.usage(tenant, &month),
                store.credentials_issued(tenant, &month)
            );
            let (usage, issued) = (usage?, issued?);
            Ok(json!({
                "tenant": tenant,
                "month": month,
                "accounts_connected": usage.accounts_connected,
                "checks": usage.checks,
                "credentials_issued": issued,
            }))
        });
        let views: Vec<Value> = concurrently(views).await?;
        Ok(paging::page(request, operator, views, page.next.as_deref()))
    }
}

/// A tenant with the number of its records in every status.
fn tenant_view(tenant: &Tenant, counts: &Counts) -> Value {
    let every = |names: [&str; 4], counted: &BTreeMap<String, u64>| {
        let number = |name: &str| counted.get(name).copied().unwrap_or_default();
        let all = names.map(|name| (name.to_owned(), json!(number(name))));
        Value::Object(Map::from_iter(all))
    };
    json!({
        "tenant": tenant,
        "accounts": every(ACCOUNT_STATUSES, &counts.accounts),
        "registrations": every(REGISTRATION_STATUSES, &counts.registrations),
        "orphaned_stacks": every(OrphanedStackStatus::NAMES, &counts.orphaned_stacks),
    })
}
