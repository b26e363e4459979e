//! `users`: the users of the hub's user pool, their tenants and their roles.

pub mod pool;

use rolecall_aws::host::SystemHost;
use rolecall_aws::sessions::SessionTable;
use rolecall_domain::ports::{Clock, Entropy, Sessions};
use rolecall_domain::session::UserKey;
use rolecall_domain::text::Tenant;

use crate::args::users::{AddUserArgs, UsersCommand};
use crate::aws::Account;
use crate::error::AdminError;
use crate::exit::Exit;
use crate::hub_stack::HubStack;
use pool::{NewUser, User, UserPool};

/// How long an ID token is valid, in minutes: `IdTokenValidity` of every client in `infra/template.yaml`.
/// After that, no token has a former role.
const TOKEN_MINUTES: u32 = 60;

/// How long a temporary password is valid, in days: Cognito's default.
const PASSWORD_DAYS: u32 = 7;

/// Runs the command.
///
/// # Errors
/// When the hub's stack or a call to AWS fails.
pub async fn run(command: &UsersCommand) -> Result<Exit, AdminError> {
    let hub_arguments = command.hub();
    let account = Account::of_operator(hub_arguments)?;
    let hub = HubStack::read(&account, &hub_arguments.stack_name).await?;
    let people = People::of(&account, &hub)?;
    print!("{}", people.answer(command).await?);
    Ok(Exit::Success)
}

/// The users of a hub, and their console sessions.
struct People<'a> {
    pool: UserPool<'a>,
    issuer: &'a str,
    sessions: SessionTable,
}

impl<'a> People<'a> {
    fn of(account: &'a Account, hub: &'a HubStack) -> Result<Self, AdminError> {
        Ok(Self {
            pool: UserPool {
                signer: account.signer(),
                pool_id: pool_id(hub)?,
            },
            issuer: hub.output("JwtIssuer")?,
            sessions: SessionTable::new(account.dynamodb(), hub.output("SessionsTableName")?),
        })
    }

    /// What the command prints.
    async fn answer(&self, command: &UsersCommand) -> Result<String, AdminError> {
        Ok(match command {
            UsersCommand::List(arguments) => {
                let users = of_tenant(self.pool.list().await?, arguments.tenant.as_ref());
                match arguments.json {
                    true => format!("{:#}\n", serde_json::json!(users)),
                    false => table(&users),
                }
            }
            UsersCommand::Add(arguments) => add(&self.pool, arguments).await?,
            UsersCommand::Role(arguments) => {
                let (user, role) = (&arguments.user, arguments.role);
                self.pool.set_role(user, role).await?;
                format!(
                    "{user} is now {role}. Tokens that were issued before keep the former role for at most \
                     {TOKEN_MINUTES} minutes.\n"
                )
            }
            UsersCommand::Disable(arguments) => {
                let user = &arguments.user;
                // First, so that no new session starts after the others have ended.
                self.pool.disable(user).await?;
                self.sign_out(user).await?;
                format!("Disabled {user}, and ended all sessions. {}\n", until())
            }
            UsersCommand::Enable(arguments) => {
                self.pool.enable(&arguments.user).await?;
                format!("Enabled {}.\n", arguments.user)
            }
            UsersCommand::SignOut(arguments) => {
                let user = &arguments.user;
                self.sign_out(user).await?;
                format!("Ended all sessions of {user}. {}\n", until())
            }
        })
    }

    /// Ends the console sessions, and revokes the refresh tokens of the command line and of programs.
    async fn sign_out(&self, user: &str) -> Result<(), AdminError> {
        let subject = self.pool.find(user).await?.subject;
        self.pool.sign_out(user).await?;
        let person = UserKey::of(self.issuer, &subject);
        Ok(self.sessions.end_all(&person, SystemHost.now()).await?)
    }
}

fn pool_id(hub: &HubStack) -> Result<&str, AdminError> {
    hub.output("UserPoolId")
        .map_err(|_| AdminError::NoUserPool {
            stack: hub.name.clone(),
        })
}

/// The API accepts a token until it expires.
fn until() -> String {
    format!("Tokens that were issued before work for at most {TOKEN_MINUTES} minutes.")
}

