//! `/v1/groups`

use crate::Api;
use crate::caller::Caller;
use crate::fields::Fields;
use crate::idempotency::Seen;
use crate::problem::{Problem, decide_again};
use crate::request::Request;
use crate::response::Response;
use crate::{concurrently, paging, views};
use futures_util::join;
use rolecall_domain::Timestamp;
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::ids::GroupId;
use rolecall_domain::messages::Detail;
use rolecall_domain::ports::{CommitError, Lists, Records, Slice, TemplateBucket, TokenKeys};
use rolecall_domain::problem::Code;
use rolecall_domain::record::group::{Group, GroupCounts};
use rolecall_domain::settings::GROUP_LIMIT;
use rolecall_domain::text::{Color, Name, Tenant};
use rolecall_usecases::Env;

/// Registrations that a deletion reads. Expired ones are closed by the planner every minute.
const MOST_PENDING: usize = 100;

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    pub(crate) async fn create_group(
        &self,
        request: &Request<'_>,
        caller: &Caller,
    ) -> Result<Response, Problem> {
        let body = request.body()?;
        let mut fields = Fields::new(body.clone());
        let name = fields.required("name", Name::parse);
        let color = fields.required("color", Color::parse);
        let (name, color) = fields.finish_with(name.zip(color))?;
        decide_again(&self.env, async || {
            let now = self.env.now();
            let (seen, groups) = join!(
                self.seen(request, caller, &body, now),
                self.env.store().count_groups(&caller.tenant)
            );
            let (seen, groups) = (seen?, groups?);
            if let Seen::Made(made) = &seen {
                let made = crate::id(made, GroupId::parse)?;
                let view = self.group_view(&self.group(caller, &made).await?).await?;
                return Ok(Response::json(201, &view));
            }
            if groups >= GROUP_LIMIT {
                let detail = Detail::TooManyGroups { groups };
                return Err(Problem::new(Code::LimitReached, &detail));
            }
            let group = Group {
                group_id: GroupId::new(self.env.id_seed()),
                tenant: caller.tenant.clone(),
                version: 1,
                name: name.clone(),
                color: color.clone(),
                created_at: now,
                closing_until: None,
            };
            let occasion = Occasion::new(now, caller.actor.clone(), "requested");
            let record = Record::Group(group.clone());
            let mut change = Change::new().create(record, Event::GroupCreated, &occasion);
            change.idempotency = seen.record(group.group_id.as_str());
            match self.env.store().commit(&change).await {
                // The next decision finds what the key's first request created.
                Err(CommitError::KeyUsed) => Err(Problem::changed()),
                result => {
                    result?;
                    Ok(Response::json(
                        201,
                        &views::group(&group, GroupCounts::default()),
                    ))
                }
            }
        })
        .await
    }

    pub(crate) async fn list_groups(
        &self,
        request: &Request<'_>,
        caller: &Caller,
    ) -> Result<Response, Problem> {
        let slice = paging::slice(request, caller)?;
        let page = self.env.store().groups(&caller.tenant, &slice).await?;
        let ids: Vec<&GroupId> = page.items.iter().map(|group| &group.group_id).collect();
        let counts = self.env.store().group_counts(&caller.tenant, &ids).await?;
        let views = page.items.iter().zip(counts);
        let views = views
            .map(|(group, counts)| views::group(group, counts))
            .collect();
        Ok(paging::page(request, caller, views, page.next.as_deref()))
    }

    async fn group_view(&self, group: &Group) -> Result<serde_json::Value, Problem> {
        let counts = self.counts(&group.tenant, &group.group_id).await?;
        Ok(views::group(group, counts))
    }

    async fn counts(&self, tenant: &Tenant, id: &GroupId) -> Result<GroupCounts, Problem> {
        let mut counts = self.env.store().group_counts(tenant, &[id]).await?;
        Ok(counts.pop().unwrap_or_default())
    }

    pub(crate) async fn group(&self, caller: &Caller, id: &GroupId) -> Result<Group, Problem> {
        self.group_of(&caller.tenant, id).await
    }

    pub(crate) async fn group_of(&self, tenant: &Tenant, id: &GroupId) -> Result<Group, Problem> {
        self.env
            .store()
            .group(tenant, id)
            .await?
            .ok_or_else(|| Problem::not_found(&Detail::UnknownGroup))
    }

    pub(crate) async fn read_group(
        &self,
        caller: &Caller,
        id: &GroupId,
    ) -> Result<Response, Problem> {
        let (group, counts) = join!(self.group(caller, id), self.counts(&caller.tenant, id));
        Ok(Response::json(200, &views::group(&group?, counts?)))
    }

    pub(crate) async fn change_group(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        id: &GroupId,
    ) -> Result<Response, Problem> {
        let mut fields = Fields::new(request.body()?);
        let name = fields.optional("name", Name::parse);
        let color = fields.optional("color", Color::parse);
        fields.finish()?;
        decide_again(&self.env, async || {
            let before = self.group(caller, id).await?;
            let after = before.changed(name.clone(), color.clone());
            if (&after.name, &after.color) == (&before.name, &before.color) {
                return Ok(Response::json(200, &self.group_view(&before).await?));
            }
            let view = self.group_view(&after).await?;
            let occasion = Occasion::new(self.env.now(), caller.actor.clone(), "requested");
            self.replace_group(before, after, &occasion).await?;
            Ok(Response::json(200, &view))
        })
        .await
    }

    async fn replace_group(
        &self,
        before: Group,
        after: Group,
        occasion: &Occasion,
    ) -> Result<(), Problem> {
        let (before, after) = (Record::Group(before), Record::Group(after));
        let change = Change::new().update(before, after, Event::GroupChanged, occasion);
        Ok(self.env.store().commit(&change).await?)
    }

    /// Marks the group as closing, so that nothing can be added to it, then verifies that it is empty,
    /// and then deletes it.
    pub(crate) async fn delete_group(
        &self,
        caller: &Caller,
        id: &GroupId,
    ) -> Result<Response, Problem> {
        decide_again(&self.env, async || {
            let now = self.env.now();
            let occasion = Occasion::new(now, caller.actor.clone(), "requested");
            let Some(group) = self.env.store().group(&caller.tenant, id).await? else {
                return self.deleted_before(caller, id).await;
            };
            self.require_empty(&group, now).await?;
            let closing = group.closing(now);
            let marked = closing.clone();
            self.replace_group(group, closing, &occasion).await?;
            if let Err(problem) = self.require_empty(&marked, now).await {
                let reopened = marked.reopened();
                // If the group changed meanwhile, another request reopened it or is deleting it.
                let opened = self.replace_group(marked, reopened, &occasion).await;
                return match opened {
                    Err(failure) if !failure.is_stale() => Err(failure),
                    _ => Err(problem),
                };
            }
            let record = Record::Group(marked);
            let change = Change::new().delete(record, Event::GroupDeleted, &occasion);
            self.env.store().commit(&change).await?;
            Ok(Response::no_content())
        })
        .await
    }

    /// Repeats the response to a deletion whose first response was lost. The history has its entry.
    async fn deleted_before(&self, caller: &Caller, id: &GroupId) -> Result<Response, Problem> {
        let newest = Slice::first(1);
        let (tenant, id) = (&caller.tenant, id.as_str());
        let history = self.env.store().history(tenant, id, &newest).await?;
        let deleted = history.items.first().map(|entry| entry.event) == Some(Event::GroupDeleted);
        if deleted {
            Ok(Response::no_content())
        } else {
            Err(Problem::not_found(&Detail::UnknownGroup))
        }
    }

    async fn require_empty(&self, group: &Group, now: Timestamp) -> Result<(), Problem> {
        let (tenant, id, store) = (&group.tenant, &group.group_id, self.env.store());
        let one = Slice::first(1);
        let (accounts, pending) = join!(
            store.accounts(tenant, id, &one),
            store.pending_registrations(tenant, Some(id), MOST_PENDING + 1)
        );
        let (accounts, pending) = (accounts?, pending?);
        let mut occupied = !accounts.items.is_empty() || accounts.next.is_some();
        if !occupied {
            // An expired registration may still be listed as pending.
            let registrations = pending.iter().take(MOST_PENDING).map(async |id| {
                let registration = store.registration(tenant, id).await?;
                Ok(registration.is_some_and(|it| it.status(now) == "pending"))
            });
            occupied = concurrently(registrations).await?.contains(&true);
        }
        if !occupied && pending.len() > MOST_PENDING {
            let detail = Detail::GroupHasExpiredRegistrations { most: MOST_PENDING };
            return Err(Problem::new(Code::GroupNotEmpty, &detail));
        }
        if occupied {
            return Err(Problem::new(Code::GroupNotEmpty, &Detail::GroupNotEmpty));
        }
        Ok(())
    }
}
