import assert from "node:assert/strict";
import * as fs from "node:fs/promises";

import { parseDocument } from "yaml";

import { tryCredential, type Verdict } from "../../../operations/rotation/try-credential";
import { htpasswdLine, isLineOf } from "../../../vault/htpasswd";
import { LokiGateway } from "../../support/loki-gateway";
import { alloyctl, type CommandResult } from "./command";
import { keepOutput } from "./needles";
import { sandbox } from "./sandbox";
import { exportStack } from "./state";
import { currentLogin, disableKubernetesAuth, forget, held, put, type Login } from "./vault";

/** Where the files on credentials keep them in Vault, apart from what `npm start` has seeded. */
export const vaultPath = "detectviz/gateway/alloy";
export const lokiPath = `${vaultPath}/loki`;
/** Where `npm start` seeds, as Pulumi.local.yaml has it. */
const seededPath = "detectviz/local/alloy/loki";

/** Somebody else whom the gateway lets in: a line that no rotation may touch. */
export const neighbour: Login = { username: "neighbour", password: "the-neighbours-own-password" };

export type ConfigValues = [path: string[], value: unknown][];

interface GatewayStack {
  gateway: LokiGateway;
  /** The sandbox's copy of the stack's config as it was found. */
  original: string;
  /** With which config the stack was last deployed by these tests. */
  deployed?: string;
}

let current: GatewayStack | undefined;

/** nginx in front of the sandbox's Loki, its users from Vault. One for all files on credentials. */
export async function gateway(): Promise<LokiGateway> {
  return (await start()).gateway;
}

async function start(): Promise<GatewayStack> {
  if (current !== undefined) return current;
  const { configFile } = await sandbox().engine();
  const original = await fs.readFile(configFile, "utf8");
  const started = await LokiGateway.start({
    paths: sandbox().paths,
    upstream: (await sandbox().servers()).loki.url,
    source: async () => (await held<{ htpasswd?: string }>(`${lokiPath}-gateway`))?.data.htpasswd ?? "",
  });
  return (current = { gateway: started, original });
}

/** The stack's config behind the gateway, with these values. */
export async function setConfig(values: ConfigValues): Promise<string> {
  const { gateway, original } = await start();
  const document = parseDocument(original);
  const all: ConfigValues = [[["alloy:lokiUrl"], gateway.pushUrl], [["alloy:vault", "path"], vaultPath], ...values];
  for (const [keys, value] of all) document.setIn(["config", ...keys], document.createNode(value));
  const text = document.toString();
  await fs.writeFile((await sandbox().engine()).configFile, text);
  return text;
}

/** Mode `secret`; with `seed` where Vault begins empty. */
export const modeSecret = (seed: boolean): ConfigValues => [
  [["alloy:credentials"], { mode: "secret", loki: "basic", seed }],
];

/** Mode `vault`, read again as often as is allowed. */
export const modeVault: ConfigValues = [
  [["alloy:credentials"], { mode: "vault", loki: "basic" }],
  [["alloy:vault", "login"], { reread: "10s" }],
];

/**
 * `npx alloyctl up` with this config, unless the stack is deployed with it already. Where pods start, `up` ends when each has
 * sent a line through the gateway.
 */
export async function deploy(values: ConfigValues): Promise<void> {
  const text = await setConfig(values);
  const stack = await start();
  if (stack.deployed === text) return;
  stack.deployed = undefined;
  const result = await ours("up", ["local", "--yes"]);
  assert.equal(result.exitCode, 0, result.output);
  stack.deployed = text;
}

/** The config that the last {@link setConfig} wrote is deployed now. */
export async function markDeployed(): Promise<void> {
  (await start()).deployed = await fs.readFile((await sandbox().engine()).configFile, "utf8");
}

/** One of the checkout's commands in the sandbox; what it prints is searched for secrets. */
export async function ours(verb: string, args: readonly string[], cwd?: string): Promise<CommandResult> {
  const options = { env: { ALLOY_SANDBOX: sandbox().root }, ...(cwd !== undefined && { cwd }) };
  const result = await alloyctl(verb, args, options);
  keepOutput(result.output);
  return result;
}

/** Has a credential in Vault, and both it and the neighbour at the gateway, where an earlier file has not seen to it. */
export async function ensureLogin(): Promise<Login> {
  if ((await held(lokiPath)) === undefined) {
    const login = { username: "local", password: "written-by-a-person-once" };
    await put(lokiPath, { ...login });
    await put(`${lokiPath}-gateway`, { htpasswd: lines(login) });
  }
  await letNeighbourIn();
  return currentLogin(lokiPath);
}

/** Adds the neighbour's line to the gateway's, where it is not there yet. */
export async function letNeighbourIn(): Promise<void> {
  const { htpasswd = "" } = (await held<{ htpasswd: string }>(`${lokiPath}-gateway`))?.data ?? {};
  const isThere = htpasswd.split("\n").some((line) => isLineOf(line, neighbour.username, neighbour.password));
  if (!isThere) await put(`${lokiPath}-gateway`, { htpasswd: `${htpasswd}${lines(neighbour)}` });
  await (await gateway()).follow();
}

const lines = (...logins: Login[]): string =>
  logins.map(({ username, password }) => `${htpasswdLine(username, password)}\n`).join("");

/** What the gateway makes of a credential. Loki itself has nothing to take, and says so behind it. */
export async function atGateway({ username, password }: Login): Promise<Verdict["outcome"]> {
  const { pushUrl } = await gateway();
  const target = { backend: "loki", url: pushUrl, headers: { "X-Scope-OrgID": "local" } } as const;
  return (await tryCredential(target, "basic", { username, password })).outcome;
}

/** What tells one collector's process from a later one. */
export async function processes(): Promise<unknown[]> {
  const { pods } = await sandbox().agent();
  return pods
    .map(({ node, uid, pid, startTime, restarts }) => ({ node, uid, pid, startTime, restarts }))
    .sort((a, b) => a.node.localeCompare(b.node));
}

/**
 * Puts the stack back to what `npm start` deploys and stops the gateway, unless a later file on credentials is about to
 * use both.
 */
export async function leaveGateway(context: Mocha.Context): Promise<void> {
  const suite = context.test?.parent;
  const all = suite?.parent?.suites ?? [];
  const later = all.slice(all.findIndex((one) => one === suite) + 1);
  if (later.some(({ title }) => title.startsWith("credentials"))) return;
  if (current === undefined) return;
  const { original, gateway: used } = current;
  await fs.writeFile((await sandbox().engine()).configFile, original);
  if (!(await isSeeded())) await forget(seededPath, `${seededPath}-gateway`);
  const up = await ours("up", ["local", "--yes"]);
  assert.equal(up.exitCode, 0, up.output);
  current = undefined;
  await used.stop();
  await forget(lokiPath, `${lokiPath}-gateway`, `${lokiPath}-next`);
  await disableKubernetesAuth();
}

/** Whether the stack's state has the first credential of `npm start`: its seed writes to an empty path only. */
async function isSeeded(): Promise<boolean> {
  const { resources } = await exportStack(sandbox());
  return resources.some(({ type, inputs }) => type === "vault:kv/secretV2:SecretV2" && inputs?.["name"] === seededPath);
}
