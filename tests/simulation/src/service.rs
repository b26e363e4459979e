//! A service of the operator's, which requests credentials of accounts at any time.

use crate::operator::PROFILES;
use crate::promises;
use crate::world::World;
use rolecall_domain::SignedDuration;
use rolecall_domain::change::audit::Record;
use serde_json::{Value, json};
use std::rc::Rc;

/// The function timeout of `credential-broker`.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(25);

pub fn arrive(world: &Rc<World>) {
    let acting = Rc::clone(world);
    world.act(async move {
        for _ in 0..4 + acting.machine.below(30) {
            acting.pause(1, 2 * 3600).await;
            if let Some(account) = acting.any_account() {
                request(&acting, account).await;
            }
        }
    });
}

/// The service requests credentials exactly when a user acts on the account.
pub fn act_on_account(world: &Rc<World>, account: &str) {
    for _ in 0..world.machine.below(3) {
        let (acting, account) = (Rc::clone(world), account.to_owned());
        world.act(async move {
            // At the same moment, so that the steps of both interleave, or shortly after.
            if acting.perhaps(500) {
                acting.pause(0, 3).await;
            }
            request(&acting, account).await;
        });
    }
}

impl World {
    fn any_account(&self) -> Option<String> {
        let records = self.store.every_record().into_iter();
        let accounts: Vec<String> = records
            .filter_map(|record| match record {
                Record::Account(account) => Some(account.account_id.to_string()),
                _ => None,
            })
            .collect();
        let at = usize::try_from(self.machine.below(accounts.len() as u64)).unwrap_or(0);
        accounts.get(at).cloned()
    }
}

async fn request(world: &Rc<World>, account: String) {
    let profile = world.any(&PROFILES);
    let seconds = world.any(&[900, 1800, 3600]);
    let event = json!({
        "version": "2.0",
        "routeKey": "POST /operator/v1/credentials/{profile}/{account_id}",
        "rawPath": format!("/operator/v1/credentials/{profile}/{account}"),
        "headers": {},
        "pathParameters": {"profile": profile, "account_id": account},
        "body": json!({"duration_seconds": seconds}).to_string(),
        "requestContext": {
            "requestId": "request",
            "http": {"method": "POST"},
            "authorizer": {"iam": {
                "userArn": "arn:aws:sts::111111111111:assumed-role/service/session",
            }},
        },
    });
    let was_deregistered = promises::is_deregistered(world, &account);
    world.note(|| format!("the service requests {profile} of {account}"));
    let hub = world.hub();
    let handled = hub.broker.handle(&event);
    let Some(response) = world.invoke("credential-broker", TIMEOUT, handled).await else {
        return;
    };
    world.note(|| format!("the service gets {}", response.status_code));
    let body: Value = serde_json::from_str(&response.body).unwrap_or_default();
    promises::check_credentials(
        world,
        &account,
        was_deregistered,
        response.status_code,
        &body,
    );
}
