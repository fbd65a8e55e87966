import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "../../../kit/repo-root";
import { isNotFound } from "../../../kit/files";
import { run } from "./command";

/** A copy of the checkout in which a test may change a file; the checkout itself is never touched. */
export interface CheckoutCopy {
  folder: string;
  /** Changes one file's text. Fails where that changes nothing: the test would then test nothing. */
  edit(file: string, change: (text: string) => string): Promise<void>;
  remove(): Promise<void>;
}

/** Copies what git knows or would add, as it lies in the working tree; the packages are those of the checkout. */
export async function copyCheckout(): Promise<CheckoutCopy> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-copy-"));
  const { stdout } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
  for (const file of stdout.split("\0").filter((name) => name !== "")) {
    await fs.mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await fs.copyFile(path.join(repoRoot, file), path.join(folder, file)).catch((error: unknown) => {
      if (!isNotFound(error)) throw error; // removed in the working tree, but not committed yet
    });
  }
  await fs.symlink(path.join(repoRoot, "node_modules"), path.join(folder, "node_modules"));
  return {
    folder,
    async edit(file, change) {
      const place = path.join(folder, file);
      const text = await fs.readFile(place, "utf8");
      const changed = change(text);
      if (changed === text) throw new Error(`the change of ${file} changes nothing`);
      await fs.writeFile(place, changed);
    },
    remove: () => fs.rm(folder, { recursive: true, force: true }),
  };
}
