//! Errors of the commands. [`AdminError::report`] is the only place that prints them.

use std::error::Error;
use std::io;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use rolecall_aws::failure::{Failure, Kind};
use rolecall_aws::table::OfferingError;
use rolecall_client::http::HttpError;
use rolecall_domain::ports::StoreError;
use rolecall_domain::text::FieldError;

use crate::exit::Exit;

#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error("No AWS Region is set. Pass --region, or set AWS_REGION.")]
    NoRegion,
    /// The source has the AWS CLI's message, if it is installed.
    #[error("No AWS credentials found. Set AWS_PROFILE, or sign in with `aws sso login`.")]
    NoCredentials(#[source] Box<dyn Error + Send + Sync>),
    #[error("No stack {stack} in {region}. Check --stack-name, --region and the account.")]
    StackNotFound { stack: String, region: String },
    #[error(
        "The stack {stack} has no output {output}. Check --stack-name, or deploy the hub's current \
         template."
    )]
    OutputMissing { stack: String, output: String },
    #[error(
        "The hub {stack} has no user pool: people sign in at your own issuer. Manage them, their tenants and \
         their roles there."
    )]
    NoUserPool { stack: String },
    #[error("No user {user}. To list all users, run: rolecall-admin users list")]
    UserNotFound { user: String },
    #[error(
        "The user {user} exists. To change the role, run: rolecall-admin users role {user} ROLE"
    )]
    UserExists { user: String },
    #[error("Could not read {path}.")]
    Unreadable { path: String, source: io::Error },
    #[error("Could not write {path}.")]
    Unwritable { path: String, source: io::Error },
    #[error("{path}{place}: {problem}")]
    FileSyntax {
        path: String,
        /// The line and the column, where they are known.
        place: String,
        problem: String,
    },
    #[error("Nothing was published.{}", listed(.0))]
    FilesRejected(Vec<Mistakes>),
    #[error("Could not write the offering as JSON.")]
    NotWritable(#[source] Box<dyn Error + Send + Sync>),
    #[error(transparent)]
    Publication(OfferingError),
    #[error("{operation}: AWS returned {code}: {message}")]
    Refused {
        operation: &'static str,
        code: String,
        message: String,
    },
    #[error("{operation}: could not reach AWS.")]
    Unreachable {
        operation: &'static str,
        source: Box<dyn Error + Send + Sync>,
    },
    #[error("Could not read the table.")]
    Table(#[source] StoreError),
    #[error("Could not sign the request.")]
    NotSigned(#[source] Box<dyn Error + Send + Sync>),
}

/// The mistakes of a file.
#[derive(Debug)]
pub struct Mistakes {
    pub path: String,
    pub errors: Vec<FieldError>,
}

/// Each mistake on a separate line, in the style of compilers: file, position, message.
fn listed(files: &[Mistakes]) -> String {
    let lines = files.iter().flat_map(|Mistakes { path, errors }| {
        let line = move |mistake: &FieldError| match mistake.field.as_str() {
            "" => format!("\n{path}: {mistake}"),
            place => format!("\n{path}: {place}: {mistake}"),
        };
        errors.iter().map(line)
    });
    lines.collect()
}

/// AWS's error codes for rejected credentials.
/// <https://docs.aws.amazon.com/awssupport/latest/user/CommonErrors.html>
const REJECTED_CREDENTIALS: &[&str] = &[
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSecurity",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
];

/// Parts of AWS's error codes for missing permissions: `AccessDeniedException`,
/// `KMS.AccessDeniedException`, `NotAuthorizedForSourceException` and others.
const DENIED: &[&str] = &["AccessDenied", "NotAuthorized", "UnauthorizedOperation"];

/// DynamoDB's own message names the operation.
const TABLE: &str = "DynamoDB";

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(source) => match source.downcast::<Failure>() {
                Ok(failure) => Self::of_failure(TABLE, *failure),
                Err(source) => Self::Table(StoreError::Unavailable(source)),
            },
            corrupt @ StoreError::Corrupt { .. } => Self::Table(corrupt),
        }
    }
}

