import assert from "node:assert/strict";

import fc from "fast-check";
import { isAlias, isPair, isScalar, parse, parseDocument, stringify, visit } from "yaml";

import { UserError } from "../../kit/user-error";
import { stackValueAt } from "../../settings/stack-file-values";
import { compareTerraform, verdictOf } from "../../terraform/compare";
import { syncStackText, type Change } from "../../terraform/write-back";
import type { TerraformEntries, TerraformValue } from "../../terraform/values";

const sync = (text: string, ...changes: [path: string, value: unknown][]): string =>
  syncStackText(
    text,
    changes.map(([setting, value]) => ({ setting: setting.split("."), value })),
    "Pulumi.x.yaml",
  );

describe("terraform sync", () => {
  it("replaces one value and not a letter more", () => {
    const text = "# head\nconfig:\n\n\n    alloy:clusterName:   'old'   # why\n    other:key: {a: 1,b:   2}\n";
    assert.equal(sync(text, ["clusterName", "new"]), text.replace("'old'", "'new'"));
  });

  it("keeps what is text as text", () => {
    const text = "config:\n  alloy:clusterName: a\n";
    for (const [value, written] of [
      ["0123", '"0123"'],
      ["true", '"true"'],
      ["no", '"no"'],
      ["2024-01-01", '"2024-01-01"'],
      ["a: b", '"a: b"'],
      ["x # y", '"x # y"'],
      ["", '""'],
      ["plain-word", "plain-word"],
      ["名前", '"名前"'],
    ] as const) {
      const now = sync(text, ["clusterName", value]);
      assert.equal(now, `config:\n  alloy:clusterName: ${written}\n`);
      assert.equal((parse(now) as { config: Record<string, unknown> }).config["alloy:clusterName"], value);
    }
  });

  it("finds a key without its namespace, in flow and in block", () => {
    assert.equal(sync("config:\n  clusterName: a\n", ["clusterName", "b"]), "config:\n  clusterName: b\n");
    const text = "config: { alloy:resources: { limits: { memory: 512Mi } } } # end\n";
    assert.equal(sync(text, ["resources.limits.memory", "1Gi"]), text.replace("512Mi", '"1Gi"'));
  });

  it("adds what is missing, at the end of its object", () => {
    const text =
      "config:\n  # why\n  alloy:clusterName: a # here\n  alloy:resources:\n    requests: { cpu: 1 } # kept\n";
    assert.deepEqual(sync(text, ["resources.limits.cpu", "2"], ["lokiTenant", "t"]).split("\n"), [
      ...text.trimEnd().split("\n"),
      "    limits:",
      '      cpu: "2"',
      "  alloy:lokiTenant: t",
      "",
    ]);
    assert.equal(sync("", ["clusterName", "a"]), "config:\n  alloy:clusterName: a\n");
    assert.equal(sync("config:\n", ["clusterName", "a"]), "config:\n  alloy:clusterName: a\n");
    assert.equal(sync("config:\n  alloy:clusterName:\n", ["clusterName", "a"]), "config:\n  alloy:clusterName: a\n");
  });

  it("refuses what it cannot write without doing more", () => {
    assert.throws(() => sync("config: [a\n", ["clusterName", "b"]), UserError);
    assert.throws(() => sync("config:\n  alloy:wal: text\n", ["wal.path", "/x"]), /is not an object/);
    assert.throws(
      () => sync("config:\n  alloy:clusterName: &a x\n  alloy:lokiTenant: *a\n", ["clusterName", "b"]),
      /anchor/,
    );
  });

  it("replaces a value that spans lines, a number, and a reference", () => {
    assert.equal(
      sync("config:\n  alloy:clusterName: |\n    a\n    b\n  alloy:lokiTenant: t\n", ["clusterName", "c"]),
      "config:\n  alloy:clusterName: c\n  alloy:lokiTenant: t\n",
    );
    assert.equal(
      sync("config:\n  alloy:wal: { logs: true }\n", ["wal.logs", false]),
      "config:\n  alloy:wal: { logs: false }\n",
    );
    assert.equal(
      sync("config:\n  alloy:lokiTenant: &a x\n  alloy:clusterName: *a\n", ["clusterName", "c"]),
      "config:\n  alloy:lokiTenant: &a x\n  alloy:clusterName: c\n",
    );
  });
});

