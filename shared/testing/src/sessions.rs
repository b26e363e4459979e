//! Sessions in memory, and a sealer whose texts are readable in tests.

use crate::lock;
use jiff::Timestamp;
use rolecall_domain::ports::{FoundSession, Sealer, Sessions, StoreError};
use rolecall_domain::session::{Session, SessionKey, UserKey};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

#[derive(Debug, Default)]
struct State {
    sessions: BTreeMap<SessionKey, Session>,
    ended: BTreeMap<UserKey, Timestamp>,
    attempts: BTreeSet<String>,
    /// Returned by every call, if set.
    failing: bool,
}

/// Sessions in memory. Clones share them.
#[derive(Debug, Default, Clone)]
pub struct MemorySessions {
    state: Arc<Mutex<State>>,
}

impl MemorySessions {
    pub fn new() -> Self {
        Self::default()
    }

    /// Fails all calls, or none again.
    pub fn fail(&self, failing: bool) {
        lock(&self.state).failing = failing;
    }

    /// All stored sessions.
    pub fn all(&self) -> Vec<Session> {
        lock(&self.state).sessions.values().cloned().collect()
    }

    /// The marks of the attempts that were used.
    pub fn attempts(&self) -> BTreeSet<String> {
        lock(&self.state).attempts.clone()
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> Result<T, StoreError> {
        let mut state = lock(&self.state);
        if state.failing {
            return Err(StoreError::Unavailable("the table is down".into()));
        }
        Ok(act(&mut state))
    }
}

impl Sessions for MemorySessions {
    async fn use_attempt(&self, mark: &str, _until: Timestamp) -> Result<bool, StoreError> {
        self.with(|state| state.attempts.insert(mark.to_owned()))
    }

    async fn open(&self, session: &Session, _until: Timestamp) -> Result<(), StoreError> {
        let session = session.clone();
        self.with(|state| drop(state.sessions.insert(session.key.clone(), session)))
    }

    async fn find(&self, key: &SessionKey) -> Result<Option<FoundSession>, StoreError> {
        self.with(|state| {
            let session = state.sessions.get(key)?.clone();
            let ended_at = state.ended.get(&key.user).copied();
            Some(FoundSession { session, ended_at })
        })
    }

    async fn see(&self, key: &SessionKey, now: Timestamp) -> Result<(), StoreError> {
        self.with(|state| {
            if let Some(session) = state.sessions.get_mut(key) {
                session.seen_at = now;
            }
        })
    }

    async fn begin_renewal(
        &self,
        session: &Session,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        self.with(|state| match state.sessions.get_mut(&session.key) {
            Some(stored) if stored.version == session.version && !stored.is_being_renewed(now) => {
                stored.renewing_until = Some(until);
                true
            }
            _ => false,
        })
    }

    async fn renew(&self, renewed: &Session) -> Result<bool, StoreError> {
        self.with(|state| match state.sessions.get_mut(&renewed.key) {
            Some(stored) if stored.version + 1 == renewed.version => {
                stored.version = renewed.version;
                stored.tokens.clone_from(&renewed.tokens);
                stored.tokens_expire_at = renewed.tokens_expire_at;
                stored.renewing_until = None;
                true
            }
            _ => false,
        })
    }

    async fn abandon_renewal(&self, session: &Session) -> Result<(), StoreError> {
        self.with(|state| match state.sessions.get_mut(&session.key) {
            Some(stored) if stored.version == session.version => stored.renewing_until = None,
            _ => {}
        })
    }

    async fn end(&self, key: &SessionKey, version: Option<u64>) -> Result<(), StoreError> {
        self.with(|state| {
            let stored = state.sessions.get(key).map(|session| session.version);
            if version.is_none() || version == stored {
                state.sessions.remove(key);
            }
        })
    }

    async fn of_user(&self, user: &UserKey) -> Result<Vec<Session>, StoreError> {
        self.with(|state| {
            let sessions = state.sessions.values();
            sessions
                .filter(|it| it.key.user == *user)
                .cloned()
                .collect()
        })
    }

    async fn end_all(&self, user: &UserKey, ended_at: Timestamp) -> Result<(), StoreError> {
        self.with(|state| {
            state.ended.insert(user.clone(), ended_at);
            let ended =
                |session: &Session| session.key.user == *user && session.created_at <= ended_at;
            state.sessions.retain(|_, session| !ended(session));
        })
    }
}

/// Encrypts nothing, but binds a text to its context.
#[derive(Debug, Default, Clone, Copy)]
pub struct PlainSealer;

impl Sealer for PlainSealer {
    async fn seal(&self, context: &str, text: &str) -> Result<String, StoreError> {
        use base64::Engine;
        let coded = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        Ok(format!("{context}|{coded}"))
    }

    async fn unseal(&self, context: &str, sealed: &str) -> Result<Option<String>, StoreError> {
        use base64::Engine;
        let coded = sealed
            .rsplit_once('|')
            .filter(|(found, _)| *found == context);
        let text = coded.and_then(|(_, coded)| {
            let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(coded);
            String::from_utf8(text.ok()?).ok()
        });
        Ok(text)
    }
}
