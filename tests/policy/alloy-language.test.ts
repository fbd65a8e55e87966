import assert from "node:assert/strict";

import { neededBy, describePermission, specified, unique } from "../../policy/rules/alloy/component-permissions";
import { AlloySyntaxError, parseAlloy, stringAttribute } from "../../pipeline/language";
import { composePipeline } from "../../pipeline/compose";
import { everyPipeline, settingsOf } from "../support/settings";

const needs = (text: string): string[] => neededBy(parseAlloy(text)).permissions.map(describePermission).sort();
const problems = (text: string): string[] => neededBy(parseAlloy(text)).problems;

describe("Alloy's language", () => {
  it("finds blocks, labels and attributes", () => {
    const [block] = parseAlloy('discovery.kubernetes "pods" {\n  role = "pod"\n  selectors { role = "pod" }\n}');
    assert.equal(block?.name, "discovery.kubernetes");
    assert.equal(block.label, "pods");
    assert.equal(stringAttribute(block, "role"), "pod");
    assert.deepEqual(
      block.blocks.map(({ name, line }) => [name, line]),
      [["selectors", 3]],
    );
  });

  it("reads no component in a comment or a string", () => {
    assert.deepEqual(
      needs(`// remote.kubernetes.secret "a" { }
/* loki.source.kubernetes "b" {
} */
logging {
  format = "discovery.kubernetes { role = \\"pod\\" }" // {
  other  = \`remote.kubernetes.secret "c" {
  }\`
}
`),
      [],
    );
  });

  it("takes expressions over several lines, and a block on one", () => {
    const text = `a "x" {
  list = [
    { a = 1, b = "}" },
  ]
  sum = 1 +
    2
  call = f(
    "x",
  )["y"].z
  b { c = "d" }
  e = -1.5e3
}`;
    const [block] = parseAlloy(text);
    assert.deepEqual([...(block?.attributes.keys() ?? [])], ["list", "sum", "call", "e"]);
    assert.equal(block?.blocks[0]?.name, "b");
  });

  it("reads strings as they are meant", () => {
    const [block] = parseAlloy('a {\n x = "p\\u006fd"\n y = "a" + "b"\n z = `a\\n`\n}');
    assert.ok(block);
    assert.equal(stringAttribute(block, "x"), "pod");
    assert.equal(stringAttribute(block, "y"), undefined);
    assert.equal(stringAttribute(block, "z"), "a\\n");
  });

  for (const [text, line] of [
    ["a {", 1],
    ["a {\n  b = [1,\n}", 3],
    ['a "b" c {\n}', 1],
    ["a {\n}\n}", 3],
    ["a = 1", 1],
    ['a {\n b = "open\n}', 2],
    ["a {\n\n  b = #\n}", 3],
    ["a. {\n}", 1],
  ] as const) {
    it(`refuses ${JSON.stringify(text)} and names the line`, () => {
      assert.throws(
        () => parseAlloy(text),
        (error) => error instanceof AlloySyntaxError && error.message.startsWith(`line ${line}: `),
      );
    });
  }

  for (const { title, values } of everyPipeline().filter((_, i) => i % 3 === 0)) {
    it(`gives the needs that the pipeline states: ${title}`, () => {
      const pipeline = composePipeline(settingsOf(values));
      const { permissions, problems: open } = neededBy(parseAlloy(pipeline.text));
      const stated = pipeline.needs.permissions.flatMap(({ group, resource, verbs }) =>
        verbs.map((verb) => describePermission({ group, resource, verb })),
      );
      assert.deepEqual(open, []);
      assert.deepEqual(
        unique([...permissions, ...specified])
          .map(describePermission)
          .sort(),
        stated.sort(),
      );
    });
  }
});

describe("components and what they ask of the Kubernetes API", () => {
  const pods = (inside: string): string => `discovery.kubernetes "a" {\n role = "pod"\n${inside}\n}`;

  it("knows the roles of discovery.kubernetes and attached metadata", () => {
    assert.deepEqual(needs(pods("")), ["list pods", "watch pods"]);
    assert.deepEqual(needs(pods("attach_metadata { node = true }")), [
      "list nodes",
      "list pods",
      "watch nodes",
      "watch pods",
    ]);
    assert.deepEqual(needs(pods("attach_metadata { node = false }")), ["list pods", "watch pods"]);
    assert.ok(needs('discovery.kubernetes "a" { role = "ingress" }').includes("list ingresses.networking.k8s.io"));
  });

  it("counts a permission once, and inside declared components and loops too", () => {
    const inside = `${pods("")}\nloki.source.kubernetes "b" {\n targets = []\n forward_to = []\n}`;
    const expected = ["get pods", "get pods/log", "list pods", "watch pods"];
    assert.deepEqual(needs(`${inside}\ndeclare "mine" {\n${inside}\n}\nmine "x" { }`), expected);
    assert.deepEqual(needs(`foreach "f" {\n collection = []\n var = "v"\n template {\n${inside}\n}\n}`), expected);
  });

  for (const [text, says] of [
    ['discovery.kubernetes "a" {\n role = sys.env("ROLE")\n}', /role is not one of Alloy's/],
    ['discovery.kubernetes "a" { }', /role is not one of Alloy's/],
    [pods("attach_metadata { pigeon = true }"), /attach_metadata\.pigeon/],
    ['import.http "a" {\n url = "https://example.com"\n}', /line 1: import\.http: .*not in the pack's table/],
    ['prometheus.operator.podmonitors "a" { }', /not in the pack's table/],
    ['otelcol.processor.k8sattributes "a" { }', /not in the pack's table/],
    ['toString "a" { }', /not in the pack's table/],
  ] as const) {
    it(`does not guess about ${text.split(" {")[0] ?? ""}`, () => assert.match(problems(text).join(), says));
  }
});
