//! CloudFormation's hosts. AWS documents the bucket name:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/vpc-interface-endpoints.html>

/// Hosts from AWS's documentation and from published requests, without the bucket's prefix.
pub const SEEN: &[(&str, &str, &str)] = &[
    (
        "us-east-1",
        "useast1.s3.amazonaws.com",
        "captured, without a Region",
    ),
    (
        "us-east-1",
        "useast1.s3-us-east-1.amazonaws.com",
        "AWS Lambda's guide",
    ),
    (
        "us-east-1",
        "useast1.s3.us-east-1.amazonaws.com",
        "captured, with the Region",
    ),
    (
        "us-east-2",
        "useast2.s3-us-east-2.amazonaws.com",
        "AWS Lambda's guide",
    ),
    (
        "us-east-2",
        "useast2.s3.us-east-2.amazonaws.com",
        "captured",
    ),
    (
        "us-west-2",
        "uswest2.s3-us-west-2.amazonaws.com",
        "captured",
    ),
    (
        "eu-west-1",
        "euwest1.s3-eu-west-1.amazonaws.com",
        "captured",
    ),
    (
        "ap-northeast-1",
        "apnortheast1.s3-ap-northeast-1.amazonaws.com",
        "captured",
    ),
    (
        "eu-south-1",
        "eusouth1.s3.eu-south-1.amazonaws.com",
        "captured, an opt-in Region",
    ),
    (
        "cn-north-1",
        "cnnorth1.s3.cn-north-1.amazonaws.com.cn",
        "AWS China's guide, captured",
    ),
];

/// Regions of every partition, including opt-in Regions.
pub const REGIONS: &[&str] = &[
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "ca-west-1",
    "mx-central-1",
    "sa-east-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "af-south-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
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
    "ap-southeast-7",
    "cn-north-1",
    "cn-northwest-1",
    "us-gov-east-1",
    "us-gov-west-1",
    "eusc-de-east-1",
    "us-iso-east-1",
    "us-isob-east-1",
    "us-isof-south-1",
    "eu-isoe-west-1",
];

/// All hosts of a Region, by AWS's naming rule.
pub fn hosts(region: &str) -> Vec<String> {
    let bucket = format!("{}{}", super::BUCKET, region.replace('-', ""));
    let domain = match region.split_once('-').map_or("", |(start, _)| start) {
        "cn" => "amazonaws.com.cn",
        "eusc" => "amazonaws.eu",
        _ if region.starts_with("us-iso-") => "c2s.ic.gov",
        _ if region.starts_with("us-isob-") => "sc2s.sgov.gov",
        _ if region.starts_with("us-isof-") => "csp.hci.ic.gov",
        _ if region.starts_with("eu-isoe-") => "cloud.adc-e.uk",
        _ => "amazonaws.com",
    };
    let mut hosts = vec![
        format!("{bucket}.s3.{region}.{domain}"),
        format!("{bucket}.s3-{region}.{domain}"),
    ];
    if region == "us-east-1" {
        hosts.push(format!("{bucket}.s3.{domain}"));
    }
    hosts
}
