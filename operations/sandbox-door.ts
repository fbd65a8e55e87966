import * as crypto from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { parseDocument } from "yaml";

import { readJson, readText, writeAtomically, writeJson } from "../kit/files";
import { sandboxRoot } from "../kit/folders";
import { repoRoot } from "../kit/repo-root";

/**
 * The door between the commands and a sandbox: one file, `door.json` in the sandbox's folder, which is all that the
 * commands know of it. `npm start` writes the file and `sandbox:down` removes it. As long as it is there, the stack that
 * it names belongs to the sandbox, even if a server of the sandbox has crashed: the stack must not go to whatever
 * cluster the user's own environment names. Once it is gone, the stack belongs to the user's own engine.
 */
export interface SandboxDoor {
  /** The stack that belongs to the sandbox. */
  stack: string;
  /** Path of a {@link SandboxEngine} as JSON; its mode is 0600, because the environment holds secrets. */
  engineFile: string;
  /**
   * Path of the node agent's status: `{ pods: [{ node, name, uid, phase, ready, terminating, uiUrl }] }`, where `uiUrl` is
   * the address at which this machine reaches the collector of that node. Missing if the collectors run in a cluster of
   * the user's, whose API server is asked.
   */
  collectorsFile?: string;
}

/** The Pulumi CLI as a sandbox has set it up. */
export interface SandboxEngine {
  /** Folder of the sandbox. */
  root: string;
  /** The Pulumi CLI. */
  pulumi: string;
  /** What has to be in the environment, and nothing more, so that `pulumi` typed by hand works here. Holds secrets. */
  env: Record<string, string>;
  /** The stack's config with the sandbox's addresses; in the sandbox's folder, so that nothing under git changes. */
  configFile: string;
  /** The folder to give to `--policy-pack`. */
  policyPack: string;
  /** What the config file was made from; see {@link refreshStackConfig}. */
  madeFrom: { values: readonly StackValue[]; checksum: string };
}

/** A value that the sandbox writes into its copy of the stack's file. */
export interface StackValue {
  /** Below `config:`, such as `["alloy:kubernetes", "context"]`. */
  path: readonly string[];
  value: unknown;
  /** Written only if the stack's file has this key. */
  onlyWith?: string;
}

/** Path of the door in the sandbox's folder. */
export const doorFile = (root: string): string => path.join(root, "door.json");

/** The door of the sandbox that has this stack, with its engine; undefined if no sandbox has it. */
export async function openDoor(
  stack: string,
  root: string = sandboxRoot(),
): Promise<{ engine: SandboxEngine; collectorsFile: string | undefined } | undefined> {
  const door = await readJson<SandboxDoor>(doorFile(root));
  if (door?.stack !== stack) return undefined;
  const engine = await readEngine(door.engineFile);
  return engine && { engine, collectorsFile: door.collectorsFile };
}

/** The engine of a sandbox, its config as the stack's file is now; undefined if there is no such file. */
export async function readEngine<T extends SandboxEngine>(engineFile: string): Promise<T | undefined> {
  const engine = await readJson<T>(engineFile);
  if (engine === undefined) return undefined;
  const fresh = await refreshStackConfig(engine);
  if (fresh !== engine) await writeJson(engineFile, fresh, 0o600);
  return fresh;
}

/**
 * Makes the sandbox's copy of the stack's file anew if the original was edited since. What `pulumi config set` has put
 * into the copy itself stays until then.
 */
async function refreshStackConfig<T extends SandboxEngine>(engine: T): Promise<T> {
  const { values, checksum } = engine.madeFrom;
  const source = await stackSource(engine.configFile);
  if (checksumOf(source) === checksum) return engine;
  const renewed = await writeStackConfig(engine.configFile, values);
  return { ...engine, madeFrom: { ...engine.madeFrom, checksum: renewed } };
}

/**
 * Writes the sandbox's copy of a stack's file. The salt that the engine writes into the file belongs to the state and
 * is carried over.
 *
 * @param file the copy; the original has the same name and lies in the checkout
 * @returns the checksum of the original
 */
export async function writeStackConfig(file: string, values: readonly StackValue[]): Promise<string> {
  const source = await stackSource(file);
  await writeAtomically(file, stackConfigText(source, await readText(file), values));
  return checksumOf(source);
}

/** The text of the sandbox's copy; comments and order of the source are kept. Pure. */
export function stackConfigText(source: string, earlier: string | undefined, values: readonly StackValue[]): string {
  const document = parseDocument(source);
  for (const { path: keys, value, onlyWith } of values)
    if (onlyWith === undefined || document.hasIn(["config", onlyWith])) document.setIn(["config", ...keys], value);
  const salt: unknown = earlier === undefined ? undefined : parseDocument(earlier).get("encryptionsalt");
  if (typeof salt === "string") document.set("encryptionsalt", salt);
  return document.toString();
}

const stackSource = (copy: string): Promise<string> => fs.readFile(path.join(repoRoot, path.basename(copy)), "utf8");

const checksumOf = (text: string): string => crypto.createHash("sha256").update(text).digest("hex");
