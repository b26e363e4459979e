//! `/v1/accounts/{account_id}/receipts`

use crate::Api;
use crate::caller::Caller;
use crate::paging;
use crate::problem::Problem;
use crate::request::Request;
use crate::response::Response;
use futures_util::join;
use rolecall_domain::credentials::Receipt;
use rolecall_domain::ids::AccountId;
use rolecall_domain::ports::{Receipts, TemplateBucket, TokenKeys};
use rolecall_usecases::Env;

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    /// Lists who received credentials for the account. The receipts never contain the credentials.
    pub(crate) async fn account_receipts(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        id: &AccountId,
    ) -> Result<Response, Problem> {
        let slice = paging::slice(request, caller)?;
        let (account, page) = join!(
            self.account(caller, id),
            self.env.store().receipts(id, &slice)
        );
        account?;
        let page = page?;
        let views = page.items.iter().map(Receipt::view).collect();
        Ok(paging::page(request, caller, views, page.next.as_deref()))
    }
}
