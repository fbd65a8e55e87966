import assert from "node:assert/strict";

import { waitUntil } from "../../packages/sandbox/process/waiting";
import { withConfig, type ConfigValues } from "./support/config";
import { sandbox } from "./support/sandbox";

const admission = "/apis/admissionregistration.k8s.io/v1";
const name = "required-labels";
const patience = { timeoutMs: 60_000, intervalMs: 500 };

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

describe("labels that an admission policy requires", () => {
  before(enforce);

  after(lift);

  it("stop a change without them, in the policy's own words, and nothing is changed", () =>
    withConfig(changed, async () => {
      const before = await sandbox().deployed();
      const { exitCode, output } = await sandbox().npm("up", ["local", "--yes"]);
      assert.notEqual(exitCode, 0, output);
      assert.match(output, /every object needs the labels cost-center and owner/);
      assert.deepEqual(await sandbox().deployed(), before);
    }));
});
