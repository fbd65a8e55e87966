import { UserError } from "../../../kit/user-error";
import { readJson, writeJson } from "../../../kit/files";
import type { SandboxPaths } from "../paths";

/** Whose cluster and whose Vault a sandbox works with; the engine's state belongs to them. */
export interface Target {
  /** Context of the user's kubeconfig; undefined for the sandbox's own cluster. */
  context: string | undefined;
  /** Address of the user's Vault; undefined for the sandbox's own. */
  vault: string | undefined;
}

/**
 * Keeps what a sandbox was first started with, and refuses another: its state says what was deployed where, and with
 * another cluster the next update would replace everything.
 */
export async function keepTarget(paths: SandboxPaths, target: Target): Promise<void> {
  const before = await readTarget(paths);
  if (before === undefined) return writeJson(targetFile(paths), target);
  if (before.context === target.context && before.vault === target.vault) return;
  const same = before.context === undefined ? "npm start" : `npm start -- ${flagsOf(before)}`;
  throw UserError.of(
    paths.root,
    "",
    `this sandbox was started with ${describeTarget(before)}, and not with ${describeTarget(target)}`,
    `start it as before (${same}), or use another folder beside it: ALLOY_SANDBOX=FOLDER npm start${target.context === undefined ? "" : ` -- ${flagsOf(target)}`}`,
  );
}

/** What a sandbox was first started with; undefined before. */
export function readTarget(paths: SandboxPaths): Promise<Target | undefined> {
  return readJson<Target>(targetFile(paths));
}

/** `its own cluster and Vault`, `context kind-kind and its own Vault`. */
export function describeTarget({ context, vault }: Target): string {
  if (context === undefined) return "its own cluster and Vault";
  return `context ${context} and ${vault === undefined ? "its own Vault" : `Vault at ${vault}`}`;
}

function flagsOf({ context = "", vault }: Target): string {
  return [`--context ${context}`, ...(vault === undefined ? [] : [`--vault ${vault}`])].join(" ");
}

function targetFile(paths: SandboxPaths): string {
  return `${paths.root}/target.json`;
}
