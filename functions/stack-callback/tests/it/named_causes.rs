//! Causes that AWS names are passed on by name, to where the customer looks first.

use crate::world::{World, role};
use rolecall_domain::check::AssumeOutcome;

#[tokio::test]
async fn a_region_in_which_sts_is_not_active_is_named_with_what_to_do_about_it() {
    let world = World::new().await;
    let customers = &world.callback.ctx.customers;
    customers.change_role(&role("R"), |role| {
        role.sts_says = Some(AssumeOutcome::RegionDisabled);
    });
    let answer = world.ask(&world.request("Create", "create")).await;
    assert_eq!(answer["Status"], "FAILED");
    let reason = answer["Reason"].as_str().expect("a reason");
    let code = "verification_failed: sts_region_disabled: ";
    assert!(reason.starts_with(code), "{reason}");
    assert!(
        reason.contains("Activate AWS STS for the Region us-east-1"),
        "{reason}"
    );
    assert!(world.accounts().await.is_empty());
}
