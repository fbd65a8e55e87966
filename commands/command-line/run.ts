import { explainKubeAnswer } from "../../errors/kube-answer";
import { explainNetworkError } from "../../errors/network";
import { explainSystemError } from "../../errors/system";
import type { UserError } from "../../kit/user-error";
import { helpOf } from "./help";
import { parseCall } from "./parse";
import { failureOf } from "./report-error";
import type { Verb } from "./verb";

const explain = (error: unknown): UserError | undefined =>
  explainSystemError(error) ?? explainNetworkError(error) ?? explainKubeAnswer(error);

/**
 * Runs one verb in this process: reads how it was called, runs it, prints its answer, and sets the exit code. An error
 * becomes a report, wherever it was thrown: also in a promise that nobody waits for.
 *
 * @param words what stands behind the verb
 */
export async function runVerb(verb: Verb, words: readonly string[]): Promise<void> {
  const json = verb.json !== undefined && words.includes("--json");
  let failed = false;
  const fail = (error: unknown): void => {
    // What a failure leaves behind fails after it, such as a recording's promises: only the first says why.
    if (failed) return;
    failed = true;
    const failure = failureOf(error, verb, explain);
    process.exitCode = failure.exitCode;
    console.error(failure.report);
    if (json) console.log(JSON.stringify(failure.json, undefined, 2));
  };
  endQuietlyWithReader();
  for (const event of ["uncaughtException", "unhandledRejection"] as const)
    process.once(event, (error: unknown) => {
      fail(error);
      process.exit();
    });
  try {
    const call = parseCall(verb, words);
    if (call === "help") return console.log(helpOf(verb));
    const answer = await verb.run(call);
    const text = call.json ? JSON.stringify(answer.json, undefined, 2) : answer.text;
    if (text !== undefined && text !== "") process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
    process.exitCode = answer.exitCode ?? 0;
  } catch (error) {
    fail(error);
  }
}

/** Whoever reads may have seen enough: `alloyctl render production | head`. */
function endQuietlyWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}
