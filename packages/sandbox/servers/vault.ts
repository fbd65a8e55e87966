import * as fs from "node:fs/promises";
import * as path from "node:path";

import { UserError } from "../../../kit/user-error";
import { readJson, readText, writeAtomically, writeJson } from "../../../kit/files";
import { sandboxPaths, type SandboxPaths } from "../paths";
import { freePort } from "../process/ports";
import { findProcess, runningProcess, startProcess, stopProcess } from "../process/processes";
import { waitUntil } from "../process/waiting";
import type { Tools } from "../toolchain/ensure";

const processName = "vault";
/** The KV version 2 engine of the sandbox, under the name that `vault server -dev` gives it. */
export const kvMount = "secret";

/** A Vault-compatible server that is unsealed and has KV version 2 at `secret/`. */
export interface Vault {
  /** `http://127.0.0.1:PORT`. */
  address: string;
  /** The root token of this sandbox; never printed. */
  token: string;
}

/** What initialization gives once and what unsealing needs at every start. Mode 0600. */
interface VaultKeys {
  unsealKey: string;
  rootToken: string;
}

/**
 * Starts OpenBao on loopback with its data under the sandbox, so that secrets outlive a restart, and unseals it. One
 * that runs already is only looked at. No TLS: nothing leaves 127.0.0.1.
 */
export async function startVault(options: {
  paths?: SandboxPaths;
  tools: Pick<Tools, "bao">;
  log?: (text: string) => void;
}): Promise<Vault> {
  const paths = options.paths ?? sandboxPaths();
  const log = options.log ?? (() => undefined);
  const folder = path.join(paths.data, "vault");
  const configFile = path.join(folder, "config.json");
  await removeUnfinishedVault(paths);

  let record = await runningProcess(processName, paths);
  if (record === undefined) {
    const port = await freePort("vault", paths);
    const clusterPort = await freePort("vault-cluster", paths);
    const store = path.join(folder, "store");
    await fs.mkdir(store, { recursive: true, mode: 0o700 });
    await writeJson(configFile, vaultConfig({ port, clusterPort, store }));
    log("starting OpenBao");
    record = await startProcess(
      { name: processName, command: options.tools.bao.path, args: ["server", `-config=${configFile}`] },
      paths,
    );
  }
  const address = await configuredAddress(configFile);
  await waitUntil("OpenBao answers", () => isUp(address), { timeoutMs: 90_000, record });
  const keys = await initialize(address, path.join(folder, "keys.json"));
  await unseal(address, keys.unsealKey);
  await waitUntil("OpenBao is active", () => isActive(address), { timeoutMs: 90_000, record });
  await enableKv(address, keys.rootToken);
  return { address, token: keys.rootToken };
}

/** Stops the server; its data and keys stay. */
export async function stopVault(paths: SandboxPaths = sandboxPaths()): Promise<void> {
  const record = await findProcess(processName, paths);
  if (record !== undefined) await stopProcess(record, { graceMs: 10_000 }, paths);
}

/**
 * One call of Vault's HTTP API: `path` without `/v1/`. Gives the decoded answer, or undefined for an empty one; a
 * status of 400 and above is an error that quotes Vault's own messages.
 */
export async function vaultCall(vault: Vault, method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await call(vault.address, method, path, body, vault.token);
  const text = await response.text();
  if (!response.ok) throw new Error(`Vault ${method} ${path}: ${response.status} ${text.trim()}`);
  return text === "" ? undefined : (JSON.parse(text) as unknown);
}

/**
 * Whether KV v2 knows a path, also one whose versions are all deleted. A token that may not look at it gets "no": whoever
 * writes it is told then.
 */
export async function hasSecret(vault: Vault, mount: string, path: string): Promise<boolean> {
  const response = await call(vault.address, "GET", `${mount}/metadata/${path}`, undefined, vault.token);
  await response.body?.cancel();
  return response.ok;
}

