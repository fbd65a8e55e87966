import { errorText } from "../../../kit/error-text";
import { UserError } from "../../../kit/user-error";
import { askUntil } from "../../../kit/waiting";
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
  const { timeoutMs, record, intervalMs = 100, signal } = options;
  let missing = "no answer yet";
  const look = async (): Promise<true | undefined> => {
    try {
      const answer = await check();
      if (answer === true) return true;
      if (typeof answer === "string") missing = answer;
    } catch (error) {
      // Not ready yet is most often an error (connection refused); the last one is quoted on failure.
      missing = errorText(error);
    }
    signal?.throwIfAborted();
    if (record !== undefined && !(await isRunning(record)))
      throw await processFailed(`${what}: the process ended`, record);
    return undefined;
  };
  if ((await askUntil(look, { timeoutMs, everyMs: intervalMs, ...(signal && { signal }) })) === true) return;
  const text = `${what}: not within ${Math.round(timeoutMs / 1000)} s (${missing})`;
  throw record === undefined ? new Error(text) : await processFailed(text, record);
}

async function processFailed(text: string, record: ProcessRecord): Promise<UserError> {
  const lines = await lastLines(record);
  return UserError.of(record.log, "", `${text}. Its last lines:\n${quoted(lines)}`, remedyFor(lines));
}

/** Lines of a log as a message shows them. */
export function quoted(lines: readonly string[]): string {
  return lines.map((line) => `      ${line}`).join("\n");
}
