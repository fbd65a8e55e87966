import assert from "node:assert/strict";

import { ours } from "./gateway";

const grantLine = /^path "([^"]+)" \{ capabilities = \[([^\]]*)\] \}$/;

/** What `npx alloyctl vault-policy` prints for the stack as the sandbox has it. */
export async function policyOf(purpose: "preview" | "up" | "rotate"): Promise<string> {
  const result = await ours("vault-policy", ["local", "--for", purpose]);
  assert.equal(result.exitCode, 0, result.output);
  return `${result.stdout}\n`;
}

/** The grants of a policy: `PATH: capability capability`. */
export function grantsIn(policy: string): string[] {
  return policy.split("\n").flatMap((line) => {
    const [, path, capabilities = ""] = grantLine.exec(line) ?? [];
    return path === undefined ? [] : [`${path}: ${capabilities.replaceAll('"', "").replaceAll(",", "")}`];
  });
}

/** The policy with one of its grants taken out. */
export function without(policy: string, grant: number): string {
  let seen = -1;
  const kept = policy.split("\n").filter((line) => !(grantLine.test(line) && ++seen === grant));
  assert.equal(grantsIn(kept.join("\n")).length, grantsIn(policy).length - 1);
  return kept.join("\n");
}
