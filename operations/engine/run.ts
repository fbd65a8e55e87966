import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";
import { explainError, type ErrorPlace } from "../../errors/explain-error";
import { UserError } from "../../kit/user-error";
import { parseSettings } from "../../settings/parse-settings";
import type { Settings } from "../../settings/schema";
import { readStackFile } from "../../settings/stack-file";

/** How one stack is handed to the Pulumi CLI. */
export interface EngineCall {
  /** The CLI: a path, or `pulumi` from PATH. */
  pulumi: string;
  /** Added to this process's environment. */
  env: Record<string, string>;
  stack: string;
  policyPack: string;
  /** The stack's config where it is not `Pulumi.<stack>.yaml`. */
  configFile?: string;
}

/** How a run of the CLI ended. */
export interface EngineResult {
  exitCode: number;
  /** Standard output and standard error, in the order in which they came. */
  output: string;
  /** Standard output alone: where the engine was asked for JSON. */
  stdout: string;
}

/** The call for a stack of the user's own: `pulumi` from PATH, its own backend and login. */
export function ownEngine(stack: string): EngineCall {
  return { pulumi: "pulumi", env: {}, stack, policyPack: path.join(repoRoot, "policy") };
}

/**
 * Checks a stack's file before an engine is started: everything that is wrong at once, in a second.
 *
 * @param dir the folder of the file and of Pulumi.yaml
 * @throws UserError where the stack has no file, or its config is wrong
 */
export function checkStack(stack: string, dir: string = repoRoot): Settings {
  const { config, file, secretKeys } = readStackFile(stack, dir);
  return parseSettings(config, file, secretKeys);
}

// A configuration that the shell names would lower rules for whoever has it set, and for nobody who reads the repository:
// one that is meant is a flag of a command that somebody types, or of the workflow.
const withoutPolicyConfig = { PULUMI_OPTION_POLICY_PACK_CONFIG: undefined };

/**
 * Runs `pulumi preview` or `pulumi up`, always with the policy pack: a file or object store as backend enforces
 * nothing by itself. Output goes to the terminal as it comes.
 *
 * @throws UserError where the CLI is missing, where it says something that is known, or where a policy could not run
 */
export async function runEngine(
  call: EngineCall,
  command: "preview" | "up",
  flags: readonly string[],
  place: ErrorPlace,
  quiet = false,
): Promise<EngineResult> {
  const args = [command, "--stack", call.stack, "--policy-pack", call.policyPack, "--non-interactive", ...flags];
  if (call.configFile !== undefined) args.push("--config-file", call.configFile);
  const { execa } = await import("execa"); // a static import of it fails under tsx
  const result = await execa(call.pulumi, args, {
    cwd: repoRoot,
    env: { ...call.env, ...withoutPolicyConfig },
    reject: false,
    all: true,
    stdin: "ignore",
    stdout: quiet ? "pipe" : ["inherit", "pipe"],
    stderr: quiet ? "pipe" : ["inherit", "pipe"],
  });
  if (result.code === "ENOENT") {
    throw UserError.of(
      "pulumi",
      "",
      "the Pulumi CLI is not on PATH",
      "install it (https://www.pulumi.com/docs/install/), or try everything out without it: npm start",
    );
  }
  const output = String(result.all ?? "");
  judgePolicies(output);
  if (result.exitCode !== 0) {
    const known = explainError(output, place);
    if (known !== undefined)
      throw command === "up" ? new UserError([known], interruptedUp(output)) : new UserError([known]);
  }
  return { exitCode: result.exitCode ?? 1, output, stdout: String(result.stdout ?? "") };
}

// An `up` may have come half-way: what is done stays and is not done again.
function interruptedUp(output: string): string {
  const done = [
    ...output.matchAll(/^ *[+~-]+ +(?:kubernetes|vault|random):\S+ (\S+) (?:created|updated|replaced|deleted)\b/gm),
  ];
  const names = done.map(([, name = ""]) => name);
  return names.length === 0
    ? "nothing was deployed"
    : `the update stopped half-way, and what it had done stays (${[...new Set(names)].join(", ")})`;
}

/**
 * A policy that could not run is only an advisory to the engine, also where it is mandatory (pulumi-policy, server.ts).
 * Here it is a failure: nobody looked.
 */
export function judgePolicies(output: string): void {
  const line = output.split("\n").find((text) => /can't run policy/i.test(text));
  if (line === undefined) return;
  throw UserError.of("policy", "", `a policy did not run: ${line.trim()}`, "make the field it names a plain value");
}

/** What messages name of a stack: its file, its Vault, its cluster. */
export function placeOf(stack: string, settings: Settings): ErrorPlace {
  return {
    stackFile: `Pulumi.${stack}.yaml`,
    ...(settings.vault && {
      vault: { address: settings.vault.address, mount: settings.vault.mount, path: settings.vault.path },
    }),
    ...(settings.kubernetes && { context: settings.kubernetes.context }),
  };
}
