import * as path from "node:path";

import { repoRoot } from "../../../kit/repo-root";

/** `npm start` without npm between, for a test that sends signals: the arguments of Node.js. */
export const startArguments = [
  ...["--require", "tsx/cjs"],
  ...[path.join(repoRoot, "packages", "sandbox", "commands", "main.ts"), "start"],
];

/** How a command ended and what it printed. */
export interface CommandResult {
  exitCode: number;
  stdout: string;
  /** Standard output and standard error, in the order in which they came. */
  output: string;
  seconds: number;
}

export interface CommandOptions {
  /** Set on top of this process's environment. */
  env?: NodeJS.ProcessEnv;
  /** False: `env` is the whole environment. */
  extendEnv?: boolean;
  /** The checkout by default. */
  cwd?: string;
  /** Shows what is printed as it comes: for what may take half an hour. */
  show?: boolean;
}

/** Runs a command to its end, without standard input; its exit code is the caller's to judge. */
export async function run(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { execa } = await import("execa"); // a static import of it fails under tsx
  const started = Date.now();
  const running = execa(command, [...args], {
    cwd: options.cwd ?? repoRoot,
    env: options.env ?? {},
    extendEnv: options.extendEnv ?? true,
    reject: false,
    all: true,
    stdin: "ignore",
  });
  if (options.show === true) running.all.pipe(process.stderr, { end: false });
  const result = await running;
  if (result.exitCode === undefined) throw new Error(`${command} did not run: ${result.shortMessage ?? "killed"}`);
  const seconds = (Date.now() - started) / 1000;
  return { exitCode: result.exitCode, stdout: result.stdout, output: result.all, seconds };
}

/** Runs one of the checkout's npm scripts: `npm run SCRIPT -- ARGS`. */
export function npmRun(
  script: string,
  args: readonly string[] = [],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return run("npm", ["run", "--silent", script, ...(args.length > 0 ? ["--", ...args] : [])], options);
}

/** Runs one of the checkout's own commands: `npx alloyctl VERB ARGS`, but for npx, which a test of its own runs. */
export function alloyctl(
  verb: string,
  args: readonly string[] = [],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return run("node", ["commands/alloyctl.js", verb, ...args], options);
}
