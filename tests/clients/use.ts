// A program that uses the generated TypeScript client against a hub: every list, every kind of account,
// request options and error codes. It is compiled with strict settings.
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/api.js";

type Schemas = components["schemas"];

/** Each state has its own fields, and no other. */
export function describe(account: Schemas["Account"]): string {
  switch (account.status) {
    case "active":
    case "unhealthy": {
      const health: "healthy" | "unhealthy" = account.health;
      return `${health}, last checked ${account.last_checked_at ?? "never"}`;
    }
    case "disconnected": {
      const evidence: string[] = account.evidence.map(because);
      return `disconnected at ${account.disconnected_at}: ${evidence.join(", ")}`;
    }
    case "deregistered": {
      const orphan: string = account.orphaned_stack_id;
      return `deregistered at ${account.deregistered_at} (${account.cause}), stack ${orphan}`;
    }
    default:
      return impossible(account);
  }
}

function because(evidence: Schemas["Evidence"]): string {
  switch (evidence.kind) {
    case "dismissed_by":
      return `${evidence.who}: ${evidence.reason}`;
    case "stack_event":
      return evidence.status;
    default:
      return evidence.kind;
  }
}

function impossible(value: never): never {
  throw new Error(`unexpected: ${JSON.stringify(value)}`);
}

// Code that must not compile.
export function mistakes(account: Schemas["Account"], item: Schemas["AccountItem"]): void {
  // @ts-expect-error: only deregistered accounts have it
  account.orphaned_stack_id;
  // @ts-expect-error: lists contain no reports
  item.last_report;
  // @ts-expect-error: lists contain no deregistered accounts
  item.status === "deregistered";
}

export const roles: Schemas["RoleChoice"][] = [
  { kind: "switch-role", options: { trusted_account_id: "333333333333", require_mfa: false } },
  { kind: "ec2-instance" },
  { kind: "ssm-hybrid", options: { s3_buckets: ["logs"] } },
  // @ts-expect-error: the bastion account is required
  { kind: "switch-role", options: {} },
  // @ts-expect-error: an option of another kind
  { kind: "ec2-instance", options: { require_mfa: true } },
];

type Answer<T> = { data?: T; error?: Schemas["Problem"] | Schemas["GatewayMessage"] };

function taken<T>(answer: Answer<T>): T {
  if (answer.data !== undefined) return answer.data;
  throw new Error(JSON.stringify(answer.error));
}

export async function main(baseUrl: string, token: string, groupId: string): Promise<string[]> {
  const hub = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } });
  const of_group = { params: { path: { group_id: groupId } } };
  const lines: string[] = [];

  const groups = taken(await hub.GET("/v1/groups", { params: { query: { limit: 100 } } }));
  const cursor: string | null = groups.next_cursor;
  lines.push(`groups: ${groups.items.map((group) => group.name).join(", ")}, then ${cursor}`);

  const registrations = taken(await hub.GET("/v1/groups/{group_id}/registrations", of_group));
  for (const registration of registrations.items) {
    lines.push(`registration ${registration.stack_name}: ${registration.status}`);
  }

  const accounts = taken(await hub.GET("/v1/groups/{group_id}/accounts", of_group));
  for (const item of accounts.items) {
    const health: string | null = item.health;
    const path = { params: { path: { account_id: item.account_id } } };
    const account = taken(await hub.GET("/v1/accounts/{account_id}", path));
    const access: string[] = account.access ?? [];
    if (access.join() !== item.requested_access.join()) throw new Error(`access: ${access.join()}`);
    lines.push(`account ${item.name} (${health}): ${describe(account)}`);
    const history = taken(await hub.GET("/v1/accounts/{account_id}/history", path));
    lines.push(`history: ${history.items.map((entry) => entry.event).join(", ")}`);
  }

  const stacks = taken(await hub.GET("/v1/orphaned-stacks", { params: { query: { status: "gone" } } }));
  lines.push(`orphaned stacks: ${stacks.items.map((stack) => stack.delete_command).length}`);

  const refused = await hub.DELETE("/v1/groups/{group_id}", of_group);
  if (refused.error !== undefined && "code" in refused.error) {
    // Only the codes that this call can return.
    if (refused.error.status === 409 && refused.error.code === "group_not_empty") {
      lines.push(`refused: ${refused.error.detail}`);
    }
    // @ts-expect-error: this call never returns it
    refused.error.code === "stack_info_invalid";
  }
  return lines;
}

const [baseUrl, token, groupId] = (globalThis as any).process.argv.slice(2) as string[];
if (baseUrl !== undefined && token !== undefined && groupId !== undefined) {
  for (const line of await main(baseUrl, token, groupId)) console.log(line);
}
