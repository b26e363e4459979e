"""What the hub refuses although the schema allows it, each with the reason why JSON Schema can't say
it, or should not. The same stands in the description in infra/openapi.yaml. The keys are operation,
field and code as the hub's answer names them; `*` stands for any operation, `[n]` for any index."""

SEALED = "A cursor is sealed with the hub's key: only one that a page gave is taken."
STATE = "It depends on what the hub has on record."
HERE = "It depends on the hub: its partition, its Regions, its account."
BASE64 = "Base64 hides what is in it from a schema."
SET = "JSON Schema compares whole items, not one field of each."
BOTH = "A rule over two options together."
PEOPLE = "JSON Schema counts code points, people count grapheme clusters; a maximum of those is the hub's."

REFUSED = {
    ("*", "", "cursor_invalid"): SEALED,
    ("*", "name", "too_long"): PEOPLE,
    ("*", "account_name", "too_long"): PEOPLE,
    ("*", "reason", "too_long"): PEOPLE,
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
    ("GET /v1/groups/{group_id}/aws-config", "region", "invalid"): HERE,
    ("*", "companion_roles[n].kind", "duplicate"): SET,
    ("*", "companion_roles[n].options", "too_long"): "A rule over all options together.",
    ("*", "companion_roles[n].options.trusted_account_id", "own_account"): STATE,
    ("*", "companion_roles[n].options.policies", "invalid"): HERE,
    ("*", "companion_roles[n].options.policies", "other_account"): STATE,
    ("*", "companion_roles[n].options.policies", "contradiction"): BOTH,
    ("*", "companion_roles[n].options.trust_ssm", "contradiction"): BOTH,
    ("*", "companion_roles[n].options.patch_baseline_regions", "invalid"): HERE,
}

# Methods that no route has: API Gateway answers those with 404 before the hub sees them.
UNROUTED = "An HTTP API of API Gateway answers 404, not 405, for a method without a route."
