//! Hosts and buckets that resemble CloudFormation's. `HOST` is the valid host of us-east-1.

pub const LOOK_ALIKES: &[(&str, &str)] = &[
    ("https://HOST.evil.example/x", "the good host as a prefix"),
    ("https://evil-HOST/x", "the good host as a suffix"),
    ("https://xHOST/x", "one letter more"),
    ("https://evil.HOST/x", "a name under the good host"),
    (
        "https://HOST./x",
        "a trailing dot: the same host for DNS, not for S3",
    ),
    ("https://HOST../x", "two trailing dots"),
    ("https://.HOST/x", "a leading dot"),
    (
        "https://s3.amazonaws.com/cloudformation-custom-resource-response-useast1/x",
        "path style",
    ),
    (
        "https://s3.us-east-1.amazonaws.com/cloudformation-custom-resource-response-useast1/x",
        "path style with a Region",
    ),
    (
        "https://s3.amazonaws.com/HOST/x",
        "the valid host in another bucket's path",
    ),
    (
        "https://s3.amazonaws.com/evil-bucket/x",
        "another bucket in path style",
    ),
    ("https://evil-bucket.s3.amazonaws.com/x", "another bucket"),
    (
        "https://cloudformation-custom-resource-response.s3.amazonaws.com/x",
        "the bucket's name without a Region",
    ),
    (
        "https://cloudformation-waitcondition-us-east-1.s3.amazonaws.com/x",
        "the bucket of wait conditions",
    ),
    ("https://d111111abcdef8.cloudfront.net/x", "a distribution"),
    (
        "https://evil.execute-api.us-east-1.amazonaws.com/x",
        "another account's API on Amazon's domain",
    ),
    (
        "https://evil.lambda-url.us-east-1.on.aws/x",
        "another account's function on Amazon's domain",
    ),
    ("https://sts.amazonaws.com/x", "another AWS service"),
];

/// Suffixes after the bucket's prefix.
pub const BUCKETS: &[(&str, &str)] = &[
    (".s3.amazonaws.com", "no Region in the bucket's name"),
    ("evil.s3.amazonaws.com", "a bucket that anyone may own"),
    ("useast1evil.s3.amazonaws.com", "a longer bucket"),
    ("useast1.evil.s3.amazonaws.com", "a bucket with a dot"),
    ("useast1-evil.s3.amazonaws.com", "a bucket with a dash"),
    ("useast.s3.amazonaws.com", "a shorter bucket"),
    ("us-east-1.s3.amazonaws.com", "the Region with its dashes"),
    ("useast11.s3.amazonaws.com", "a Region that does not exist"),
    (
        "euwest1.s3.amazonaws.com",
        "no Region in the host, which only us-east-1 allows",
    ),
    (
        "euwest1.s3.us-east-1.amazonaws.com",
        "another Region's bucket in the host of this one",
    ),
    (
        "useast1.s3.eu-west-1.amazonaws.com",
        "this Region's bucket in another's host",
    ),
    ("useast1.s3.amazonaws.com.cn", "another partition's domain"),
    (
        "useast1.s3.us-east-1.amazonaws.com.cn",
        "another partition's domain with the Region",
    ),
    (
        "cnnorth1.s3.cn-north-1.amazonaws.com",
        "China's bucket in the domain of the others",
    ),
    (
        "useast1.s3.us-east-1.amazonaws.eu",
        "a domain of another partition",
    ),
    ("useast1.s3.amazonaws.co", "another top-level domain"),
    ("useast1.s3.amazonaws.org", "another top-level domain"),
    ("useast1.s3.arnazonaws.com", "rn for m"),
    (
        "useast1.s3amazonaws.com",
        "a missing dot: a domain that anyone may own",
    ),
    ("useast1-s3.amazonaws.com", "a dash for a dot"),
    (
        "useast1.s3.dualstack.us-east-1.amazonaws.com",
        "dual stack, which CloudFormation does not use",
    ),
    (
        "useast1.s3-fips.us-east-1.amazonaws.com",
        "FIPS, which CloudFormation does not use",
    ),
    ("useast1.s3-accelerate.amazonaws.com", "acceleration"),
    (
        "useast1.s3-accesspoint.us-east-1.amazonaws.com",
        "an access point",
    ),
    (
        "useast1.s3-website-us-east-1.amazonaws.com",
        "a website endpoint, which redirects",
    ),
    (
        "useast1.s3.us-east-1.vpce.amazonaws.com",
        "an interface endpoint",
    ),
    (
        "useast1.s3-external-1.amazonaws.com",
        "the old external endpoint",
    ),
    ("useast1.s3-.amazonaws.com", "an empty Region"),
];
