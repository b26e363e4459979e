//! The sessions of a user.

use crate::api::Api;
use crate::http::Response;
use crate::model::records;
use crate::view;
use crate::visit::Visit;
use crate::{Console, Refusal};
use rolecall_domain::ports::{Clock, Entropy, Sealer, Sessions, SignInIssuer};
use rolecall_domain::session::Session;
use rolecall_usecases::end_session::end_session;

impl<S, I, L, H, A> Console<S, I, L, H, A>
where
    S: Sessions,
    I: SignInIssuer,
    L: Sealer,
    H: Clock + Entropy,
    A: Api,
{
    /// The live sessions, this one first and then by their last use.
    async fn live_sessions(&self, own: &Session) -> Result<Vec<Session>, Refusal> {
        let stored = self.sign_ins.sessions.of_user(&own.key.user).await;
        let stored = stored.map_err(|error| super::of_store(&error))?;
        let (limits, now) = (self.sign_ins.settings.limits, self.now());
        let live = stored
            .into_iter()
            .filter(|it| it.is_live(limits, None, now));
        let mut live: Vec<Session> = live.collect();
        live.sort_by_key(|it| (it.key != own.key, std::cmp::Reverse(it.seen_at)));
        Ok(live)
    }

    pub(crate) async fn sessions(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let signed = visit.signed().ok_or(Refusal::SignedOut)?;
        let own = &signed.current.session;
        let live = self.live_sessions(own).await?.into_iter();
        let sessions: Vec<_> = live
            .map(|session| records::Session {
                is_current: session.key == own.key,
                id: session.key.hash,
                browser: session.browser,
                started_at: session.created_at,
                last_seen_at: session.seen_at,
            })
            .collect();
        let shown = self.shown(visit);
        let page = view::sign_in::sessions(&self.look(visit, &shown), &sessions);
        Ok(Response::page(200, page))
    }

    /// Ends one of the user's own sessions, or all of them.
    pub(crate) async fn end_sessions(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let signed = visit.signed().ok_or(Refusal::SignedOut)?;
        let own = &signed.current.session;
        let named = visit.parameter("session");
        let mut ended_own = false;
        for session in self.live_sessions(own).await? {
            if named.is_empty() || session.key.hash == named {
                let ended = end_session(&self.sign_ins, &session).await;
                ended.map_err(|error| super::of_store(&error))?;
                ended_own |= session.key == own.key;
            }
        }
        Ok(match ended_own {
            true => Self::to_signed_out(),
            false => Response::see_other("/sessions"),
        })
    }
}
