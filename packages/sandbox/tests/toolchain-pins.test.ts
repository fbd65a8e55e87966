import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { findVersion, satisfies } from "../toolchain/ranges";
import { groupFolder, outputsOf, pinOf, recipeNameOf, recipes, toolNames } from "../toolchain/recipes";

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
});
