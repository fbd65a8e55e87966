import * as fs from "node:fs/promises";
import * as path from "node:path";

import { repoRoot } from "../kit/repo-root";

/** What a part printed, and where and on what. It is committed: docs/measurements.md is made from it. */
export interface PartRecord {
  part: string;
  /** 0: its targets are met. 1: one is missed. 2: it could not measure. */
  exitCode: number;
  text: string;
  /** The version that was measured, with + behind it if files had been changed. */
  commit: string;
  /** `2026-12-01` */
  day: string;
  minutes: number;
  machine: string;
  /** Processes that wanted a core, as a mean over the minute at the beginning and at the end. */
  load: [before: number, after: number];
}

export const recordsFolder = path.join(repoRoot, "bench", "records");
export const measurementsFile = path.join(repoRoot, "docs", "measurements.md");

/** Every record that there is, by its part. */
export async function readRecords(folder: string = recordsFolder): Promise<Map<string, PartRecord>> {
  const names = (await fs.readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json")).sort();
  const records = new Map<string, PartRecord>();
  for (const name of names) {
    const record = JSON.parse(await fs.readFile(path.join(folder, name), "utf8")) as PartRecord;
    records.set(record.part, record);
  }
  return records;
}

export async function writeRecord(record: PartRecord, folder: string = recordsFolder): Promise<void> {
  await fs.mkdir(folder, { recursive: true });
  await fs.writeFile(path.join(folder, `${record.part}.json`), `${JSON.stringify(record, undefined, 2)}\n`);
}

const begin = "<!-- npm run bench writes from here -->";
const end = "<!-- to here -->";

/**
 * The document with every record in it, in the order of the parts.
 *
 * @throws Error if the document does not say where they belong, or there is no record at all
 */
export function withRecords(
  document: string,
  order: readonly string[],
  records: ReadonlyMap<string, PartRecord>,
): string {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/measurements.md has no lines ${begin} and ${end}`);
  const sections = order.flatMap((part) => {
    const record = records.get(part);
    return record === undefined ? [] : [sectionOf(record)];
  });
  if (sections.length === 0) throw new Error("there is no record of any part");
  return `${document.slice(0, from + begin.length)}\n\n${sections.join("\n")}\n${document.slice(to)}`;
}

const verdicts = ["Each target is met.", "**A target is missed.**"];

function sectionOf({ part, exitCode, text, commit, day, minutes, machine, load }: PartRecord): string {
  const verdict = verdicts[exitCode] ?? "**It could not be measured.**";
  return [
    `### ${part}\n`,
    `${verdict} Commit ${commit}, ${day}, ${minutes} min, ${machine}, load ${load[0]} at the beginning and ${load[1]} at the end.\n`,
    "```",
    text.trim(),
    "```\n",
  ].join("\n");
}
