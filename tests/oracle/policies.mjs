// Trust policies to evaluate: hand-written ones, each with one fault, and many generated from parts. The
// generator is seeded, so that every run creates the same policies.

export const HUB = "111111111111";
const VERIFIER = `arn:aws:iam::${HUB}:role/rolecall-hub/verifier/api`;
const root = (account) => ({ AWS: `arn:aws:iam::${account}:root` });
const trusted = `arn:aws:iam::${HUB}:role/rolecall-hub/verifier/*`;
const HELD = { ArnLike: { "aws:PrincipalArn": trusted } };
const MFA = { Bool: { "aws:MultiFactorAuthPresent": "true" } };
const ID = { StringEquals: { "sts:ExternalId": "abc" } };

const allow = (Principal, Condition, more = {}) => statement("Allow", { Principal }, Condition, more);
const deny = (Principal, Condition, more = {}) => statement("Deny", { Principal }, Condition, more);

function statement(Effect, who, Condition, more) {
  const one = { Effect, ...who, Action: "sts:AssumeRole", ...more };
  if (Condition && Object.keys(Condition).length > 0) one.Condition = Condition;
  if (one.NotAction) delete one.Action;
  return one;
}

const policy = (...statements) => ({ Version: "2012-10-17", Statement: statements });

export const byHand = {
  "the template's policy": policy(allow(root(HUB), { ...ID, ...HELD })),
  "a single statement instead of a list": {
    Version: "2012-10-17",
    Statement: allow(root(HUB), { ...ID, ...HELD }),
  },
  "the account ID without an ARN": policy(allow({ AWS: HUB }, { ...ID, ...HELD })),
  "no condition": policy(allow(root(HUB))),
  "no external ID": policy(allow(root(HUB), HELD)),
  "any role in the hub account": policy(allow(root(HUB), ID)),
  "any principal": policy(allow("*")),
  "any principal, in the AWS form": policy(allow({ AWS: "*" })),
  "any principal with the external ID": policy(allow("*", ID)),
  "any principal, limited to hub roles with the external ID": policy(allow("*", { ...ID, ...HELD })),
  "a second trusted account": policy(
    allow({ AWS: [`arn:aws:iam::${HUB}:root`, "arn:aws:iam::999999999999:root"] }, ID),
  ),
  "a second account in a separate statement": policy(
    allow(root(HUB), { ...ID, ...HELD }),
    allow(root("999999999999")),
  ),
  "the hub's role ARN": policy(allow({ AWS: VERIFIER }, ID)),
  "a session ARN of the hub's role": policy(
    allow({ AWS: `arn:aws:sts::${HUB}:assumed-role/api/probe` }, ID),
  ),
  "a user ARN in the hub account": policy(allow({ AWS: `arn:aws:iam::${HUB}:user/dev` }, ID)),
  "StringEqualsIfExists for the external ID": policy(
    allow(root(HUB), { StringEqualsIfExists: { "sts:ExternalId": "abc" }, ...HELD }),
  ),
  "ForAllValues for the external ID": policy(
    allow(root(HUB), { "ForAllValues:StringEquals": { "sts:ExternalId": "abc" }, ...HELD }),
  ),
  "ForAnyValue for the external ID": policy(
    allow(root(HUB), { "ForAnyValue:StringEquals": { "sts:ExternalId": "abc" }, ...HELD }),
  ),
  "any external ID except one": policy(
    allow(root(HUB), { StringNotEquals: { "sts:ExternalId": "zzz" }, ...HELD }),
  ),
  "a case-insensitive external ID": policy(
    allow(root(HUB), { StringEqualsIgnoreCase: { "sts:ExternalId": "ABC" }, ...HELD }),
  ),
  "an external ID prefix": policy(
    allow(root(HUB), { StringLike: { "sts:ExternalId": "abc*" }, ...HELD }),
  ),
  "two external IDs": policy(
    allow(root(HUB), { StringEquals: { "sts:ExternalId": ["abc", "def"] }, ...HELD }),
  ),
  "any external ID": policy(allow(root(HUB), { Null: { "sts:ExternalId": "false" }, ...HELD })),
  "no external ID allowed": policy(
    allow(root(HUB), { Null: { "sts:ExternalId": "true" }, ...HELD }),
  ),
  "a second statement without the external ID": policy(
    allow(root(HUB), { ...ID, ...HELD }),
    allow(root(HUB), HELD),
  ),
  "condition keys in another case": policy(
    allow(root(HUB), {
      stringequals: { "STS:externalid": "abc" },
      ArnLike: { "AWS:principalarn": trusted },
    }),
  ),
  "a Deny without the external ID": policy(
    allow(root(HUB), HELD),
    deny("*", { StringNotEquals: { "sts:ExternalId": "abc" } }),
  ),
  "a Deny that does not match an absent external ID": policy(
    allow(root(HUB), HELD),
    deny("*", { "ForAnyValue:StringNotEquals": { "sts:ExternalId": "abc" } }),
  ),
  "a Deny for absent external IDs only": policy(
    allow(root(HUB), HELD),
    deny("*", { Null: { "sts:ExternalId": "true" } }),
  ),
  "a Deny for all but the hub's roles": policy(
    allow(root(HUB), ID),
    deny("*", { ArnNotLike: { "aws:PrincipalArn": trusted } }),
  ),
  "a Deny for everything": policy(allow("*"), deny("*", {}, { Action: "*" })),
  "a Deny for another account": policy(allow("*", ID), deny(root("999999999999"))),
  "a Deny for another action": policy(
    allow(root(HUB), { ...ID, ...HELD }),
    deny("*", {}, { Action: "sts:TagSession" }),
  ),
  "all actions of STS": policy(allow(root(HUB), { ...ID, ...HELD }, { Action: "sts:*" })),
  "all actions except another service's": policy(allow("*", {}, { NotAction: "s3:*" })),
  "all actions except AssumeRole": policy(allow("*", {}, { NotAction: "STS:assumerole" })),
  "only another action": policy(allow("*", {}, { Action: "sts:TagSession" })),
  "an identity provider": policy(
    allow(
      { Federated: "arn:aws:iam::222222222222:saml-provider/idp" },
      {},
      { Action: "sts:AssumeRoleWithSAML" },
    ),
  ),
  "a service": policy(allow({ Service: "ec2.amazonaws.com" })),
  "an ARN pattern that is too broad": policy(
    allow(root(HUB), {
      ...ID,
      ArnLike: { "aws:PrincipalArn": `arn:aws:iam::${HUB}:role/*` },
    }),
  ),
  "an ARN pattern across ARN parts": policy(
    allow(root(HUB), { ...ID, ArnLike: { "aws:PrincipalArn": "arn:*" } }),
  ),
  "the same pattern with StringLike": policy(
    allow(root(HUB), { ...ID, StringLike: { "aws:PrincipalArn": "arn:*" } }),
  ),
  "a pattern with StringEquals": policy(
    allow(root(HUB), { StringEquals: { "sts:ExternalId": "abc", "aws:PrincipalArn": trusted } }),
  ),
  "ArnEquals takes patterns too": policy(
    allow(root(HUB), { ...ID, ArnEquals: { "aws:PrincipalArn": trusted } }),
  ),
  "a companion role that requires MFA": policy(allow(root("999999999999"), MFA)),
  "a companion role without MFA": policy(allow(root("999999999999"))),
  "a companion role that requires recent MFA": policy(
    allow(root("999999999999"), { NumericLessThan: { "aws:MultiFactorAuthAge": "3600" } }),
  ),
  "a companion role with BoolIfExists for MFA": policy(
    allow(root("999999999999"), { BoolIfExists: { "aws:MultiFactorAuthPresent": "true" } }),
  ),
  "a companion role with a Deny and BoolIfExists for MFA": policy(
    allow(root("999999999999")),
    deny("*", { BoolIfExists: { "aws:MultiFactorAuthPresent": "false" } }),
  ),
  "a companion role with a Deny and Bool for MFA": policy(
    allow(root("999999999999")),
    deny("*", { Bool: { "aws:MultiFactorAuthPresent": "false" } }),
  ),
  "a companion role for one user of the account": policy(
    allow({ AWS: "arn:aws:iam::999999999999:user/person" }, MFA),
  ),
  "a companion role that trusts the hub": policy(allow(root(HUB), MFA)),
  "a companion role that also trusts the hub": policy(
    allow(root("999999999999"), MFA),
    allow(root(HUB)),
  ),
  "a companion role that trusts the hub with an external ID": policy(
    allow(root("999999999999"), MFA),
    allow(root(HUB), { ...ID, ...HELD }),
  ),
  "a companion role for any principal except the hub": policy(
    allow("*", { StringNotEquals: { "aws:PrincipalAccount": HUB } }),
  ),
  "a companion role that denies the hub": policy(allow("*"), deny(root(HUB))),
  "a deleted principal": policy(
    allow(root("999999999999"), MFA),
    allow({ AWS: "AROADBQP57FF2AEXAMPLE" }),
  ),
  "the account in a condition": policy(
    allow("*", { StringEquals: { "sts:ExternalId": "abc", "aws:PrincipalAccount": HUB } }),
  ),
};

