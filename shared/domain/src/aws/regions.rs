//! The single list of AWS partitions and Regions, from AWS's published endpoints. A test compares
//! it with the pinned botocore's list.

use crate::messages::Rule;
use crate::text::{FieldError, checked_string};
use serde::{Deserialize, Serialize};

/// A group of Regions with separate accounts and credentials.
/// <https://docs.aws.amazon.com/general/latest/gr/aws-arns-and-namespaces.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Partition {
    #[serde(rename = "aws")]
    Aws,
    #[serde(rename = "aws-cn")]
    China,
    #[serde(rename = "aws-us-gov")]
    GovCloud,
    /// The European Sovereign Cloud.
    #[serde(rename = "aws-eusc")]
    EuSovereign,
    #[serde(rename = "aws-iso")]
    Iso,
    #[serde(rename = "aws-iso-b")]
    IsoB,
    #[serde(rename = "aws-iso-e")]
    IsoE,
    #[serde(rename = "aws-iso-f")]
    IsoF,
}

/// Published properties of a partition.
struct Facts {
    name: &'static str,
    dns_suffix: &'static str,
    /// Domain suffix of the console and sign-in hosts.
    console_domain: &'static str,
    /// The Region whose sign-in host is used, in partitions that have only regional sign-in hosts.
    sign_in_region: Option<&'static str>,
    regions: &'static [&'static str],
}

const AWS: Facts = Facts {
    name: "aws",
    dns_suffix: "amazonaws.com",
    console_domain: "aws.amazon.com",
    sign_in_region: None,
    regions: &[
        "af-south-1",
        "ap-east-1",
        "ap-east-2",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-6",
        "ap-southeast-7",
        "ca-central-1",
        "ca-west-1",
        "eu-central-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "il-central-1",
        "me-central-1",
        "me-south-1",
        "mx-central-1",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
    ],
};

const CHINA: Facts = Facts {
    name: "aws-cn",
    dns_suffix: "amazonaws.com.cn",
    console_domain: "amazonaws.cn",
    sign_in_region: None,
    regions: &["cn-north-1", "cn-northwest-1"],
};

const GOV_CLOUD: Facts = Facts {
    name: "aws-us-gov",
    dns_suffix: "amazonaws.com",
    console_domain: "amazonaws-us-gov.com",
    sign_in_region: None,
    regions: &["us-gov-east-1", "us-gov-west-1"],
};

const EU_SOVEREIGN: Facts = Facts {
    name: "aws-eusc",
    dns_suffix: "amazonaws.eu",
    console_domain: "amazonaws-eusc.eu",
    sign_in_region: Some("eusc-de-east-1"),
    regions: &["eusc-de-east-1"],
};

const ISO: Facts = Facts {
    name: "aws-iso",
    dns_suffix: "c2s.ic.gov",
    console_domain: "c2shome.ic.gov",
    sign_in_region: Some("us-iso-east-1"),
    regions: &["us-iso-east-1", "us-iso-west-1"],
};

const ISO_B: Facts = Facts {
    name: "aws-iso-b",
    dns_suffix: "sc2s.sgov.gov",
    console_domain: "sc2shome.sgov.gov",
    sign_in_region: Some("us-isob-east-1"),
    regions: &["us-isob-east-1", "us-isob-west-1"],
};

const ISO_E: Facts = Facts {
    name: "aws-iso-e",
    dns_suffix: "cloud.adc-e.uk",
    console_domain: "csphome.adc-e.uk",
    sign_in_region: Some("eu-isoe-west-1"),
    regions: &["eu-isoe-west-1"],
};

const ISO_F: Facts = Facts {
    name: "aws-iso-f",
    dns_suffix: "csp.hci.ic.gov",
    console_domain: "csphome.hci.ic.gov",
    sign_in_region: Some("us-isof-south-1"),
    regions: &["us-isof-east-1", "us-isof-south-1"],
};

impl Partition {
    pub const ALL: [Self; 8] = [
        Self::Aws,
        Self::China,
        Self::GovCloud,
        Self::EuSovereign,
        Self::Iso,
        Self::IsoB,
        Self::IsoE,
        Self::IsoF,
    ];

