import assert from "node:assert/strict";
import * as fs from "node:fs";
import { builtinModules } from "node:module";
import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";
import { pack, removeFolders, type Package } from "./support/pack";

interface Manifest {
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  exports: Record<string, string | Record<string, string>>;
  bin?: Record<string, string>;
}

const readJson = <T>(file: string): T => JSON.parse(fs.readFileSync(file, "utf8")) as T;

/** Files below a folder of the repository, from the repository's root. */
const filesBelow = (folder: string): string[] =>
  fs
    .readdirSync(path.join(repoRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(repoRoot, path.join(entry.parentPath, entry.name)));

describe("the package", () => {
  let made: Package;

  before(async () => {
    made = await pack();
  });

  after(removeFolders);

  it("holds nothing of the sandbox, of the tests, and no source that Pulumi would have to compile", () => {
    const foreign = made.files.filter(
      (file) =>
        /(^|\/)(\.sandbox|packages|tests?|bench|examples|node_modules|toolchain|Pulumi\.\w+\.yaml)(\/|$)/.test(file) ||
        (file.endsWith(".ts") && !file.endsWith(".d.ts")),
    );
    assert.deepEqual(foreign, []);
  });

  it("holds every section of the pipeline, the policy pack and the texts", () => {
    const sections = filesBelow("pipeline/sections").filter((file) => file.endsWith(".alloy"));
    assert.ok(sections.length > 20);
    for (const file of [
      ...sections.map((section) => `dist/${section}`),
      ...["index.js", "pack.js", "package.json", "PulumiPolicy.yaml"].map((file) => `dist/policy/${file}`),
      ...["README.md", "LICENSE", "CHANGELOG.md", "docs/library.md"],
    ])
      assert.ok(made.files.includes(file), `${file} is missing`);
  });

  it("is small", () => {
    assert.ok(made.packedBytes < 650_000, `${made.packedBytes} bytes packed`);
    assert.ok(made.files.length < 850, `${made.files.length} files`);
  });

  it("holds what its manifest names", () => {
    const { exports, bin = {} } = readJson<Manifest>(path.join(repoRoot, "package.json"));
    const files = Object.values(exports).flatMap((entry) =>
      typeof entry === "string" ? [entry] : Object.values(entry),
    );
    assert.ok(files.length >= 5);
    for (const file of [...files, ...Object.values(bin)])
      assert.ok(made.files.includes(path.posix.normalize(file)), `${file} is missing`);
  });

  it("depends on each package that its code loads, and on no other", () => {
    const { dependencies, peerDependencies } = readJson<Manifest>(path.join(repoRoot, "package.json"));
    const loaded = new Set(
      made.files
        .filter((file) => file.endsWith(".js"))
        .flatMap((file) => [
          ...fs.readFileSync(path.join(repoRoot, file), "utf8").matchAll(/\b(?:require|import)\("([^".][^"]*)"\)/g),
        ])
        .map(([, name = ""]) =>
          name
            .split("/")
            .slice(0, name.startsWith("@") ? 2 : 1)
            .join("/"),
        )
        // The launcher of the command line loads tsx in a checkout, where there is TypeScript to load.
        .filter((name) => !name.startsWith("node:") && !builtinModules.includes(name) && name !== "tsx"),
    );
    assert.deepEqual([...loaded].sort(), Object.keys({ ...dependencies, ...peerDependencies }).sort());
  });
});
