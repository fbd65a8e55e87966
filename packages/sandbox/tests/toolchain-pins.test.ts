import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { PLUGINS } from "../../../plugins/plugin-versions";
import { sdkVersions } from "../../../plugins/plugins-on-path";
import { sandboxTools } from "../servers/servers";
import { findVersion, satisfies } from "../toolchain/ranges";
import { groupFolder, isToolName, outputsOf, pinOf, recipeNameOf, recipes, toolNames } from "../toolchain/recipes";
import { pluginReleases, releaseOf, toolReleases } from "../toolchain/releases";

describe("toolchain: pins", () => {
  for (const tool of toolNames) {
    it(`${tool} has a recipe, and its pin lies in the range that PATH is held to`, () => {
      const recipe = recipes.get(recipeNameOf(tool));
      assert.ok(recipe !== undefined && outputsOf(recipe).some(([output]) => output === tool));
      const { version, accepts, ask } = pinOf(tool);
      const parsed = findVersion(version);
      assert.ok(parsed !== undefined);
      if (accepts !== undefined) {
        assert.ok(satisfies(parsed, accepts), `${version} is not in ${accepts}`);
        assert.ok(ask !== undefined, "a range is of no use without a way to ask for the version");
      }
    });
  }

  for (const [name, recipe] of recipes) {
    if (recipe.from !== "go") continue;
    it(`${name}: go.mod requires the module of each program in the pinned version, and go.sum has its hash`, async () => {
      const folder = groupFolder(recipe.group);
      const mod = await fs.readFile(path.join(folder, "go.mod"), "utf8");
      const sum = await fs.readFile(path.join(folder, "go.sum"), "utf8");
      for (const [tool, source] of outputsOf(recipe)) {
        const version = `v${pinOf(tool).version}`;
        const required = [...mod.matchAll(/^(?:require |\t)(\S+) (v\S+)/gm)].find(
          ([, module = "", at]) =>
            at === version && (`${source}/`.startsWith(`${module}/`) || module.endsWith(`/${tool}`)),
        );
        assert.ok(required !== undefined, `go.mod requires no module of ${tool} at ${version}`);
        assert.ok(sum.includes(`${required[1]} ${version} h1:`), `go.sum lacks ${required[1]} ${version}`);
      }
    });
  }

  for (const platform of ["linux-x64", "linux-arm64"]) {
    const settings = { env: {}, platform };
    const all = [...toolReleases(settings), ...pluginReleases(settings)];
    it(`${platform}: every tool that a sandbox runs has a download`, () => {
      for (const tool of sandboxTools) assert.ok(releaseOf(tool, settings) !== undefined, tool);
    });
    for (const release of all) {
      it(`${platform}: ${release.name} is downloaded over TLS, and somebody says what it has to hash to`, () => {
        assert.match(release.url, /^https:\/\//);
        assert.ok(release.sha256 !== undefined || release.checksums?.startsWith("https://"));
        assert.ok(release.url.includes(release.version), "the address has the version");
        for (const [tool, source] of Object.entries(release.files)) {
          if (!isToolName(tool)) continue;
          const { accepts, version } = pinOf(tool);
          const parsed = findVersion(release.version);
          assert.ok(parsed !== undefined && satisfies(parsed, accepts ?? `=${release.version}`));
          // The language host of the engine's own version is released, but cannot be built.
          if (tool !== "pulumi-language-nodejs") assert.equal(release.version, version);
          assert.ok(!source.startsWith("/") && !source.includes(".."));
          const file = path.posix.basename(new URL(release.url).pathname);
          if (!/\.(tar\.gz|zip|whl)$/.test(file)) assert.equal(source, file, "what is no archive has its own name");
        }
      });
    }
  }

  it("a wheel is the same file whether pip fetches it or we do", () => {
    for (const [name, recipe] of recipes) {
      if (recipe.from !== "pypi") continue;
      const hashes = ["linux-x64", "linux-arm64"].map((platform) => {
        const release = toolReleases({ env: {}, platform }).find((candidate) => candidate.name === name);
        return `sha256:${release?.sha256}`;
      });
      assert.deepEqual(hashes, recipe.hashes);
    }
  });

  it("the plugins are those that the SDK packages ask for", () => {
    const pinned = pluginReleases({ env: {}, platform: "linux-x64" }).map(({ name, version }) => [name, version]);
    assert.deepEqual(
      pinned,
      PLUGINS.map((name) => [`pulumi-resource-${name}`, sdkVersions()[name]]),
    );
  });

  it("there is no download for another platform, and none where they are turned off", () => {
    assert.deepEqual(toolReleases({ env: {}, platform: "darwin-arm64" }), []);
    assert.deepEqual(toolReleases({ env: { ALLOY_DOWNLOADS: "off" }, platform: "linux-x64" }), []);
  });
});
