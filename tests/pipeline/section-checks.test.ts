import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import fc from "fast-check";

import { composePipeline } from "../../pipeline/compose";
import { exit, handingOnTo } from "../../pipeline/last-step";
import { settingsOf, type StackValues } from "../support/settings";

const last = `forward_to = [${exit}]`;
const remoteWrite = "forward_to = [prometheus.remote_write.default.receiver]";

describe("a section, by its meaning", () => {
  let folder: string;

  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "section-checks-"))));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** What is said of a section; empty if it is accepted. */
  function said(text: string, section: object = {}, values: StackValues = {}): string {
    const file = path.join(folder, "section.alloy");
    fs.writeFileSync(file, text);
    const settings = settingsOf({ ...values, extraSections: [{ file, ...section }] });
    try {
      composePipeline(settings);
      return "";
    } catch (error) {
      return (error as Error).message.replaceAll(`${file}: `, "").replaceAll(`${file}\n`, "\n");
    }
  }

  const process = (stages: string, id = "x"): string => `loki.process "${id}" {\n\t${last}\n${stages}\n}\n`;
  const lines = (stages: string, values: StackValues = {}): string =>
    said(process(stages), { entry: "loki.process.x" }, values);

  it("hands lines on by an expression, and not by a comment, a string or another component", () => {
    assert.equal(lines(""), "");
    const none = /takes lines and hands none on/;
    assert.match(said(`loki.process "x" {\n\t// ${exit}\n\tforward_to = []\n}\n`, { entry: "loki.process.x" }), none);
    assert.match(
      said(`loki.process "x" {\n\tforward_to = []\n\ty = "${exit}"\n}\n`, { entry: "loki.process.x" }),
      none,
    );
    const other = `loki.process "x" {\n\tforward_to = []\n}\n${process("", "y")}`;
    assert.match(said(other, { entry: "loki.process.x" }), none);
    const two = `loki.process "x" {\n\tforward_to = [ loki . process . y . receiver ]\n}\n${process("", "y")}`;
    assert.equal(said(two, { entry: "loki.process.x" }), "");
  });

  it("goes through the step that counts its lines, where delivery is at-least-once", () => {
    const direct = `loki.process "x" {\n\tforward_to = [loki.write.default.receiver]\n}\n`;
    assert.match(said(direct), /hands lines to loki\.write\.default itself[^]*or set alloy:delivery to at-most-once/);
    assert.equal(said(direct, {}, { delivery: "at-most-once" }), "");
    assert.equal(said(direct.replace("loki.write.default.receiver", exit)), "");
    // A name in a string, and a loki.write of the section's own, are none.
    assert.equal(
      said('loki.write "default2" {\n\tendpoint {\n\t\turl = "http://loki.write.default.receiver"\n\t}\n}\n'),
      "",
    );
  });

  it("is connected by its tokens, whatever else is written like them", () => {
    const text = `// ${exit}\na = "${exit}" // ${exit}\nb = [${exit}, loki . relabel.drop_high_cardinality\t.receiver]\nc = x.${exit}`;
    assert.equal(
      handingOnTo(text, "z.receiver"),
      `// ${exit}\na = "${exit}" // ${exit}\nb = [z.receiver, z.receiver]\nc = x.${exit}`,
    );
    fc.assert(
      fc.property(fc.stringMatching(/^[ -!#-[\]-~]{0,40}$/), (words) => {
        const quoted = `a = "${words} ${exit}" // ${words}\n`;
        assert.equal(handingOnTo(quoted, "z"), quoted);
        assert.equal(handingOnTo(`${quoted}b = ${exit}\n`, "z"), `${quoted}b = z\n`);
      }),
    );
  });

  it("holds what it runs: an import is refused, also inside of what it declares", () => {
    for (const block of ["git", "http", "file", "string"]) {
      assert.match(said(`import.${block} "m" {\n}\n`), /import\.\w+\.m brings components .*\n.*copy the module's text/);
      assert.match(said(`declare "d" {\n\timport.${block} "m" {\n\t}\n}\n`), /import\.\w+\.m brings components/);
    }
  });

  it("reads variables by calls, not by letters", () => {
    const reads = (call: string, env: string[] = []): string =>
      said(`prometheus.scrape "x" {\n\t${remoteWrite}\n\ttargets = []\n\tjob_name = ${call}\n}\n`, { needs: { env } });
    assert.match(reads('sys.env( "NODE_NAME" )'), /reads the variable NODE_NAME, which alloy:extraSections\.0/);
    assert.match(reads("sys.env(`NODE_NAME`)"), /reads the variable NODE_NAME/);
    assert.match(reads('env("NODE_NAME")'), /reads the variable NODE_NAME/);
    assert.match(reads('coalesce(sys.env("NODE_NAME"), "")'), /reads the variable NODE_NAME/);
    assert.match(reads('sys.env("NODE_" + "NAME")'), /a name that is put together/);
    assert.match(reads('sys.env("HOSTNAME")'), /collectors do not have\n.*write NODE_NAME: in a pod, HOSTNAME/);
    assert.match(reads('sys.env("LOKI_PASSWORD")'), /collectors do not have\n.*CLUSTER_NAME, LOKI_TENANT/);
    assert.match(reads('"sys.env(\\"NODE_NAME\\")"', ["NODE_NAME"]), /does not read NODE_NAME/);
    assert.equal(reads('sys.env("NODE_NAME")', ["NODE_NAME"]), "");
  });

  it("is read with the escapes that Alloy has, and with no attribute twice", () => {
    assert.match(
      lines('stage.multiline {\n firstline = "^\\d{4}"\n}'),
      /line 4: \\d is no escape .*write \\\\d, or .*backquotes/,
    );
    assert.equal(lines('stage.multiline {\n firstline = "^\\\\d{4}"\n}'), "");
    assert.equal(lines("stage.multiline {\n firstline = `^\\d{4}`\n}"), "");
    assert.match(lines('stage.drop {\n value = "it\\\'s"\n}'), /\\' is no escape/);
    assert.match(lines('stage.drop {\n value = "a"\n value = "b"\n}'), /value is there twice in one block/);
    assert.match(said("# a comment\n"), /cannot be read from here: # a comment/);
  });

  for (const [stage, words] of [
    ['stage.regex {\n expression = "(a"\n}', /line 4\n.*expression "\(a" is not a regular expression/],
    ['stage.regex {\n expression = "(?!a)b"\n}', /not a regular expression/],
    ['stage.regex {\n expression = "level=(\\\\w+)"\n}', /without a named group/],
    ['stage.replace {\n expression = "(a"\n}', /not a regular expression/],
    ['stage.multiline {\n firstline = "["\n}', /firstline "\[" is not/],
    ['stage.match {\n selector = "app=billing"\n}', /selector "app=billing" is not one .*\n.*in braces/],
    ['stage.match {\n selector = "{app=~\\"(a\\"}"\n}', /selector: "\(a" is not a regular expression/],
    ["stage.tenant {\n}", /has none of label, source and value/],
    ['stage.tenant {\n label = "namespace"\n value = "a"\n}', /has label and value of label, source and value/],
    // https://github.com/grafana/loki/issues/2938
    ['stage.tenant {\n label = "__meta_kubernetes_namespace"\n}', /which no line has/],
  ] as const)
    it(`is refused for an expression or a stage that Alloy refuses in the pod: ${stage.replaceAll("\n", " ")}`, () =>
      assert.match(lines(stage), words));

  it("may have every form of a stage that Alloy takes", () => {
    for (const stage of [
      'stage.regex {\n expression = "(?P<level>a|b)"\n}',
      "stage.regex {\n expression = `(?<level>\\w+)`\n}",
      'stage.match {\n selector = "{namespace=~\\"team-.*\\", app!~`a|b`} |= \\"error\\""\n stage.drop {\n  expression = "x"\n }\n}',
      'stage.match {\n selector = "{app=\\"billing\\"}"\n stage.multiline {\n  firstline = "^\\\\d{4}-\\\\d{2}"\n  max_wait_time = "3s"\n }\n}',
      'stage.tenant {\n label = "namespace"\n}',
      'stage.tenant {\n value = "a"\n}',
    ])
      assert.equal(lines(stage), "", stage);
  });

  it("gives lines of the canary to no other tenant", () => {
    const tenant = 'stage.tenant {\n label = "namespace"\n}';
    const canary = { canary: { enabled: true } };
    assert.match(lines(tenant, canary), /each line of the canary would count as lost/);
    assert.equal(lines(`stage.match {\n selector = "{namespace=\\"a\\"}"\n ${tenant}\n}`, canary), "");
  });

  it("replaces by groups as Go reads them", () => {
    const relabel = (replacement: string): string =>
      said(
        `loki.relabel "x" {\n\t${last}\n\trule {\n\t\tsource_labels = ["app"]\n\t\ttarget_label = "a"\n\t\treplacement = "${replacement}"\n\t}\n}\n`,
        { entry: "loki.relabel.x" },
      );
    assert.match(relabel("$1_prod"), /\$1_prod, which is the group named 1_prod, and empty\n.*write \$\{1\}_prod/);
    for (const good of ["$1", "${1}_prod", "$1-prod", "$$1_a", "a"]) assert.equal(relabel(good), "", good);
  });
});