// A small linear congruential generator (constants from Numerical Recipes).
function dice(seed) {
  let state = seed >>> 0;
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

const principals = [
  root(HUB),
  root(HUB),
  root(HUB),
  { AWS: HUB },
  "*",
  { AWS: "*" },
  { AWS: VERIFIER },
  { AWS: `arn:aws:sts::${HUB}:assumed-role/api/probe` },
  { AWS: `arn:aws:iam::${HUB}:role/admin` },
  { AWS: `arn:aws:iam::${HUB}:user/dev` },
  root("999999999999"),
  { AWS: "arn:aws:iam::999999999999:role/deploy" },
  { AWS: [`arn:aws:iam::${HUB}:root`, "888888888888"] },
  { AWS: `arn:aws:iam::${HUB}:root`, Service: "ec2.amazonaws.com" },
];

const actions = [
  { Action: "sts:AssumeRole" },
  { Action: "sts:AssumeRole" },
  { Action: ["sts:AssumeRole", "sts:TagSession"] },
  { Action: "sts:*" },
  { Action: "*" },
  { Action: "STS:assume?ole" },
  { Action: "sts:TagSession" },
  { NotAction: "s3:*" },
  { NotAction: ["sts:Get*", "sts:TagSession"] },
];

const values = {
  "sts:ExternalId": ["abc", "def", "abc*", "?bc", "*", ["abc", "def"], "ABC"],
  "aws:PrincipalArn": [
    trusted,
    `arn:aws:iam::${HUB}:role/*`,
    `arn:aws:iam::${HUB}:*`,
    "arn:aws:iam::*:role/rolecall-hub/*",
    VERIFIER,
    [trusted, `arn:aws:iam::${HUB}:user/dev`],
    "*",
  ],
  "aws:PrincipalAccount": [HUB, ["999999999999", HUB], "9*"],
  "aws:SourceIp": ["192.0.2.0/24", "198.51.100.7", "2001:db8::/32"],
  "aws:CurrentTime": ["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"],
  "aws:MultiFactorAuthPresent": ["true", "false"],
  "aws:MultiFactorAuthAge": ["300", "3600"],
};

const text = [
  "StringEquals",
  "StringEquals",
  "StringLike",
  "StringNotEquals",
  "StringNotLike",
  "StringEqualsIgnoreCase",
  "StringNotEqualsIgnoreCase",
];
const operators = {
  "sts:ExternalId": [...text, "Null"],
  "aws:PrincipalArn": ["ArnLike", "ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals", "StringLike", "StringEquals", "Null"],
  "aws:PrincipalAccount": text,
  "aws:SourceIp": ["IpAddress", "NotIpAddress"],
  "aws:CurrentTime": ["DateLessThan", "DateGreaterThan", "DateGreaterThanEquals"],
  "aws:MultiFactorAuthPresent": ["Bool", "Null"],
  "aws:MultiFactorAuthAge": ["NumericLessThan", "NumericGreaterThanEquals", "NumericEquals"],
};
const keys = [
  "sts:ExternalId",
  "sts:ExternalId",
  "sts:ExternalId",
  "aws:PrincipalArn",
  "aws:PrincipalArn",
  "aws:PrincipalAccount",
  "aws:SourceIp",
  "aws:CurrentTime",
  "aws:MultiFactorAuthPresent",
  "aws:MultiFactorAuthAge",
];

// Values that are compared literally have no wildcards: external IDs never contain any.
function valuesFor(key, operator) {
  const literal = key === "sts:ExternalId" && operator.includes("Equals");
  return values[key].filter((value) => !literal || !/[*?]/.test(value));
}

function condition(roll) {
  const pick = (list) => list[roll(list.length)];
  const block = {};
  for (let left = roll(4); left > 0; left -= 1) {
    const key = pick(keys);
    let operator = pick(operators[key]);
    const value = operator === "Null" ? pick(["true", "false"]) : pick(valuesFor(key, operator));
    if (operator !== "Null") {
      const qualified = roll(8);
      if (qualified === 0) operator = `ForAllValues:${operator}`;
      if (qualified === 1) operator = `ForAnyValue:${operator}`;
      if (roll(6) === 0) operator = `${operator}IfExists`;
    }
    block[operator] = { ...block[operator], [key]: value };
  }
  return block;
}

export function generated(count, seed) {
  const roll = dice(seed);
  const pick = (list) => list[roll(list.length)];
  const made = {};
  for (let n = 1; n <= count; n += 1) {
    const statements = [];
    for (let left = 1 + roll(3); left > 0; left -= 1) {
      const denies = statements.length > 0 && roll(3) === 0;
      const block = condition(roll);
      const who = denies && roll(2) === 0 ? "*" : pick(principals);
      statements.push(statement(denies ? "Deny" : "Allow", { Principal: who }, block, pick(actions)));
    }
    made[`generated ${n}`] = policy(...statements);
  }
  return made;
}
