//! Which Regions one hub serves, and what it says of the others.

use super::report_by::ReportBy;
use crate::aws::regions::{Partition, Region};
use crate::messages::{Quoted, Rule, Series};

/// What a hub serves: its partition, and the Regions whose stacks reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    pub home: Region,
    /// With the topic in them; the home Region is the first.
    pub served: Vec<Region>,
}

impl Service {
    /// Each Region once, the home Region first.
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

    /// How a stack reports where nobody chose.
    pub fn report_by(&self, region: &Region) -> ReportBy {
        if self.serves(region) {
            ReportBy::Callback
        } else {
            ReportBy::Paste
        }
    }

    /// Reads the Region of a stack.
    ///
    /// # Errors
    /// What is wrong with it, and what this hub serves.
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

    /// The Regions that it serves, for a sentence.
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
    fn a_hub_says_what_it_serves() {
        let further = [
            region("eu-west-1"),
            region("us-east-1"),
            region("eu-west-2"),
        ];
        let service = Service::new(region("us-east-1"), further);
        assert!(service.serves(&region("eu-west-1")) && !service.serves(&region("sa-east-1")));
        assert_eq!(service.region("sa-east-1"), Ok(region("sa-east-1")));
        let said = |region: &str| {
            let refused = service.region(region).expect_err("another's");
            refused.text(Language::English)
        };
        let serves = "This hub works in the partition aws; stacks can call it back from us-east-1, \
                      eu-west-1, and eu-west-2.";
        assert_eq!(
            said("xx-nowhere-9"),
            format!("\"xx-nowhere-9\" is not the code of an AWS Region. {serves}")
        );
        assert_eq!(
            said("eusc-de-east-1"),
            format!("eusc-de-east-1 is in the partition aws-eusc. {serves}")
        );
    }
}
