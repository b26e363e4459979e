//! Operations of `infra/openapi.yaml`, one function each, in its order.

use serde_json::{Value, json};

use crate::model::{
    Account, AuditEntry, Deregistered, Exported, Group, Me, NewRegistration, OrphanedStack, Page,
    Registration, Report,
};
use crate::request::{Body, Call, Request};

// Groups

pub fn create_group(name: &str, color: &str) -> Call<Group> {
    Request::create("/v1/groups", json!({"name": name, "color": color})).into()
}

pub fn list_groups() -> Call<Page<Group>> {
    Request::get("/v1/groups").into()
}

pub fn get_group(group_id: &str) -> Call<Group> {
    Request::get(group(group_id)).into()
}

/// `change` contains the fields to change.
pub fn change_group(group_id: &str, change: Value) -> Call<Group> {
    Request::patch(group(group_id), change).into()
}

pub fn delete_group(group_id: &str) -> Call<()> {
    let request = Request::delete(group(group_id));
    request.answered_by(Body::Empty).into()
}

pub fn create_registration(group_id: &str, new: &NewRegistration) -> Call<Registration> {
    Request::create(format!("{}/registrations", group(group_id)), json!(new)).into()
}

pub fn list_registrations(group_id: &str) -> Call<Page<Registration>> {
    Request::get(format!("{}/registrations", group(group_id))).into()
}

pub fn list_group_accounts(group_id: &str) -> Call<Page<Account>> {
    Request::get(format!("{}/accounts", group(group_id))).into()
}

// Registrations

pub fn get_registration(registration_id: &str) -> Call<Registration> {
    Request::get(registration(registration_id)).into()
}

pub fn revoke_registration(registration_id: &str) -> Call<Registration> {
    Request::delete(registration(registration_id)).into()
}

pub fn get_registration_summary(registration_id: &str, lang: Option<&str>) -> Call<Value> {
    let request = Request::get(format!("{}/summary", registration(registration_id)));
    request.query("lang", lang).into()
}

/// Completes a registration with the stack's output.
pub fn complete_registration(
    registration_id: &str,
    stack_info: &str,
    account_name: Option<&str>,
) -> Call<Account> {
    let mut body = json!({"stack_info": stack_info});
    if let Some(name) = account_name {
        body["account_name"] = json!(name);
    }
    let path = format!("{}/complete", registration(registration_id));
    Request::act(path, body).into()
}

// Accounts

pub fn get_account(account_id: &str) -> Call<Account> {
    Request::get(account(account_id)).into()
}

/// `change` contains the fields to change.
pub fn change_account(account_id: &str, change: Value) -> Call<Account> {
    Request::patch(account(account_id), change).into()
}

pub fn deregister_account(account_id: &str) -> Call<Deregistered> {
    Request::delete(account(account_id)).into()
}

pub fn check_account(account_id: &str) -> Call<Report> {
    Request::act(format!("{}/checks", account(account_id)), json!({})).into()
}

/// Replaces the link to the customer's page.
pub fn renew_customer_link(account_id: &str) -> Call<Account> {
    Request::act(format!("{}/customer-link", account(account_id)), json!({})).into()
}

/// Which credentials were issued, newest first.
pub fn list_receipts(account_id: &str) -> Call<Page<Value>> {
    Request::get(format!("{}/receipts", account(account_id))).into()
}

pub fn get_account_history(account_id: &str) -> Call<Page<AuditEntry>> {
    Request::get(format!("{}/history", account(account_id))).into()
}

/// `names` are all access profiles that the account should have.
pub fn choose_access(account_id: &str, names: &[String]) -> Call<Value> {
    let path = format!("{}/access", account(account_id));
    Request::put(path, json!({"access": names})).into()
}

pub fn choose_companion_roles(account_id: &str, roles: Value) -> Call<Value> {
    let path = format!("{}/companion-roles", account(account_id));
    Request::put(path, json!({"companion_roles": roles})).into()
}

/// `question` contains the role kind, the actions and the resources.
pub fn simulate(account_id: &str, question: Value) -> Call<Value> {
    Request::ask(format!("{}/simulations", account(account_id)), question).into()
}

pub fn get_switch_role_link(account_id: &str) -> Call<Value> {
    Request::get(format!("{}/switch-role-link", account(account_id))).into()
}

// Orphaned stacks

pub fn list_orphaned_stacks(status: Option<&str>) -> Call<Page<OrphanedStack>> {
    let request = Request::get("/v1/orphaned-stacks");
    request.query("status", status).into()
}

pub fn get_orphaned_stack(orphaned_stack_id: &str) -> Call<OrphanedStack> {
    Request::get(orphaned_stack(orphaned_stack_id)).into()
}

pub fn check_orphaned_stack(orphaned_stack_id: &str) -> Call<OrphanedStack> {
    let path = format!("{}/checks", orphaned_stack(orphaned_stack_id));
    Request::act(path, json!({})).into()
}

pub fn dismiss_orphaned_stack(orphaned_stack_id: &str, reason: &str) -> Call<OrphanedStack> {
    let path = format!("{}/dismiss", orphaned_stack(orphaned_stack_id));
    Request::act(path, json!({"reason": reason})).into()
}

// Exports

/// The file with its details.
pub fn export_accounts(format: &str) -> Call<Exported> {
    let request = Request::get("/v1/export");
    request
        .query("format", Some(format))
        .query("details", Some("true"))
        .into()
}

// People

pub fn get_me() -> Call<Me> {
    Request::get("/v1/me").into()
}

// Policies

pub fn get_required_permissions(
    report_by: Option<&str>,
    registration_id: Option<&str>,
) -> Call<Value> {
    let request = Request::get("/v1/required-permissions");
    request
        .query("report_by", report_by)
        .query("registration_id", registration_id)
        .into()
}

pub fn get_source_policy(trusted_account_id: Option<&str>, group_id: Option<&str>) -> Call<Value> {
    let request = Request::get("/v1/source-policy");
    request
        .query("trusted_account_id", trusted_account_id)
        .query("group_id", group_id)
        .into()
}

pub fn decode_authorization_message(account_id: &str, message: &str) -> Call<Value> {
    let body = json!({"account_id": account_id, "message": message});
    Request::ask("/v1/decode-authorization-message", body).into()
}

// Pages of customers

/// Completes the registration of the page's token with the stack's output.
pub fn complete_from_connect_page(stack_info: &str) -> Call<Value> {
    let body = json!({"stack_info": stack_info});
    Request::act("/connect/v1/registration/complete", body).into()
}

fn group(group_id: &str) -> String {
    format!("/v1/groups/{group_id}")
}

fn registration(registration_id: &str) -> String {
    format!("/v1/registrations/{registration_id}")
}

fn account(account_id: &str) -> String {
    format!("/v1/accounts/{account_id}")
}

fn orphaned_stack(orphaned_stack_id: &str) -> String {
    format!("/v1/orphaned-stacks/{orphaned_stack_id}")
}
