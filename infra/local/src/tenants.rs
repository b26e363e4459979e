//! Two tenants, with users in the hub's user pool, their passwords and their ID tokens.

use std::collections::BTreeMap;
use std::io::Read;

use anyhow::{Context, Result};
use rolecall_domain::user::Role;
use serde::{Deserialize, Serialize};
use serde_json::json;

use rolecall_admin::signed::Signer;

/// The tenants of the local hub.
pub const TENANTS: [&str; 2] = ["acme", "globex"];

/// The users of the local hub: each tenant has an owner, and the first one a user of each role.
const USERS: [(&str, Role, &str); 4] = [
    (TENANTS[0], Role::Owner, "Olivia Owner"),
    (TENANTS[0], Role::Member, "Mika Member"),
    (TENANTS[0], Role::Viewer, "Vera Viewer"),
    (TENANTS[1], Role::Owner, "Oscar Owner"),
];

/// A user of the local hub, who signs in with the email address and the password.
#[derive(Clone, Serialize, Deserialize)]
pub struct LocalUser {
    pub tenant: String,
    pub role: Role,
    pub password: String,
    /// An ID token.
    pub token: String,
}

impl std::fmt::Debug for LocalUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalUser")
            .field("tenant", &self.tenant)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// The users by their email addresses.
pub type Users = BTreeMap<String, LocalUser>;

/// The token of each tenant's owner.
pub fn owners(users: &Users) -> BTreeMap<String, String> {
    let owners = users.values().filter(|user| user.role == Role::Owner);
    owners
        .map(|user| (user.tenant.clone(), user.token.clone()))
        .collect()
}

/// Creates the users that do not exist, gives each a new password, and signs them in.
pub async fn sign_in(signer: &Signer, pool_id: &str, client_id: &str) -> Result<Users> {
    let pool = Pool {
        signer,
        pool_id,
        client_id,
    };
    let mut users = Users::new();
    for (tenant, role, name) in USERS {
        let email = format!("{role}@{tenant}.example");
        let user = pool.sign_in(&email, tenant, role, name).await;
        let user = user.with_context(|| format!("can't sign {email} in"))?;
        users.insert(email, user);
    }
    Ok(users)
}

struct Pool<'a> {
    signer: &'a Signer,
    pool_id: &'a str,
    client_id: &'a str,
}

impl Pool<'_> {
    async fn sign_in(
        &self,
        email: &str,
        tenant: &str,
        role: Role,
        name: &str,
    ) -> Result<LocalUser> {
        let password = new_password()?;
        let created = self
            .call(
                "AdminCreateUser",
                &json!({
                    "UserPoolId": self.pool_id,
                    "Username": email,
                    "MessageAction": "SUPPRESS",
                    "UserAttributes": [
                        {"Name": "email", "Value": email},
                        {"Name": "email_verified", "Value": "true"},
                        {"Name": "name", "Value": name},
                        {"Name": "custom:tenant", "Value": tenant},
                        {"Name": "custom:role", "Value": role},
                    ],
                }),
            )
            .await;
        match created {
            Err(error) if !error.to_string().contains("UsernameExistsException") => {
                return Err(error);
            }
            _ => {}
        }
        self.call(
            "AdminSetUserPassword",
            &json!({
                "UserPoolId": self.pool_id,
                "Username": email,
                "Password": password,
                "Permanent": true,
            }),
        )
        .await?;
        let answer = self
            .call(
                "AdminInitiateAuth",
                &json!({
                    "UserPoolId": self.pool_id,
                    "ClientId": self.client_id,
                    "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
                    "AuthParameters": {"USERNAME": email, "PASSWORD": password},
                }),
            )
            .await?;
        let token = answer["AuthenticationResult"]["IdToken"].as_str();
        Ok(LocalUser {
            tenant: tenant.to_owned(),
            role,
            password,
            token: token.context("the response has no ID token")?.to_owned(),
        })
    }

    async fn call(&self, action: &str, body: &serde_json::Value) -> Result<serde_json::Value> {
        let target = format!("AWSCognitoIdentityProviderService.{action}");
        Ok(self.signer.json("cognito-idp", &target, body).await?)
    }
}

/// A password with 128 random bits that satisfies every password policy.
fn new_password() -> Result<String> {
    let mut bytes = [0_u8; 16];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .context("no random bytes")?;
    Ok(format!("Aa1!{}", hex::encode(bytes)))
}