/** The server's configuration. Raft is the one storage on disk that OpenBao has; it wants a port of its own. */
export function vaultConfig(options: { port: number; clusterPort: number; store: string }): Record<string, unknown> {
  const address = `127.0.0.1:${options.port}`;
  const clusterAddress = `127.0.0.1:${options.clusterPort}`;
  return {
    // Multiplier 1: a single node elects itself within a second or two; the default waits five times as long.
    storage: { raft: { path: options.store, node_id: "sandbox", performance_multiplier: "1" } },
    listener: [{ tcp: { address, cluster_address: clusterAddress, tls_disable: true } }],
    api_addr: `http://${address}`,
    cluster_addr: `https://${clusterAddress}`,
    ui: false,
  };
}

async function configuredAddress(configFile: string): Promise<string> {
  const config = await readJson<{ api_addr: string }>(configFile);
  if (config === undefined) {
    throw UserError.of(configFile, "", "is missing while OpenBao runs", "run `npm run sandbox:down`, then start again");
  }
  return config.api_addr;
}

function call(address: string, method: string, path: string, body?: unknown, token?: string): Promise<Response> {
  return fetch(`${address}/v1/${path}`, {
    method,
    headers: token === undefined ? {} : { "X-Vault-Token": token },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
}

/** Health answers 501 where uninitialized and 503 where sealed: any answer means that it listens. */
async function isUp(address: string): Promise<boolean> {
  await call(address, "GET", "sys/health");
  return true;
}

async function isActive(address: string): Promise<boolean | string> {
  const { status } = await call(address, "GET", "sys/health");
  return status === 200 || `health ${status}`;
}

async function initialize(address: string, keysFile: string): Promise<VaultKeys> {
  const state = (await (await call(address, "GET", "sys/init")).json()) as { initialized: boolean };
  const kept = await readJson<VaultKeys>(keysFile);
  if (state.initialized) {
    if (kept !== undefined) return kept;
    throw UserError.of(
      keysFile,
      "",
      "is missing, so the sandbox's Vault cannot be unsealed",
      "bring the file back, or start from nothing: npm run sandbox:down -- --purge, then npm start",
    );
  }
  await writeAtomically(initializingFile(path.dirname(keysFile)), "");
  const response = await call(address, "PUT", "sys/init", { secret_shares: 1, secret_threshold: 1 });
  if (!response.ok) throw new Error(`OpenBao cannot be initialized: ${response.status} ${await response.text()}`);
  const answer = (await response.json()) as { keys_base64: string[]; root_token: string };
  const keys: VaultKeys = { unsealKey: answer.keys_base64[0] ?? "", rootToken: answer.root_token };
  await writeAtomically(keysFile, `${JSON.stringify(keys)}\n`, 0o600);
  await fs.rm(initializingFile(path.dirname(keysFile)));
  return keys;
}

/** There while the server knows its keys and we may not: they are told once. */
function initializingFile(folder: string): string {
  return path.join(folder, "initializing");
}

/** A start that was killed between the initialization and the writing of the keys: nothing was stored, begin anew. */
export async function removeUnfinishedVault(paths: SandboxPaths): Promise<void> {
  const folder = path.join(paths.data, "vault");
  if ((await readText(initializingFile(folder))) === undefined) return;
  if ((await readText(path.join(folder, "keys.json"))) === undefined) {
    await stopVault(paths);
    await fs.rm(path.join(folder, "store"), { recursive: true, force: true });
  }
  await fs.rm(initializingFile(folder));
}

async function unseal(address: string, key: string): Promise<void> {
  const response = await call(address, "PUT", "sys/unseal", { key });
  if (!response.ok) throw new Error(`OpenBao cannot be unsealed: ${response.status} ${await response.text()}`);
}

async function enableKv(address: string, token: string): Promise<void> {
  const mounts = (await vaultCall({ address, token }, "GET", "sys/mounts")) as Record<string, unknown>;
  if (`${kvMount}/` in mounts) return;
  await vaultCall({ address, token }, "POST", `sys/mounts/${kvMount}`, { type: "kv", options: { version: "2" } });
  // A fresh engine upgrades itself in the background and refuses writes meanwhile.
  await waitUntil("the KV engine is ready", () => canWrite({ address, token }), { timeoutMs: 90_000 });
}

async function canWrite(vault: Vault): Promise<boolean> {
  await vaultCall(vault, "POST", `${kvMount}/data/sandbox-start`, { data: { ready: "yes" } });
  await vaultCall(vault, "DELETE", `${kvMount}/metadata/sandbox-start`);
  return true;
}
