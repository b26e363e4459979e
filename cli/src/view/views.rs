//! Every view, declared.

use super::Form::{Checks, Document, Each, Fields, Line, Pairs, Rows};
use super::field::Field;
use super::{Form, Section, Sections};

const fn field(name: &'static str, pointer: &'static str) -> Field {
    Field::new(name, pointer)
}

const fn part(pointer: &'static str, form: Form) -> Section {
    Section::new(pointer, form)
}

// The signed-in user, and contexts

pub const IDENTITY: Sections = &[part(
    "",
    Fields(&[
        field("user", "/user"),
        field("tenant", "/tenant"),
        field("role", "/role"),
        field("context", "/context"),
        field("hub", "/api_url"),
        field("issuer", "/issuer"),
        field("credentials", "/credentials"),
        field("signed in", "/signed_in_at").time(),
        field("valid until", "/valid_until").time(),
        field("renewed automatically", "/is_renewed"),
    ]),
)];

pub const CONTEXTS: Sections = &[part(
    "/items",
    Rows(&[
        field("name", "/name"),
        field("current", "/current"),
        field("hub", "/api_url").flexible(),
        field("group", "/group").optional().flexible(),
        field("signed in", "/signed_in_at").time().optional(),
    ]),
)
.or("No contexts. Run rolecall login --api-url URL.")];

// Groups

pub const GROUPS: Sections = &[part(
    "/items",
    Rows(&[
        field("id", "/group_id"),
        field("name", "/name").flexible(),
        field("color", "/color"),
        field("accounts", "/account_count"),
        field("attention", "/attention_count"),
        field("pending", "/pending_registration_count"),
    ]),
)
.or("No groups.")];

pub const GROUP: Sections = &[part(
    "",
    Fields(&[
        field("id", "/group_id"),
        field("name", "/name"),
        field("color", "/color"),
        field("accounts", "/account_count"),
        field("need attention", "/attention_count"),
        field("pending registrations", "/pending_registration_count"),
        field("created", "/created_at").time(),
    ]),
)];

// Registrations

pub const REGISTRATIONS: Sections = &[part(
    "/items",
    Rows(&[
        field("id", "/registration_id"),
        field("status", "/status").status(),
        field("in progress", "/progress/aws_account_id").optional(),
        field("last error", "/last_attempt/code").optional(),
        field("name", "/account_name").flexible(),
        field("AWS account", "/aws_account_id"),
        field("region", "/region").optional(),
        field("stack", "/stack_name").optional().flexible(),
        field("expires", "/expires_at").time().optional(),
    ]),
)
.or("No registrations.")];

pub const REGISTRATION: Sections = &[
    part(
        "",
        Fields(&[
            field("id", "/registration_id"),
            field("status", "/status").status(),
            field("group", "/group_id"),
            field("name", "/account_name"),
            field("AWS account", "/aws_account_id"),
            field("region", "/region"),
            field("report by", "/report_by"),
            field("locale", "/locale"),
            field("stack", "/stack_name"),
            field("template", "/template_version"),
            field("template ID", "/template_id"),
            field("access", "/access"),
            field("allow duplicate", "/allow_duplicate"),
            field("created", "/created_at").time(),
            field("expires", "/expires_at").time(),
            field("account", "/account_id"),
        ]),
    ),
    part("/companion_roles", Each(REQUESTED_ROLE)).title("Companion roles"),
    part("/progress", Fields(PROGRESS)).title("Stack in progress"),
    part("/last_attempt", Fields(ATTEMPT)).title("Last attempt (failed)"),
    part("/last_attempt/report/checks", Checks),
    part("/last_attempt/stack", Fields(STACK)).title("Stack of the failed attempt"),
    part("/last_attempt/stack/delete_command", Line).title("Command to delete it"),
    part("/quick_create_url", Line)
        .title("Quick-create link (needs permission to create IAM roles)"),
    part("/connect_url", Line).title("Connect page (needs no sign-in)"),
];

pub const SUMMARY: Sections = &[
    part(
        "",
        Fields(&[
            field("product", "/product"),
            field("contact", "/contact"),
            field("region", "/region"),
            field("stack", "/stack_name"),
        ]),
    ),
    part("/creates", Each(&[part("/text", Line)])).title("The stack creates"),
    part("/access", Each(ACCESS_PROFILE)).title("Access"),
    part("/no_access", Line).title("Access"),
    part("/removal", Line),
];

const ACCESS_PROFILE: Sections = &[
    part(
        "",
        Fields(&[
            field("profile", "/name"),
            field("title", "/title"),
            field("explanation", "/explain"),
            field("not included", "/not"),
            field("managed policies", "/managed_policies"),
            field("warning", "/warning"),
        ]),
    ),
    part("/policy", Document),
];

