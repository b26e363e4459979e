//! Why a command failed. Each variant names who can act, and is shown in one place.

use std::error::Error;
use std::io;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use rolecall_aws::table::PublicationError;
use rolecall_client::http::HttpError;
use rolecall_domain::ports::StoreError;

use crate::exit::Exit;

#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error("No AWS Region is set. Pass --region, or set AWS_REGION.")]
    NoRegion,
    /// The AWS CLI says why, if it is there.
    #[error("No AWS credentials were found. Set AWS_PROFILE, or sign in with `aws sso login`.")]
    NoCredentials(#[source] Box<dyn Error + Send + Sync>),
    #[error("There is no stack {stack} in {region}. Check --stack-name, --region and the account.")]
    StackNotFound { stack: String, region: String },
    #[error(
        "The stack {stack} has no output {output}. Check --stack-name, or deploy the hub's current \
         template."
    )]
    OutputMissing { stack: String, output: String },
    #[error("{path} can't be read.")]
    Unreadable { path: String, source: io::Error },
    #[error("{path} can't be written.")]
    Unwritable { path: String, source: io::Error },
    #[error("{path} is not an IAM policy document.")]
    PolicyInvalid {
        path: String,
        source: Box<dyn Error + Send + Sync>,
    },
    /// The policy is too large, say, or a Region is unknown.
    #[error("The template can't be rendered: {0:#}")]
    NotRenderable(anyhow::Error),
    #[error(transparent)]
    Publication(#[from] PublicationError),
    #[error("{operation}: AWS answered {code}: {message}")]
    Refused {
        operation: &'static str,
        code: String,
        message: String,
    },
    #[error("{operation}: AWS can't be reached.")]
    Unreachable {
        operation: &'static str,
        source: Box<dyn Error + Send + Sync>,
    },
    #[error("The table can't be read.")]
    Table(#[source] StoreError),
    #[error("The request can't be signed.")]
    NotSigned(#[source] Box<dyn Error + Send + Sync>),
}

/// AWS's codes for credentials that it does not accept.
const NOT_ACCEPTED: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

impl AdminError {
    /// What an SDK error comes to.
    pub fn of<E>(operation: &'static str, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        match (error.code(), error.message()) {
            (Some(code), message) => Self::Refused {
                operation,
                code: code.to_owned(),
                message: message.unwrap_or_default().to_owned(),
            },
            (None, _) => Self::Unreachable {
                operation,
                source: DisplayErrorContext(error).to_string().into(),
            },
        }
    }

    pub fn unreachable(operation: &'static str, error: HttpError) -> Self {
        Self::Unreachable {
            operation,
            source: error.into(),
        }
    }

    /// A stable word for scripts and for searching.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoRegion => "region_missing",
            Self::NoCredentials(_) => "credentials_missing",
            Self::StackNotFound { .. } => "stack_not_found",
            Self::OutputMissing { .. } => "output_missing",
            Self::Unreadable { .. } => "file_unreadable",
            Self::Unwritable { .. } => "file_unwritable",
            Self::PolicyInvalid { .. } => "policy_invalid",
            Self::NotRenderable(_) => "template_not_renderable",
            Self::Publication(PublicationError::OtherSelfInspection(_)) => {
                "self_inspection_changed"
            }
            Self::Publication(PublicationError::TooMany(_)) => "too_many_publications",
            Self::Publication(PublicationError::Overtaken) => "publication_overtaken",
            Self::Publication(PublicationError::Store(_)) | Self::Table(_) => "table_unavailable",
            Self::Refused { .. } => "aws_refused",
            Self::Unreachable { .. } => "aws_unreachable",
            Self::NotSigned(_) => "request_not_signed",
        }
    }

    pub fn exit(&self) -> Exit {
        match self {
            Self::NoRegion | Self::PolicyInvalid { .. } | Self::NotRenderable(_) => Exit::Usage,
            Self::NoCredentials(_) | Self::NotSigned(_) => Exit::NotSignedIn,
            Self::StackNotFound { .. } | Self::OutputMissing { .. } => Exit::NotFound,
            Self::Unreadable { .. } | Self::Unwritable { .. } => Exit::Local,
            Self::Publication(PublicationError::Store(_)) | Self::Table(_) => Exit::Unreachable,
            Self::Publication(_) => Exit::Conflict,
            Self::Refused { code, .. } if NOT_ACCEPTED.contains(&code.as_str()) => {
                Exit::NotSignedIn
            }
            Self::Refused { .. } => Exit::Refused,
            Self::Unreachable { .. } => Exit::Unreachable,
        }
    }

    /// For standard error: the code and the sentence, then each cause.
    pub fn report(&self) -> String {
        let mut lines = vec![format!("error: {}: {self}", self.code())];
        let mut cause = self.source();
        while let Some(error) = cause {
            lines.push(format!("  {error}"));
            cause = error.source();
        }
        lines.join("\n")
    }
}
