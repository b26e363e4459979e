//! Caches the offering and the records of templates, which are read once per event regardless of
//! the number of accounts. A cache lives only as long as its event, so that no event uses stale data of an
//! earlier one.

use futures_util::lock::Mutex as AsyncMutex;
use rolecall_domain::link::template::TemplateId;
use rolecall_domain::ports::{Records, StoreError};
use rolecall_domain::template::{Offering, Template};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug, Default)]
pub struct TemplateCache {
    offering: Once<Offering>,
    templates: Mutex<BTreeMap<TemplateId, Arc<Once<Template>>>>,
}

impl TemplateCache {
    /// What the operator published, if anything.
    ///
    /// # Errors
    /// The store's error.
    pub async fn offering(&self, store: &impl Records) -> Result<Offering, StoreError> {
        let offering = self.offering.get(store.offering()).await?;
        Ok(offering.unwrap_or_default())
    }

    /// The record of a template.
    ///
    /// # Errors
    /// The store's error.
    pub async fn template(
        &self,
        store: &impl Records,
        id: &TemplateId,
    ) -> Result<Option<Template>, StoreError> {
        let item = self.of_id(id);
        item.get(store.template(id)).await
    }

    fn of_id(&self, id: &TemplateId) -> Arc<Once<Template>> {
        let templates = self.templates.lock();
        let mut templates = templates.unwrap_or_else(PoisonError::into_inner);
        Arc::clone(templates.entry(id.clone()).or_default())
    }
}

/// An item that the first caller reads while the others wait.
#[derive(Debug)]
struct Once<T>(AsyncMutex<State<T>>);

#[derive(Debug)]
enum State<T> {
    Unread,
    Read(Option<T>),
    Failed,
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self(AsyncMutex::new(State::Unread))
    }
}

impl<T: Clone> Once<T> {
    async fn get(
        &self,
        read: impl Future<Output = Result<Option<T>, StoreError>>,
    ) -> Result<Option<T>, StoreError> {
        let mut state = self.0.lock().await;
        match &*state {
            State::Read(item) => return Ok(item.clone()),
            State::Failed => {
                // Each caller reads on its own. In sequence, each would wait for the previous one's
                // timeout.
                drop(state);
                return read.await;
            }
            State::Unread => {}
        }
        let item = read.await;
        *state = match &item {
            Ok(item) => State::Read(item.clone()),
            Err(_) => State::Failed,
        };
        item
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::{join_all, ready};
    use futures_util::{FutureExt, join};
    use std::cell::Cell;

    fn unavailable() -> StoreError {
        StoreError::Unavailable("the table is unavailable".into())
    }

    /// Ready at its second poll, so that other callers can run in between.
    async fn after_a_while<T>(item: T) -> T {
        let mut polled = false;
        std::future::poll_fn(|context| {
            let ready = std::mem::replace(&mut polled, true);
            context.waker().wake_by_ref();
            if ready {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
        item
    }

    fn run<T>(work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        for _ in 0..100 {
            if let Some(done) = work.as_mut().now_or_never() {
                return done;
            }
        }
        panic!("the future hangs");
    }

    #[test]
    fn concurrent_callers_share_one_read() {
        let (once, reads) = (Once::default(), Cell::new(0));
        let ask = || {
            once.get(async {
                reads.set(reads.get() + 1);
                after_a_while(Ok(Some(7))).await
            })
        };
        let all = run(join_all([ask(), ask(), ask()]));
        assert!(
            all.into_iter()
                .all(|read| read.is_ok_and(|it| it == Some(7)))
        );
        assert!(run(ask()).is_ok_and(|read| read == Some(7)));
        assert_eq!(reads.get(), 1);
    }

    #[test]
    fn missing_item_is_not_read_again() {
        let once = Once::<u8>::default();
        assert!(run(once.get(ready(Ok(None)))).is_ok_and(|read| read.is_none()));
        assert!(run(once.get(ready(Err(unavailable())))).is_ok_and(|read| read.is_none()));
    }

    #[test]
    fn after_a_failure_each_caller_reads_independently() {
        let once = Once::default();
        let failing = || once.get(after_a_while(Err(unavailable())));
        let hanging = || once.get(std::future::pending());
        assert!(run(failing()).is_err());
        let (hung, read) = run(async {
            let hung = hanging();
            let mut hung = std::pin::pin!(hung);
            let hung = hung.as_mut().now_or_never();
            (hung.is_none(), once.get(ready(Ok(Some(7)))).await)
        });
        assert!(hung && read.is_ok_and(|it| it == Some(7)));
        let (one, other) = run(async { join!(failing(), once.get(ready(Ok(Some(8))))) });
        assert!(one.is_err() && other.is_ok_and(|it| it == Some(8)));
    }
}