describe("terraform sync, whatever the file holds", () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/);
  const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
  const leaf = fc.oneof(fc.string({ unit: "grapheme" }), fc.string(), fc.integer(), fc.boolean(), word);
  const paths = [["clusterName"], ["lokiTenant"], ["resources", "limits", "memory"], ["selfMonitoring", "labels"]];

  /** A stack's file with foreign keys among ours and comments at random places, as a person might have it. */
  const stackText = fc
    .record({
      ours: fc.record(
        {
          "alloy:clusterName": leaf,
          "alloy:resources": fc.constant({ requests: { cpu: "1" }, limits: { memory: "1Gi" } }),
        },
        { requiredKeys: [] },
      ),
      foreign: fc.dictionary(
        word.map((key) => `other:${key}`),
        fc.oneof(
          scalar,
          fc.dictionary(word, scalar, { maxKeys: 3, noNullPrototype: true }),
          fc.array(scalar, { maxLength: 3 }),
        ),
        { maxKeys: 4, noNullPrototype: true },
      ),
      comments: fc.array(fc.tuple(fc.nat(), word), { maxLength: 5 }),
      foreignFirst: fc.boolean(),
      crlf: fc.boolean(),
    })
    .map(({ ours, foreign, comments, foreignFirst, crlf }) => {
      const config = foreignFirst ? { ...foreign, ...ours } : { ...ours, ...foreign };
      const document = parseDocument(stringify({ config, encryptionsalt: "v1:x" }));
      const nodes: { commentBefore?: string | null }[] = [];
      visit(document, {
        Pair: (_, pair) => {
          if (isPair(pair) && isScalar(pair.key)) nodes.push(pair.key);
        },
      });
      const marks = comments.flatMap(([at, text], index) => {
        const node = nodes.length === 0 ? undefined : nodes[at % nodes.length];
        if (node === undefined || typeof node.commentBefore === "string") return [];
        node.commentBefore = ` ${text} ${index}`;
        return [`# ${text} ${index}`];
      });
      const text = document.toString();
      return { text: crlf ? text.replaceAll("\n", "\r\n") : text, marks };
    });

  const values = fc
    .tuple(
      fc.subarray(paths, { minLength: 1 }),
      fc.array(leaf, { minLength: 4, maxLength: 4 }),
      fc.dictionary(word, leaf, { maxKeys: 3, noNullPrototype: true }),
    )
    .map(([chosen, leaves, labels]): Change[] =>
      chosen.map((setting, at) => ({ setting, value: setting.length === 2 ? labels : leaves[at] })),
    );

  const foreignOf = (text: string): unknown => {
    const { config, ...rest } = parse(text) as { config: Record<string, unknown> };
    return [rest, Object.entries(config).filter(([key]) => key.startsWith("other:"))];
  };

  it("comments and foreign keys survive, in their order", () => {
    fc.assert(
      fc.property(stackText, values, ({ text, marks }, changes) => {
        const after = syncStackText(text, changes, "f");
        for (const mark of marks) assert.ok(after.includes(mark), `${mark} is gone:\n${after}`);
        assert.deepEqual(foreignOf(after), foreignOf(text));
        const keys = (yaml: string): string[] => Object.keys((parse(yaml) as { config: object }).config);
        assert.deepEqual(keys(after).slice(0, keys(text).length), keys(text));
      }),
      { numRuns: 60 },
    );
  });

  it("sync then check is 0, and a second sync changes nothing", () => {
    fc.assert(
      fc.property(stackText, values, ({ text }, changes) => {
        const entries: TerraformEntries = new Map(
          changes.map(({ setting, value }) => [
            setting.join("_"),
            { value: value as TerraformValue, file: "f", line: 1 },
          ]),
        );
        const mappings = changes.map(({ setting }) => ({
          terraform: setting.join("_"),
          setting: [...setting],
          optional: false,
          prefix: "",
          suffix: "",
        }));
        const compare = (yaml: string) =>
          compareTerraform(mappings, entries, (setting) => ({
            value: stackValueAt(yaml, setting)?.value as TerraformValue | undefined,
            place: "",
          }));
        const wanted = compare(text).flatMap(({ verdict, setting, theirs }) =>
          verdict === "differs" ? [{ setting, value: theirs.wanted }] : [],
        );
        const after = syncStackText(text, wanted, "f");
        assert.equal(verdictOf(compare(after)), 0, after);
        assert.equal(
          syncStackText(after, changes, "f"),
          syncStackText(syncStackText(after, changes, "f"), changes, "f"),
        );
      }),
      { numRuns: 60 },
    );
  });

  it("leaves references alone", () => {
    const text = "config:\n  other:a: &x { k: 1 }\n  other:b: *x\n  alloy:clusterName: a\n";
    const after = sync(text, ["clusterName", "b"], ["lokiTenant", "t"]);
    assert.ok(isAlias(parseDocument(after).getIn(["config", "other:b"], true)));
  });
});
