import * as http from "node:http";
import type { AddressInfo } from "node:net";

// `node … played-cluster.ts PODS`: an API server that lists as many pods, and a tenth as many nodes, namespaces and
// bindings. It says its port to the process that has forked it, and is a process of its own so that its work is not
// counted as that of whoever asks it. It has no single object: each is 404.

type Item = (at: number) => object;

const pod: Item = (at) => ({
  metadata: {
    name: `pod-${at}`,
    namespace: `team-${at % 500}`,
    uid: `00000000-0000-4000-8000-${String(at).padStart(12, "0")}`,
    labels: { app: `app-${at % 700}`, "app.kubernetes.io/name": `app-${at % 700}` },
    annotations: { "example.com/text": "a".repeat(1500) },
    managedFields: [{ manager: "kubelet", operation: "Update", fieldsV1: { text: "b".repeat(1500) } }],
  },
  spec: { nodeName: `node-${Math.floor(at / 10)}`, containers: [{ name: "main", image: "example.com/app:v1" }] },
  status: { phase: "Running", containerStatuses: [{ name: "main", restartCount: 0, state: { running: {} } }] },
});

const named =
  (prefix: string): Item =>
  (at) => ({ metadata: { name: `${prefix}-${at}`, uid: `${prefix}-${at}`, labels: {} }, spec: {} });

const binding =
  (namespaced: boolean): Item =>
  (at) => ({
    metadata: { name: `binding-${at}`, ...(namespaced ? { namespace: `team-${at % 500}` } : {}) },
    roleRef: { kind: "ClusterRole", name: "view" },
    subjects: [{ kind: "ServiceAccount", name: "app", namespace: `team-${at % 500}` }],
  });

function itemsAt(path: string, pods: number): { item: Item; count: number } {
  const tenth = Math.ceil(pods / 10);
  if (path === "/api/v1/pods") return { item: pod, count: pods };
  if (path === "/api/v1/nodes") return { item: named("node"), count: tenth };
  if (path === "/api/v1/namespaces") return { item: named("team"), count: Math.min(500, tenth) };
  if (path.endsWith("/clusterrolebindings")) return { item: binding(false), count: tenth };
  if (path.endsWith("/rolebindings")) return { item: binding(true), count: tenth };
  return { item: named("none"), count: 0 };
}

const isList = (path: string): boolean => /^\/(api\/v1|apis\/[^/]+\/[^/]+)(\/namespaces\/[^/]+)?\/[a-z]+$/.test(path);

function main(pods: number): void {
  const server = http.createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://api.invalid");
    response.setHeader("content-type", "application/json");
    if (!isList(pathname)) {
      response.statusCode = 404;
      return response.end(JSON.stringify({ kind: "Status", message: "not found", code: 404 }));
    }
    const { item, count } = itemsAt(pathname, pods);
    const from = Number(searchParams.get("continue") ?? "0");
    const to = Math.min(count, from + Number(searchParams.get("limit") ?? String(count)));
    const items = Array.from({ length: to - from }, (_, at) => item(from + at));
    const metadata = to < count ? { continue: String(to), remainingItemCount: count - to } : {};
    return response.end(JSON.stringify({ metadata, items }));
  });
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
  process.once("disconnect", () => process.exit()); // who asks has ended
}

main(Number(process.argv[2]));
