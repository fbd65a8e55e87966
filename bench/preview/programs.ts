import * as fs from "node:fs/promises";
import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";

/** How somebody writes a program and a policy pack: as JavaScript that is ready, or as the first page of a manual has it. */
export type Way = "compiled" | "habitual";

/** The rule of every pack here: the least that a pack can do. */
const rule = `{
      name: "no-privileged",
      description: "No container is privileged.",
      enforcementLevel: "mandatory",
      validateResource: policy.validateResourceOfType(Workload, (workload, _args, reportViolation) => {
        for (const container of workload.spec?.template?.spec?.containers ?? [])
          if (container.securityContext?.privileged) reportViolation("privileged");
      }),
    }`;

const compiledProgram = (context: string, objects: number): string => `"use strict";
const { Provider } = require("@pulumi/kubernetes/provider");
const { ConfigMap } = require("@pulumi/kubernetes/core/v1/configMap");
const provider = new Provider("kubernetes", { context: ${JSON.stringify(context)} });
for (let i = 0; i < ${objects}; i++)
  new ConfigMap("bench-" + i, { metadata: { name: "bench-compiled-" + i, namespace: "default" }, data: { i: String(i) } }, { provider });
`;

const habitualProgram = (context: string, objects: number): string => `import * as k8s from "@pulumi/kubernetes";
const provider = new k8s.Provider("kubernetes", { context: ${JSON.stringify(context)} });
for (let i = 0; i < ${objects}; i++)
  new k8s.core.v1.ConfigMap(
    "bench-" + i,
    { metadata: { name: "bench-habitual-" + i, namespace: "default" }, data: { i: String(i) } },
    { provider },
  );
`;

/** Of the compiled pack: it asks for the type by its name, so that no SDK has to be loaded. */
export const compiledPack = `"use strict";
const { PolicyPack } = require("@pulumi/policy");
new PolicyPack("one-rule", {
  policies: [{
    name: "no-privileged",
    description: "No container is privileged.",
    enforcementLevel: "mandatory",
    validateResource: (args, reportViolation) => {
      if (args.type !== "kubernetes:apps/v1:DaemonSet") return;
      for (const container of args.props.spec.template.spec.containers)
        if (container.securityContext?.privileged) reportViolation("privileged");
    },
  }],
});
`;

const habitualPack = `import * as k8s from "@pulumi/kubernetes";
import * as policy from "@pulumi/policy";
const Workload = k8s.apps.v1.DaemonSet;
new policy.PolicyPack("one-rule", { policies: [${rule}] });
`;

const tsconfig = JSON.stringify({
  compilerOptions: {
    ...{ strict: true, target: "es2020", module: "commonjs", moduleResolution: "node", sourceMap: true },
    skipLibCheck: true,
  },
  files: ["index.ts"],
});

/** Writes a program that declares that many objects and nothing else. The folder gets the checkout's packages. */
export async function writeProgram(folder: string, way: Way, context: string, objects: number): Promise<void> {
  const typescript = way === "habitual";
  const manifest = `name: bench-${way}\nruntime:\n  name: nodejs\n  options: { typescript: ${typescript} }\n`;
  await writeFolder(folder, {
    "Pulumi.yaml": `${manifest}main: ${typescript ? "index.ts" : "index.js"}\n`,
    ...(typescript
      ? { "index.ts": habitualProgram(context, objects), "tsconfig.json": tsconfig }
      : { "index.js": compiledProgram(context, objects) }),
  });
}

/**
 * Writes a pack of one rule.
 *
 * @param runtime of PulumiPolicy.yaml: the sandbox's engine starts packs in a way of its own
 */
export async function writePack(folder: string, way: Way, runtime: string): Promise<void> {
  const main = way === "habitual" ? "index.ts" : "index.js";
  await writeFolder(folder, {
    "PulumiPolicy.yaml": `runtime: ${runtime}\nmain: ${main}\n`,
    [main]: way === "habitual" ? habitualPack : compiledPack,
    ...(way === "habitual" ? { "tsconfig.json": tsconfig } : {}),
  });
}

async function writeFolder(folder: string, files: Record<string, string>): Promise<void> {
  await fs.mkdir(folder, { recursive: true });
  const manifest = { name: path.basename(folder), version: "1.0.0", private: true };
  for (const [name, text] of Object.entries({ "package.json": JSON.stringify(manifest), ...files }))
    await fs.writeFile(path.join(folder, name), text);
  await fs.symlink(path.join(repoRoot, "node_modules"), path.join(folder, "node_modules"));
}