async fn add(pool: &UserPool<'_>, arguments: &AddUserArgs) -> Result<String, AdminError> {
    let password = arguments.print_password.then(temporary_password);
    let new = NewUser {
        email: &arguments.email,
        tenant: &arguments.tenant,
        role: arguments.role,
        name: arguments.name.as_ref(),
        temporary_password: password.as_deref(),
    };
    pool.add(&new).await?;
    let (email, tenant, role) = (&arguments.email, &arguments.tenant, arguments.role);
    let added = format!("Added {email} to {tenant} as {role}.");
    Ok(match password {
        None => format!("{added} The invitation with a temporary password is on its way.\n"),
        Some(password) => format!(
            "{added}\nTemporary password, for {PASSWORD_DAYS} days and one sign-in: {password}\n"
        ),
    })
}

/// A password with 128 random bits that satisfies the pool's policy.
fn temporary_password() -> String {
    let mut bytes = [0; 16];
    SystemHost.fill(&mut bytes);
    format!("Aa1!{}", hex::encode(bytes))
}

fn of_tenant(users: Vec<User>, tenant: Option<&Tenant>) -> Vec<User> {
    let wanted =
        |user: &User| tenant.is_none_or(|tenant| user.tenant.as_deref() == Some(tenant.as_str()));
    let mut users: Vec<User> = users.into_iter().filter(wanted).collect();
    users.sort_by(|a, b| (&a.tenant, &a.user_name).cmp(&(&b.tenant, &b.user_name)));
    users
}

/// A line for each user, in columns.
fn table(users: &[User]) -> String {
    let head = ["TENANT", "USER", "ROLE", "NAME", "STATUS"].map(str::to_owned);
    let rows = users.iter().map(|user| {
        let text = |value: &Option<String>| value.as_deref().unwrap_or("-").to_owned();
        let status = match (user.enabled, user.status.as_str()) {
            (false, _) => "disabled",
            (true, "FORCE_CHANGE_PASSWORD") => "invited",
            (true, _) => "active",
        };
        [
            text(&user.tenant),
            user.user_name.clone(),
            text(&user.role),
            text(&user.name),
            status.to_owned(),
        ]
        // A name from a pool that others write to must not move the terminal's cursor.
        .map(|cell| cell.replace(char::is_control, " "))
    });
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths = [0, 1, 2, 3].map(|column| width(column).unwrap_or_default());
    let mut table = String::new();
    for row in &rows {
        for (cell, width) in row.iter().zip(widths) {
            table.push_str(cell);
            let gap = width - cell.chars().count() + 2;
            table.extend(std::iter::repeat_n(' ', gap));
        }
        table.push_str(&row[4]);
        table.push('\n');
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(tenant: &str, name: &str) -> User {
        User {
            user_name: format!("{name}@{tenant}.example"),
            subject: "s".to_owned(),
            email: None,
            name: Some(name.to_owned()),
            tenant: Some(tenant.to_owned()),
            role: Some("member".to_owned()),
            enabled: true,
            status: "CONFIRMED".to_owned(),
        }
    }

    #[test]
    fn users_are_listed_by_tenant_in_columns() {
        let users = vec![
            user("globex", "山田"),
            user("acme", "Ana"),
            user("acme", "Bo\n"),
        ];
        let all = of_tenant(users.clone(), None);
        assert_eq!(
            table(&all),
            "TENANT  USER               ROLE    NAME  STATUS\n\
             acme    Ana@acme.example   member  Ana   active\n\
             acme    Bo @acme.example   member  Bo    active\n\
             globex  山田@globex.example  member  山田    active\n"
        );
        let acme = Tenant::parse("acme").expect("valid");
        assert_eq!(of_tenant(users, Some(&acme)).len(), 2);
    }

    #[test]
    fn temporary_passwords_satisfy_the_policy_and_differ() {
        let (one, other) = (temporary_password(), temporary_password());
        assert_ne!(one, other);
        assert!(one.len() >= 12 && one.contains('!'));
        assert!(one.chars().any(|c| c.is_ascii_uppercase()));
    }
}
