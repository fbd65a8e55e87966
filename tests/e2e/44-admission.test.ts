import assert from "node:assert/strict";

import { sandbox, stackObjects, type LiveObject } from "./support/sandbox";

/** What `restricted` says of the DaemonSet, in the API server's own words: the hostPath, and prepare-storage. */
const expected = [
  'unrestricted capabilities (container "prepare-storage" must not include "CHOWN" in securityContext.capabilities.add)',
  'restricted volume types (volume "storage" uses restricted volume type "hostPath")',
  'runAsNonRoot != true (container "prepare-storage" must not set securityContext.runAsNonRoot=false)',
  'runAsUser=0 (container "prepare-storage" must not set runAsUser=0)',
];

interface DaemonSet extends LiveObject {
  spec: { template: { spec: { initContainers?: unknown[]; volumes: { hostPath?: unknown; emptyDir?: unknown }[] } } };
}

/** The warnings of Pod Security for a DaemonSet that is only tried out. */
async function warningsOf({ metadata, spec }: Pick<DaemonSet, "metadata" | "spec">): Promise<string[]> {
  const response = await sandbox().api.open("POST", "/apis/apps/v1/namespaces/monitoring/daemonsets?dryRun=All", {
    body: {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: "tried-out", namespace: "monitoring", labels: metadata.labels },
      spec,
    },
  });
  response.resume();
  assert.equal(response.statusCode, 201);
  const { warning = "" } = response.headers;
  const text = /would violate PodSecurity \\"restricted:latest\\": (.*)"$/.exec(String(warning))?.[1] ?? "";
  return text === "" ? [] : text.replaceAll('\\"', '"').split(/, (?=[a-zA-Z ]+(?:=\w+| != \w+| \())/);
}

describe("Pod Security, by the API server itself", () => {
  let live: DaemonSet;

  before(async () => {
    live = await sandbox().get<DaemonSet>(stackObjects.DaemonSet);
  });

  it("audits and warns of restricted in the namespace", async () => {
    const { metadata } = await sandbox().get("/api/v1/namespaces/monitoring");
    for (const [mode, level] of [
      ["enforce", "privileged"],
      ["audit", "restricted"],
      ["warn", "restricted"],
    ] as const)
      assert.equal(metadata.labels?.[`pod-security.kubernetes.io/${mode}`], level);
  });

  it("finds in the DaemonSet the hostPath and prepare-storage, and nothing else", async () => {
    assert.deepEqual(await warningsOf(live), expected);
  });

  it("finds nothing once these two are away", async () => {
    const spec = structuredClone(live.spec);
    delete spec.template.spec.initContainers;
    for (const volume of spec.template.spec.volumes) {
      if (volume.hostPath === undefined) continue;
      delete volume.hostPath;
      volume.emptyDir = {};
    }
    assert.deepEqual(await warningsOf({ metadata: live.metadata, spec }), []);
  });
});
