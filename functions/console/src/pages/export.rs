//! Exports of the accounts.

use crate::api::{Api, ApiError};
use crate::http::Response;
use crate::visit::Visit;
use crate::{Console, Refusal};
use rolecall_client::Request;
use rolecall_domain::ports::{Clock, Entropy, Sealer, Sessions, SignInIssuer};
use serde_json::Value;

/// What an export is chosen by.
const EXPORT_PARAMETERS: &[&str] = &["format", "group_id", "status", "access", "finding", "via"];

impl<S, I, L, H, A> Console<S, I, L, H, A>
where
    S: Sessions,
    I: SignInIssuer,
    L: Sealer,
    H: Clock + Entropy,
    A: Api,
{
    /// The file as the API writes it.
    pub(crate) async fn export(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let request: Request = visit.read::<Value>("/v1/export", EXPORT_PARAMETERS).into();
        let answer = self
            .api
            .send(&request, visit.credential(), Some(visit.language))
            .await?;
        if answer.status != 200 {
            return Err(crate::api::refused(&answer).into());
        }
        let media_type = answer.content_type.as_deref();
        let text = String::from_utf8(answer.body)
            .map_err(|_| ApiError::Unavailable("the export is not text".to_owned()))?;
        let response = Response::text(200, media_type.unwrap_or("text/plain; charset=utf-8"), text);
        // The API names the file, in ASCII and in the group's own words.
        let disposition = answer.content_disposition;
        Ok(response.header(
            "content-disposition",
            disposition.unwrap_or_else(|| "attachment".to_owned()),
        ))
    }
}
