import { unknownCheckingProxy } from "@pulumi/policy";

import { goldenRecording } from "../operations/recording/golden";
import { wholeNumber } from "../commands/command-line/parse";
import { runVerb } from "../commands/command-line/run";
import { defineVerb, type Answer } from "../commands/command-line/verb";
import { repoRoot } from "../kit/repo-root";
import { toPolicies } from "../policy/adapter";
import { policiesFor, type StackPolicies } from "../policy/enforcement";
import type { Resource } from "../policy/rule";
import type { Plain } from "../policy/values";
import { readStackFile } from "../settings/stack-file";

/** Processor time that all rules together may take for a resource, in milliseconds. */
const target = 1;

const verb = defineVerb({
  name: "policy-rules",
  typed: "npm run bench:policy-rules",
  summary: "Measure the processor time of the policy rules on large stacks",
  description: [
    "Judges stacks of 500, 1,000 and 2,000 resources in this process, as the engine would have them judged, and prints " +
      "the processor time for each resource: once by the generic rules and once by those for collectors, too. The " +
      "resources are those of production, over and over under other names.",
  ],
  arguments: {},
  flags: { runs: { meaning: "Rounds, of which the fastest counts", value: "N", default: "3" } },
  examples: [],
  exitCodes: { 0: "the rules meet their target", 1: "they are slower" },
  run: async ({ flags }): Promise<Answer> => {
    const rounds = wholeNumber("npm run bench:policy-rules", "runs", flags.runs ?? "3");
    const objects = await objectsOfProduction();
    const workloads = objects.filter(({ type }) => type.endsWith(":DaemonSet"));
    const packs = { generic: { "other:key": "value" }, all: readStackFile("production", repoRoot).config };
    const lines: string[] = [];
    let worst = 0;
    for (const [name, config] of Object.entries(packs))
      for (const [kinds, originals] of Object.entries({ "all kinds": objects, "DaemonSets only": workloads })) {
        const policies = policiesFor(config);
        judge(policies, copiesOf(originals, 500)); // what a process does for the first time is slower
        for (const size of [500, 1000, 2000]) {
          const stack = copiesOf(originals, size);
          const each = Math.min(...Array.from({ length: rounds }, () => judge(policies, stack))) / size;
          worst = Math.max(worst, each);
          lines.push(
            `${name.padEnd(7)} ${policies.rules.length} rules  ${kinds.padEnd(15)} ${String(size).padStart(4)} resources  ${each.toFixed(2)} ms each`,
          );
        }
      }
    lines.push(`the target is ${target} ms`);
    return { exitCode: worst <= target ? 0 : 1, text: lines.join("\n") };
  },
});

void runVerb(verb, process.argv.slice(2));

/** Every object but the Secret, whose values a recording keeps wrapped. */
async function objectsOfProduction(): Promise<Resource[]> {
  const { resources } = await goldenRecording("production");
  return resources
    .filter(({ type, read }) => !read && type.startsWith("kubernetes:") && !type.endsWith(":Secret"))
    .map(({ type, name, inputs, options }) => ({
      type,
      name,
      urn: `urn:pulumi:production::alloy::${type}::${name}`,
      props: inputs,
      opts: { protect: options.protect },
      provider: { type: "pulumi:providers:kubernetes", name: options.provider },
    }));
}

/** Copies of the objects in turn, each under another name. */
function copiesOf(originals: readonly Resource[], size: number): Resource[] {
  return Array.from({ length: size }, (_, i): Resource => {
    const original = originals[i % originals.length];
    if (original === undefined) throw new Error("production has no such objects");
    const copy = structuredClone(original);
    const metadata = copy.props["metadata"] as Plain;
    metadata["name"] = `${String(metadata["name"])}-${i}`;
    return { ...copy, name: `${copy.name}-${i}`, urn: `${copy.urn}-${i}` };
  });
}

/** Milliseconds of processor time. Each policy gets the properties anew behind the SDK's proxy, as from its server. */
function judge({ rules, context }: StackPolicies, resources: readonly Resource[]): number {
  const policies = toPolicies(rules, context);
  const getConfig = (): Plain => ({});
  const before = process.cpuUsage();
  const all = resources.map((one) => ({ ...one, props: proxy(one.props) }));
  for (const policy of policies)
    if ("validateStack" in policy) void policy.validateStack({ getConfig, resources: all } as never, ignore);
  const single = policies.flatMap((policy) =>
    "validateResource" in policy && typeof policy.validateResource === "function" ? [policy.validateResource] : [],
  );
  for (const { type, name, urn, opts, provider, props } of resources)
    for (const validate of single)
      void validate({ type, name, urn, opts, provider, props: proxy(props), getConfig } as never, ignore);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

// The SDK exports it, its type definitions leave it out.
const proxy = unknownCheckingProxy as (props: Plain) => Plain;
const ignore = (): void => undefined;
