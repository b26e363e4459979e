//! The Regions that a hub serves, and the errors for other Regions.

use super::report_by::ReportBy;
use crate::aws::regions::{Partition, Region};
use crate::messages::{Quoted, Rule, Series};

/// A hub's partition, and the Regions whose stacks can call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    pub home: Region,
    /// Regions that have the hub's topic; the home Region comes first.
    pub served: Vec<Region>,
}

impl Service {
    /// Each Region once, with the home Region first.
    pub fn new(home: Region, further: impl IntoIterator<Item = Region>) -> Self {
        let mut served = vec![home.clone()];
        for region in further {
            if !served.contains(&region) {
                served.push(region);
            }
        }
        Self { home, served }
    }

    pub fn partition(&self) -> Partition {
        self.home.partition()
    }

    pub fn serves(&self, region: &Region) -> bool {
        self.served.contains(region)
    }

    /// The default way in which a stack in the Region reports.
    pub fn report_by(&self, region: &Region) -> ReportBy {
        if self.serves(region) {
            ReportBy::Callback
        } else {
            ReportBy::Paste
        }
    }

    /// Parses the Region of a stack.
    ///
    /// # Errors
    /// The broken rule, which lists the Regions that this hub serves.
    pub fn region(&self, text: &str) -> Result<Region, Rule> {
        let partition = self.partition().as_str();
        let region = Region::parse(text).map_err(|_| Rule::UnknownRegion {
            region: Quoted::new(text),
            partition,
            served: self.listed(),
        })?;
        if region.partition() == self.partition() {
            return Ok(region);
        }
        Err(Rule::OtherPartitionsRegion {
            its_partition: region.partition().as_str(),
            region: region.into(),
            partition,
            served: self.listed(),
        })
    }

    /// The served Regions, for use in a sentence.
    pub fn listed(&self) -> Series {
        Series::of(self.served.iter().map(Region::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::{Language, Message};

    fn region(code: &str) -> Region {
        Region::parse(code).expect("a Region")
    }

    #[test]
    fn region_errors_list_served_regions() {
        let further = [
            region("eu-west-1"),
            region("us-east-1"),
            region("eu-west-2"),
        ];
        let service = Service::new(region("us-east-1"), further);
        assert!(service.serves(&region("eu-west-1")) && !service.serves(&region("sa-east-1")));
        assert_eq!(service.region("sa-east-1"), Ok(region("sa-east-1")));
        let error = |region: &str| {
            let refused = service.region(region).expect_err("another's");
            refused.text(Language::English)
        };
        let serves = "This hub works in the partition aws; stacks can call it back from us-east-1, \
                      eu-west-1, and eu-west-2.";
        assert_eq!(
            error("xx-nowhere-9"),
            format!("\"xx-nowhere-9\" is not the code of an AWS Region. {serves}")
        );
        assert_eq!(
            error("eusc-de-east-1"),
            format!("eusc-de-east-1 is in the partition aws-eusc. {serves}")
        );
    }
}
