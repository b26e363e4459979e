// Evaluates every policy for every caller with @cloud-copilot/iam-simulate, and writes the results to the
// file that the tests read. With --check, it compares them with that file instead.

import { readFileSync, writeFileSync } from "node:fs";
import { runSimulation } from "@cloud-copilot/iam-simulate";
import { byHand, generated, HUB } from "./policies.mjs";

const FILE = new URL("../../shared/domain/tests/oracle.json", import.meta.url);
const CUSTOMER = "222222222222";

const who = [
  { arn: `arn:aws:iam::${HUB}:role/rolecall-hub/verifier/api`, session_arn: `arn:aws:sts::${HUB}:assumed-role/api/probe` },
  { arn: `arn:aws:iam::${HUB}:role/admin`, session_arn: `arn:aws:sts::${HUB}:assumed-role/admin/probe` },
  { arn: `arn:aws:iam::${HUB}:user/dev` },
  { arn: "arn:aws:iam::999999999999:role/deploy", session_arn: "arn:aws:sts::999999999999:assumed-role/deploy/probe" },
  { arn: "arn:aws:iam::999999999999:user/person" },
  { arn: "arn:aws:iam::888888888888:user/someone" },
];
const externalIds = ["abc", undefined, "def", "ABC", "abcd", "zzz"];

const callers = who.flatMap(({ arn, session_arn }) =>
  externalIds.map((id) => ({
    arn,
    session_arn,
    context: {
      "aws:PrincipalArn": arn,
      "aws:PrincipalAccount": arn.split(":")[4],
      "aws:SourceIp": "192.0.2.7",
      "aws:CurrentTime": "2026-06-01T12:00:00Z",
      ...(arn.includes(":user/") && { "aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "600" }),
      ...(id && { "sts:ExternalId": id }),
    },
  })),
);

const everything = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
};

// One character per caller: y or n.
async function judge(name, resourcePolicy) {
  let verdicts = "";
  for (const { arn, session_arn, context } of callers) {
    const simulation = {
      identityPolicies: [{ name: "everything", policy: everything }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy,
      request: {
        principal: session_arn ?? arn,
        action: "sts:AssumeRole",
        resource: { resource: `arn:aws:iam::${CUSTOMER}:role/rolecall/R`, accountId: CUSTOMER },
        contextVariables: context,
      },
    };
    const result = await runSimulation(simulation, {});
    if (result.resultType === "error") {
      throw new Error(`${name}: ${JSON.stringify(result.errors)} ${JSON.stringify(resourcePolicy)}`);
    }
    verdicts += result.overallResult === "Allowed" ? "y" : "n";
  }
  return verdicts;
}

const policies = [];
for (const [name, policy] of Object.entries({ ...byHand, ...generated(360, 20260101) })) {
  policies.push({ name, policy, verdicts: await judge(name, policy) });
}
const lines = (list) => list.map((one) => `    ${JSON.stringify(one)}`).join(",\n");
const text = `{\n  "callers": [\n${lines(callers)}\n  ],\n  "policies": [\n${lines(policies)}\n  ]\n}\n`;
if (process.argv.includes("--check")) {
  if (readFileSync(FILE, "utf8") !== text) throw new Error("the results differ from oracle.json: run the script without --check and review the diff");
  console.log(`${policies.length} policies, ${policies.length * callers.length} verdicts: unchanged`);
} else {
  writeFileSync(FILE, text);
  console.log(`${policies.length} policies, ${policies.length * callers.length} verdicts written`);
}
