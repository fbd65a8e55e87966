import * as fs from "node:fs";
import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";
import { redactSecrets, sortKeys } from "./manifests";
import { recordProgram, type Recording } from "./record-program";
import { readStackFile, stacksIn } from "../../settings/stack-file";

/** The stacks that have a golden file: each shows in a pull request what a change does to that environment. */
export const goldenStacks: readonly string[] = stacksIn(repoRoot);

/** Everything stated, as where no cluster is at hand. */
const statedNetwork = JSON.stringify({
  enabled: true,
  scrapeCidrs: ["10.20.0.0/16"],
  destinations: {
    "kubernetes.default.svc": { cidrs: ["10.96.0.1/32", "10.0.0.10/32"], port: 6443 },
    "loki-gateway.monitoring.svc": { podLabels: { "app.kubernetes.io/component": "gateway" }, port: 8080 },
    "kube-prometheus-stack-prometheus.monitoring": { podLabels: { "app.kubernetes.io/name": "prometheus" } },
  },
});

/** What no stack of the repository has switched on, on top of one that is there. */
export const goldenVariants: Record<string, { stack: string; config: Record<string, string> }> = {
  "production-network": { stack: "production", config: { "alloy:network": statedNetwork } },
  "production-canary": {
    stack: "production",
    config: {
      "alloy:network": statedNetwork,
      "alloy:canary": JSON.stringify({ enabled: true, secretName: "loki-reader" }),
    },
  },
};

/** Every golden file's name without its ending. */
export const goldenNames: readonly string[] = [...goldenStacks, ...Object.keys(goldenVariants)];

/** Where a stack's golden file lies. */
export function goldenFile(stack: string): string {
  return path.join(repoRoot, "tests", "golden", `${stack}.json`);
}

/** What the stack of a golden file declares. */
export function goldenRecording(name: string): Promise<Recording> {
  const { stack, config: more } = goldenVariants[name] ?? { stack: name, config: {} };
  const { config, secretKeys } = readStackFile(stack, repoRoot);
  return recordProgram({ stack, config: { ...config, ...more }, secretKeys });
}

/** Everything that a stack declares, sorted by type and name, secrets redacted, as the golden file holds it. */
export async function goldenText(name: string): Promise<string> {
  const { resources, outputs } = await goldenRecording(name);
  const lines = resources
    .map((resource) => redactSecrets(resource) as Record<string, unknown>)
    .sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
  return JSON.stringify({ outputs: sortKeys(outputs), resources: lines.map(sortKeys) }, undefined, 2) + "\n";
}

/**
 * Writes every golden file.
 *
 * @returns for each whether it differs from what was there
 */
export async function updateGoldenFiles(): Promise<Record<string, boolean>> {
  const changed: Record<string, boolean> = {};
  for (const name of goldenNames) {
    const file = goldenFile(name);
    const text = await goldenText(name);
    changed[name] = !fs.existsSync(file) || fs.readFileSync(file, "utf8") !== text;
    fs.writeFileSync(file, text);
  }
  return changed;
}

function keyOf(resource: Record<string, unknown>): string {
  return `${String(resource["type"])} ${String(resource["name"])}`;
}
