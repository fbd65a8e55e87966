import { repoRoot } from "../../../kit/repo-root";
import { goldenVariants } from "../../../operations/recording/golden";
import { recordProgram } from "../../../operations/recording/record-program";
import { policiesFor } from "../../../policy/enforcement";
import { levelOf } from "../../../policy/levels";
import type { Resource, Rule, RuleConfig } from "../../../policy/rule";
import { readStackFile } from "../../../settings/stack-file";
import { resource, run } from "../support";
import { revealed } from "../../support/recording";
import type { BaseName } from "./mutation";

/** A rendered stack and the pack as it judges it. */
export interface Base {
  resources: Resource[];
  /** The rules that are on for it, whatever their level. */
  rules: Rule[];
  /** What each rule says of the resources, without those that say nothing. */
  judge: (resources: readonly Resource[], rules?: readonly Rule[]) => Map<string, string[]>;
}

/**
 * The policy configuration with which a stack that knows nothing of this program could run the same pod: what the pack
 * configures itself where a stack has `alloy:` settings, and the lists and ceilings that are off by default.
 */
export const foreignPolicyConfig: Record<string, RuleConfig> = {
  "container-resources": { maxCpu: "1", maxMemory: "1Gi" },
  "image-version": { repositories: ["docker.io/grafana"] },
  "namespace-explicit": { allowed: ["monitoring"] },
  "namespace-pod-security": { enforce: "privileged" },
  "pod-host-path": { allowed: ["/var/lib/alloy"] },
  "pod-priority-class": { allowed: ["system-node-critical"] },
};

const made = new Map<BaseName, Promise<Base>>();

/** The stack, rendered once a process. */
export function base(name: BaseName): Promise<Base> {
  const known = made.get(name);
  if (known !== undefined) return known;
  const making = makeBase(name);
  made.set(name, making);
  return making;
}

async function makeBase(name: BaseName): Promise<Base> {
  const config = configOf(name);
  const stack = name === "foreign" || name === "network" || name === "canary" ? "production" : name;
  const { resources } = await recordProgram({ stack, config });
  // A foreign stack has no `alloy:` settings, so the pack knows nothing but what its configuration file says.
  const { rules, context } = policiesFor(name === "foreign" ? { "other:key": "value" } : config);
  const on = rules.filter((rule) => levelOf(rule, context.environment) !== "disabled");
  return {
    resources: resources
      .filter(({ read }) => !read)
      .map(({ type, name: logicalName, inputs, options: { protect } }) =>
        resource(type, logicalName, revealed(inputs) as Record<string, unknown>, { opts: { protect } }),
      ),
    rules: on,
    judge: (changed, judges = on) =>
      new Map(
        judges.flatMap((rule) => {
          const { environment, unknown } = context;
          const stackConfig = context.stackConfig[rule.name] ?? {};
          const ofFile = name === "foreign" ? foreignPolicyConfig[rule.name] : undefined;
          const options = { environment, unknown, stackConfig, ...(ofFile && { config: ofFile }) };
          const { violations, unknown: skipped } = run(rule, changed, options);
          const said = [...violations, ...skipped];
          return said.length === 0 ? [] : [[rule.name, said] as const];
        }),
      ),
  };
}

function configOf(name: BaseName): Record<string, string> {
  if (name === "network" || name === "canary")
    return { ...readStackFile("production", repoRoot).config, ...goldenVariants[`production-${name}`]?.config };
  if (name !== "foreign") return readStackFile(name, repoRoot).config;
  // The exception for the root init container belongs to the rules for collectors.
  return { ...readStackFile("production", repoRoot).config, "alloy:wal": '{"prepare":"none"}' };
}
