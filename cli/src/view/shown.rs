//! Every view, declared. A new answer is shown by a few lines here.

use super::Form::{Checks, Document, Each, Fields, Line, Pairs, Rows};
use super::{Field, Section, View};

const fn field(name: &'static str, at: &'static str) -> Field {
    Field::new(name, at)
}

const fn part(at: &'static str, form: super::Form) -> Section {
    Section::new(at, form)
}

// Groups

pub const GROUPS: View = &[part(
    "/items",
    Rows(&[
        field("group", "/group_id"),
        field("name", "/name"),
        field("color", "/color"),
        field("accounts", "/account_count"),
    ]),
)
.or("No groups.")];

pub const GROUP: View = &[part(
    "",
    Fields(&[
        field("group", "/group_id"),
        field("name", "/name"),
        field("color", "/color"),
        field("accounts", "/account_count"),
        field("created", "/created_at").time(),
    ]),
)];

// Registrations

pub const REGISTRATIONS: View = &[part(
    "/items",
    Rows(&[
        field("registration", "/registration_id"),
        field("status", "/status").standing(),
        field("name", "/account_name"),
        field("AWS account", "/aws_account_id"),
        field("region", "/region"),
        field("stack", "/stack_name"),
        field("expires", "/expires_at").time(),
    ]),
)
.or("No registrations.")];

pub const REGISTRATION: View = &[
    part(
        "",
        Fields(&[
            field("registration", "/registration_id"),
            field("status", "/status").standing(),
            field("group", "/group_id"),
            field("name", "/account_name"),
            field("AWS account", "/aws_account_id"),
            field("region", "/region"),
            field("reports by", "/report_by"),
            field("stack", "/stack_name"),
            field("template", "/template_version"),
            field("duplicates", "/allow_duplicate"),
            field("created", "/created_at").time(),
            field("expires", "/expires_at").time(),
            field("account", "/account_id"),
        ]),
    ),
    part("/companion_roles", Each(WISH)).title("Companion roles"),
    part("/last_report", Fields(ATTEMPT)).title("The last attempt was refused"),
    part("/last_report/checks", Checks),
    part("/last_report/failed_stack", Fields(STACK)).title("The refused stack"),
    part("/last_report/failed_stack/delete_command", Line).title("Delete it with"),
    part("/quick_create_url", Line).title("The link, to be opened by who may create the stack"),
];

/// A refused attempt to connect: a registration's `last_report`.
pub const REFUSED_ATTEMPT: View = &[
    part("", Fields(ATTEMPT)),
    part("/checks", Checks),
    part("/failed_stack", Fields(STACK)).title("The refused stack"),
    part("/failed_stack/delete_command", Line).title("Delete it with"),
];

const ATTEMPT: &[Field] = &[
    field("refused", "/code"),
    field("because", "/detail"),
    field("at", "/checked_at").time(),
];

const STACK: &[Field] = &[
    field("stack", "/stack_name"),
    field("AWS account", "/aws_account_id"),
    field("region", "/region"),
    field("console", "/console_url"),
];

// Accounts

pub const ACCOUNTS: View = &[part(
    "/items",
    Rows(&[
        field("account", "/account_id"),
        field("name", "/name"),
        field("AWS account", "/aws_account_id"),
        field("status", "/status").standing(),
        field("region", "/region"),
        field("stack", "/stack_name"),
    ]),
)
.or("No accounts.")];

pub const ACCOUNT: View = &[
    part("", Fields(ACCOUNT_FIELDS)),
    part("/evidence", Rows(EVIDENCE)).title("Seen of its stack"),
    part("/last_report", Fields(VERDICT)).title("The last check"),
    part("/last_report/checks", Checks),
    part("/companion_roles", Each(COMPANION)).title("Companion roles"),
];

/// After a change of its name or group, which checks nothing.
pub const ACCOUNT_CHANGED: View = &[part("", Fields(ACCOUNT_FIELDS))];

const ACCOUNT_FIELDS: &[Field] = &[
    field("account", "/account_id"),
    field("name", "/name"),
    field("status", "/status").standing(),
    field("health", "/health").standing(),
    field("group", "/group_id"),
    field("AWS account", "/aws_account_id"),
    field("role", "/role_arn"),
    field("stack", "/stack_name"),
    field("region", "/region"),
    field("console", "/console_url"),
    field("template", "/template_version"),
    field("registered", "/registered_at").time(),
    field("disconnected", "/disconnected_at").time(),
    field("deregistered", "/deregistered_at").time(),
    field("cause", "/cause"),
    field("leftover stack", "/orphaned_stack_id"),
    field("last checked", "/last_checked_at").time(),
    field("next check", "/next_check_at").time(),
];

pub const REPORT: View = &[part("", Fields(VERDICT)), part("/checks", Checks)];

const VERDICT: &[Field] = &[
    field("verdict", "/verdict").standing(),
    field("checked", "/checked_at").time(),
];

