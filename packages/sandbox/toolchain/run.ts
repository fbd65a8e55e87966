import { createWriteStream } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { UserError } from "../../../kit/user-error";
import { ownerMarks } from "../../../kit/process-marks";
import type { Context } from "./context";
import { formatDuration, formatTypical } from "./durations";
import { outputsOf, pinOf, recipes } from "./recipes";

const reportEveryMs = 15_000;
const quotedLines = 20;

/** One command of a recipe. */
export interface Command {
  recipeName: string;
  context: Context;
  command: string;
  args: readonly string[];
  cwd: string;
  /** Set on top of the user's environment. */
  env?: NodeJS.ProcessEnv;
}

/** What a command printed; `ok` is false where it failed. */
export interface Output {
  ok: boolean;
  stdout: string;
  all: string;
}

/**
 * Runs a command and appends what it prints to `<cache>/logs/<recipe>.log`. It is stopped when another step of the
 * same call fails. A command that fails is the caller's to judge, except where the disk is full.
 */
export async function tryCommand(what: Command): Promise<Output> {
  const { context, command, args } = what;
  const log = logFile(what);
  await fs.mkdir(path.dirname(log), { recursive: true });
  const sink = createWriteStream(log, { flags: "a" });
  sink.write(`$ ${[command, ...args].join(" ")}\n`);
  const { execa } = await import("execa"); // a static import of it fails under tsx
  const running = execa(command, [...args], {
    cwd: what.cwd,
    // Their messages are read below, so they have to be English.
    env: { ...context.env, LC_ALL: "C", ...(await ownerMarks(context.cache)), ...what.env },
    extendEnv: false,
    all: true,
    reject: false,
    stdin: "ignore",
    cancelSignal: context.signal,
    maxBuffer: 10_000_000,
  });
  running.all.pipe(sink);
  const result = await running;
  context.signal.throwIfAborted();
  if (result.failed && /no space left on device/i.test(result.all)) {
    throw UserError.of(context.cache, "", `the disk became full while getting ${describe(what.recipeName)}`, makeRoom);
  }
  return { ok: !result.failed, stdout: result.stdout, all: result.all || (result.shortMessage ?? "") };
}

/** Like {@link tryCommand}, but a failure is thrown: a download's as a UserError, any other with its last lines. */
export async function runCommand(what: Command): Promise<Output> {
  const output = await tryCommand(what);
  if (output.ok) return output;
  const line = output.all.split("\n").find((text) => networkFailure.test(text));
  if (line !== undefined) throw downloadError(what.recipeName, line.trim());
  const last = output.all.trimEnd().split("\n").slice(-quotedLines).join("\n");
  throw new Error(`${what.command} failed while getting ${describe(what.recipeName)} (${logFile(what)}):\n${last}`);
}

/** How Go, pip and apt say that they did not reach their servers. */
const networkFailure = new RegExp(
  [
    "dial tcp",
    "no such host",
    "i/o timeout",
    "proxyconnect",
    "TLS handshake",
    "x509: ",
    "certificate verify failed",
    "CERTIFICATE_VERIFY_FAILED",
    "certificate is NOT trusted",
    "connection (?:refused|reset|timed out)",
    "server misbehaving",
    "module lookup disabled",
    "unexpected EOF",
    "HTTP(?:S)?ConnectionPool",
    "NewConnectionError",
    "Temporary failure (?:in name resolution|resolving)",
    "Could not (?:connect|resolve)",
    "Failed to fetch",
    "No matching distribution found",
    "\\b(?:403 Forbidden|404 Not Found|410 Gone|429 Too Many|50[0234] [A-Z])",
  ].join("|"),
  "i",
);

const makeRoom = "make room, or set ALLOY_CACHE to a folder on a larger disk";

/** The error for a download that did not work; `quote` is the client's own message. */
export function downloadError(recipeName: string, quote: string): UserError {
  const reach = certificateFailure.test(quote)
    ? "look at this machine's clock and at the certificates it trusts"
    : "let this machine reach its package registries (HTTPS_PROXY, GOPROXY, pip's and apt's own settings)";
  return UserError.of(
    describe(recipeName),
    "",
    `could not be downloaded: ${quote.slice(0, 300)}`,
    `${reach}, or ${installHint(recipeName)}`,
  );
}

/** How Go, pip and apt say that they do not trust a server, most often since the clock is wrong. */
const certificateFailure = /x509: |certificate verify failed|CERTIFICATE_VERIFY_FAILED|certificate is NOT trusted/i;

/** `kwok 0.8.0 and kwokctl 0.8.0`: what a recipe gives, or the name of what is no recipe. */
export function describe(recipeName: string): string {
  if (!recipes.has(recipeName)) return recipeName;
  const names = tools(recipeName).map((tool) => `${tool} ${pinOf(tool).version}`);
  return [names.slice(0, -1).join(", "), names.at(-1)].filter(Boolean).join(" and ");
}

/** What a person can do instead, such as `install etcd (>=3.6.0 <3.8.0) and put it on PATH`. */
export function installHint(recipeName: string): string {
  const names = tools(recipeName).map((tool) => {
    const pin = pinOf(tool);
    return pin.accepts === undefined ? `${tool} ${pin.version}` : `${tool} (${pin.accepts})`;
  });
  const fromPath = tools(recipeName).some((tool) => pinOf(tool).ask ?? pinOf(tool).beside);
  return fromPath
    ? `install ${names.join(", ")} and put ${names.length === 1 ? "it" : "them"} on PATH`
    : `copy the folder tools/${tools(recipeName)[0]}-… of ALLOY_CACHE from a machine that has it`;
}

function tools(recipeName: string) {
  const recipe = recipes.get(recipeName);
  return recipe === undefined ? [] : outputsOf(recipe).map(([tool]) => tool);
}

/** How long builds take on this machine, to tell when the last will be done. */
export interface Pace {
  /** Usual seconds of what comes after the present one. */
  secondsAfter: number;
  /** How many times as long as usual things have taken here. */
  factor: number;
}

/** Says what goes on at its start and every 15 seconds, with the elapsed and the remaining time, until `work` ends. */
export async function withTicker<T>(
  recipeName: string,
  context: Context,
  text: string,
  work: () => Promise<T>,
  pace: Pace = { secondsAfter: 0, factor: 1 },
): Promise<T> {
  const usual = recipes.get(recipeName)?.typicalSeconds ?? 0;
  const startedAt = Date.now();
  const elapsed = (): string => formatDuration(Date.now() - startedAt);
  const left = (seconds: number): string => (usual === 0 ? "" : `, ${remaining(usual, seconds, pace)}`);
  context.progress(recipeName, `${text}${left(0)}`);
  const tell = (): void =>
    context.progress(recipeName, `${text}, ${elapsed()} so far${left((Date.now() - startedAt) / 1_000)}`);
  const ticker = setInterval(tell, reportEveryMs);
  try {
    const result = await work();
    context.progress(recipeName, `done in ${elapsed()}`);
    return result;
  } finally {
    clearInterval(ticker);
  }
}

/** `about 3 min left, 14 min for all builds`. */
export function remaining(usual: number, elapsed: number, { secondsAfter, factor }: Pace): string {
  const own = usual * factor - elapsed;
  const left = own > 0 ? `about ${formatTypical(Math.ceil(own))} left` : "longer than usual";
  if (secondsAfter === 0) return left;
  return `${left}, ${formatTypical(Math.ceil(Math.max(own, 0) + secondsAfter * factor))} for all builds`;
}

function logFile(what: Command): string {
  return path.join(what.context.cache, "logs", `${what.recipeName}.log`);
}
