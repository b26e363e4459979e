//! The domain's stack statuses are those in the pinned botocore. A newer botocore with more statuses
//! fails here.

use anyhow::Result;
use rolecall_domain::check::StackStatus;

use crate::readers::python;

#[test]
fn every_stack_status_of_cloudformation_is_known() -> Result<()> {
    let mut published: Vec<String> = serde_json::from_str(&python("stack_statuses.py", &[])?)?;
    let mut ours: Vec<&str> = StackStatus::ALL.iter().map(|one| one.as_str()).collect();
    published.sort();
    ours.sort_unstable();
    assert_eq!(published, ours);
    Ok(())
}
