import { setTimeout as sleep } from "node:timers/promises";

import { errorText } from "../../../kit/error-text";
import { UserError } from "../../../kit/user-error";
import { remedyFor } from "./log-remedies";
import { isRunning, lastLines, type ProcessRecord } from "./processes";

/**
 * Waits until `check` answers true; a string says what is still missing and is quoted on failure, so is an error that
 * `check` throws. Fails at once, with the last 20 lines of its log, when the process it waits for has ended.
 */
export async function waitUntil(
  what: string,
  check: () => Promise<boolean | string>,
  options: { timeoutMs: number; record?: ProcessRecord; intervalMs?: number; signal?: AbortSignal },
): Promise<void> {
  const until = Date.now() + options.timeoutMs;
  let missing = "no answer yet";
  for (;;) {
    try {
      const answer = await check();
      if (answer === true) return;
      if (typeof answer === "string") missing = answer;
    } catch (error) {
      // Not ready yet is most often an error (connection refused); the last one is quoted on failure.
      missing = errorText(error);
    }
    options.signal?.throwIfAborted();
    if (options.record !== undefined && !(await isRunning(options.record))) {
      throw await processFailed(`${what}: the process ended`, options.record);
    }
    if (Date.now() >= until) {
      const seconds = Math.round(options.timeoutMs / 1000);
      const text = `${what}: not within ${seconds} s (${missing})`;
      throw options.record === undefined ? new Error(text) : await processFailed(text, options.record);
    }
    await sleep(options.intervalMs ?? 100, undefined, { signal: options.signal });
  }
}

async function processFailed(text: string, record: ProcessRecord): Promise<UserError> {
  const lines = await lastLines(record);
  return UserError.of(record.log, "", `${text}. Its last lines:\n${quoted(lines)}`, remedyFor(lines));
}

/** Lines of a log as a message shows them. */
export function quoted(lines: readonly string[]): string {
  return lines.map((line) => `      ${line}`).join("\n");
}