impl From<OfferingError> for AdminError {
    fn from(error: OfferingError) -> Self {
        match error {
            OfferingError::Store(error) => error.into(),
            other => Self::Publication(other),
        }
    }
}

pub(crate) fn is_rejected(code: &str) -> bool {
    REJECTED_CREDENTIALS.contains(&code)
}

impl AdminError {
    /// Converts an SDK error.
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

    /// Converts a failure of the hub's adapters. Unlike a function's log, an operator's terminal may show
    /// AWS's message, which says who lacks which permission.
    pub fn of_failure(operation: &'static str, failure: Failure) -> Self {
        let cause = failure.to_string();
        match (failure.kind, failure.code) {
            (Kind::Denied | Kind::Other, Some(code)) => Self::Refused {
                operation,
                code,
                message: failure.message.unwrap_or_default(),
            },
            // Throttling, an error of AWS, or no response: the same request can succeed later.
            _ => Self::Unreachable {
                operation,
                source: match failure.message {
                    Some(message) => format!("{cause}: {message}").into(),
                    None => cause.into(),
                },
            },
        }
    }

    /// Whether AWS rejected the credentials, or they lack a permission: all requests like this one fail.
    pub fn is_denied(&self) -> bool {
        let denied = |code: &str| DENIED.iter().any(|part| code.contains(part));
        match self {
            Self::Refused { code, .. } => denied(code) || is_rejected(code),
            _ => false,
        }
    }

    /// The message and its causes.
    pub fn in_one_line(&self) -> String {
        let mut line = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            line = format!("{line} {error}");
            cause = error.source();
        }
        line
    }

    pub fn unreachable(operation: &'static str, error: HttpError) -> Self {
        Self::Unreachable {
            operation,
            source: error.into(),
        }
    }

    /// A stable code for scripts and searches.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoRegion => "region_missing",
            Self::NoCredentials(_) => "credentials_missing",
            Self::StackNotFound { .. } => "stack_not_found",
            Self::OutputMissing { .. } => "output_missing",
            Self::NoUserPool { .. } => "user_pool_missing",
            Self::UserNotFound { .. } => "user_not_found",
            Self::UserExists { .. } => "user_exists",
            Self::Unreadable { .. } => "file_unreadable",
            Self::Unwritable { .. } => "file_unwritable",
            Self::FileSyntax { .. } | Self::FilesRejected(_) => "file_invalid",
            Self::NotWritable(_) => "offering_not_writable",
            Self::Publication(OfferingError::Overtaken) => "publication_overtaken",
            Self::Publication(OfferingError::Store(_)) | Self::Table(_) => "table_unavailable",
            Self::Refused { .. } => "aws_refused",
            Self::Unreachable { .. } => "aws_unreachable",
            Self::NotSigned(_) => "request_not_signed",
        }
    }

    pub fn exit(&self) -> Exit {
        match self {
            Self::NoRegion | Self::FileSyntax { .. } | Self::FilesRejected(_) => {
                Exit::InvalidArguments
            }
            Self::NoCredentials(_) | Self::NotSigned(_) => Exit::NotAuthenticated,
            Self::StackNotFound { .. }
            | Self::OutputMissing { .. }
            | Self::NoUserPool { .. }
            | Self::UserNotFound { .. } => Exit::NotFound,
            Self::UserExists { .. } => Exit::Conflict,
            Self::Unreadable { .. } | Self::Unwritable { .. } | Self::NotWritable(_) => {
                Exit::LocalFile
            }
            Self::Publication(OfferingError::Store(_)) | Self::Table(_) => Exit::Unreachable,
            Self::Publication(_) => Exit::Conflict,
            Self::Refused { code, .. } if is_rejected(code) => Exit::NotAuthenticated,
            Self::Refused { .. } => Exit::Rejected,
            Self::Unreachable { .. } => Exit::Unreachable,
        }
    }

    /// The text for standard error: the code and the message, then each cause.
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
