import * as path from "node:path";

import { checkpointFile, runPulumi, type Engine } from "./engine";
import { readText, writeJson } from "../../../kit/files";
import { ApiError, KubeApi, type JsonObject } from "../servers/cluster/kube-api";
import { vaultCall } from "../servers/vault";

/** The part of an exported state that matters here. */
interface StackExport {
  deployment?: { pending_operations?: PendingOperation[] | null };
}

/** An operation that the engine had begun and not finished when it was killed. */
interface PendingOperation {
  type: string;
  resource: { type: string; inputs?: Record<string, unknown> };
}

/**
 * Puts the sandbox right after an `up` that was killed: an object whose creation was under way may exist without being
 * in the state, and every later `up` would refuse it as somebody else's. In this cluster nobody else creates what the
 * stack names, so the object is deleted and created anew; likewise a first credential in this Vault. On a user's own cluster that is a person's decision
 * (`pulumi refresh` asks for it).
 *
 * @returns what was put right, for a person to read
 */
export async function recoverInterrupted(engine: Engine, kubeconfig: string): Promise<string[]> {
  // To start the engine takes a second, and nearly always there is nothing to put right.
  const checkpoint = (await readText(checkpointFile(engine.root))) ?? "";
  if (!checkpoint.includes('"pending_operations"')) return [];
  const exported = await runPulumi(engine, ["stack", "export"]);
  if (exported.exitCode !== 0) throw new Error(`pulumi stack export failed: ${exported.stderr}`);
  const state = JSON.parse(exported.stdout) as StackExport;
  const pending = state.deployment?.pending_operations ?? [];
  if (pending.length === 0) return [];

  const api = KubeApi.fromFile(kubeconfig);
  try {
    for (const { type, resource } of pending) {
      if (type !== "creating") continue;
      if (isKubernetesObject(resource)) await deleteIfThere(api, resource.inputs);
      else if (resource.type === "vault:kv/secretV2:SecretV2") await deleteSecret(engine, resource.inputs);
    }
  } finally {
    api.close();
  }
  const file = path.join(path.dirname(engine.configFile), "recovered-state.json");
  await writeJson(file, { ...state, deployment: { ...state.deployment, pending_operations: [] } }, 0o600);
  const imported = await runPulumi(engine, ["stack", "import", "--file", file]);
  if (imported.exitCode !== 0) throw new Error(`pulumi stack import failed: ${imported.stderr}`);
  return pending.map(({ type, resource }) => `${resource.type}: was interrupted while ${type}`);
}

function isKubernetesObject(
  resource: PendingOperation["resource"],
): resource is PendingOperation["resource"] & { inputs: JsonObject } {
  return resource.type.startsWith("kubernetes:") && typeof resource.inputs?.["kind"] === "string";
}

async function deleteIfThere(api: KubeApi, object: JsonObject): Promise<void> {
  await api.request("DELETE", await api.pathOf(object)).catch((error: unknown) => {
    if (!(error instanceof ApiError && error.code === 404)) throw error;
  });
}

async function deleteSecret({ env }: Engine, inputs: Record<string, unknown> = {}): Promise<void> {
  const vault = { address: env["VAULT_ADDR"] ?? "", token: env["VAULT_TOKEN"] ?? "" };
  await vaultCall(vault, "DELETE", `${String(inputs["mount"])}/metadata/${String(inputs["name"])}`);
}