    fn facts(self) -> &'static Facts {
        match self {
            Self::Aws => &AWS,
            Self::China => &CHINA,
            Self::GovCloud => &GOV_CLOUD,
            Self::EuSovereign => &EU_SOVEREIGN,
            Self::Iso => &ISO,
            Self::IsoB => &ISO_B,
            Self::IsoE => &ISO_E,
            Self::IsoF => &ISO_F,
        }
    }

    /// The partition's name in ARNs.
    pub fn as_str(self) -> &'static str {
        self.facts().name
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }

    /// The domain suffix of the partition's service endpoints.
    pub fn dns_suffix(self) -> &'static str {
        self.facts().dns_suffix
    }

    /// The domain suffix of service principals that differ by partition: China has its own, and all
    /// other partitions use that of `aws`.
    pub fn principal_suffix(self) -> &'static str {
        match self {
            Self::China => CHINA.dns_suffix,
            _ => AWS.dns_suffix,
        }
    }

    /// The host of the sign-in pages.
    pub fn sign_in_host(self) -> String {
        let Facts {
            console_domain,
            sign_in_region,
            ..
        } = self.facts();
        match sign_in_region {
            Some(region) => format!("{region}.signin.{console_domain}"),
            None => format!("signin.{console_domain}"),
        }
    }

    /// A Region with which the AWS CLI finds this partition's IAM, which is one service for the whole
    /// partition. `None` for the partition that the CLI assumes without a Region.
    pub fn iam_region(self) -> Option<&'static str> {
        let first = self.facts().regions.first().copied();
        first.filter(|_| self != Self::Aws)
    }

    pub fn regions(self) -> impl Iterator<Item = Region> {
        let codes = self.facts().regions.iter();
        codes.map(|code| Region((*code).to_owned()))
    }

    fn of_region(code: &str) -> Option<Self> {
        let has = |one: &Self| one.facts().regions.contains(&code);
        Self::ALL.into_iter().find(has)
    }
}

checked_string!(
    /// The code of an existing Region, such as `eu-central-1`. Host names contain it.
    Region,
    |text| match Partition::of_region(text) {
        Some(_) => Ok(()),
        None => Err(FieldError::new("invalid", Rule::NotARegionCode)),
    }
);

impl Region {
    pub fn partition(&self) -> Partition {
        Partition::of_region(&self.0).unwrap_or(Partition::Aws)
    }

    /// The host of this Region's console.
    pub fn console_host(&self) -> String {
        format!("{self}.console.{}", self.partition().facts().console_domain)
    }

    /// The endpoint host of a service in this Region.
    pub fn service_host(&self, service: &str) -> String {
        format!("{service}.{self}.{}", self.partition().dns_suffix())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(code: &str) -> Region {
        Region::parse(code).expect("a Region")
    }

    #[test]
    fn only_existing_regions_parse() {
        for (code, partition) in [
            ("eu-central-1", Partition::Aws),
            ("cn-north-1", Partition::China),
            ("us-gov-west-1", Partition::GovCloud),
            ("eusc-de-east-1", Partition::EuSovereign),
            ("us-isof-south-1", Partition::IsoF),
        ] {
            assert_eq!(region(code).partition(), partition);
        }
        for bad in [
            "",
            "xx-nowhere-9",
            "eu-central-9",
            "eu-central-1 ",
            "EU-CENTRAL-1",
            "aws-global",
            "us-east-1.evil.example",
        ] {
            assert!(Region::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn each_partition_has_its_own_hosts() {
        for (code, console, sign_in, service) in [
            (
                "us-east-1",
                "us-east-1.console.aws.amazon.com",
                "signin.aws.amazon.com",
                "sts.us-east-1.amazonaws.com",
            ),
            (
                "cn-north-1",
                "cn-north-1.console.amazonaws.cn",
                "signin.amazonaws.cn",
                "sts.cn-north-1.amazonaws.com.cn",
            ),
            (
                "us-gov-east-1",
                "us-gov-east-1.console.amazonaws-us-gov.com",
                "signin.amazonaws-us-gov.com",
                "sts.us-gov-east-1.amazonaws.com",
            ),
            (
                "eusc-de-east-1",
                "eusc-de-east-1.console.amazonaws-eusc.eu",
                "eusc-de-east-1.signin.amazonaws-eusc.eu",
                "sts.eusc-de-east-1.amazonaws.eu",
            ),
        ] {
            let region = region(code);
            assert_eq!(region.console_host(), console);
            assert_eq!(region.partition().sign_in_host(), sign_in);
            assert_eq!(region.service_host("sts"), service);
        }
    }

    #[test]
    fn partition_name_matches_arns() {
        for partition in Partition::ALL {
            assert_eq!(Partition::parse(partition.as_str()), Some(partition));
            let json = serde_json::to_value(partition).expect("text");
            assert_eq!(json, partition.as_str());
            assert!(partition.regions().all(|one| one.partition() == partition));
        }
        assert_eq!(Partition::parse("evil"), None);
    }
}
