import * as fs from "node:fs/promises";
import * as path from "node:path";

import { startTimeOf } from "../../../kit/process-marks";

/** What files are called while this program writes them: the name, the writer's pid, and mostly a random word. */
const temporary = /\.(\d+)(?:\.[0-9a-f]{8})?\.tmp$/;

/**
 * Removes the files below a folder that a process of ours was writing when it was killed; those of a process that runs
 * stay. A reader never sees them (writing ends with a rename), but some hold a secret, and none is of use.
 *
 * @returns their paths
 */
export async function removeHalfFiles(folder: string): Promise<string[]> {
  const removed: string[] = [];
  for (const file of await halfFiles(folder)) {
    const pid = Number(temporary.exec(file)?.[1]);
    if ((await startTimeOf(pid)) !== undefined) continue;
    await fs.rm(file, { force: true });
    removed.push(file);
  }
  return removed;
}

/** The files below a folder that have the name of one that is being written. */
export async function halfFiles(folder: string): Promise<string[]> {
  // Servers remove folders of their own while this looks.
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries.map(async (entry): Promise<string[]> => {
      const place = path.join(folder, entry.name);
      if (entry.isDirectory()) return halfFiles(place);
      return entry.isFile() && temporary.test(entry.name) ? [place] : [];
    }),
  );
  return found.flat();
}
