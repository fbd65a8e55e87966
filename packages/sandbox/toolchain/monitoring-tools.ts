import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { UserError } from "../../../kit/user-error";
import { readText } from "../../../kit/files";
import { makeContext, type EnsureOptions, type Progress } from "./ensure";
import { addGroup } from "./fingerprint";
import { compile, findGoProblem, type Compilation } from "./go";
import { withGoCaches } from "./go-caches";
import { withLock } from "./locks";
import { withTicker } from "./run";
import { replaceFolder, withWorkFolder } from "./work-folder";

const recipeName = "monitoring-tools";

/**
 * Three Go modules, since pint and the operator each compile with one older Prometheus only. The tags leave out every service
 * discovery but that of Kubernetes, with the libraries of all clouds; the web interface is no part of the module.
 */
const compilations: readonly Compilation[] = [
  {
    group: "prometheus",
    sources: ["github.com/prometheus/prometheus/cmd/prometheus", "github.com/prometheus/prometheus/cmd/promtool"],
    variables: { "github.com/prometheus/common/version.Version": "3.16.0" },
    tags: ["remove_all_sd", "enable_kubernetes_sd"],
  },
  {
    group: "pint",
    sources: ["github.com/cloudflare/pint/cmd/pint"],
    variables: { "main.version": "0.87.0" },
    tags: [],
  },
  {
    group: "operator",
    sources: ["./operator-config", "github.com/prometheus-operator/prometheus-operator/cmd/operator"],
    variables: { "github.com/prometheus/common/version.Version": "0.85.0" },
    tags: [],
  },
];

/** The programs that a monitored cluster has, each as its path. */
export interface MonitoringTools {
  /** Prometheus 3.16.0 with the discovery of Kubernetes, which Debian's package lacks. */
  prometheus: string;
  promtool: string;
  /** Cloudflare's linter of rules. */
  pint: string;
  /** The whole Prometheus Operator 0.85.0. */
  operator: string;
  /** The operator's generator and its webhook's verdict as a command of ours (`go/operator/operator-config/main.go`). */
  operatorConfig: string;
}

/**
 * Makes the programs ready that the test of the alerts needs, from the Go module proxy, once. `npm start` never builds
 * them: the sandbox itself has no use for them. Takes about 15 minutes of one processor and 5 GB of disk meanwhile.
 */
export async function ensureMonitoringTools(progress: Progress, options: EnsureOptions = {}): Promise<MonitoringTools> {
  const context = makeContext(progress, options);
  const folder = path.join(context.cache, recipeName);
  const stamp = await stampOfTools();
  return withLock(recipeName, context, async () => {
    if ((await readText(path.join(folder, ".recipe"))) === stamp) return programsIn(folder);
    const problems = await Promise.all(compilations.map(({ group }) => findGoProblem(recipeName, group, context)));
    const found = problems.filter((problem) => problem !== undefined);
    if (found.length > 0) throw new UserError(found);
    await withGoCaches(context, () =>
      withWorkFolder(recipeName, context, (work) =>
        withTicker(recipeName, context, "building Prometheus, its operator and pint from source", async () => {
          const made = path.join(work.results, recipeName);
          await fs.mkdir(made, { recursive: true });
          for (const compilation of compilations) {
            const out = await compile(recipeName, compilation, work, context);
            for (const name of await fs.readdir(out)) await fs.rename(path.join(out, name), path.join(made, name));
          }
          await fs.writeFile(path.join(made, ".recipe"), stamp);
          await replaceFolder(made, folder, work);
        }),
      ),
    );
    return programsIn(folder);
  });
}

function programsIn(folder: string): MonitoringTools {
  const program = (name: string): string => path.join(folder, name);
  return {
    prometheus: program("prometheus"),
    promtool: program("promtool"),
    pint: program("pint"),
    operator: program("operator"),
    operatorConfig: program("operator-config"),
  };
}

async function stampOfTools(): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(compilations));
  for (const { group } of compilations) await addGroup(hash, group);
  return `${hash.digest("hex")}\n`;
}
