import assert from "node:assert/strict";

import fc from "fast-check";

import { composePipeline } from "../../pipeline/compose";
import { lintPipeline, maxStreamLabels } from "../../pipeline/lint";
import { unknownReferences } from "../../pipeline/references";
import { streamsOf } from "../../pipeline/stream-labels";
import { UserError } from "../../kit/user-error";
import { everyComposed, forEach } from "../support/pipelines";
import { exampleSections, settingsOf } from "../support/settings";

const ours = composePipeline(settingsOf()).text;

/** A pipeline of one source whose targets get these rules, and whose lines go through these stages. */
function pipeline(rules: string, stages = "", relabel = 'action = "labeldrop"\nregex = "instance"'): string {
  return `
discovery.kubernetes "pods" { role = "pod" }
discovery.relabel "pods" {
  targets = discovery.kubernetes.pods.targets
  ${rules}
}
loki.source.kubernetes "pods" {
  targets = discovery.relabel.pods.output
  forward_to = [loki.process.lines.receiver]
}
loki.process "lines" {
  forward_to = [loki.relabel.drop.receiver]
  ${stages}
}
loki.relabel "drop" {
  forward_to = [loki.write.default.receiver]
  rule {
    ${relabel}
  }
}
loki.write "default" { }
`;
}

const rule = (label: string, source = `__meta_kubernetes_pod_label_${label}`): string =>
  `rule {\n source_labels = ["${source}"]\n target_label = "${label}"\n}\n`;

const namesOf = (text: string): string[] =>
  streamsOf(text)
    .paths.flatMap(({ labels }) => labels.map(({ name }) => name))
    .sort();

