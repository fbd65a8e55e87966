import * as path from "node:path";
import { StringDecoder } from "node:string_decoder";

import { repoRoot } from "../../kit/repo-root";
import { explainError, type ErrorPlace } from "../../errors/explain-error";
import { UserError } from "../../kit/user-error";
import { parseSettings, stackFile } from "../../settings/parse-settings";
import type { Settings } from "../../settings/schema";
import { readStackFile } from "../../settings/stack-file";
import { withEvents } from "./events";
import { NoiseFilter } from "./noise";
import { planOf, type EnginePlan } from "./plan";

/** How one stack is handed to the Pulumi CLI. */
export interface EngineCall {
  /** The CLI: a path, or `pulumi` from PATH. */
  pulumi: string;
  /** Added to this process's environment. */
  env: Record<string, string>;
  stack: string;
  policyPack: string;
  /** The folder of Pulumi.yaml; the checkout by default. */
  cwd?: string;
  /** The stack's config where it is not `Pulumi.<stack>.yaml`. */
  configFile?: string;
}

/** How a run of the CLI ended. */
export interface EngineResult {
  exitCode: number;
  /** Standard output and standard error, in the order in which they came: for a person to read. */
  output: string;
  /** What the engine did, or would do. */
  plan: EnginePlan;
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
  const { config, file, secretKeys, environments } = readStackFile(stack, dir);
  return parseSettings(config, file, secretKeys, environments);
}

/** Where the engine's words go: as they come, all to standard error so that standard output is a script's, or nowhere. */
export type EngineOutput = "terminal" | "stderr" | "none";

/** How {@link runEngine} runs. */
export interface RunOptions {
  /** The terminal by default. */
  show?: EngineOutput;
  /** No rule of the policy pack is asked: for a run that changes nothing and only looks. */
  withoutPolicies?: boolean;
}

// A configuration that the shell names would lower rules for whoever has it set, and for nobody who reads the repository:
// one that is meant is a flag of a command that somebody types, or of the workflow.
const withoutPolicyConfig = { PULUMI_OPTION_POLICY_PACK_CONFIG: undefined };

/**
 * Runs `pulumi preview` or `pulumi up`, always with the policy pack: a file or object store as backend enforces
 * nothing by itself. Output goes to the terminal as it comes; what happens is read from the engine's own events.
 *
 * @throws UserError if the CLI is missing or was killed, if it says something that is known, or if a policy could not run
 */
export async function runEngine(
  call: EngineCall,
  command: "preview" | "up",
  flags: readonly string[],
  place: ErrorPlace,
  { show = "terminal", withoutPolicies = false }: RunOptions = {},
): Promise<EngineResult> {
  const args = [command, "--stack", call.stack, "--non-interactive", ...flags];
  if (!withoutPolicies) args.push("--policy-pack", call.policyPack);
  if (call.configFile !== undefined) args.push("--config-file", call.configFile);
  // With this variable the CLI has --event-log, as for the Automation API of its SDK.
  const env: NodeJS.ProcessEnv = { ...call.env, ...withoutPolicyConfig, PULUMI_DEBUG_COMMANDS: "true" };
  // Whoever types `pulumi` by hand has it set, so that the pack is passed then, too.
  if (withoutPolicies) env["PULUMI_OPTION_POLICY_PACK"] = undefined;
  const { execa } = await import("execa"); // a static import of it fails under tsx
  const { result, events } = await withEvents((eventLog) =>
    execa(call.pulumi, [...args, "--event-log", eventLog], {
      cwd: call.cwd ?? repoRoot,
      env,
      reject: false,
      all: true,
      stdin: "ignore",
      stdout: show === "none" ? "pipe" : [withoutNoise(), "pipe", show === "stderr" ? process.stderr : "inherit"],
      stderr: show === "none" ? "pipe" : ["inherit", "pipe"],
    }),
  );
  refuseUnfinished(result, command);
  const plan = planOf(events);
  refuseUnrunPolicies(plan);
  // Without its events a run that changes something would look like one that does not.
  if (result.exitCode === 0 && !plan.complete)
    throw UserError.cannotTell(
      `pulumi ${command}`,
      "",
      "ended without an error, but did not report what it did (--event-log)",
      "install a Pulumi CLI of version 3.0 or later, and check that `mkfifo` works in the folder for temporary files",
    );
  const output = String(result.all ?? "");
  if (result.exitCode !== 0) {
    // What ends the CLI before the engine begins is no event, only text.
    const said = plan.diagnostics.map(({ message }) => message).join("\n");
    const known = explainError(said, place) ?? explainError(output, place);
    if (known !== undefined) throw new UserError([known], command === "up" ? leftHalfWay(plan) : undefined);
  }
  return { exitCode: result.exitCode ?? 1, output, plan };
}

/** Takes out of what the engine prints what nobody can act on. */
function withoutNoise() {
  const noise = new NoiseFilter();
  const decoder = new StringDecoder("utf8");
  return {
    binary: true,
    *transform(chunk: unknown) {
      yield noise.write(decoder.write(chunk as Buffer));
    },
    *final() {
      yield noise.end();
    },
  } as const;
}

/** Refuses a run of the CLI that did not come to its end: the CLI is not there, or somebody has killed it. */
function refuseUnfinished({ code, signal }: { code?: string; signal?: string }, command: "preview" | "up"): void {
  if (code === "ENOENT")
    throw UserError.cannotTell(
      "pulumi",
      "",
      "the Pulumi CLI is not on PATH",
      "install it (https://www.pulumi.com/docs/install/), or try everything out without it: npm start",
    );
  if (signal !== undefined)
    throw UserError.cannotTell(
      `pulumi ${command}`,
      "",
      `was ended by ${signal} before it was done`,
      signal === "SIGKILL"
        ? "check whether the machine ran out of memory (dmesg), then run the same command again; if the stack is still locked, run pulumi cancel first"
        : "run the same command again",
      command === "up" ? "what it had done until then stays" : "nothing was changed",
    );
}

// An `up` may have come half-way: what is done stays and is not done again.
function leftHalfWay({ done }: EnginePlan): string {
  const names = [...new Set(done)];
  return names.length === 0
    ? "nothing was deployed"
    : `the update stopped half-way, and what it had done stays (${names.join(", ")})`;
}

/**
 * A policy that could not run is only an advisory to the engine, also if it is mandatory (pulumi-policy, server.ts).
 * Here it is a failure: nobody looked.
 */
export function refuseUnrunPolicies({ violations, diagnostics }: Pick<EnginePlan, "violations" | "diagnostics">): void {
  const said = [...violations, ...diagnostics].find(({ message }) => /can't run policy/i.test(message));
  if (said === undefined) return;
  const line = said.message.trim().split("\n")[0] ?? "";
  throw UserError.cannotTell("policy", "", `a policy did not run: ${line}`, "make the field it names a plain value");
}

/** What messages name of a stack: its file, its Vault, its cluster. */
export function placeOf(stack: string, settings: Settings): ErrorPlace {
  return {
    stackFile: stackFile(stack),
    ...(settings.vault && {
      vault: { address: settings.vault.address, mount: settings.vault.mount, path: settings.vault.path },
    }),
    ...(settings.kubernetes && { context: settings.kubernetes.context }),
  };
}
