import * as fs from "node:fs/promises";

import { KubeConfig } from "@kubernetes/client-node";

import { KubeApi } from "./kube-api";
import type { SandboxPaths } from "./paths";
import { vaultCall, type Vault } from "./vault";

const reviewer = "vault-reviewer";
const namespace = "kube-system";

/**
 * Does what whoever runs Vault does for a cluster: Kubernetes auth, with a reviewer of its own that may ask the API
 * server whose token it was shown. The program needs it in credentials mode `vault` and never makes it itself.
 */
export async function enableKubernetesAuth(paths: SandboxPaths, vault: Vault, mount = "kubernetes"): Promise<void> {
  const methods = (await vaultCall(vault, "GET", "sys/auth")) as Record<string, unknown>;
  if (!(`${mount}/` in methods)) await vaultCall(vault, "POST", `sys/auth/${mount}`, { type: "kubernetes" });
  const { server, ca } = await apiServerOf(paths);
  await vaultCall(vault, "POST", `auth/${mount}/config`, {
    kubernetes_host: server,
    kubernetes_ca_cert: ca,
    token_reviewer_jwt: await reviewerToken(paths),
    disable_local_ca_jwt: true,
  });
}

/** A token of a ServiceAccount, as a pod of it would hold. */
export async function serviceAccountToken(
  api: KubeApi,
  account: { namespace: string; name: string; audience?: string },
): Promise<string> {
  const answer = await api.request<{ status: { token: string } }>(
    "POST",
    `/api/v1/namespaces/${account.namespace}/serviceaccounts/${account.name}/token`,
    {
      body: {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { audiences: account.audience === undefined ? undefined : [account.audience], expirationSeconds: 86_400 },
      },
    },
  );
  return answer.status.token;
}

async function apiServerOf(paths: SandboxPaths): Promise<{ server: string; ca: string }> {
  const config = new KubeConfig();
  config.loadFromFile(paths.kubeconfig);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error(`${paths.kubeconfig} names no cluster`);
  const ca = cluster.caFile
    ? await fs.readFile(cluster.caFile, "utf8")
    : Buffer.from(cluster.caData ?? "", "base64").toString("utf8");
  return { server: cluster.server, ca };
}

async function reviewerToken(paths: SandboxPaths): Promise<string> {
  const api = KubeApi.fromFile(paths.kubeconfig);
  try {
    await api.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: reviewer, namespace } });
    await api.apply({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: reviewer },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:auth-delegator" },
      subjects: [{ kind: "ServiceAccount", name: reviewer, namespace }],
    });
    return await serviceAccountToken(api, { namespace, name: reviewer });
  } finally {
    api.close();
  }
}
