import { waitUntil } from "../../../packages/sandbox/process/waiting";
import type { JsonObject } from "../../../packages/sandbox/servers/cluster/kube-api";
import { ApiError } from "../../../packages/sandbox/servers/cluster/kube-api";
import { sandbox } from "./sandbox";

const group = "admissionregistration.k8s.io/v1";

/** Only pods of the collectors' namespace are judged. */
const inMonitoring = { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } };

const podRules = [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }];

/** A ValidatingAdmissionPolicy that asks every pod for a label, and its binding. */
export const ownerPolicy: JsonObject[] = [
  {
    apiVersion: group,
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: "require-owner" },
    spec: {
      matchConstraints: { resourceRules: podRules },
      validations: [{ expression: "'owner' in object.metadata.labels", message: "label owner is required" }],
    },
  },
  {
    apiVersion: group,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name: "require-owner" },
    spec: {
      policyName: "require-owner",
      validationActions: ["Deny"],
      matchResources: { namespaceSelector: inMonitoring },
    },
  },
];

/** A webhook about pods whose server does not listen; its policy lets nothing pass then. */
export const webhookThatIsAway: JsonObject = {
  apiVersion: group,
  kind: "ValidatingWebhookConfiguration",
  metadata: { name: "away" },
  webhooks: [
    {
      name: "pods.away.example.com",
      clientConfig: { url: "https://127.0.0.1:1/judge" },
      rules: podRules,
      namespaceSelector: inMonitoring,
      failurePolicy: "Fail",
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      timeoutSeconds: 2,
    },
  ],
};

/**
 * Runs `work` while these objects are there and the API server refuses a pod because of them: it takes note of a policy a
 * moment after it is created. Afterwards they are gone, and so are its refusals.
 */
export async function withAdmission(objects: readonly JsonObject[], work: () => Promise<void>): Promise<void> {
  const { api } = sandbox();
  for (const object of objects) await api.apply(object);
  try {
    await waitUntil("a pod is refused", async () => (await tryPod()) !== undefined, { timeoutMs: 60_000 });
    await work();
  } finally {
    for (const object of [...objects].reverse()) await api.request("DELETE", await api.pathOf(object));
    await waitUntil("a pod is admitted again", async () => (await tryPod()) ?? true, { timeoutMs: 60_000 });
  }
}

/** What a pod without any label is refused with; undefined if it is admitted. Nothing is created. */
async function tryPod(): Promise<string | undefined> {
  try {
    await sandbox().api.request("POST", "/api/v1/namespaces/monitoring/pods?dryRun=All", {
      body: {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "tried-out", labels: { any: "label" } },
        spec: { containers: [{ name: "c", image: "i" }] },
      },
    });
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error.message;
    throw error;
  }
}
