import assert from "node:assert/strict";

import { collectorPods, collectorSelector, sandbox } from "./support/sandbox";
import { TokenClient } from "./support/token";

/** What the collectors may do beyond what everybody may who has a token. */
const eight = [
  "get /pods",
  "get /pods/log",
  "list /nodes",
  "list /pods",
  "list /services",
  "watch /nodes",
  "watch /pods",
  "watch /services",
];

interface Rules {
  status: {
    incomplete: boolean;
    resourceRules: { verbs: string[]; apiGroups: string[]; resources: string[]; resourceNames?: string[] }[];
    nonResourceRules: { verbs: string[]; nonResourceURLs: string[] }[];
  };
}

/** Everything that the API server says the holder of a token may do in a namespace, one text a permission. */
async function mayDo(client: TokenClient, namespace: string): Promise<Set<string>> {
  const { status, text } = await client.ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectRulesReview",
    spec: { namespace },
  });
  assert.equal(status, 201, text);
  const { resourceRules, nonResourceRules, incomplete } = (JSON.parse(text) as Rules).status;
  assert.equal(incomplete, false, "the authorizer cannot list all that is allowed");
  return new Set([
    ...resourceRules.flatMap(({ verbs, apiGroups, resources, resourceNames = [] }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((name) => verbs.map((verb) => [`${verb} ${group}/${name}`, ...resourceNames].join(" "))),
      ),
    ),
    ...nonResourceRules.flatMap(({ verbs, nonResourceURLs }) =>
      nonResourceURLs.flatMap((url) => verbs.map((verb) => `${verb} ${url}`)),
    ),
  ]);
}

const nobody = "/api/v1/namespaces/monitoring/serviceaccounts/nobody";

