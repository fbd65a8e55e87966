import assert from "node:assert/strict";
import { promises as fs, type PathLike } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { mock } from "node:test";

import { writeVolume } from "../node-agent/atomic-writer";

describe("a file of a volume", () => {
  it("is made for its owner alone, before it has the owner and the mode that it keeps", async () => {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), "volume-"));
    const before = new Map<string, number>();
    const { chmod } = fs;
    // The module by this name is the one that the agent imports.
    const spy = mock.method(fs, "chmod", async (file: PathLike, mode: number) => {
      const stat = await fs.stat(file);
      if (stat.isFile()) before.set(path.basename(String(file)), stat.mode & 0o777);
      await chmod(file, mode);
    });
    try {
      const file = (text: string) => ({ data: Buffer.from(text), mode: 0o444 });
      const files = new Map(Object.entries({ a: file("1"), b: file("2") }));
      await writeVolume(path.join(folder, "secret"), files);
      assert.deepEqual([...before], Object.entries({ a: 0o600, b: 0o600 }));
      assert.equal((await fs.stat(path.join(folder, "secret", "a"))).mode & 0o777, 0o444);
    } finally {
      spy.mock.restore();
      await fs.rm(folder, { recursive: true });
    }
  });
});