describe("lint of the composed pipeline", () => {
  it("finds nothing in any combination of settings, and sees their labels", () => {
    forEach(everyComposed, ({ text, settings }) => {
      assert.deepEqual(lintPipeline(text), []);
      const own = ["app", "cluster", "component", "job", "namespace", "node"];
      const asked = [
        ...[...Object.keys(settings.logs.podLabels), ...Object.keys(settings.logs.nodeLabels)],
        ...(settings.extraSections.some(({ entry }) => entry === "loki.process.level") ? ["level"] : []),
        ...(settings.extraSections.some(({ file }) => file.endsWith("journal.alloy")) ? ["unit"] : []),
      ];
      assert.deepEqual([...new Set(namesOf(text))].sort(), settings.logs.enabled ? [...own, ...asked].sort() : []);
    });
  });

  it("finds the container's own label where nothing drops it any more", () => {
    const problems = lintPipeline(ours.replace('regex  = "instance|', 'regex  = "'));
    assert.equal(problems.length, 1);
    assert.match(problems[0]?.problem ?? "", /sets the stream label instance, which has one value a container/);
  });

  it("finds the file's name where nothing drops it: a container that starts again has another one", () => {
    const files = composePipeline(settingsOf({ logs: { source: "files" } })).text;
    const [problem, ...more] = lintPipeline(files.replace("|filename|", "|"));
    assert.deepEqual(more, []);
    assert.match(problem?.problem ?? "", /sets the stream label filename, which has one value a pod/);
  });

  it("takes up to fifteen label names and no more", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.stringMatching(/^[a-z][a-z_]{2,8}$/), { minLength: 1, maxLength: 30 }),
        (candidates) => {
          const labels = candidates.filter((name) => !["job", "pod", "uid", "pod_ip", "instance"].includes(name));
          const problems = lintPipeline(pipeline(labels.map((name) => rule(name)).join("")));
          // The source adds `job`.
          assert.equal(problems.length, labels.length + 1 > maxStreamLabels ? 1 : 0, JSON.stringify(problems));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("finds what a label is made from, whatever it is called and over how many steps", () => {
    const sources = ["pod_name", "pod_uid", "pod_phase", "pod_annotation_example_com_x", "pod_label_pod_template_hash"];
    fc.assert(
      fc.property(fc.constantFrom(...sources), fc.integer({ min: 0, max: 4 }), (source, steps) => {
        const chain = [rule("l0", `__meta_kubernetes_${source}`)];
        for (let step = 1; step <= steps; step++) chain.push(rule(`l${step}`, `l${step - 1}`));
        const drop = `action = "labeldrop"\nregex = "instance|l[0-${Math.max(0, steps - 1)}]"`;
        const text = pipeline(chain.join(""), "", steps === 0 ? undefined : drop);
        const [problem, ...more] = lintPipeline(text);
        assert.match(problem?.problem ?? "", new RegExp(`sets the stream label l${steps}, which`));
        assert.deepEqual(more, []);
      }),
      { numRuns: 40 },
    );
  });

  it("finds labels that stages set, fixed or taken out of the line, and those of one branch", () => {
    const staged = (stage: string): string[] => lintPipeline(pipeline("", stage)).map(({ problem }) => problem);
    assert.deepEqual(staged('stage.labels { values = { level = "" } }'), []);
    assert.match(
      staged('stage.labels { values = { who = "user_id" } }').join(),
      /label who, which has one value a user/,
    );
    assert.match(
      staged('stage.match {\n selector = "{}"\n stage.labels { values = { trace_id = "" } }\n}').join(),
      /trace_id/,
    );
    assert.deepEqual(
      staged('stage.labels { values = { trace_id = "" } }\nstage.label_drop { values = ["trace_id"] }'),
      [],
    );
  });

  it("finds steps whose labels cannot be told", () => {
    const [problem] = lintPipeline(pipeline('rule {\n action = "labelmap"\n regex = "__meta_(.+)"\n}'));
    assert.match(problem?.problem ?? "", /labelmap, which copies labels that nobody has listed/);
    assert.match(lintPipeline("x {")[0]?.problem ?? "", /line 1/);
  });

  it("is made of text that lines of a section cannot change into something else", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), (lines) => {
        const padded = `${"\n".repeat(lines)}${pipeline(rule("pod_uid"))}`;
        const [problem] = lintPipeline(padded);
        const at = padded.split("\n").findIndex((line) => line.includes("rule {")) + 1;
        assert.equal(problem?.key, `line ${at}: discovery.relabel.pods`);
      }),
      { numRuns: 20 },
    );
  });

  it("finds a reference to a component that is not there, wherever it stands", () => {
    assert.deepEqual(unknownReferences(ours), []);
    const word = fc.stringMatching(/^[a-z]{3,10}$/).filter((name) => !ours.includes(`"${name}"`));
    const shapes = [(id: string) => `[${id}]`, (id: string) => `{ x = ${id} }`, (id: string) => `coalesce(${id}, "")`];
    fc.assert(
      fc.property(word, fc.constantFrom(...shapes), (name, shape) => {
        const reference = `loki.process.${name}.receiver`;
        const text = `${ours}\nloki.echo "more" {\n\tinner {\n\t\tvalue = ${shape(reference)}\n\t}\n}\n`;
        assert.deepEqual(
          unknownReferences(text).map(({ reference: found }) => found),
          [reference],
        );
        assert.deepEqual(unknownReferences(`${text}\nloki.process "${name}" {\n}\n`), []);
      }),
    );
  });

  it("refuses a section that forwards metrics where none are written", () => {
    assert.throws(
      () => composePipeline(settingsOf({ metrics: { enabled: false }, extraSections: exampleSections.slice(-1) })),
      /prometheus\.remote_write\.default\.receiver\n {4}refers to a component that is not there\n {4}→ turn alloy:metrics on/,
    );
  });

  it("is a report to a person", () => {
    const problems = lintPipeline(pipeline(rule("pod_uid")));
    assert.match(
      new UserError(problems).message,
      /config\.alloy: line \d+: discovery\.relabel\.pods\n {4}sets the stream/,
    );
  });
});
