import assert from "node:assert/strict";

import { runPulumi } from "../../../packages/sandbox/engine/engine";
import type { E2eSandbox } from "./sandbox";

/** One resource of the stack's state. */
export interface StateResource {
  urn: string;
  type: string;
  custom: boolean;
  /** It was only read. */
  external?: boolean;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

/** The stack's state as the engine exports it, secrets encrypted. */
export interface StackState {
  resources: StateResource[];
  /** The export itself. */
  text: string;
}

/** `pulumi stack export`. */
export async function exportStack(sandbox: E2eSandbox): Promise<StackState> {
  const result = await runPulumi(await sandbox.engine(), ["stack", "export"]);
  assert.equal(result.exitCode, 0, result.stderr);
  const { deployment } = JSON.parse(result.stdout) as { deployment: { resources?: StateResource[] } };
  return { resources: deployment.resources ?? [], text: result.stdout };
}

const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** Whether a value of the state is an encrypted one. */
export function isSecret(value: unknown): value is { ciphertext: string } {
  return (
    typeof value === "object" && value !== null && (value as Record<string, unknown>)[signatureKey] === secretSignature
  );
}
