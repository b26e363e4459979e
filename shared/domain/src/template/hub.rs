//! The values of a hub that go into its customers' templates.

use crate::aws::{AwsAccountId, Partition, Region};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubFacts {
    pub account_id: AwsAccountId,
    /// Also the partition of all customers, because credentials don't work across partitions.
    pub partition: Partition,
    /// The home Region and every additional Region with a topic.
    pub served_regions: Vec<Region>,
    /// ARN patterns of the hub's roles.
    pub trusted_principals: Vec<String>,
    /// The topic that stacks report to, as the text of an `Fn::Sub`.
    pub service_token: String,
}

/// The values that a hub puts into its templates, and the location of the templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Onboarding {
    pub facts: HubFacts,
    /// The URL of the onboarding bucket.
    pub bucket_url: String,
}
