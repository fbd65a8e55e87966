import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import fc from "fast-check";

import { repoRoot } from "../../kit/repo-root";
import { composePipeline } from "../../pipeline/compose";
import { fillTemplate } from "../../pipeline/template";
import { ensureTools } from "../../packages/sandbox/toolchain/ensure";
import { everyPipeline, settingsOf } from "../support/settings";

describe("pipeline text, read by Alloy itself", () => {
  let alloy: string;
  let folder: string;

  before(async () => {
    alloy = (await ensureTools(["alloy"], (tool, text) => console.error(`${tool}: ${text}`))).alloy.path;
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "pipeline-text-"));
  });

  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** Runs a command on each file, two at a time, and gives what Alloy says of those that it refuses. */
  async function refusals(command: string[], files: string[]): Promise<string[]> {
    const { execa } = await import("execa"); // a static import of it fails under tsx
    const found: string[] = [];
    const queue = [...files];
    const work = async () => {
      for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
        const { exitCode, all } = await execa(alloy, [...command, file], {
          env: { NODE_NAME: "node-1" },
          reject: false,
          all: true,
        });
        if (exitCode !== 0) found.push(`${path.relative(repoRoot, file)}: ${all}`);
      }
    };
    await Promise.all([work(), work()]);
    return found;
  }

  function write(name: string, text: string): string {
    const file = path.join(folder, `${name}.alloy`);
    fs.writeFileSync(file, text);
    return file;
  }

  function everyText(): string[] {
    const texts = new Set(everyPipeline().map(({ values }) => composePipeline(settingsOf(values)).text));
    return [...texts].map((text, at) => write(`combination-${at}`, text));
  }

  it("finds nothing to change in the form of any combination of settings", async () => {
    assert.deepEqual(await refusals(["fmt", "-t"], everyText()), []);
  });

  it("accepts every combination of settings", async () => {
    // An Alloy that is built without cgo, as the sandbox's is, does not know the journal; its form is looked at above.
    const known = everyText().filter((file) => !fs.readFileSync(file, "utf8").includes("loki.source.journal"));
    assert.ok(known.length > 250);
    assert.deepEqual(await refusals(["validate"], known), []);
  });

  it("finds nothing to change in the sections and the examples as they lie in the repository", async () => {
    const files = ["pipeline", "examples"].flatMap((folder) => {
      const sections = path.join(repoRoot, folder, "sections");
      const names = fs.readdirSync(sections, { recursive: true, encoding: "utf8" });
      return names.filter((name) => name.endsWith(".alloy")).map((name) => path.join(sections, name));
    });
    assert.ok(files.length > 10);
    assert.deepEqual(await refusals(["fmt", "-t"], files), []);
  });

  it("takes any text of the settings as one string", async () => {
    const texts = fc.sample(fc.string({ unit: "grapheme" }), { numRuns: 300, seed: 1 });
    const awkward = ['"', "\\", "\n", "\u0000", "\u007f", "\u2028", "`", "${a}", '" + sys.env("HOME") + "', "\\u0041"];
    const values = Object.fromEntries([...awkward, ...texts].map((text, at) => [`v${at}`, text]));
    const lines = Object.keys(values).map(
      (name) => `\t\trule {\n\t\t\ttarget_label = "t"\n\t\t\treplacement = "{{${name}}}"\n\t\t}`,
    );
    const template = `discovery.relabel "x" {\n\ttargets = []\n${lines.join("\n")}\n}\n`;
    assert.deepEqual(await refusals(["validate"], [write("texts", fillTemplate("texts", template, { values }))]), []);
  });

  it("refuses what is wrong, so that the checks above say something", async () => {
    const text = composePipeline(settingsOf()).text;
    const broken = [
      write("reference", text.replace("loki.write.default.receiver", "loki.write.other.receiver")),
      write("block", text.replace('name                = "loki"', "http_client_config { }")),
      write("quotes", text.replace('"logfmt"', '"logfmt')),
    ];
    assert.equal((await refusals(["validate"], broken)).length, broken.length);
    assert.equal((await refusals(["fmt", "-t"], [write("form", text.replace("\tlevel  =", "\tlevel ="))])).length, 1);
  });
});
