//! `/v1/decode-authorization-message`

use super::{seen, split, verdict};
use crate::Api;
use crate::caller::Caller;
use crate::fields::Fields;
use crate::problem::Problem;
use crate::refusal::Refused;
use crate::request::Request;
use crate::response::Response;
use rolecall_domain::check::Read;
use rolecall_domain::iam::encoded_message::EncodedMessage;
use rolecall_domain::ids::AccountId;
use rolecall_domain::messages::{Message, NoAnswer, Rule};
use rolecall_domain::ports::{PolicySimulator, TemplateBucket, TokenKeys};
use rolecall_domain::schedule::pace::Limited;
use rolecall_usecases::Env;
use serde_json::json;

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    /// Decodes an authorization failure message into a sentence.
    pub(crate) async fn decode_message(
        &self,
        request: &Request<'_>,
        caller: &Caller,
    ) -> Result<Response, Problem> {
        let mut fields = Fields::new(request.body()?);
        let id = fields.required("account_id", AccountId::parse);
        let message = fields.required("message", |text| EncodedMessage::find(&text));
        let (id, message) = fields.finish_with(id.zip(message))?;
        let account = self.registered_account(caller, &id).await?;
        self.admit(caller, Limited::Question(id)).await?;
        let answer = match self.session(&account).await {
            Ok(session) => {
                let read = self
                    .env
                    .customers()
                    .decode_message(&session, message.as_str())
                    .await;
                if read == Read::NotFound {
                    let rule = Rule::NotThisAccountsMessage;
                    return Err(Problem::field("message", "invalid", rule));
                }
                // The hub may decode messages only if the stack created a role for instances.
                seen(read).map_err(|reason| match account.has_instances() {
                    true => reason,
                    false => NoAnswer::CannotDecode.localized(),
                })
            }
            Err(reason) => Err(reason),
        };
        let (decoded, reason) = split(answer);
        let refusal = decoded.map(|text| Refused::read(&text));
        let body = json!({
            "verdict": verdict(reason.as_ref()),
            "reason": reason,
            "allowed": refusal.as_ref().and_then(|it| it.allowed),
            "explicit_deny": refusal.as_ref().and_then(|it| it.explicit_deny),
            "action": refusal.as_ref().and_then(|it| it.action.as_ref()),
            "resource": refusal.as_ref().and_then(|it| it.resource.as_ref()),
            "principal": refusal.as_ref().and_then(|it| it.principal.as_ref()),
            "sentence": refusal.as_ref().map(|it| it.sentence().localized()),
            "matched_statements": refusal.as_ref().map_or(&[][..], |it| &it.matched),
        });
        Ok(Response::json(200, &body))
    }
}
