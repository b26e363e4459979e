//! `/connect/v1`: the data of pages that need no sign-in. A page token in the header `rolecall-page-token`
//! gives access to the one record that it names, and to nothing else.

mod account;
mod registration;
pub(crate) mod shown;

use crate::Api;
use crate::problem::Problem;
use crate::request::{Request, Visitor};
use rolecall_domain::ids::RegistrationId;
use rolecall_domain::link::page_token::Page;
use rolecall_domain::pages;
use rolecall_domain::ports::{Records, TemplateBucket, TokenKeys};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::schedule::pace::Limited;
use rolecall_usecases::Env;

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    /// Authenticates the page token. A forged one costs no read of the table.
    ///
    /// # Errors
    /// `page_link_invalid` without a valid token.
    pub(crate) async fn visitor(&self, request: &Request<'_>) -> Result<Visitor, Problem> {
        let presented = request.page_token()?;
        let mut keys = self.keys.ring().await?;
        let mut page = keys.authenticate_page(presented);
        if page.is_none() {
            // Another process may already have a newer key.
            keys = self.keys.newest_ring().await?;
            page = keys.authenticate_page(presented);
        }
        let page = page.ok_or_else(Problem::page_link_invalid)?;
        Ok(request.visitor(page, keys))
    }

    /// The registration of a connect page, after the request was counted against the page's limit.
    async fn registration_of(&self, visitor: &Visitor) -> Result<Registration, Problem> {
        let Page::Connect(id) = &visitor.page else {
            return Err(Problem::page_link_invalid());
        };
        let registration = self.shown_registration(id).await?;
        visitor.log.registration(&registration);
        visitor.prefer(registration.locale);
        let limit = Limited::ConnectPage(id.clone());
        self.admit_in(&registration.tenant, limit).await?;
        Ok(registration)
    }

    async fn shown_registration(&self, id: &RegistrationId) -> Result<Registration, Problem> {
        let found = self.env.store().registration_by_id(id).await?;
        let found = found.filter(|found| pages::is_shown(found, self.env.now()));
        found.ok_or_else(Problem::page_link_invalid)
    }

    /// The account of a customer page, after the request was counted against the page's limit.
    async fn account_of(&self, visitor: &Visitor) -> Result<Account, Problem> {
        let Page::Customer { account_id, .. } = &visitor.page else {
            return Err(Problem::page_link_invalid());
        };
        let found = self.env.store().account_by_id(account_id).await?;
        // A link that was replaced gets the same response as an unknown one.
        let account = found.filter(|account| account.page() == visitor.page);
        let account = account.ok_or_else(Problem::page_link_invalid)?;
        visitor.log.account(&account);
        let limit = Limited::CustomerPage(account_id.clone());
        self.admit_in(&account.tenant, limit).await?;
        Ok(account)
    }
}
