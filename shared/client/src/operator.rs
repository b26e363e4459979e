//! The operator's API as calls: `/operator/v1`, over all tenants. Each is signed by a
//! [`Signer`](crate::signer::Signer).

use serde_json::Value;

use crate::model::{Exported, Page};
use crate::request::{Call, Request};

pub fn list_tenants() -> Call<Page<Value>> {
    Request::get("/operator/v1/tenants").into()
}

/// `filters` are query parameters, such as `status`.
pub fn list_every_account(filters: &[(&'static str, &str)]) -> Call<Page<Value>> {
    filtered("/operator/v1/accounts", filters).into()
}

pub fn list_every_registration(filters: &[(&'static str, &str)]) -> Call<Page<Value>> {
    filtered("/operator/v1/registrations", filters).into()
}

pub fn list_every_orphaned_stack(filters: &[(&'static str, &str)]) -> Call<Page<Value>> {
    filtered("/operator/v1/orphaned-stacks", filters).into()
}

pub fn get_aws_account(aws_account_id: &str) -> Call<Page<Value>> {
    Request::get(format!("/operator/v1/aws-accounts/{aws_account_id}")).into()
}

pub fn get_assume_role(account_id: &str) -> Call<Value> {
    let path = format!("/operator/v1/accounts/{account_id}/assume-role");
    Request::get(path).into()
}

/// The file with its details: of all tenants, or of one.
pub fn export_every_account(format: &str, tenant: Option<&str>) -> Call<Exported> {
    let request = Request::get("/operator/v1/export");
    request
        .query("format", Some(format))
        .query("details", Some("true"))
        .query("tenant", tenant)
        .into()
}

pub fn get_usage(month: &str) -> Call<Page<Value>> {
    let request = Request::get("/operator/v1/usage");
    request.query("month", Some(month)).into()
}

/// Credentials for an account, limited to an access profile. Issuing them twice has no lasting effect.
pub fn issue_credentials(
    profile: &str,
    account_id: &str,
    duration_seconds: Option<u64>,
    session_name: Option<&str>,
) -> Call<Value> {
    let path = format!("/operator/v1/credentials/{profile}/{account_id}");
    let mut body = serde_json::Map::new();
    if let Some(seconds) = duration_seconds {
        body.insert("duration_seconds".to_owned(), seconds.into());
    }
    if let Some(name) = session_name {
        body.insert("session_name".to_owned(), name.into());
    }
    Request::ask(path, Value::Object(body)).into()
}

/// A call of a tenant's API on behalf of the tenant.
pub fn on_behalf<T>(tenant: &str, mut call: Call<T>) -> Call<T> {
    call.request = request_on_behalf(tenant, call.request);
    call
}

/// A request of a tenant's API on behalf of the tenant.
pub fn request_on_behalf(tenant: &str, mut request: Request) -> Request {
    if let Some(rest) = request.path.strip_prefix("/v1/") {
        request.path = format!("/operator/v1/tenants/{tenant}/{rest}");
    }
    request
}

fn filtered(path: &str, filters: &[(&'static str, &str)]) -> Request {
    let request = Request::get(path);
    filters.iter().fold(request, |request, (name, value)| {
        request.query(name, Some(*value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls;

    #[test]
    fn call_on_behalf_has_the_tenant_in_its_path() {
        let call = on_behalf("acme", calls::list_groups());
        assert_eq!(call.request.path, "/operator/v1/tenants/acme/groups");
    }
}
