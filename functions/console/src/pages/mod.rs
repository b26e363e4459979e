//! The pages: each calls the API and shows the result.

mod account_changes;
mod account_lists;
mod accounts;
mod choices;
mod connect;
mod customer;
mod export;
mod frame;
mod groups;
mod orphaned_stacks;
mod refusals;
mod registrations;
mod sessions;
mod signing_in;

pub(crate) use refusals::of_store;

use crate::api::{Api, call};
use crate::http::Response;
use crate::routes::Page;
use crate::view::Role;
use crate::visit::Visit;
use crate::{Console, Refusal};
use rolecall_client::Call;
use rolecall_domain::ports::{Clock, Entropy, Sealer, Sessions, SignInIssuer};
use serde::de::DeserializeOwned;

impl<S, I, L, H, A> Console<S, I, L, H, A>
where
    S: Sessions,
    I: SignInIssuer,
    L: Sealer,
    H: Clock + Entropy,
    A: Api,
{
    /// Pages that need no sign-in.
    pub(crate) async fn public(&self, page: Page, visit: &Visit<'_>) -> Result<Response, Refusal> {
        match page {
            Page::SignIn => self.sign_in(visit).await,
            Page::SignInCallback => self.sign_in_callback(visit).await,
            Page::SignedOut => Ok(self.signed_out(visit).await),
            Page::CustomerConnect => self.customer_connect(visit).await,
            Page::CustomerConnectStatus => self.customer_connect_status(visit).await,
            Page::CustomerPaste => self.customer_paste(visit).await,
            Page::Customer => self.customer(visit).await,
            Page::CustomerStatus => self.customer_status(visit).await,
            _ => Err(Refusal::NoSuchPage),
        }
    }

    /// Pages for signed-in users.
    pub(crate) async fn private(&self, page: Page, visit: &Visit<'_>) -> Result<Response, Refusal> {
        if let Some(least) = page.least_role() {
            self.require(visit, least)?;
        }
        match page {
            Page::SignOut => self.sign_out(visit).await,
            Page::Sessions => self.sessions(visit).await,
            Page::EndSessions => self.end_sessions(visit).await,
            Page::Resume => self.resume(visit).await,
            Page::Discard => Ok(self.discard()),
            Page::Groups => self.groups(visit).await,
            Page::NewGroup => Ok(self.new_group(visit)),
            Page::CreateGroup => self.create_group(visit).await,
            Page::Group => self.group(visit).await,
            Page::Waiting => self.waiting(visit).await,
            Page::EditGroup => self.edit_group(visit).await,
            Page::ChangeGroup => self.change_group(visit).await,
            Page::AskToDeleteGroup => self.ask_to_delete_group(visit).await,
            Page::DeleteGroup => self.delete_group(visit).await,
            Page::AddAccount => self.add_account(visit).await,
            Page::CreateRegistration => self.create_registration(visit).await,
            Page::Registration | Page::RegistrationStatus => self.registration(visit).await,
            Page::CompleteRegistration => self.complete_registration(visit).await,
            Page::AskToRevokeRegistration => self.ask_to_revoke_registration(visit).await,
            Page::RevokeRegistration => self.revoke_registration(visit).await,
            Page::Accounts => self.accounts(visit).await,
            Page::Account => self.account(visit).await,
            Page::AccountStatus => self.account_status(visit).await,
            Page::AccountHistory => self.account_history(visit).await,
            Page::AccountReceipts => self.account_receipts(visit).await,
            Page::EditAccount => self.edit_account(visit).await,
            Page::ChangeAccount => self.change_account(visit).await,
            Page::CheckAccount => self.check_account(visit).await,
            Page::AskToDeregisterAccount => self.ask_to_deregister_account(visit).await,
            Page::DeregisterAccount => self.deregister_account(visit).await,
            Page::RenewCustomerLink => self.renew_customer_link(visit).await,
            Page::AskForAccess => self.ask_for_access(visit).await,
            Page::ChooseAccess => self.choose_access(visit).await,
            Page::AskForCompanionRoles => self.ask_for_companion_roles(visit).await,
            Page::ChooseCompanionRoles => self.choose_companion_roles(visit).await,
            Page::Simulate => self.simulate(visit).await,
            Page::DecodeMessage => self.decode_message(visit).await,
            Page::OrphanedStacks => self.orphaned_stacks(visit).await,
            Page::OrphanedStack | Page::OrphanedStackStatus => self.orphaned_stack(visit).await,
            Page::CheckOrphanedStack => self.check_orphaned_stack(visit).await,
            Page::AskToDismissOrphanedStack => self.ask_to_dismiss(visit).await,
            Page::DismissOrphanedStack => self.dismiss_orphaned_stack(visit).await,
            Page::Export => self.export(visit).await,
            _ => Err(Refusal::NoSuchPage),
        }
    }

    /// Calls the API on behalf of the signed-in user.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        visit: &Visit<'_>,
        request: Call<T>,
    ) -> Result<T, Refusal> {
        let called = call(&self.api, request, visit.credential(), visit.language).await;
        called.map_err(Refusal::from)
    }
}

impl Page {
    /// The lowest role that can see a form's page. The API authorizes the form itself.
    fn least_role(self) -> Option<Role> {
        match self {
            Self::NewGroup
            | Self::EditGroup
            | Self::AddAccount
            | Self::AskToRevokeRegistration
            | Self::EditAccount => Some(Role::Member),
            Self::AskToDeleteGroup
            | Self::AskForAccess
            | Self::AskForCompanionRoles
            | Self::AskToDeregisterAccount
            | Self::AskToDismissOrphanedStack => Some(Role::Owner),
            _ => None,
        }
    }
}
