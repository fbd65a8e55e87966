import * as path from "node:path";

import { repoRoot } from "../sandbox/paths";
import { redactSecrets, sortKeys } from "./manifests";
import { recordProgram } from "./record";
import { readStackFile, stacksIn } from "../settings/stack-file";

/** The stacks that have a golden file: each shows in a pull request what a change does to that environment. */
export const goldenStacks: readonly string[] = stacksIn(repoRoot);

/** Where a stack's golden file lies. */
export function goldenFile(stack: string): string {
  return path.join(repoRoot, "tests", "golden", `${stack}.json`);
}

/** Everything that a stack declares, sorted by type and name, secrets redacted, as the golden file holds it. */
export async function goldenText(stack: string): Promise<string> {
  const { resources, outputs } = await recordProgram({ stack, ...readStackFile(stack, repoRoot) });
  const lines = resources
    .map((resource) => redactSecrets(resource) as Record<string, unknown>)
    .sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
  return JSON.stringify({ outputs: sortKeys(outputs), resources: lines.map(sortKeys) }, undefined, 2) + "\n";
}

function keyOf(resource: Record<string, unknown>): string {
  return `${String(resource["type"])} ${String(resource["name"])}`;
}
