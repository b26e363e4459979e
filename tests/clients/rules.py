"""Requests that the hub rejects although the schema allows them, with the reason why JSON Schema can't
or should not express the rule. The descriptions in infra/openapi.yaml contain the same rules. The keys
are operation, field and code as in the hub's response; `*` is any operation, `[n]` any index."""

SEALED = "Cursors are sealed with the hub's key: only a cursor from a page is accepted."
STATE = "Depends on the hub's records."
HERE = "Depends on the hub: its partition, Regions and account."
BASE64 = "A schema can't look inside base64."
SET = "JSON Schema compares whole items, not a single field."
BOTH = "The rule applies to two values together."
PEOPLE = "JSON Schema counts code points, but the hub limits grapheme clusters."
DRAWN = "Some regular-expression engines have no Unicode classes, so the schema allows combining marks alone."
# Each applies to some formats only.
EXPORT = [
    "access", "via", "profile_template", "region", "command", "source_profile", "source_is_user", "mfa_device",
]

REFUSED = {
    ("*", "", "cursor_invalid"): SEALED,
    ("*", "name", "too_long"): PEOPLE,
    ("*", "account_name", "too_long"): PEOPLE,
    ("*", "reason", "too_long"): PEOPLE,
    ("*", "search", "too_long"): PEOPLE,
    ("*", "search", "required"): DRAWN,
    ("*", "name", "required"): DRAWN,
    ("*", "account_name", "required"): DRAWN,
    ("*", "reason", "required"): DRAWN,
    ("PATCH /v1/accounts/{account_id}", "group_id", "not_found"): STATE,
    ("POST /v1/accounts/{account_id}/simulations", "kind", "not_there"): STATE,
    ("POST /v1/registrations/{registration_id}/complete", "", "stack_info_invalid"): BASE64,
    ("POST /v1/registrations/{registration_id}/complete", "", "stack_info_other_registration"): BASE64,
    ("POST /v1/registrations/{registration_id}/complete", "", "verification_failed"): STATE,
    ("POST /v1/decode-authorization-message", "message", "invalid"): STATE,
    ("POST /v1/groups", "", "idempotency_key_reused"): STATE,
    ("POST /v1/groups/{group_id}/registrations", "", "idempotency_key_reused"): STATE,
    ("POST /v1/groups/{group_id}/registrations", "region", "invalid"): HERE,
    ("POST /v1/groups/{group_id}/registrations", "report_by", "invalid"): HERE,
    ("POST /v1/groups/{group_id}/registrations", "aws_account_id", "invalid"): HERE,
    ("POST /v1/groups/{group_id}/registrations", "return_url", "invalid"): "A URL is parsed as browsers parse it.",
    ("POST /v1/groups/{group_id}/registrations", "return_url", "not_allowed"): HERE,
    ("GET /v1/required-permissions", "report_by", "contradiction"): BOTH,
    ("GET /v1/export", "region", "invalid"): HERE,
    ("GET /v1/export", "profile_template", "not_unique"): STATE,
    ("GET /v1/export", "access", "required"): BOTH,
    **{("GET /v1/export", name, "not_applicable"): BOTH for name in EXPORT},
    ("*", "access[n]", "unknown_profile"): STATE,
    ("*", "access", "too_long"): "IAM's limits apply to all profiles of a role together.",
    ("*", "companion_roles[n].kind", "duplicate"): SET,
    ("*", "companion_roles[n].options", "too_long"): "The rule applies to all options together.",
    ("*", "companion_roles[n].options.trusted_account_id", "own_account"): STATE,
    ("*", "companion_roles[n].options.policies", "invalid"): HERE,
    ("*", "companion_roles[n].options.policies", "other_account"): STATE,
    ("*", "companion_roles[n].options.policies", "contradiction"): BOTH,
    ("*", "companion_roles[n].options.trust_ssm", "contradiction"): BOTH,
    ("*", "companion_roles[n].options.patch_baseline_regions", "invalid"): HERE,
}
