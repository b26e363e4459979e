//! Parses AWS's access denied messages: the action, the resource, and the kind of policy that
//! caused the denial. No other code parses these messages.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>

use crate::messages::DecidingPolicy;

/// A kind of policy that AWS names in its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    IdentityBased,
    ResourceBased,
    PermissionsBoundary,
    ServiceControl,
    ResourceControl,
    Session,
    VpcEndpoint,
    RoleTrust,
}

impl From<PolicyKind> for DecidingPolicy {
    fn from(kind: PolicyKind) -> Self {
        match kind {
            PolicyKind::IdentityBased => Self::IdentityBased,
            PolicyKind::ResourceBased => Self::ResourceBased,
            PolicyKind::PermissionsBoundary => Self::PermissionsBoundary,
            PolicyKind::ServiceControl => Self::ServiceControl,
            PolicyKind::ResourceControl => Self::ResourceControl,
            PolicyKind::Session => Self::Session,
            PolicyKind::VpcEndpoint => Self::VpcEndpoint,
            PolicyKind::RoleTrust => Self::RoleTrust,
        }
    }
}

impl PolicyKind {
    pub const ALL: [Self; 8] = [
        Self::IdentityBased,
        Self::ResourceBased,
        Self::PermissionsBoundary,
        Self::ServiceControl,
        Self::ResourceControl,
        Self::Session,
        Self::VpcEndpoint,
        Self::RoleTrust,
    ];

    /// AWS's term.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IdentityBased => "identity-based policy",
            Self::ResourceBased => "resource-based policy",
            Self::PermissionsBoundary => "permissions boundary",
            Self::ServiceControl => "service control policy",
            Self::ResourceControl => "resource control policy",
            Self::Session => "session policy",
            Self::VpcEndpoint => "VPC endpoint policy",
            Self::RoleTrust => "role trust policy",
        }
    }

    /// Whether the policy is outside the role, so that changing the role does not help.
    pub fn limits_the_role(self) -> bool {
        !matches!(
            self,
            Self::IdentityBased | Self::ResourceBased | Self::RoleTrust
        )
    }

    /// Whether the policy limits the session that the hub opened, and not the role: the session's own
    /// policy, or the VPC endpoint that the hub's calls pass through.
    pub fn limits_the_session(self) -> bool {
        matches!(self, Self::Session | Self::VpcEndpoint)
    }

    fn at_start_of(text: &str) -> Option<(Self, &str)> {
        let named = |kind: Self| Some((kind, strip(text, kind.as_str())?));
        // AWS's documentation also uses this spelling.
        let plural = strip(text, "sessions policy").map(|rest| (Self::Session, rest));
        Self::ALL.into_iter().find_map(named).or(plural)
    }
}

/// The contents of an access denied message; missing parts are `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessDenied {
    pub action: Option<String>,
    pub resource: Option<String>,
    pub by: Option<PolicyKind>,
    /// Whether a statement denies the action explicitly, rather than no statement allowing it.
    pub explicit: bool,
    /// The policy's ARN.
    pub policy: Option<String>,
}

/// Longer messages can't come from AWS.
const LONGEST: usize = 8192;

impl AccessDenied {
    /// Never fails: a message in another format yields no facts.
    pub fn read(message: &str) -> Self {
        if message.len() > LONGEST {
            return Self::default();
        }
        let message: String = message.split_whitespace().collect::<Vec<_>>().join(" ");
        let action = after(&message, "is not authorized to perform: ");
        let action = action.map(first_word).filter(|action| is_action(action));
        let resource = after(&message, "on resource: ").map(resource_of);
        let (explicit, found) = match after(&message, "with an explicit deny in ") {
            Some(rest) => (true, rest),
            None => (false, after(&message, "because no ").unwrap_or_default()),
        };
        let found = ["a ", "an ", "the "]
            .iter()
            .find_map(|article| strip(found, article))
            .unwrap_or(found);
        // "in a VPC endpoint policy transitively through a service control policy"
        let found = match after(found, "transitively through ") {
            Some(inner) => ["a ", "an "]
                .iter()
                .find_map(|article| strip(inner, article))
                .unwrap_or(inner),
            None => found,
        };
        let by = PolicyKind::at_start_of(found);
        let policy = by.and_then(|(_, rest)| strip(rest, ": ")).map(first_word);
        Self {
            action: action.map(str::to_owned),
            resource: resource.filter(|it| !it.is_empty()).map(str::to_owned),
            explicit: explicit && by.is_some(),
            by: by.map(|(kind, _)| kind),
            policy: policy
                .filter(|arn| arn.starts_with("arn:"))
                .map(str::to_owned),
        }
    }
}

fn after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.split_once(mark).map(|(_, rest)| rest)
}

/// Case-insensitive.
fn strip<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(start.len())?;
    head.eq_ignore_ascii_case(start).then_some(rest)
}

fn first_word(text: &str) -> &str {
    let word = text.split(' ').next().unwrap_or_default();
    word.trim_end_matches(['.', ',', ')', '"'])
}

/// S3 quotes the resource; IAM prefixes the type of some resources.
fn resource_of(text: &str) -> &str {
    let mut words = text.split(' ');
    let first = words.next().unwrap_or_default();
    let arn = if first.contains(':') || first == "*" {
        first
    } else {
        words.next().unwrap_or_default()
    };
    arn.trim_matches('"')
}

fn is_action(text: &str) -> bool {
    let word = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    text.split_once(':')
        .is_some_and(|(service, action)| word(service) && word(action))
}
