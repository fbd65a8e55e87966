import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import fc from "fast-check";

import { composePipeline } from "../../pipeline/compose";
import { chained, type ExtraSection } from "../../pipeline/extra-sections";
import { exit } from "../../pipeline/last-step";
import { noNeeds } from "../../pipeline/needs";
import { streamsOf } from "../../pipeline/stream-labels";
import { exampleSections, settingsOf } from "../support/settings";

const textWith = (extraSections: unknown): string => composePipeline(settingsOf({ extraSections })).text;

describe("sections of the user's own", () => {
  let folder: string;

  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "extra-sections-"))));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  function write(name: string, text: string): string {
    const file = path.join(folder, name);
    fs.writeFileSync(file, text);
    return file;
  }

  it("stand in the order in which they are named, whichever they are", () => {
    const withEntry = exampleSections.filter((section) => "entry" in section);
    fc.assert(
      fc.property(fc.shuffledSubarray(withEntry, { minLength: 1 }), (chosen) => {
        const text = textWith(chosen);
        const entries = chosen.map(({ entry }) => `${entry ?? ""}.receiver`);
        for (const [at, entry] of entries.entries()) {
          const from = at === 0 ? 'loki.process "pods"' : `loki.process "${chosen[at - 1]?.entry?.split(".")[2]}"`;
          const block = text.slice(text.indexOf(from));
          assert.match(block, new RegExp(`^[^}]*?forward_to = \\[${entry.replaceAll(".", "\\.")}\\]`));
        }
        // One way from the source to Loki, through all of them.
        assert.equal(streamsOf(text).paths.length, 1);
        assert.equal(text.split(`[${exit}]`).length - 1, 1);
      }),
      { numRuns: 30 },
    );
  });

  it("bring their labels, variables, permissions and addresses with them", () => {
    const { needs, text } = composePipeline(settingsOf({ extraSections: exampleSections }));
    assert.ok(streamsOf(text).paths[0]?.labels.some(({ name }) => name === "level"));
    assert.ok(needs.env.some(({ name, why }) => name === "NODE_IP" && why.includes("node-local-target")));
    assert.ok(needs.egress.some(({ port }) => port === 9253));
    const nodes = write("nodes.alloy", 'prometheus.exporter.self "e" {\n}\n');
    const permissions = [{ resource: "leases", verbs: ["list", "watch"] }];
    const more = composePipeline(settingsOf({ extraSections: [{ file: nodes, needs: { permissions } }] })).needs;
    assert.ok(more.permissions.some(({ resource, verbs }) => resource === "leases" && verbs.join() === "list,watch"));
  });

  it("change nothing where there are none", () => {
    assert.equal(textWith([]), composePipeline(settingsOf()).text);
    const section: ExtraSection = { name: "x", text: `${exit} x`, entry: undefined, needs: noNeeds };
    assert.deepEqual(chained({ name: "logs", text: `[${exit}]` }, [section]), {
      first: `[${exit}]`,
      texts: [`${exit} x`],
    });
  });

  it("are refused with the file and what is wrong, all at once", () => {
    const broken = write("broken.alloy", "loki.process {");
    const deaf = write("deaf.alloy", 'loki.process "deaf" {\n\tforward_to = []\n}\n');
    const curious = write("curious.alloy", 'prometheus.scrape "x" {\n\tjob_name = sys.env("NODE_NAME")\n}\n');
    assert.throws(
      () =>
        textWith([
          { file: "no/such.alloy" },
          { file: broken },
          { file: deaf, entry: "loki.process.deaf" },
          { file: deaf, entry: "loki.process.other" },
          { file: curious },
          { file: curious, needs: { env: ["NODE_NAME", "NODE_IP"] } },
        ]),
      (error: Error) => {
        for (const words of [
          /no\/such\.alloy\n {4}is named in alloy:extraSections\.0\.file and cannot be read/,
          /broken\.alloy\n {4}line 1/,
          /deaf\.alloy: line 1\n {4}takes lines and hands none on/,
          /has no component loki\.process\.other, which alloy:extraSections\.3\.entry names/,
          /reads the variable NODE_NAME, which alloy:extraSections\.4\.needs\.env does not name/,
          /curious\.alloy: line 1\n {4}does not read NODE_IP/,
        ])
          assert.match(error.message, words);
        return true;
      },
    );
  });

  it("are linted like ours: labels of one value a pod, and a component that is there already", () => {
    const pod = write(
      "pod.alloy",
      `loki.process "pod" {\n\tforward_to = [${exit}]\n\tstage.labels {\n\t\tvalues = { trace_id = "" }\n\t}\n}\n`,
    );
    assert.throws(() => textWith([{ file: pod, entry: "loki.process.pod" }]), /sets the stream label trace_id/);
    const twice = write("twice.alloy", 'logging {\n\tlevel = "debug"\n}\n');
    assert.throws(() => textWith([{ file: twice }]), /logging is there twice/);
  });

  it("are named strictly", () => {
    assert.throws(() => settingsOf({ extraSections: [{ fille: "x" }] }), /did you mean file\?/);
    assert.throws(
      () => settingsOf({ extraSections: { file: "x" } }),
      /alloy:extraSections\n {4}is an object, but must be a list/,
    );
    assert.throws(() => settingsOf({ extraSections: [{ file: "x", entry: "level" }] }), /not the id of a component/);
  });
});
