//! Finds the records of a stack, and matches custom resources to them.

use crate::{Env, UseCaseError};
use rolecall_domain::aws::StackId;
use rolecall_domain::change::{Guard, Owner};
use rolecall_domain::ids::{AccountId, OrphanedStackId};
use rolecall_domain::ports::Records;
use rolecall_domain::record::account::Account;
use rolecall_domain::record::orphan::OrphanedStack;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::text::Tenant;

/// The hub's record of a stack.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "short-lived: matched where it is created"
)]
pub enum OnRecord {
    Account(Account),
    OrphanedStack(OrphanedStack),
    Nothing,
}

/// The custom resource that a CloudFormation request refers to.
#[derive(Debug, Clone)]
pub struct StackResource {
    pub stack_id: StackId,
    pub logical_resource_id: String,
    /// Whether its physical ID is the one that a rejected Create returned.
    pub was_refused: bool,
}

impl StackResource {
    /// The physical ID is not necessarily the hub's: CloudFormation generates one if the response
    /// to a Create never arrived.
    pub fn is_of_account(&self, account: &Account) -> bool {
        account.stack_id == self.stack_id
            && self.is_named(account.logical_resource_id.as_ref())
            && !self.was_refused
    }

    /// A stack that never became an account is deleted with the physical ID of its rejection, or
    /// with a generated one.
    pub fn is_of_orphan(&self, orphan: &OrphanedStack) -> bool {
        self.is_named(orphan.logical_resource_id.as_ref())
            && (orphan.account_id.is_none() || !self.was_refused)
    }

    fn is_named(&self, recorded: Option<&String>) -> bool {
        recorded.is_none_or(|recorded| recorded == &self.logical_resource_id)
    }
}

/// The registration's record of a stack: its account, or else an orphaned stack. Records of other
/// registrations are not read.
///
/// # Errors
/// If the store fails.
pub(crate) async fn of_registration(
    env: &impl Env,
    registration: &Registration,
    stack_id: &StackId,
) -> Result<OnRecord, UseCaseError> {
    let tenant = &registration.tenant;
    if let Some(account_id) = registration.account_id()
        && let Some(account) = env.store().account(tenant, account_id).await?
        && &account.stack_id == stack_id
    {
        return account_or_orphaned_stack(env, account).await;
    }
    let orphan = Guard::OrphanedStack {
        registration_id: registration.registration_id.clone(),
        stack_id: stack_id.clone(),
    };
    match env.store().owner(&orphan).await? {
        Some(owner) => orphaned_stack_of(env, owner).await,
        None => Ok(OnRecord::Nothing),
    }
}

/// The record of the account that was registered with the stack, in any tenant.
///
/// # Errors
/// If the store fails.
pub(crate) async fn of_holder(
    env: &impl Env,
    stack_id: &StackId,
) -> Result<OnRecord, UseCaseError> {
    let guard = Guard::Stack(stack_id.clone());
    let Some(owner) = env.store().owner(&guard).await? else {
        return Ok(OnRecord::Nothing);
    };
    match account_of(env, owner).await? {
        Some(account) => account_or_orphaned_stack(env, account).await,
        None => Ok(OnRecord::Nothing),
    }
}

/// The tenant's account that was registered with the stack, in any state.
pub(crate) async fn account_with_stack(
    env: &impl Env,
    tenant: &Tenant,
    stack_id: &StackId,
) -> Result<Option<Account>, UseCaseError> {
    let owner = env.store().owner(&Guard::Stack(stack_id.clone())).await?;
    match owner.filter(|owner| &owner.tenant == tenant) {
        Some(owner) => account_of(env, owner).await,
        None => Ok(None),
    }
}

async fn account_of(env: &impl Env, owner: Owner) -> Result<Option<Account>, UseCaseError> {
    match AccountId::parse(owner.record_id) {
        Ok(id) => Ok(env.store().account(&owner.tenant, &id).await?),
        Err(_) => Ok(None),
    }
}

async fn account_or_orphaned_stack(
    env: &impl Env,
    account: Account,
) -> Result<OnRecord, UseCaseError> {
    let Some(orphaned_stack_id) = account.orphaned_stack_id() else {
        return Ok(OnRecord::Account(account));
    };
    let orphan = env
        .store()
        .orphaned_stack(&account.tenant, orphaned_stack_id)
        .await?;
    Ok(orphan.map_or(OnRecord::Nothing, OnRecord::OrphanedStack))
}

pub(crate) async fn orphaned_stack_of(
    env: &impl Env,
    owner: Owner,
) -> Result<OnRecord, UseCaseError> {
    let Ok(id) = OrphanedStackId::parse(owner.record_id) else {
        return Ok(OnRecord::Nothing);
    };
    let orphan = env.store().orphaned_stack(&owner.tenant, &id).await?;
    Ok(orphan.map_or(OnRecord::Nothing, OnRecord::OrphanedStack))
}

/// Replaces the account with its current state.
pub(crate) async fn account_again(
    env: &impl Env,
    account: &mut Account,
) -> Result<(), UseCaseError> {
    let (tenant, id) = (&account.tenant, &account.account_id);
    let current = env.store().account(tenant, id).await?;
    *account = current.ok_or(UseCaseError::Missing("an account"))?;
    Ok(())
}

/// Replaces the registration with its current state.
pub(crate) async fn registration_again(
    env: &impl Env,
    registration: &mut Registration,
) -> Result<(), UseCaseError> {
    let id = &registration.registration_id;
    let current = env.store().registration_by_id(id).await?;
    *registration = current.ok_or(UseCaseError::Missing("a registration"))?;
    Ok(())
}
