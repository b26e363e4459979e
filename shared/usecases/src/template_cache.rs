//! What is published for all customers alike, read once for an event, however many accounts it is
//! about. A cache lives as long as its event, so that no event acts on what an earlier one has read.

use futures_util::lock::Mutex as AsyncMutex;
use rolecall_domain::link::template::{PublishedTemplate, TemplatePermissions, TemplateVersion};
use rolecall_domain::ports::{Records, StoreError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug, Default)]
pub struct TemplateCache {
    template: Once<PublishedTemplate>,
    permissions: Mutex<BTreeMap<TemplateVersion, Arc<Once<TemplatePermissions>>>>,
}

impl TemplateCache {
    /// The current template.
    ///
    /// # Errors
    /// The store's.
    pub async fn template(
        &self,
        store: &impl Records,
    ) -> Result<Option<PublishedTemplate>, StoreError> {
        self.template.get(store.published_template()).await
    }

    /// What a version of the template gives its roles.
    ///
    /// # Errors
    /// The store's.
    pub async fn permissions(
        &self,
        store: &impl Records,
        version: &TemplateVersion,
    ) -> Result<Option<TemplatePermissions>, StoreError> {
        let item = self.of_version(version);
        item.get(store.template_permissions(version)).await
    }

    fn of_version(&self, version: &TemplateVersion) -> Arc<Once<TemplatePermissions>> {
        let versions = self.permissions.lock();
        let mut versions = versions.unwrap_or_else(PoisonError::into_inner);
        Arc::clone(versions.entry(version.clone()).or_default())
    }
}

/// An item that is read by whoever asks for it first, while the others wait.
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
                // Each for itself: one after the other they would wait a time-out for each.
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
        StoreError::Unavailable("the table is unwell".into())
    }

    /// Ready at its second poll, so that others get to ask in between.
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
        panic!("it hangs");
    }

    #[test]
    fn all_who_ask_side_by_side_get_what_the_first_one_reads() {
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
    fn what_is_not_there_is_not_looked_for_again() {
        let once = Once::<u8>::default();
        assert!(run(once.get(ready(Ok(None)))).is_ok_and(|read| read.is_none()));
        assert!(run(once.get(ready(Err(unavailable())))).is_ok_and(|read| read.is_none()));
    }

    #[test]
    fn after_a_failure_each_reads_for_itself_and_none_waits_for_another() {
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