/// A registration's `last_attempt`.
pub const FAILED_ATTEMPT: Sections = &[
    part("", Fields(ATTEMPT)),
    part("/report/checks", Checks),
    part("/stack", Fields(STACK)).title("Stack of the failed attempt"),
    part("/stack/delete_command", Line).title("Command to delete it"),
];

const ATTEMPT: &[Field] = &[
    field("error", "/title"),
    field("code", "/code"),
    field("reason", "/detail"),
    field("time", "/attempted_at").time(),
];

const PROGRESS: &[Field] = &[
    field("stack", "/stack_id"),
    field("AWS account", "/aws_account_id"),
    field("region", "/region"),
    field("started", "/started_at").time(),
];

const STACK: &[Field] = &[
    field("stack", "/stack_name"),
    field("AWS account", "/aws_account_id"),
    field("region", "/region"),
    field("console", "/console_url"),
];

// Accounts

pub const ACCOUNTS: Sections = &[part(
    "/items",
    Rows(&[
        field("id", "/account_id"),
        field("name", "/name").flexible(),
        field("AWS account", "/aws_account_id"),
        field("status", "/status").status(),
        field("region", "/region").optional(),
        field("stack", "/stack_name").optional().flexible(),
    ]),
)
.or("No accounts.")];

pub const ACCOUNT: Sections = &[
    part("", Fields(ACCOUNT_FIELDS)),
    part("/evidence", Rows(EVIDENCE)).title("Evidence about the stack"),
    part("/last_report", Fields(VERDICT)).title("Last check"),
    part("/last_report/checks", Checks),
    part("/companion_roles", Each(COMPANION_ROLE)).title("Companion roles"),
    WAITING_UPDATE,
    UPDATE_COMMAND,
    part("/customer_url", Line).title("Customer page (needs no sign-in)"),
];

pub const CUSTOMER_LINK: Sections = &[
    part(
        "",
        Fields(&[field("account", "/account_id"), field("name", "/name")]),
    ),
    part("/customer_url", Line).title("Customer page (needs no sign-in)"),
];

pub const RECEIPTS: Sections = &[part(
    "/items",
    Rows(&[
        field("issued", "/issued_at").time(),
        field("expires", "/expires_at").time(),
        field("service", "/service").flexible(),
        field("access", "/profile"),
    ]),
)
.or("No credentials were issued in the last 90 days.")];

/// Without checks, because changing the name or the group runs none.
pub const EDITED_ACCOUNT: Sections = &[part("", Fields(ACCOUNT_FIELDS))];

const ACCOUNT_FIELDS: &[Field] = &[
    field("id", "/account_id"),
    field("name", "/name"),
    field("status", "/status").status(),
    field("health", "/health").status(),
    field("group", "/group_id"),
    field("AWS account", "/aws_account_id"),
    field("role", "/role_arn"),
    field("stack", "/stack_name"),
    field("region", "/region"),
    field("console", "/console_url"),
    field("template", "/template_version"),
    field("template ID", "/template_id"),
    field("access", "/access"),
    field("requested access", "/requested_access"),
    field("registered", "/registered_at").time(),
    field("disconnected", "/disconnected_at").time(),
    field("deregistered", "/deregistered_at").time(),
    field("cause", "/cause"),
    field("orphaned stack", "/orphaned_stack_id"),
    field("last checked", "/last_checked_at").time(),
    field("next check", "/next_check_at").time(),
];

pub const REPORT: Sections = &[part("", Fields(VERDICT)), part("/checks", Checks)];

const VERDICT: &[Field] = &[
    field("verdict", "/verdict").status(),
    field("checked", "/checked_at").time(),
];

pub const HISTORY: Sections = &[part(
    "/items",
    Rows(&[
        field("time", "/at").time(),
        field("event", "/event"),
        field("actor", "/actor").flexible(),
        field("name", "/actor_name").optional().flexible(),
        field("email", "/actor_email").optional().flexible(),
        field("session", "/session_name").optional().flexible(),
        field("cause", "/cause").flexible(),
        field("sequence", "/sequence").optional(),
    ]),
)
.or("No history.")];

pub const DEREGISTERED: Sections = &[
    part(
        "/account",
        Fields(&[
            field("id", "/account_id"),
            field("name", "/name"),
            field("status", "/status").status(),
            field("AWS account", "/aws_account_id"),
            field("deregistered", "/deregistered_at").time(),
            field("cause", "/cause"),
        ]),
    ),
    part("/orphaned_stack", Fields(ORPHANED_STACK_FIELDS)).title("Orphaned stack"),
    part("/orphaned_stack/remedy", Line).title("Next step"),
    part("/orphaned_stack/delete_command", Line).title("Command"),
];

// Access profiles and companion roles

pub const ACCESS: Sections = &[
    part("/access", Line)
        .title("Access at the last check")
        .or("None."),
    part("/requested_access", Line)
        .title("Requested access")
        .or("None."),
];

