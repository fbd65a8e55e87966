import assert from "node:assert/strict";
import * as fs from "node:fs/promises";

import { parse } from "yaml";

import { saveEngine } from "../../../packages/sandbox/start/lifecycle";
import type { JsonObject } from "../../../packages/sandbox/servers/cluster/kube-api";
import { endProcess, findProcess } from "../../../packages/sandbox/process/processes";
import { ensureTools } from "../../../packages/sandbox/toolchain/ensure";
import { startVault, vaultCall } from "../../../packages/sandbox/servers/vault";
import { waitUntil } from "../../../packages/sandbox/process/waiting";
import { remember } from "./needles";
import { sandbox } from "./sandbox";

/** A Loki credential as Vault has it. */
export interface Login {
  username: string;
  password: string;
}

/** One request to Vault as the person who runs it. */
export async function asRoot<T>(method: string, path: string, body?: unknown): Promise<T> {
  return (await vaultCall((await sandbox().servers()).vault, method, path, body)) as T;
}

/** What a request to Vault with some token, or none, is answered. */
export async function askVault(
  token: string | undefined,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const { vault } = await sandbox().servers();
  const response = await fetch(`${vault.address}/v1/${path}`, {
    method,
    headers: token === undefined ? {} : { "X-Vault-Token": token },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

interface Held<T> {
  data: T;
  version: number;
}

/** The newest version of a secret in the engine `secret`; undefined where there is none. */
export async function held<T = Login>(name: string): Promise<Held<T> | undefined> {
  const { vault } = await sandbox().servers();
  const { status, body } = await askVault(vault.token, "GET", `secret/data/${name}`);
  if (status === 404) return undefined;
  assert.equal(status, 200, `secret/data/${name}: ${status}`);
  const { data, metadata } = body["data"] as { data: T; metadata: { version: number } };
  return { data, version: metadata.version };
}

/** The credential that collectors use; what it holds is searched for from then on. */
export async function currentLogin(name: string): Promise<Login> {
  const { data } = (await held(name)) ?? assert.fail(`Vault has no secret/${name}`);
  rememberLogin(data);
  return data;
}

/** Has a credential be searched for. A user `local` is also the name of stack and tenant, and stands everywhere. */
export function rememberLogin({ username, password }: Login): void {
  if (username !== "local") remember(`the user ${username}`, username);
  remember(`the password of ${username}`, password);
  // In base64 it is what the request's Authorization header holds.
  remember(`user and password of ${username}`, `${username}:${password}`);
  remember(`the file of ${username}`, JSON.stringify({ username, password }));
}

/** Writes the next version of a secret, as a person does. */
export async function put(name: string, data: Record<string, string>): Promise<void> {
  await asRoot("POST", `secret/data/${name}`, { data });
}

/** Removes secrets with all their versions. */
export async function forget(...names: string[]): Promise<void> {
  for (const name of names) await asRoot("DELETE", `secret/metadata/${name}`);
}

let policies = 0;

/** A token that may do what this policy says and nothing else: not even what Vault's `default` allows. */
export async function tokenFor(policy: string, ttl = "1h"): Promise<string> {
  const name = `e2e-${++policies}`;
  await asRoot("PUT", `sys/policies/acl/${name}`, { policy });
  const { auth } = await asRoot<{ auth: { client_token: string } }>("POST", "auth/token/create", {
    policies: [name],
    no_default_policy: true,
    renewable: false,
    ttl,
  });
  remember(`a token of policy ${name}`, auth.client_token);
  return auth.client_token;
}

/** Runs `work` with another token in place of the one that the sandbox's engine has. */
export async function withVaultToken<T>(token: string, work: () => Promise<T>): Promise<T> {
  const engine = await sandbox().engine();
  await saveEngine(sandbox().paths, { ...engine, env: { ...engine.env, VAULT_TOKEN: token } });
  try {
    return await work();
  } finally {
    await saveEngine(sandbox().paths, engine);
  }
}

/** Closes Vault, and opens it again with the key that the sandbox keeps. */
export async function whileSealed<T>(work: () => Promise<T>): Promise<T> {
  const { unsealKey } = JSON.parse(await fs.readFile(`${sandbox().paths.data}/vault/keys.json`, "utf8")) as {
    unsealKey: string;
  };
  await asRoot("PUT", "sys/seal");
  try {
    return await work();
  } finally {
    await askVault(undefined, "PUT", "sys/unseal", { key: unsealKey });
    await waitUntil("Vault is active", async () => (await askVault(undefined, "GET", "sys/health")).status === 200, {
      timeoutMs: 60_000,
    });
  }
}

/** Kills Vault, and starts it again as `npm start` does. */
export async function whileAway<T>(work: () => Promise<T>): Promise<T> {
  const { paths } = sandbox();
  const record = await findProcess("vault", paths);
  assert.ok(record, "Vault does not run");
  await endProcess(record, 0);
  try {
    return await work();
  } finally {
    const tools = await ensureTools(["bao"], (tool, text) => console.error(`${tool}: ${text}`));
    await startVault({ paths, tools });
  }
}

const reviewer = { name: "vault-reviewer", namespace: "kube-system" };

/**
 * What whoever runs Vault does once for a cluster: Kubernetes auth at `kubernetes`, with a reviewer of its own that may
 * ask the API server whose a token is, and nothing else.
 */
export async function enableKubernetesAuth(): Promise<void> {
  const { api, paths } = sandbox();
  const mounted = await asRoot<Record<string, unknown>>("GET", "sys/auth");
  if (!("kubernetes/" in mounted)) await asRoot("POST", "sys/auth/kubernetes", { type: "kubernetes" });
  const objects: JsonObject[] = [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: reviewer },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: reviewer.name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:auth-delegator" },
      subjects: [{ kind: "ServiceAccount", ...reviewer }],
    },
  ];
  for (const object of objects) await api.apply(object);
  const kubeconfig = parse(await fs.readFile(paths.kubeconfig, "utf8")) as {
    clusters: { cluster: { "certificate-authority-data": string } }[];
  };
  const ca = Buffer.from(kubeconfig.clusters[0]?.cluster["certificate-authority-data"] ?? "", "base64");
  await asRoot("POST", "auth/kubernetes/config", {
    kubernetes_host: api.server,
    kubernetes_ca_cert: ca.toString("utf8"),
    token_reviewer_jwt: await serviceAccountToken(reviewer.namespace, reviewer.name, 24 * 3600),
    disable_local_ca_jwt: true,
  });
}

/** Takes away what {@link enableKubernetesAuth} has made, where it has. */
export async function disableKubernetesAuth(): Promise<void> {
  const { api } = sandbox();
  if (!("kubernetes/" in (await asRoot<Record<string, unknown>>("GET", "sys/auth")))) return;
  await asRoot("DELETE", "sys/auth/kubernetes");
  await api.request("DELETE", `/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/${reviewer.name}`);
  await api.request("DELETE", `/api/v1/namespaces/${reviewer.namespace}/serviceaccounts/${reviewer.name}`);
}

/** A token of a ServiceAccount, as the kubelet gets one for a pod. */
export async function serviceAccountToken(namespace: string, name: string, seconds = 600): Promise<string> {
  const { status } = await sandbox().api.request<{ status: { token: string } }>(
    "POST",
    `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    {
      body: {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { expirationSeconds: seconds },
      },
    },
  );
  remember(`a token of ServiceAccount ${namespace}/${name}`, status.token);
  return status.token;
}
