//! Two tenants, each with a user in the hub's user pool and the user's ID token.

use std::collections::BTreeMap;
use std::io::Read;

use anyhow::{Context, Result};
use serde_json::json;

use rolecall_admin::signed::Signer;

/// The tenants of the local hub.
pub const TENANTS: [&str; 2] = ["acme", "globex"];

/// Creates each tenant's user if it does not exist, and signs the user in.
pub async fn sign_in(
    signer: &Signer,
    pool_id: &str,
    client_id: &str,
) -> Result<BTreeMap<String, String>> {
    let mut tokens = BTreeMap::new();
    for tenant in TENANTS {
        let token = sign_in_tenant(signer, pool_id, client_id, tenant)
            .await
            .with_context(|| format!("can't sign tenant {tenant} in"))?;
        tokens.insert(tenant.to_owned(), token);
    }
    Ok(tokens)
}

async fn sign_in_tenant(
    signer: &Signer,
    pool_id: &str,
    client_id: &str,
    tenant: &str,
) -> Result<String> {
    let user = format!("admin@{tenant}.example");
    let password = new_password()?;
    let created = call(
        signer,
        "AdminCreateUser",
        &json!({
            "UserPoolId": pool_id,
            "Username": user,
            "MessageAction": "SUPPRESS",
            "UserAttributes": [
                {"Name": "email", "Value": user},
                {"Name": "email_verified", "Value": "true"},
                {"Name": "custom:tenant", "Value": tenant},
            ],
        }),
    )
    .await;
    match created {
        Err(error) if !error.to_string().contains("UsernameExistsException") => return Err(error),
        _ => {}
    }
    // A new password each time, so that none has to be stored.
    call(
        signer,
        "AdminSetUserPassword",
        &json!({"UserPoolId": pool_id, "Username": user, "Password": password, "Permanent": true}),
    )
    .await?;
    let answer = call(
        signer,
        "AdminInitiateAuth",
        &json!({
            "UserPoolId": pool_id,
            "ClientId": client_id,
            "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
            "AuthParameters": {"USERNAME": user, "PASSWORD": password},
        }),
    )
    .await?;
    answer["AuthenticationResult"]["IdToken"]
        .as_str()
        .map(str::to_owned)
        .context("the response has no ID token")
}

async fn call(
    signer: &Signer,
    action: &str,
    body: &serde_json::Value,
) -> Result<serde_json::Value> {
    let target = format!("AWSCognitoIdentityProviderService.{action}");
    Ok(signer.json("cognito-idp", &target, body).await?)
}

/// A password with 128 random bits that satisfies every password policy.
fn new_password() -> Result<String> {
    let mut bytes = [0_u8; 16];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .context("no random bytes")?;
    Ok(format!("Aa1!{}", hex::encode(bytes)))
}
