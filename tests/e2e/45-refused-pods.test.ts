import assert from "node:assert/strict";

import { limitedPriorityClass } from "../../packages/sandbox/servers/cluster/config";
import { ownerPolicy, webhookThatIsAway, withAdmission } from "./support/admission";
import type { CommandResult } from "./support/command";
import { withConfig, type ConfigValues } from "./support/config";
import { sandbox } from "./support/sandbox";

const up = () => sandbox().npm("up", ["local", "--yes"]);
const preview = () => sandbox().npm("preview", ["local"]);

/** A new pod template with the same pipeline, and how long `up` waits for it. */
const newPods = (memory: string, timeout: string): ConfigValues => [
  [["alloy:rollout"], { maxUnavailable: 1, timeout }],
  [["alloy:resources"], { limits: { memory } }],
];

const noStack = ({ output }: CommandResult): void =>
  assert.doesNotMatch(output, /^ +at .+:\d+/m, "a stack trace is printed");

const enforce = (level: string): Promise<unknown> =>
  sandbox().api.request("PATCH", "/api/v1/namespaces/monitoring", {
    type: "application/merge-patch+json",
    body: { metadata: { labels: { "pod-security.kubernetes.io/enforce": level } } },
  });

// The DaemonSet's controller is the real one: it is refused, and its events say so.
describe("a cluster that admits no pod of the collectors", () => {
  after(async () => {
    const result = await up();
    assert.equal(result.exitCode, 0, result.output);
  });

  describe("a PriorityClass that needs a ResourceQuota, as on GKE", () => {
    const priorityClass = {
      ...{ apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass" },
      ...{ metadata: { name: limitedPriorityClass }, value: 1000 },
    };
    const quota = {
      ...{ apiVersion: "v1", kind: "ResourceQuota" },
      metadata: { name: "collectors", namespace: "monitoring" },
      spec: {
        hard: { pods: "10" },
        scopeSelector: {
          matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: [limitedPriorityClass] }],
        },
      },
    };
    const withClass: ConfigValues = [[["alloy:pod"], { priorityClassName: limitedPriorityClass }]];

    before(() => sandbox().api.apply(priorityClass));
    after(async () => {
      for (const object of [priorityClass, quota])
        await sandbox().api.request("DELETE", await sandbox().api.pathOf(object));
    });

    it("is refused by preview and by up, with both ways out, and nothing is changed", async () => {
      const deployed = await sandbox().deployed();
      await withConfig(withClass, async () => {
        for (const result of [await preview(), await up()]) {
          assert.equal(result.exitCode, 1, result.output);
          assert.match(result.output, /Pulumi\.local\.yaml: alloy:pod\.priorityClassName\n/);
          assert.match(
            result.output,
            new RegExp(`pods of the class ${limitedPriorityClass} only where a ResourceQuota admits them`),
          );
          assert.match(
            result.output,
            /→ write a PriorityClass of your own .*, or have a ResourceQuota made in the namespace/,
          );
          noStack(result);
        }
      });
      assert.deepEqual(await sandbox().deployed(), deployed);
    });

    it("passes the preview once the namespace has that quota", async () => {
      await sandbox().api.apply(quota);
      await withConfig(withClass, async () => {
        const result = await preview();
        assert.equal(result.exitCode, 0, result.output);
      });
    });
  });

  describe("Pod Security", () => {
    it("refuses a namespace of somebody else by its label at preview", async () => {
      const { api } = sandbox();
      const namespace = {
        ...{ apiVersion: "v1", kind: "Namespace" },
        metadata: { name: "observability", labels: { "pod-security.kubernetes.io/enforce": "baseline" } },
      };
      await api.apply(namespace);
      try {
        await withConfig([[["alloy:namespace"], { name: "observability", managed: false }]], async () => {
          const result = await preview();
          assert.equal(result.exitCode, 1, result.output);
          assert.match(
            result.output,
            /1 problem; nothing was deployed\.\n +Pulumi\.local\.yaml: alloy:namespace\n +observability enforces Pod Security level baseline/,
          );
          noStack(result);
        });
      } finally {
        await api.request("DELETE", "/api/v1/namespaces/observability");
      }
    });

    it("that somebody has tightened by hand ends up long before its timeout, with the controller's event", async () => {
      await enforce("baseline");
      try {
        await withConfig(newPods("523Mi", "10m"), async () => {
          const result = await up();
          assert.equal(result.exitCode, 1, result.output);
          assert.match(
            result.output,
            /^rollout: node-\d: violates PodSecurity "baseline:latest": .*waiting ends 20s from now/m,
          );
          assert.match(
            result.output,
            /not every collector is new \(node-\d, node-\d run the old one\); to wait longer would not help\.\n +Pulumi\.local\.yaml: alloy:namespace\n/,
          );
          assert.match(result.output, /hostPath volumes \(volume "storage"\)/);
          assert.ok(result.seconds < 180, `up took ${result.seconds} s`);
          noStack(result);
        });
      } finally {
        await enforce("privileged");
      }
    });
  });

  describe("a policy of the cluster", () => {
    it("is told of at preview, with the caveat, and ends up early with the setting that decides it", () =>
      withAdmission(ownerPolicy, () =>
        withConfig(newPods("524Mi", "10m"), async () => {
          const shown = await preview();
          assert.equal(shown.exitCode, 0, shown.output);
          assert.match(
            shown.output,
            /^warning: Pulumi\.local\.yaml: alloy:pod\.labels: .*require-owner.*label owner is required \(tried with dryRun=All/m,
          );
          const result = await up();
          assert.equal(result.exitCode, 1, result.output);
          assert.match(
            result.output,
            /Pulumi\.local\.yaml: alloy:pod\.labels\n +the cluster's ValidatingAdmissionPolicy require-owner .*: label owner is required \[/,
          );
          assert.ok(result.seconds < 180, `up took ${result.seconds} s`);
          noStack(result);
        }),
      ));
  });

  describe("a webhook that is away", () => {
    it("is waited for until the timeout, and nothing is said to be wrong with the stack", () =>
      withAdmission([webhookThatIsAway], () =>
        withConfig(newPods("525Mi", "15s"), async () => {
          const result = await up();
          assert.equal(result.exitCode, 1, result.output);
          assert.match(
            result.output,
            /^rollout: node-\d: Internal error occurred: failed calling webhook .*\(waiting for at most 15s\)$/m,
          );
          assert.match(result.output, /the cluster: pods\.away\.example\.com\n +the API server asks this webhook/);
          assert.match(result.output, /→ nothing is wrong with the stack: look at the webhook's own server/);
          noStack(result);
        }),
      ));
  });
});
