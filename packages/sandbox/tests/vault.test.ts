import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { sandboxPaths } from "../paths";
import { removeUnfinishedVault } from "../servers/vault";

describe("a Vault whose start was killed while it was initialized", () => {
  let root = "";
  beforeEach(async () => (root = await fs.mkdtemp(path.join(os.tmpdir(), "sandbox-vault-"))));
  afterEach(() => fs.rm(root, { recursive: true, force: true }));

  async function vaultFolder(...files: string[]): Promise<string> {
    const folder = path.join(root, "data", "vault");
    for (const file of ["store/raft", ...files]) {
      await fs.mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await fs.writeFile(path.join(folder, file), "{}");
    }
    return folder;
  }

  it("begins anew: its keys were told once, and nobody has them", async () => {
    const folder = await vaultFolder("initializing");
    await removeUnfinishedVault(sandboxPaths(root));
    assert.deepEqual(await fs.readdir(folder), []);
  });

  it("is kept where the keys were written", async () => {
    const folder = await vaultFolder("initializing", "keys.json");
    await removeUnfinishedVault(sandboxPaths(root));
    assert.deepEqual((await fs.readdir(folder)).sort(), ["keys.json", "store"]);
  });

  it("is never touched where the initialization was not interrupted, not even without its keys", async () => {
    const folder = await vaultFolder();
    await removeUnfinishedVault(sandboxPaths(root));
    assert.deepEqual(await fs.readdir(folder), ["store"]);
  });
});