pub const SET_ACCESS: Sections = &[
    part("/requested_access", Line)
        .title("Requested access")
        .or("None."),
    UPDATE,
    UPDATE_COMMAND,
];

const REQUESTED_ROLE: Sections = &[
    part("", Fields(&[field("role", "/kind")])),
    part("/options", Pairs),
];

const COMPANION_ROLE: Sections = &[
    part(
        "",
        Fields(&[
            field("role", "/kind"),
            field("state", "/state").status(),
            field("role ARN", "/role_arn"),
            field("instance profile", "/instance_profile_arn"),
            field("checked", "/checked_at").time(),
        ]),
    ),
    part("/options", Pairs).title("  Options"),
    part("/requested_options", Pairs)
        .title("  Requested options")
        .unless_equal_to("/options"),
    part("/checks", Checks),
];

pub const COMPANION_ROLES: Sections =
    &[part("/companion_roles", Each(COMPANION_ROLE)).or("No companion roles.")];

pub const SET_COMPANION_ROLES: Sections = &[
    part("/companion_roles", Each(COMPANION_ROLE)).or("No companion roles."),
    UPDATE,
    UPDATE_COMMAND,
];

const UPDATE_FIELDS: &[Field] = &[
    field("console", "/console_url"),
    field("template", "/template_url"),
];

const UPDATE: Section = part("/update", Fields(UPDATE_FIELDS))
    .title("Update the stack to apply the change")
    .or("No change: the stack already has this configuration.");

/// Shown only if there is one.
const WAITING_UPDATE: Section =
    part("/update", Fields(UPDATE_FIELDS)).title("Waiting update of the stack");

const UPDATE_COMMAND: Section = part("/update/command", Line).title("Command");

pub const SIMULATION: Sections = &[
    part(
        "",
        Fields(&[
            field("role", "/kind"),
            field("role ARN", "/role_arn"),
            field("verdict", "/verdict").status(),
            field("reason", "/reason"),
            field("simulated", "/simulated_at").time(),
        ]),
    ),
    part(
        "/results",
        Rows(&[
            field("action", "/action").flexible(),
            field("resource", "/resource").flexible(),
            field("decision", "/decision").status(),
            field("reason", "/because").flexible(),
            field("matched", "/matched").optional(),
            field("missing context", "/missing_context").optional(),
        ]),
    ),
];

pub const SWITCH_ROLE_LINK: Sections = &[
    part(
        "",
        Fields(&[
            field("AWS account", "/aws_account_id"),
            field("role", "/role_name"),
            field("display name", "/display_name"),
            field("color", "/color"),
            field("console color", "/console_color"),
        ]),
    ),
    part("/url", Line),
];

// Orphaned stacks

pub const ORPHANED_STACKS: Sections = &[part(
    "/items",
    Rows(&[
        field("id", "/orphaned_stack_id"),
        field("stack", "/stack_name").optional().flexible(),
        field("AWS account", "/aws_account_id"),
        field("region", "/region").optional(),
        field("status", "/status").status(),
        field("reason", "/reason").flexible(),
        field("age", "/age_seconds").age(),
    ]),
)
.or("No orphaned stacks.")];

pub const ORPHANED_STACK: Sections = &[
    part("", Fields(ORPHANED_STACK_FIELDS)),
    part("/evidence", Rows(EVIDENCE)).title("Evidence"),
    part("/remedy", Line).title("Next step"),
    part("/delete_command", Line).title("Command"),
];

const ORPHANED_STACK_FIELDS: &[Field] = &[
    field("id", "/orphaned_stack_id"),
    field("status", "/status").status(),
    field("reason", "/reason"),
    field("deletion proof", "/proof"),
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
    field("time", "/at").time(),
    field("status", "/status").optional(),
    field("cause", "/cause").optional().flexible(),
    field("actor", "/who").optional().flexible(),
    field("reason", "/reason").optional().flexible(),
];

// Policies and messages

pub const SOURCE_POLICIES: Sections = &[part(
    "/policies",
    Each(&[
        part(
            "",
            Fields(&[
                field("source account", "/trusted_account_id"),
                field("name", "/name"),
                field("characters", "/characters"),
            ]),
        ),
        part("/document", Document),
    ]),
)
.or("No policy is needed: no account has a switch-role role.")];

pub const DECODED: Sections = &[
    part(
        "",
        Fields(&[
            field("verdict", "/verdict").status(),
            field("reason", "/reason"),
            field("summary", "/sentence"),
            field("allowed", "/allowed"),
            field("explicit deny", "/explicit_deny"),
            field("action", "/action"),
            field("resource", "/resource"),
            field("principal", "/principal"),
        ]),
    ),
    part("/matched_statements", Document).title("Matched statements"),
];
