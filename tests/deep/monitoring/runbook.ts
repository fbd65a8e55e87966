import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import type { AlertName } from "../../../alerts/table";
import { repoRoot } from "../../../kit/repo-root";
import { collectorPods, collectorSelector, sandbox } from "../../e2e/support/sandbox";

/** Commands that look and change nothing: what a test may run beside a fault. `status` and `drift` exit with 1 if they find something. */
const looks = /^(npx alloyctl (status|drift|preview) |kubectl (-n \S+ )?(get|describe|logs|auth|rollout status))/;

/** What the sandbox has no answer to: kwok's kubelet runs no exec, and there is no metrics server. */
const notHere = / (exec|top) |LOKI_NAMESPACE/;

/** A command of a runbook as it was run. */
export interface RunCommand {
  command: string;
  exitCode: number;
  output: string;
}

/** The commands of a runbook's section "What to do" that change nothing, run against the fault as it stands. */
export async function runRunbook(alert: AlertName, node: string): Promise<RunCommand[]> {
  const page = await fs.readFile(path.join(repoRoot, "docs", "runbooks", `${alert}.md`), "utf8");
  const [, section = ""] = /## What to do\n([\s\S]*?)\n## /.exec(page) ?? [];
  assert.notEqual(section, "", `${alert}.md has no section "What to do"`);
  const { items } = await sandbox().get<{ items: { metadata: { name: string }; spec: { nodeName?: string } }[] }>(
    `${collectorPods}?labelSelector=${collectorSelector}`,
  );
  const pod = items.find(({ spec }) => spec.nodeName === node)?.metadata.name;
  const commands = [...section.matchAll(/`((?:npx|kubectl) [^`]+)`/g)].map(([, text = ""]) => text);
  const ran: RunCommand[] = [];
  for (const text of commands) {
    if (!looks.test(text) || notHere.test(text) || (text.includes("POD") && pod === undefined)) continue;
    const command = text
      .replaceAll("STACK", "local")
      .replaceAll("NAMESPACE", "monitoring")
      .replaceAll("POD", pod ?? "")
      .replaceAll("NODE", node);
    const { exitCode, output } = await sandbox().shell(command);
    ran.push({ command, exitCode, output });
  }
  return ran;
}

/** A command that found something ends with 1; anything else that is not 0 did not work. */
export function assertWorked(ran: readonly RunCommand[]): void {
  for (const { command, exitCode, output } of ran) {
    const allowed = /alloyctl (status|drift|preview)|auth can-i|rollout status/.test(command) ? [0, 1] : [0];
    assert.ok(allowed.includes(exitCode), `${command} ended with ${exitCode}:\n${output}`);
    assert.doesNotMatch(output, /^ +at .+:\d+/m, `${command} prints a stack trace`);
    console.error(`        ${command} → ${exitCode}`);
  }
}
