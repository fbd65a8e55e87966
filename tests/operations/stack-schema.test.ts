import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { parse } from "yaml";

import { repoRoot } from "../../kit/repo-root";
import { generatedFiles } from "../../docs/generate/update";
import { settingObjects } from "../../operations/documents/settings-tree";
import { schemaComment } from "../../operations/documents/stack-schema";
import { accepts, least, placesOf } from "../support/editor";
import { everyPipeline, moreLabels, vaultValues, type StackValues } from "../support/settings";

describe("files that are made from code", () => {
  for (const { file, text } of generatedFiles)
    it(`${file} is what \`npm run docs:update\` writes`, async () => {
      assert.equal(fs.readFileSync(path.join(repoRoot, file), "utf8"), await text());
    });
});

describe("the metadata of the settings", () => {
  it("gives every key a meaning, what it takes, and what happens if it is wrong", () => {
    const keys = settingObjects().flatMap(({ path: at, node }) =>
      Object.entries(node.properties ?? {}).map(([key, child]) => ({ name: `${at}.${key}`, child })),
    );
    assert.ok(keys.length > 100, `${keys.length} keys`);
    for (const { name, child } of keys) {
      assert.match(child.description ?? "", /\.$/, name);
      if (child.properties) continue;
      assert.ok(child.takes, `${name}: takes`);
      assert.match(child.ifWrong ?? "", /\.$/, `${name}: ifWrong`);
    }
  });

  it("says of every key what holds if it is left out", () => {
    for (const { path: at, node } of settingObjects())
      for (const [key, child] of Object.entries(node.properties ?? {})) {
        const said = [child.properties, child.default, child.otherwise].some((one) => one !== undefined);
        assert.ok(said || node.required?.includes(key), `${at}.${key}`);
      }
  });
});

describe("the schema for editors", () => {
  for (const [what, config, place] of [
    ["a misspelt key", { "alloy:lokiTennant": "a" }, "/config/alloy:lokiTennant"],
    ["a misspelt key without its prefix", { lokitenant: "a" }, "/config/lokitenant"],
    ["a misspelt key in an object", { "alloy:wal": { pathh: "/a/b" } }, "/config/alloy:wal/pathh"],
    ["a misspelt key in a list", { logs: { rateLimits: [{ bursts: 1 }] } }, "/config/logs/rateLimits/0/bursts"],
    ["text that should be an object", { "alloy:resources": "512Mi" }, "/config/alloy:resources"],
    ["a switch that should be an object", { "alloy:metrics": false }, "/config/alloy:metrics"],
    ["an object that should be text", { "alloy:lokiUrl": { host: "a" } }, "/config/alloy:lokiUrl"],
    ["a number that should be a duration", { rollout: { timeout: 60 } }, "/config/rollout/timeout"],
    ["a word that is none of those", { "alloy:logLevel": "loud" }, "/config/alloy:logLevel"],
    ["a word in an object that is none of those", { credentials: { mode: "valut" } }, "/config/credentials/mode"],
    ["a list that should be a word", { "alloy:logLevel": ["info"] }, "/config/alloy:logLevel"],
    ["an encrypted value", { "alloy:lokiUrl": { secure: "v1:a" } }, "/config/alloy:lokiUrl"],
    ["an encrypted object", { "alloy:wal": { secure: "v1:a" } }, "/config/alloy:wal/secure"],
    ["encrypted labels", { logs: { podLabels: { secure: "v1a" } } }, "/config/logs/podLabels"],
    ["a key of a provider, which is ignored", { "vault:address": "http://v" }, "/config/vault:address"],
    ["one key twice", { "alloy:logLevel": "info", logLevel: "debug" }, "/config"],
    ["nothing where an object is", { "alloy:vault": null }, "/config/alloy:vault"],
  ] as const)
    it(`refuses ${what}, where it is`, () => {
      assert.ok(placesOf({ config: { ...least, ...config } }).includes(place), place);
    });

  it("refuses unknown keys at the top, and a file without what is required", () => {
    assert.deepEqual(placesOf({ config: least, confg: {} }), ["/confg"]);
    assert.ok(placesOf({}).length > 0);
    for (const key of Object.keys(least)) {
      const { [key]: _, ...rest } = least;
      assert.ok(placesOf({ config: rest }).includes("/config"), key);
      assert.deepEqual(placesOf({ config: { ...rest, [`alloy:${key}`]: least[key] } }), []);
    }
  });

  it("accepts Pulumi's own keys, anchors' holders, other namespaces and encrypted values there", () => {
    const pulumi = { secretsprovider: "passphrase", encryptedkey: "k", encryptionsalt: "v1:x", "x-base": { a: 1 } };
    assert.deepEqual(
      placesOf({ ...pulumi, config: { ...least, "aws:region": "eu", "app:x": { secure: "v1:a" } } }),
      [],
    );
    assert.deepEqual(placesOf({ environment: ["platform/production"], config: { lokiTenant: "t" } }), []);
    assert.deepEqual(placesOf({ environment: ["platform/production"] }), []);
  });

  it("accepts an object or a list as the JSON text that `pulumi config set` writes", () => {
    assert.ok(accepts({ wal: '{"path":"/data/alloy"}', extraSections: "[]" }));
    assert.ok(!accepts({ wal: "path" }));
  });

  const stackFiles = ["", ...fs.readdirSync(path.join(repoRoot, "examples")).map((name) => `examples/${name}`)]
    .filter((folder) => fs.statSync(path.join(repoRoot, folder)).isDirectory())
    .flatMap((folder) =>
      fs
        .readdirSync(path.join(repoRoot, folder))
        .filter((name) => /^Pulumi\..+\.yaml$/.test(name))
        .map((name) => path.join(folder, name)),
    );

  it("accepts every stack's file of the repository, and is named at its top", () => {
    assert.ok(stackFiles.length >= 8, stackFiles.join(", "));
    for (const file of stackFiles) {
      const text = fs.readFileSync(path.join(repoRoot, file), "utf8");
      assert.deepEqual(placesOf(parse(text, { merge: true })), [], file);
      assert.equal(text.split("\n")[0], schemaComment(file.startsWith("examples/") ? "../.." : "."), file);
    }
  });

  it("accepts whatever the tests of the pipeline are made from", () => {
    const good = [...everyPipeline().map(({ values }) => values), { logs: moreLabels }, { vault: vaultValues }];
    for (const values of good)
      assert.ok(accepts(JSON.parse(JSON.stringify(values)) as StackValues), JSON.stringify(values));
  });
});
