import * as fs from "node:fs";
import * as http from "node:http";
import * as os from "node:os";
import * as path from "node:path";
import { sandboxPaths } from "../../paths";
import type { PluginName } from "../../../../plugins/plugin-versions";
import { pluginFile } from "../../../../plugins/plugins-on-path";
import { findOfficialPlugin, installStandIns } from "../../stand-ins/install";
import { isMap, Secret, type Value } from "../../stand-ins/values";

/** The servers that the suite drives the plugins against. */
export interface Servers {
  kubeconfig: string;
  vaultAddress: string;
  vaultToken: string;
}

/**
 * Takes the servers from CONTRACT_KUBECONFIG, CONTRACT_VAULT_ADDR and CONTRACT_VAULT_TOKEN, which platform.ts sets where
 * nobody else has. The suite writes into them: everything it makes is called `contract-…`.
 */
export function servers(env: NodeJS.ProcessEnv = process.env): Servers {
  const need = (name: string): string => {
    const value = env[name] ?? "";
    if (value === "")
      throw new Error(`the contract suite needs a Kubernetes API server and a Vault: ${name} is not set`);
    return value;
  };
  return {
    kubeconfig: need("CONTRACT_KUBECONFIG"),
    vaultAddress: need("CONTRACT_VAULT_ADDR").replace(/\/+$/, ""),
    vaultToken: need("CONTRACT_VAULT_TOKEN"),
  };
}

/** A plugin's executable and whether it is ours. */
export interface Subject {
  name: PluginName;
  version: string;
  executable: string;
  standIn: boolean;
}

/** Writes the stand-in afresh, whatever official plugins this machine has. */
export async function standIn(name: PluginName, folder: string): Promise<Subject> {
  const nothing = { PATH: "", PULUMI_HOME: path.join(folder, "no-home"), ALLOY_DOWNLOADS: "off" };
  const plugins = await installStandIns(folder, nothing);
  const version = plugins.find((plugin) => plugin.name === name)?.version ?? "";
  return { name, version, executable: path.join(folder, pluginFile(name)), standIn: true };
}

/** The official plugin, where this machine has one: in the folder CONTRACT_PLUGINS, on PATH, or in the plugin folder. */
export async function official(name: PluginName, env = process.env): Promise<Subject | undefined> {
  const folders = [env["CONTRACT_PLUGINS"], env["PATH"]].filter(Boolean).join(path.delimiter);
  // A sandbox's own bin folder holds stand-ins, even when it is on PATH.
  const found = await findOfficialPlugin(name, sandboxPaths().bin, { ...env, PATH: folders });
  return found && { name, version: found.version, executable: found.path, standIn: false };
}

/** Whether CONTRACT_OFFICIAL wants this one: `required` means all, a list of names those. */
export function mustBeOfficial(name: PluginName, env = process.env): boolean {
  const wanted = env["CONTRACT_OFFICIAL"] ?? "";
  return wanted === "required" || wanted.split(",").includes(name);
}

/** What a plugin's process may see: its HOME is empty, so that no kubeconfig or token of the person leaks in. */
export function pluginEnv(home: string, extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], HOME: home, ...extra };
}

/** A state as it may be read by anybody: each secret is a marker. */
export function withoutSecrets(value: Value): unknown {
  if (value instanceof Secret) return "[secret]";
  if (Array.isArray(value)) return value.map(withoutSecrets);
  return isMap(value) ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, withoutSecrets(v)])) : value;
}

/** A folder that goes away with this process. */
export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "contract-"));
  process.once("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A short name that no other run uses. */
export function uniqueName(): string {
  return `contract-${Date.now().toString(36)}${Math.floor(Math.random() * 1296).toString(36)}`;
}

/** The port that a server was given. */
export function portOf(server: http.Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server does not listen on a port");
  return address.port;
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = http.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A server that gives everybody one answer, for states in which a shared Vault cannot be put (sealed). */
export async function fixedAnswer(status: number, body: unknown): Promise<{ url: string; stop: () => void }> {
  const server = http.createServer((_request, response) => {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${portOf(server)}`, stop: () => void server.close() };
}

/** Vault seen by somebody else than the plugin. */
export class VaultApi {
  constructor(
    private readonly address: string,
    private readonly token: string,
  ) {}

  /** Sends a request; answers the body's JSON, or undefined on 404. */
  async call(method: string, apiPath: string, body?: unknown): Promise<Record<string, unknown> | undefined> {
    const response = await fetch(`${this.address}/v1/${apiPath}`, {
      method,
      headers: { "X-Vault-Token": this.token, "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`${method} ${apiPath}: HTTP ${response.status} ${text}`);
    return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
  }
}
