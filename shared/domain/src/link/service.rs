//! Which Regions one hub serves, and what it says of the others.

use super::report_by::ReportBy;
use crate::aws::regions::{Partition, Region};

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
    pub fn region(&self, text: &str) -> Result<Region, String> {
        let partition = self.partition().as_str();
        let serves = format!(
            "This hub works in the partition {partition}; stacks report to it from {}.",
            self.listed()
        );
        let shown: String = text.chars().take(40).collect();
        let region = Region::parse(text)
            .map_err(|_| format!("{shown:?} is not an AWS Region's code. {serves}"))?;
        if region.partition() == self.partition() {
            Ok(region)
        } else {
            let other = region.partition().as_str();
            Err(format!("{region} is in the partition {other}. {serves}"))
        }
    }

    /// `a`, `a and b`, `a, b and c`
    pub fn listed(&self) -> String {
        let names: Vec<&str> = self.served.iter().map(Region::as_str).collect();
        match names.as_slice() {
            [.., one, last] => {
                let front = names[..names.len() - 2].iter();
                let front: String = front.map(|name| format!("{name}, ")).collect();
                format!("{front}{one} and {last}")
            }
            one => one.concat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let serves = "This hub works in the partition aws; stacks report to it from us-east-1, \
                      eu-west-1 and eu-west-2.";
        assert_eq!(
            service.region("xx-nowhere-9"),
            Err(format!(
                "\"xx-nowhere-9\" is not an AWS Region's code. {serves}"
            ))
        );
        assert_eq!(
            service.region("eusc-de-east-1"),
            Err(format!(
                "eusc-de-east-1 is in the partition aws-eusc. {serves}"
            ))
        );
        let alone = Service::new(region("us-east-1"), []);
        assert_eq!(alone.listed(), "us-east-1");
    }
}
