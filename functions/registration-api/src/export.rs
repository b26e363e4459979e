//! `/v1/export` and `/operator/v1/export`: the accounts as files that other programs read.

mod asked;

use crate::caller::{Caller, Operator};
use crate::problem::Problem;
use crate::request::Request;
use crate::response::Response;
use crate::{Api, concurrently};
use asked::Asked;
use futures_util::join;
use rolecall_domain::export::{Candidate, Export, Format, Options, Refused, Scope, export};
use rolecall_domain::ids::GroupId;
use rolecall_domain::link::template::TemplateId;
use rolecall_domain::messages::{Detail, Message, Quoted, Rule};
use rolecall_domain::ports::{Directory, Records, Slice, TemplateBucket, TokenKeys};
use rolecall_domain::problem::Code;
use rolecall_domain::record::account::Account;
use rolecall_domain::settings::{ACCOUNTS_IN_ONE_EXPORT, LARGEST_EXPORT};
use rolecall_domain::text::Tenant;
use rolecall_usecases::Env;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub use asked::{PARAMETERS, PARAMETERS_OF_OPERATOR};

/// Tenants whose accounts are read before the number of accounts is compared with the limit.
const TENANTS_AT_ONCE: usize = 20;

/// The number of accounts that the file leaves out, for clients that read the file itself.
const OMITTED: &str = "rolecall-omitted-accounts";

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    pub(crate) async fn export(
        &self,
        request: &Request<'_>,
        caller: &Caller,
    ) -> Result<Response, Problem> {
        let asked = Asked::read(request, &self.service)?;
        self.export_tenant(asked, &caller.tenant).await
    }

    /// The accounts of every tenant, of one tenant, or of one of its groups.
    pub(crate) async fn export_for_operator(
        &self,
        request: &Request<'_>,
        _operator: &Operator,
    ) -> Result<Response, Problem> {
        let asked = Asked::read(request, &self.service)?;
        match (asked.tenant.clone(), &asked.group_id) {
            (Some(tenant), _) => self.export_tenant(asked, &tenant).await,
            // A group ID is searched for in one tenant.
            (None, Some(_)) => Err(Problem::field("tenant", "required", Rule::Required)),
            (None, None) => {
                let accounts = self.every_account(ACCOUNTS_IN_ONE_EXPORT + 1).await?;
                self.exported(asked, Scope::Hub, accounts).await
            }
        }
    }

    async fn export_tenant(&self, asked: Asked, tenant: &Tenant) -> Result<Response, Problem> {
        let most = ACCOUNTS_IN_ONE_EXPORT + 1;
        let (scope, accounts) = match &asked.group_id {
            Some(id) => {
                let (group, accounts) = join!(
                    self.group_of(tenant, id),
                    self.accounts_of(tenant, id, most)
                );
                let (group_id, name) = (id.clone(), group?.name);
                (Scope::Group { group_id, name }, accounts?)
            }
            None => {
                let accounts = self.accounts_of_tenant(tenant, most).await?;
                (Scope::Tenant(tenant.clone()), accounts)
            }
        };
        self.exported(asked, scope, accounts).await
    }

    /// The accounts of all tenants, up to this many or a few more.
    async fn every_account(&self, most: usize) -> Result<Vec<Account>, Problem> {
        let store = self.env.store();
        let (mut accounts, mut after) = (Vec::new(), None);
        loop {
            let page = store
                .tenants(&Slice::first(TENANTS_AT_ONCE).after(after))
                .await?;
            let each = page
                .items
                .iter()
                .map(|tenant| self.accounts_of_tenant(tenant, most));
            accounts.extend(concurrently(each).await?.into_iter().flatten());
            after = page.next;
            if after.is_none() || accounts.len() >= most {
                return Ok(accounts);
            }
        }
    }

    /// The response with the accounts that the caller may see.
    async fn exported(
        &self,
        asked: Asked,
        scope: Scope,
        accounts: Vec<Account>,
    ) -> Result<Response, Problem> {
        let too_many = || {
            let most = ACCOUNTS_IN_ONE_EXPORT;
            Problem::new(
                Code::TooManyAccounts,
                &Detail::TooManyAccountsToExport { most },
            )
        };
        if accounts.len() > ACCOUNTS_IN_ONE_EXPORT {
            return Err(too_many());
        }
        let with_details = asked.with_details;
        let options = asked.options(scope);
        let candidates = self.candidates(accounts).await?;
        let exported = export(&candidates, &options).map_err(|why| refused(why, options.format))?;
        let response = match with_details {
            true => Response::json(200, &self.details(&exported, &options)),
            false => file(exported, &options),
        };
        if response.size() > LARGEST_EXPORT {
            return Err(too_many());
        }
        Ok(response)
    }

    /// The accounts with the names of their groups, and what their stacks' templates give.
    async fn candidates(&self, accounts: Vec<Account>) -> Result<Vec<Candidate>, Problem> {
        let store = self.env.store();
        let of = |account: &Account| (account.tenant.clone(), account.group_id.clone());
        let groups: BTreeSet<(Tenant, GroupId)> = accounts.iter().map(of).collect();
        let groups = groups.into_iter().map(async |(tenant, id)| {
            let group = store.group(&tenant, &id).await?;
            Ok(group.map(|group| ((tenant, id), group.name)))
        });
        let templates: BTreeSet<&TemplateId> = accounts.iter().map(|it| &it.template_id).collect();
        let templates = templates.into_iter().map(async |id| {
            let template = store.template(id).await?;
            Ok(template.map(|template| (id.clone(), template.access())))
        });
        let (groups, templates) = join!(concurrently(groups), concurrently(templates));
        let groups: BTreeMap<_, _> = groups?.into_iter().flatten().collect();
        let templates: BTreeMap<_, _> = templates?.into_iter().flatten().collect();
        // A group that is being deleted has no accounts.
        let each = accounts.into_iter().filter_map(|account| {
            Some(Candidate {
                group_name: groups.get(&of(&account))?.clone(),
                access: templates
                    .get(&account.template_id)
                    .cloned()
                    .unwrap_or_default(),
                account,
            })
        });
        Ok(each.collect())
    }

    fn details(&self, exported: &Export, options: &Options) -> Value {
        let omitted = exported.omitted.iter().map(|one| {
            json!({
                "account_id": one.account_id,
                "aws_account_id": one.aws_account_id,
                "name": one.name,
                "reason": one.reason.localized(),
            })
        });
        let block = (options.format == Format::AwsConfig).then(|| self.block(options));
        json!({
            "format": options.format.as_str(),
            "file_name": ascii_name(options),
            "content_type": options.format.content_type(),
            "content": exported.text,
            "account_count": exported.account_count,
            "omitted": omitted.collect::<Vec<_>>(),
            "block": block,
        })
    }

    /// Identifies the profiles of this hub, scope and kind in a file that has others, too.
    fn block(&self, options: &Options) -> String {
        let hub = self.env.hub();
        let (scope, via) = (options.scope.id(), options.via.as_str());
        let access = options.access.as_ref();
        let access = access.map(|name| format!("/{name}")).unwrap_or_default();
        format!("{}-{}/{scope}/{via}{access}", hub.account, hub.region)
    }
}

fn file(exported: Export, options: &Options) -> Response {
    let format = options.format;
    let name = file_name(&options.scope.file_name(), format);
    let omitted = exported.omitted.len().to_string();
    Response::file(
        exported.text,
        format.content_type(),
        &ascii_name(options),
        &name,
    )
    .header(OMITTED, omitted)
}

fn ascii_name(options: &Options) -> String {
    file_name(&options.scope.slug(), options.format)
}

fn file_name(scope: &str, format: Format) -> String {
    format!(
        "rolecall-{scope}-{}.{}",
        format.as_str(),
        format.extension()
    )
}

fn refused(why: Refused, format: Format) -> Problem {
    match why {
        Refused::NothingUsable => {
            let format = format.as_str().to_owned();
            Problem::new(Code::NothingToExport, &Detail::NothingToExport { format })
        }
        Refused::NameTaken { name } => {
            let name = Quoted::new(&name);
            let rule = Rule::ProfileNameTaken { name };
            Problem::field("profile_template", "not_unique", rule)
        }
    }
}
