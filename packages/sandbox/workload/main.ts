import { parseArgs } from "node:util";

import { readJson } from "../../../kit/files";
import { sandboxPaths } from "../paths";
import type { WorkloadContainer } from "./workload-status";
import { runWriter } from "./writer";

/** The writer's process: `main.ts --root DIR --containers FILE --rate N [--lines N]`; SIGTERM ends it. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      root: { type: "string" },
      containers: { type: "string" },
      lines: { type: "string" },
      rate: { type: "string" },
    },
  });
  const containers = await readJson<WorkloadContainer[]>(values.containers ?? "");
  if (values.root === undefined || containers === undefined) throw new Error("--root and --containers are needed");
  const stopping = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => stopping.abort());
  const status = await runWriter({
    paths: sandboxPaths(values.root),
    containers,
    lines: values.lines === undefined ? undefined : Number(values.lines),
    ratePerSecond: Number(values.rate),
    signal: stopping.signal,
  });
  console.log(`${new Date().toISOString()} wrote ${status.done} lines, ${status.written} over all starts`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
