import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { writeAtomically, writeJson } from "../../kit/files";

describe("a file that is written whole", () => {
  let folder: string;
  before(async () => void (folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-files-"))));
  after(() => fs.rm(folder, { recursive: true }));

  const modeOf = async (file: string): Promise<number> => (await fs.stat(file)).mode & 0o777;

  it("has its mode from the first moment, also over one that others could read", async () => {
    const file = path.join(folder, "deep", "keys.json");
    await writeJson(file, { open: true });
    assert.equal(await modeOf(file), 0o644 & ~process.umask());
    const reader = await fs.open(file);
    try {
      await writeJson(file, { key: "hidden" }, 0o600);
      assert.equal(await modeOf(file), 0o600);
      // Whoever has the old one open goes on reading the old one.
      assert.deepEqual(JSON.parse(await reader.readFile("utf8")), { open: true });
    } finally {
      await reader.close();
    }
    assert.deepEqual(await fs.readdir(path.dirname(file)), ["keys.json"]);
  });

  it("takes the place of a link, and leaves what it leads to alone", async () => {
    const [target, link] = [path.join(folder, "elsewhere"), path.join(folder, "link")];
    await fs.writeFile(target, "of somebody else");
    await fs.symlink(target, link);
    await writeAtomically(link, "ours", 0o600);
    assert.equal(await fs.readFile(target, "utf8"), "of somebody else");
    assert.equal((await fs.lstat(link)).isSymbolicLink(), false);
  });
});
