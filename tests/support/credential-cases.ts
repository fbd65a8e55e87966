import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";
import type { ToldProblem } from "../e2e/support/problem";

/** One case that was played: what was wrong, what came of it, and what is said. */
export interface PlayedCase {
  /** Credentials mode, and the command that meets the case; `a collector` for one that runs or starts. */
  where: string;
  wrong: string;
  outcome: string;
  message: string;
}

const file = path.join(repoRoot, "docs", "credentials.md");
const heading = ["where", "what is wrong", "what comes of it", "what is said"];
const played: PlayedCase[] = [];

/** Takes a case down as it was seen, in the order in which cases are played. */
export function play(where: string, wrong: string, outcome: string, message: ToldProblem | string): void {
  const text = typeof message === "string" ? message : `${message.place}: ${message.problem} → ${message.remedy}`;
  played.push({ where, wrong, outcome, message: steady(text) });
}

/** Ports and temporary folders are others in each sandbox; what is quoted of a network's error is the machine's. */
function steady(text: string): string {
  return text
    .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT")
    .replace(/\b(?:dial|read|write) tcp [^:]*:PORT(?:->[^:]*:PORT)?: /g, "")
    .trim();
}

/** The cases that were played in this run, as a table of Markdown. */
export async function caseTable(): Promise<string> {
  const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;
  const rows = played.map(({ where, wrong, outcome, message }) => row([where, wrong, outcome, message]));
  const { format, resolveConfig } = await import("prettier");
  const text = [row(heading), row(heading.map(() => "---")), ...rows, ""].join("\n");
  return (await format(text, { ...(await resolveConfig(file)), parser: "markdown" })).trim();
}

/**
 * Compares with the committed table.
 *
 * @param complete all cases were played in this run; otherwise those that were are looked for one by one
 */
export async function assertCommitted(complete: boolean): Promise<void> {
  const table = await caseTable();
  console.error(`\n${table}\n`);
  const document = await fs.readFile(file, "utf8");
  if (complete) {
    const committed = document.split("\n").filter((line) => line.startsWith("|"));
    assert.equal(committed.join("\n"), table, `${file} does not hold the table as it was played`);
    return;
  }
  const cellsOf = (text: string): string[] =>
    text.split("\n").flatMap((line) => (line.startsWith("|") ? [line.replace(/\s+\|/g, " |")] : []));
  const committed = new Set(cellsOf(document));
  const missing = cellsOf(table).filter((line) => !/^\| -/.test(line) && !committed.has(line));
  assert.deepEqual(missing, [], `${file} does not hold these rows`);
}