describe("the collectors' identity, by the API server's own word", () => {
  let collector: TokenClient;
  let stranger: TokenClient;
  let pod: string;

  before(async () => {
    await sandbox().api.request("POST", "/api/v1/namespaces/monitoring/serviceaccounts", {
      body: { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "nobody", namespace: "monitoring" } },
    });
    collector = await TokenClient.for("monitoring", "alloy");
    stranger = await TokenClient.for("monitoring", "nobody");
    const { items } = await sandbox().get<{ items: { metadata: { name: string } }[] } & Record<string, never>>(
      `${collectorPods}?labelSelector=${collectorSelector}`,
    );
    pod = items[0]?.metadata.name ?? assert.fail("no collector runs");
  });

  after(() => sandbox().api.request("DELETE", nobody));

  for (const namespace of ["monitoring", "default", "kube-system"])
    it(`may do exactly eight things in ${namespace} beyond what every ServiceAccount may`, async () => {
      const [own, everybody] = [await mayDo(collector, namespace), await mayDo(stranger, namespace)];
      assert.deepEqual([...own].filter((one) => !everybody.has(one)).sort(), eight);
      assert.deepEqual(
        [...everybody].filter((one) => !own.has(one)),
        [],
      );
    });

  const inMonitoring = "/api/v1/namespaces/monitoring";
  const rbac = "/apis/rbac.authorization.k8s.io/v1";

  it("does these eight", async () => {
    for (const path of [
      "/api/v1/pods?limit=1",
      "/api/v1/pods?watch=true&timeoutSeconds=1",
      `${collectorPods}/${pod}`,
      "/api/v1/nodes?limit=1",
      "/api/v1/nodes?watch=true&timeoutSeconds=1",
      "/api/v1/services?limit=1",
      "/api/v1/services?watch=true&timeoutSeconds=1",
    ]) {
      const { status, text } = await collector.ask("GET", path);
      assert.equal(status, 200, `${path}: ${text.slice(0, 200)}`);
      assert.equal((await stranger.ask("GET", path)).status, 403, path);
    }
    // A collector's own pod has no log that this API server could reach; that it is not refused is what counts.
    const log = `${collectorPods}/${pod}/log?tailLines=1`;
    assert.notEqual((await collector.ask("GET", log)).status, 403);
    assert.equal((await stranger.ask("GET", log)).status, 403);
  });

  const podBody = { apiVersion: "v1", kind: "Pod", metadata: { name: "x" }, spec: { containers: [] } };
  const refused: [method: string, path: string, body?: unknown, headers?: Record<string, string>][] = [
    ["GET", "/api/v1/secrets"],
    ["GET", `${inMonitoring}/secrets`],
    ["GET", `${inMonitoring}/secrets/alloy-credentials`],
    ["GET", `${inMonitoring}/secrets?watch=true&timeoutSeconds=1`],
    ["GET", "/api/v1/configmaps"],
    ["GET", `${inMonitoring}/configmaps/alloy-config`],
    ["GET", "/api/v1/events"],
    ["GET", "/api/v1/namespaces"],
    ["GET", "/api/v1/namespaces/monitoring"],
    ["GET", "/api/v1/endpoints"],
    ["GET", "/apis/discovery.k8s.io/v1/endpointslices"],
    ["GET", "/api/v1/persistentvolumes"],
    ["GET", "/api/v1/serviceaccounts"],
    ["GET", "/api/v1/nodes/node-1"],
    ["GET", "/api/v1/nodes/node-1/proxy/metrics"],
    ["GET", "/api/v1/nodes/node-1/stats/summary"],
    ["GET", `${inMonitoring}/services/alloy`],
    ["GET", `${inMonitoring}/services/alloy/proxy/`],
    ["GET", "/apis/apps/v1/daemonsets"],
    ["GET", "/apis/apps/v1/deployments"],
    ["GET", "/apis/batch/v1/jobs"],
    ["GET", `${rbac}/clusterroles`],
    ["GET", `${rbac}/clusterrolebindings`],
    ["GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"],
    ["GET", "/apis/monitoring.coreos.com/v1/podmonitors"],
    ["GET", "/apis/networking.k8s.io/v1/networkpolicies"],
    ["GET", "/apis/coordination.k8s.io/v1/leases"],
    ["GET", "/metrics"],
    ["GET", "/debug/pprof/"],
    ["POST", collectorPods, podBody],
    ["DELETE", `${collectorPods}/any`],
    ["DELETE", collectorPods],
    ["PUT", `${collectorPods}/any`, podBody],
    ["GET", `${collectorPods}/any/exec?command=id&stdout=true`],
    ["POST", `${collectorPods}/any/exec?command=id&stdout=true`],
    ["POST", `${collectorPods}/any/attach?stdout=true`],
    ["POST", `${collectorPods}/any/portforward`],
    ["GET", `${collectorPods}/any/proxy/`],
    ["POST", `${collectorPods}/any/eviction`, { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "any" } }],
    ["POST", `${collectorPods}/any/binding`, { apiVersion: "v1", kind: "Binding", target: { name: "node-1" } }],
    ["PATCH", `${collectorPods}/any/ephemeralcontainers`, {}, { "content-type": "application/merge-patch+json" }],
    ["PATCH", "/api/v1/nodes/node-1", {}, { "content-type": "application/merge-patch+json" }],
    [
      "PATCH",
      "/apis/apps/v1/namespaces/monitoring/daemonsets/alloy",
      {},
      { "content-type": "application/merge-patch+json" },
    ],
    ["PATCH", `${inMonitoring}/configmaps/alloy-config`, {}, { "content-type": "application/merge-patch+json" }],
    ["POST", `${inMonitoring}/secrets`, { apiVersion: "v1", kind: "Secret", metadata: { name: "x" } }],
    ["POST", `${inMonitoring}/events`, { apiVersion: "v1", kind: "Event", metadata: { name: "x" } }],
    [
      "POST",
      `${inMonitoring}/serviceaccounts/default/token`,
      { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
    ],
    ["POST", `${rbac}/clusterroles`, { apiVersion: rbac.slice(6), kind: "ClusterRole", metadata: { name: "x" } }],
    ["PATCH", `${rbac}/clusterroles/alloy`, {}, { "content-type": "application/merge-patch+json" }],
    [
      "POST",
      "/apis/authentication.k8s.io/v1/tokenreviews",
      { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token: "x" } },
    ],
    ["GET", "/api/v1/pods", undefined, { "impersonate-user": "system:admin" }],
    ["GET", "/api/v1/pods", undefined, { "impersonate-user": "any", "impersonate-group": "system:masters" }],
  ];

  for (const [method, path, body, headers] of refused)
    it(`is refused ${method} ${path}${headers?.["impersonate-user"] === undefined ? "" : " as somebody else"}`, async () => {
      const { status, text } = await collector.ask(method, path, body, headers);
      assert.equal(status, 403, text.slice(0, 300));
    });
});
