import { repoRoot } from "../../../kit/repo-root";
import { goldenVariants } from "../../../operations/recording/golden";
import { recordProgram, type Recording } from "../../../operations/recording/record-program";
import { policiesFor } from "../../../policy/enforcement";
import { levelOf } from "../../../policy/levels";
import { isStackRule, type Resource, type Rule, type RuleConfig } from "../../../policy/rule";
import { readStackFile } from "../../../settings/stack-file";
import { revealed } from "../../support/recording";
import { resource, run, withField } from "../support";
import { goodDeployment } from "./data/fields";

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

const made = new Map<string, Promise<Base>>();

/**
 * The stack, rendered once a process: one of the repository's, `network`, `network-live`, `canary`, `managed-cluster`, `log-files`,
 * `foreign`, `wal:PATH` for production with that directory, or `stranger` for a small stack that has nothing of this
 * program's.
 */
export function base(name: string): Promise<Base> {
  const known = made.get(name);
  if (known !== undefined) return known;
  const making = makeBase(name);
  made.set(name, making);
  return making;
}

async function makeBase(name: string): Promise<Base> {
  if (name === "stranger") return judged(strangersObjects(), { "other:key": "value" });
  const own = ["production", "staging", "local"].includes(name);
  const rendered = configOf(name === "network-live" ? "network" : name);
  const recording = await recordProgram({ stack: own ? name : "production", config: rendered });
  const resources = resourcesOf(recording);
  if (name === "network-live") return judged(asInACluster(resources), configOf(name));
  return name === "foreign"
    ? judged(ownObjects(resources), { "other:key": "value" }, foreignPolicyConfig)
    : judged(resources, rendered);
}

/** What a recording declares, as the pack would see it. */
export function resourcesOf({ resources }: Recording): Resource[] {
  return resources
    .filter(({ read }) => !read)
    .map(({ type, name, parent, inputs, options }) => ({
      ...resource(type, name, revealed(inputs) as Record<string, unknown>, {
        opts: { protect: options.protect, ignoreChanges: options.ignoreChanges },
        ...(parent !== "" && { parent: { name: parent } }),
      }),
      provider:
        options.provider === ""
          ? undefined
          : { type: `pulumi:providers:${type.slice(0, type.indexOf(":"))}`, name: options.provider },
    }));
}

/** The pack of a stack with this config, and how it judges resources. */
export function judged(
  resources: Resource[],
  config: Record<string, string>,
  ofFile: Record<string, RuleConfig> = {},
): Base {
  const { rules, context } = policiesFor(config);
  const on = rules.filter((rule) => levelOf(rule, context.environment) !== "disabled");
  const saidOf = (rule: Rule, judged: Resource | readonly Resource[]): string[] => {
    const { environment, unknown } = context;
    const stackConfig = context.stackConfig[rule.name] ?? {};
    const own = ofFile[rule.name];
    const options = { environment, unknown, stackConfig, ...(own && { config: own }) };
    const { violations, unknown: skipped } = run(rule, judged, options);
    return [...violations, ...skipped];
  };
  // A mutation changes one resource or two: of the others a rule that looks at one at a time says what it has said before.
  const known = new Map<Rule, WeakMap<Resource, string[]>>(on.map((rule) => [rule, new WeakMap()]));
  const saidOfOne = (rule: Rule, one: Resource): string[] => {
    const before = known.get(rule);
    const said = before?.get(one) ?? saidOf(rule, one);
    before?.set(one, said);
    return said;
  };
  return {
    resources,
    rules: on,
    judge: (changed, judges = on) =>
      new Map(
        judges.flatMap((rule) => {
          const said = isStackRule(rule) ? saidOf(rule, changed) : changed.flatMap((one) => saidOfOne(rule, one));
          return said.length === 0 ? [] : [[rule.name, said] as const];
        }),
      ),
  };
}

// A stranger's stack has neither this program's components nor its outputs.
function ownObjects(resources: readonly Resource[]): Resource[] {
  return resources.filter(({ type }) => type.startsWith("kubernetes:"));
}

/** One of each kind that is changed most, with nothing wrong. */
function strangersObjects(): Resource[] {
  const metadata = { name: "extra", namespace: "shop" };
  return [
    { ...resource("pulumi:providers:kubernetes", "own", { context: "shop" }), provider: undefined },
    resource("kubernetes:apps/v1:Deployment", "extra", { ...goodDeployment, metadata }),
    resource("kubernetes:core/v1:ConfigMap", "extra", { apiVersion: "v1", kind: "ConfigMap", metadata, data: {} }),
    resource("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "extra", {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "extra" },
      rules: [{ apiGroups: ["apps"], resources: ["deployments"], verbs: ["get"] }],
    }),
  ];
}

/** What a live cluster says of its API server and of the Services, where the settings state none of it. */
function asInACluster(resources: readonly Resource[]): Resource[] {
  const address = (cidr: string, port: number): unknown => ({
    to: [{ ipBlock: { cidr } }],
    ports: [{ protocol: "TCP", port }],
  });
  return resources.map((one) => {
    if (one.type !== "kubernetes:networking.k8s.io/v1:NetworkPolicy") return one;
    const { egress } = one.props["spec"] as { egress: unknown[] };
    const [dns, , loki, prometheus] = egress;
    return withField(one, "spec.egress", [
      dns,
      address("10.96.0.1/32", 443),
      address("10.0.0.10/32", 6443),
      loki,
      prometheus,
    ]);
  });
}

function configOf(name: string): Record<string, string> {
  const production = (): Record<string, string> => readStackFile("production", repoRoot).config;
  if (name === "network" || name === "canary" || name === "managed-cluster" || name === "log-files")
    return { ...production(), ...goldenVariants[`production-${name}`]?.config };
  if (name === "network-live")
    return { ...configOf("network"), "alloy:network": '{"enabled":true,"scrapeCidrs":["10.20.0.0/16"]}' };
  if (name.startsWith("wal:"))
    return { ...production(), "alloy:wal": JSON.stringify({ path: name.slice("wal:".length) }) };
  if (name !== "foreign") return readStackFile(name, repoRoot).config;
  // The exception for the root init container belongs to the rules for collectors.
  return { ...production(), "alloy:wal": '{"prepare":"none"}' };
}
