import assert from "node:assert/strict";

import { repoRoot } from "../../kit/repo-root";
import { goldenRecording, goldenVariants } from "../../operations/recording/golden";
import { policiesFor } from "../../policy/enforcement";
import type { Resource } from "../../policy/rule";
import { readStackFile } from "../../settings/stack-file";
import { resourcesOf } from "./mutation/bases";
import { run, withField } from "./support";

const variant = "production-canary";
const set = "alloy-canary-daemon-set";
const pod = "spec.template.spec";
const container = `${pod}.containers[0]`;
const security = `${container}.securityContext`;

describe("a stack with a canary", () => {
  let stack: Resource[] = [];
  const config = {
    ...readStackFile("production", repoRoot).config,
    ...goldenVariants[variant]?.config,
  };

  before(async () => {
    stack = resourcesOf(await goldenRecording(variant));
  });

  /** Names of the rules that refuse the stack, judged as the pack judges it with that config. */
  function refusing(resources: readonly Resource[], own: Record<string, string> = config): string[] {
    const { rules, context } = policiesFor(own);
    const { environment, unknown } = context;
    return rules
      .filter((rule) => {
        const found = run(rule, resources, { environment, unknown, stackConfig: context.stackConfig[rule.name] ?? {} });
        return found.violations.length + found.unknown.length > 0;
      })
      .map(({ name }) => name);
  }

  const changed = (field: string, value: unknown): Resource[] =>
    stack.map((one) => (one.name === set ? withField(one, field, value) : one));

  it("passes every rule", () => {
    assert.ok(stack.some(({ name }) => name === set));
    assert.deepEqual(refusing(stack), []);
  });

  for (const [field, value, rule] of [
    [`${security}.runAsNonRoot`, false, "container-non-root"],
    [`${pod}.securityContext.runAsUser`, 0, "container-non-root"],
    [`${security}.readOnlyRootFilesystem`, false, "container-read-only-root"],
    [`${security}.capabilities`, { add: ["NET_RAW"] }, "container-capabilities"],
    [`${security}.allowPrivilegeEscalation`, undefined, "container-privilege-escalation"],
    [`${security}.privileged`, true, "container-privileged"],
    [`${pod}.securityContext.seccompProfile`, undefined, "container-seccomp"],
    [`${pod}.automountServiceAccountToken`, true, "pod-token-automount"],
    [`${pod}.serviceAccountName`, "default", "pod-service-account"],
    [`${pod}.hostNetwork`, true, "pod-host-namespaces"],
    [`${pod}.priorityClassName`, "system-cluster-critical", "pod-priority-class"],
    [`${container}.resources.limits`, undefined, "container-resources"],
    [`${container}.image`, "docker.io/grafana/loki-canary:latest", "image-version"],
    [`${container}.args[3]`, "-pass=hunter2-correct-horse", "secret-literal"],
    [`${container}.env[1].valueFrom.secretKeyRef.name`, "alloy-credentials", "alloy-mounts"],
    [`${container}.image`, "docker.io/grafana/loki-canary:3.7.7", "alloy-image"],
    [`${pod}.serviceAccountName`, "alloy", "alloy-binding"],
    [`${pod}.volumes`, [{ name: "storage", hostPath: { path: "/var/lib/alloy" } }], "alloy-canary"],
    ["spec.template.metadata.labels", { app: "other" }, "alloy-network"],
    ["metadata.namespace", "kube-system", "namespace-explicit"],
    ["metadata.name", "another", "alloy-one-collector"],
  ] as const)
    it(`is refused by ${rule} with another ${field}`, () => {
      assert.ok(refusing(changed(field, value)).includes(rule));
    });

  it("is refused where the settings do not ask for one, and where they do and none is there", () => {
    const { "alloy:canary": _, ...without } = config as Record<string, string>;
    assert.ok(refusing(stack, without).includes("alloy-one-collector"));
    const missing = stack.filter(({ name }) => name !== set);
    assert.ok(refusing(missing).includes("alloy-one-collector"));
  });
});
