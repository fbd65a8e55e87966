import assert from "node:assert/strict";

import { waitUntil } from "../../packages/sandbox/process/waiting";
import { withConfig, type ConfigValues } from "./support/config";
import { listPods } from "./support/pods";
import { sandbox, stackObjects, type LiveObject } from "./support/sandbox";

const admission = "/apis/admissionregistration.k8s.io/v1";
const name = "required-labels";
const patience = { timeoutMs: 60_000, intervalMs: 500 };
const required = { "cost-center": "4711", owner: "platform" };

/** What an organisation's own policy asks of every object and pod, in the words that its author chose. */
const policy = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingAdmissionPolicy",
  metadata: { name },
  spec: {
    failurePolicy: "Fail",
    matchConstraints: {
      resourceRules: [
        { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["pods", "configmaps"] },
        { apiGroups: ["apps"], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["daemonsets"] },
      ],
    },
    validations: [
      {
        expression: ["cost-center", "owner"]
          .map((key) => `'${key}' in object.metadata.?labels.orValue({})`)
          .join(" && "),
        message: "every object needs the labels cost-center and owner",
      },
    ],
  },
};
const binding = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingAdmissionPolicyBinding",
  metadata: { name },
  spec: {
    policyName: name,
    validationActions: ["Deny"],
    matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } },
  },
};

const changed: ConfigValues = [[["alloy:logLevel"], "warn"]];
const labelled: ConfigValues = [
  [["alloy:labels"], required],
  [["alloy:annotations"], { "example.com/runbook": "https://wiki.example.com/alloy" }],
  [["alloy:pod"], { annotations: { "sidecar.istio.io/inject": "false" } }],
];

interface Marked extends LiveObject {
  metadata: LiveObject["metadata"] & { annotations?: Record<string, string> };
}

/** Whether an object without the labels is refused; any other answer than yes or no is an error. */
async function refuses(): Promise<boolean> {
  const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "tried-out" } };
  try {
    await sandbox().api.request("POST", "/api/v1/namespaces/monitoring/configmaps?dryRun=All", { body });
    return false;
  } catch (error) {
    if (/cost-center and owner/.test(String(error))) return true;
    throw error;
  }
}

const has = (labels: Record<string, string> | undefined): boolean =>
  Object.entries(required).every(([key, value]) => labels?.[key] === value);

async function enforce(): Promise<void> {
  await sandbox().api.request("POST", `${admission}/validatingadmissionpolicies`, { body: policy });
  await sandbox().api.request("POST", `${admission}/validatingadmissionpolicybindings`, { body: binding });
  await waitUntil("it is in force", async () => (await refuses()) || "it admits an object without them", patience);
}

async function lift(): Promise<void> {
  await sandbox().api.request("DELETE", `${admission}/validatingadmissionpolicybindings/${name}`);
  await sandbox().api.request("DELETE", `${admission}/validatingadmissionpolicies/${name}`);
  await waitUntil("it is gone", async () => !(await refuses()) || "it still refuses", patience);
}

async function up(): Promise<void> {
  const { exitCode, output } = await sandbox().npm("up", ["local", "--yes"]);
  assert.equal(exitCode, 0, output);
}

describe("labels that an admission policy requires", () => {
  before(enforce);

  after(async () => {
    await lift();
    await up();
    const { metadata } = await sandbox().get<Marked>(stackObjects.DaemonSet);
    assert.ok(!has(metadata.labels), "the labels are still there");
  });

  it("stop a change without them, in the policy's own words, and nothing is changed", () =>
    withConfig(changed, async () => {
      const before = await sandbox().deployed();
      const { exitCode, output } = await sandbox().npm("up", ["local", "--yes"]);
      assert.notEqual(exitCode, 0, output);
      assert.match(output, /every object needs the labels cost-center and owner/);
      assert.deepEqual(await sandbox().deployed(), before);
    }));

  it("stop a change of the DaemonSet alone with the policy's words too: it is no rollout that takes long", () =>
    withConfig([[["alloy:resources"], { limits: { memory: "533Mi" } }]], async () => {
      const { exitCode, output } = await sandbox().npm("up", ["local", "--yes"]);
      assert.equal(exitCode, 1, output);
      assert.match(
        output,
        /Pulumi\.local\.yaml: alloy:pod\.labels\n +the cluster's ValidatingAdmissionPolicy required-labels .*: every object needs the labels cost-center and owner\n/,
      );
      assert.doesNotMatch(output, /alloy:rollout\.timeout/);
    }));

  it("are on every object and every pod once the settings have them, and changes then pass", async () => {
    // Objects that lack them are given them first: the first update of an object begins with a request of its own, by
    // which it changes hands, and the policy sees the object as it was.
    await lift();
    await withConfig(labelled, up);
    await enforce();
    await withConfig([...labelled, ...changed], async () => {
      await up();
      for (const [kind, apiPath] of Object.entries(stackObjects)) {
        const { metadata } = await sandbox().get<Marked>(apiPath);
        assert.ok(has(metadata.labels), `${kind} lacks them`);
        assert.equal(metadata.annotations?.["example.com/runbook"], "https://wiki.example.com/alloy", kind);
      }
      const pods = await listPods("app.kubernetes.io/name=alloy");
      assert.ok(pods.length > 0);
      for (const { metadata } of pods) {
        assert.ok(has(metadata.labels), metadata.name);
        assert.equal(metadata.annotations?.["sidecar.istio.io/inject"], "false");
      }
    });
  });

  it("do not keep collectors away from machines, and virtualNodes keeps them away from others", leavesOutVirtualNodes);
});

/**
 * Nodes that are no machines join, and then a machine, by which the controller is known to have looked at all three: it
 * makes a pod for the last and for no other. The pod of a DaemonSet names its node before the scheduler sees it.
 */
async function leavesOutVirtualNodes(): Promise<void> {
  const targets = async (): Promise<string[]> => {
    const pods = await listPods("app.kubernetes.io/name=alloy");
    return pods.map(({ spec }) => spec.nodeName ?? JSON.stringify((spec as { affinity?: unknown }).affinity));
  };
  const machine = { "kubernetes.io/os": "linux", "kubernetes.io/hostname": "joins" };
  const nodes: [name: string, labels: Record<string, string>][] = [
    ["virtual-kubelet-1", { type: "virtual-kubelet" }],
    ["fargate-10-0-1-7", { "eks.amazonaws.com/compute-type": "fargate" }],
    ["a-machine", {}],
  ];
  try {
    for (const [node, labels] of nodes)
      await sandbox().api.request("POST", "/api/v1/nodes", {
        body: { apiVersion: "v1", kind: "Node", metadata: { name: node, labels: { ...machine, ...labels } } },
      });
    await waitUntil(
      "the machine has a collector's pod",
      async () => (await targets()).some((target) => target.includes("a-machine")) || "not yet",
      patience,
    );
    for (const target of await targets()) assert.doesNotMatch(target, /virtual-kubelet-1|fargate-10/);
  } finally {
    for (const [node] of nodes) await sandbox().api.request("DELETE", `/api/v1/nodes/${node}`);
  }
  await waitUntil(
    "the pod of the machine is gone",
    async () => !(await targets()).some((target) => target.includes("a-machine")) || "still there",
    // The garbage collector waits for a node that is gone to come back.
    { ...patience, timeoutMs: 180_000 },
  );
}
