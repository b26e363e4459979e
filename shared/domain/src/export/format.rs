//! The formats, with the rules of the programs that read them.

/// A program that reads the file, or a common notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `~/.aws/config`, for the AWS CLI and the SDKs.
    AwsConfig,
    /// Cloud Custodian's `accounts.yml`.
    C7nOrg,
    /// The list that Prowler's bulk provisioning reads.
    Prowler,
    /// `accounts` of CloudQuery's AWS source.
    Cloudquery,
    /// A Steampipe connection file. Its connections use the profiles of `aws-config`.
    Steampipe,
    /// `roles` of a job of the CloudWatch exporter YACE.
    Yace,
    /// `aws.accounts` of Backstage's configuration.
    Backstage,
    /// One JSON object per line.
    Json,
    Csv,
}

impl Format {
    pub const ALL: [Self; 9] = [
        Self::AwsConfig,
        Self::C7nOrg,
        Self::Prowler,
        Self::Cloudquery,
        Self::Steampipe,
        Self::Yace,
        Self::Backstage,
        Self::Json,
        Self::Csv,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwsConfig => "aws-config",
            Self::C7nOrg => "c7n-org",
            Self::Prowler => "prowler",
            Self::Cloudquery => "cloudquery",
            Self::Steampipe => "steampipe",
            Self::Yace => "yace",
            Self::Backstage => "backstage",
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Self::AwsConfig | Self::Steampipe => "text/plain; charset=utf-8",
            Self::C7nOrg | Self::Prowler | Self::Cloudquery | Self::Yace | Self::Backstage => {
                "application/yaml"
            }
            Self::Json => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }

    /// The extension that the program expects.
    pub fn extension(self) -> &'static str {
        match self {
            Self::AwsConfig => "ini",
            Self::C7nOrg => "yml",
            Self::Prowler | Self::Cloudquery | Self::Yace | Self::Backstage => "yaml",
            Self::Steampipe => "spc",
            Self::Json => "jsonl",
            Self::Csv => "csv",
        }
    }

    /// Whether the file can have comments. They begin with `#` in every format that has them.
    pub fn has_comments(self) -> bool {
        !matches!(self, Self::Json | Self::Csv)
    }

    /// Whether the program reads a file without accounts as one without accounts. CloudQuery and YACE would read
    /// the AWS account that they run in.
    pub fn can_be_empty(self) -> bool {
        !matches!(self, Self::Cloudquery | Self::Yace)
    }

    /// Whether the program must not get an AWS account twice: it would ignore one of them or report everything
    /// twice.
    pub fn has_each_aws_account_once(self) -> bool {
        !matches!(self, Self::AwsConfig | Self::Json | Self::Csv)
    }

    /// Whether the file names AWS profiles.
    pub fn has_profiles(self) -> bool {
        matches!(self, Self::AwsConfig | Self::Steampipe)
    }
}