pub const HISTORY: View = &[part(
    "/items",
    Rows(&[
        field("at", "/at").time(),
        field("event", "/event"),
        field("by", "/actor"),
        field("cause", "/cause"),
        field("sequence", "/sequence"),
    ]),
)
.or("No history.")];

pub const DEREGISTERED: View = &[
    part("/account", Fields(ACCOUNT_FIELDS)),
    part("/orphaned_stack", Fields(ORPHAN_FIELDS)).title("The stack that stays behind"),
    part("/orphaned_stack/remedy", Line).title("What to do"),
    part("/orphaned_stack/delete_command", Line).title("Command"),
];

// Companion roles

const WISH: View = &[
    part("", Fields(&[field("role", "/kind")])),
    part("/options", Pairs),
];

const COMPANION: View = &[
    part(
        "",
        Fields(&[
            field("role", "/kind"),
            field("state", "/state").standing(),
            field("role ARN", "/role_arn"),
            field("instance profile", "/instance_profile_arn"),
            field("checked", "/checked_at").time(),
        ]),
    ),
    part("/options", Pairs).title("  as it is"),
    part("/wanted_options", Pairs).title("  as it is wanted"),
    part("/checks", Checks),
];

pub const COMPANIONS: View = &[part("/companion_roles", Each(COMPANION)).or("No companion roles.")];

pub const COMPANIONS_SET: View = &[
    part("/account/companion_roles", Each(COMPANION)).or("No companion roles."),
    part(
        "/update",
        Fields(&[
            field("console", "/console_url"),
            field("template", "/template_url"),
        ]),
    )
    .title("The stack must be updated")
    .or("The stack has this already."),
    part("/update/parameters", Pairs).title("With these parameters"),
    part("/update/command", Line).title("Or with"),
];

pub const SIMULATION: View = &[
    part(
        "",
        Fields(&[
            field("role", "/kind"),
            field("role ARN", "/role_arn"),
            field("verdict", "/verdict").standing(),
            field("because", "/reason"),
            field("simulated", "/simulated_at").time(),
        ]),
    ),
    part(
        "/results",
        Rows(&[
            field("action", "/action"),
            field("resource", "/resource"),
            field("decision", "/decision").standing(),
            field("because", "/because"),
            field("matched", "/matched"),
            field("missing context", "/missing_context"),
        ]),
    ),
];

pub const SWITCH_ROLE_LINK: View = &[
    part(
        "",
        Fields(&[
            field("AWS account", "/aws_account_id"),
            field("role", "/role_name"),
            field("shown as", "/display_name"),
            field("color", "/color"),
            field("in the console", "/console_color"),
        ]),
    ),
    part("/url", Line),
];

// Leftover stacks

pub const ORPHANS: View = &[part(
    "/items",
    Rows(&[
        field("leftover stack", "/orphaned_stack_id"),
        field("stack", "/stack_name"),
        field("AWS account", "/aws_account_id"),
        field("region", "/region"),
        field("status", "/status").standing(),
        field("reason", "/reason"),
        field("age", "/age_seconds").age(),
    ]),
)
.or("No leftover stacks.")];

pub const ORPHAN: View = &[
    part("", Fields(ORPHAN_FIELDS)),
    part("/evidence", Rows(EVIDENCE)).title("Evidence"),
    part("/remedy", Line).title("What to do"),
    part("/delete_command", Line).title("Command"),
];

const ORPHAN_FIELDS: &[Field] = &[
    field("leftover stack", "/orphaned_stack_id"),
    field("status", "/status").standing(),
    field("reason", "/reason"),
    field("proof", "/proof"),
    field("stale", "/stale"),
    field("stack", "/stack_name"),
    field("AWS account", "/aws_account_id"),
    field("region", "/region"),
    field("console", "/console_url"),
    field("account", "/account_id"),
    field("age", "/age_seconds").age(),
    field("last checked", "/last_checked_at").time(),
    field("next check", "/next_check_at").time(),
];

const EVIDENCE: &[Field] = &[
    field("evidence", "/kind"),
    field("at", "/at").time(),
    field("status", "/status"),
    field("cause", "/cause"),
    field("by", "/who"),
    field("reason", "/reason"),
];

// Policies and messages

pub const SOURCE_POLICIES: View = &[part(
    "/policies",
    Each(&[
        part(
            "",
            Fields(&[
                field("in AWS account", "/trusted_account_id"),
                field("name", "/name"),
                field("characters", "/characters"),
            ]),
        ),
        part("/document", Document),
    ]),
)
.or("No account has a switch role, so no policy is needed.")];

pub const DECODED: View = &[
    part(
        "",
        Fields(&[
            field("verdict", "/verdict").standing(),
            field("because", "/reason"),
            field("in short", "/sentence"),
            field("allowed", "/allowed"),
            field("explicit deny", "/explicit_deny"),
            field("action", "/action"),
            field("resource", "/resource"),
            field("principal", "/principal"),
        ]),
    ),
    part("/matched_statements", Document).title("Statements that matched"),
];

/// Where an answer has no body.
pub const NOTHING: View = &[];
