import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import fc from "fast-check";
import { parse, stringify } from "yaml";

import { formatProblems, UserError, type Problem } from "../../kit/user-error";
import { settingsTree, type SettingNode } from "../../operations/documents/settings-tree";
import { parseSettings } from "../../settings/parse-settings";
import { readStackFile } from "../../settings/stack-file";
import { badCanaries } from "../settings/cases/canary";
import { badClusters } from "../settings/cases/clusters";
import { badCredentials } from "../settings/cases/credentials";
import { badNetworks } from "../settings/cases/network";
import { badSending } from "../settings/cases/sending";
import { badValues } from "../settings/cases/values";
import { accepts, least, placesOf } from "../support/editor";
import { moreLabels, vaultValues, type StackValues } from "../support/settings";

/**
 * What only the program can tell: why an editor cannot, how the program words it, and the mistakes of the tests that are
 * of this kind. A mistake that is not here has to show while typing.
 */
const onlyTheProgram: readonly [why: string, says: RegExp, mistakes: readonly string[]][] = [
  [
    "needs the grammar of RE2",
    /is not a regular expression|can match no (namespace|node)|is a shell pattern|looks like a label|leaves nothing out/,
    [
      "a regex with look-ahead",
      "a back-reference",
      "a regex that breaks out of its anchors",
      "a shell pattern",
      "a bad regex in an object",
    ],
  ],
  [
    "needs to read the URL",
    /is not a URL|^has the placeholder|its scheme twice|without brackets|slash too many|its path twice|capitals in its path|^ends with .*, which|^still names|where Grafana Cloud|cannot have \/NAME/,
    ["a port that is none"],
  ],
  ["knows what is in an image", /^has no stat, find and chown|^is for Windows/, []],
  [
    "compares amounts and durations",
    /is not an amount of|is not a whole number above zero|is not a Kubernetes quantity|is too short|is not a duration|is not a CIDR/,
    [
      "memory in thousandths",
      "memory in bytes",
      "a line's length of bytes",
      "a line's length above any",
      "CPU in mebibytes",
      "an endless duration",
      "a duration of nothing",
      "an outage budget of no retry",
      "at-least-once beside files",
      "at-least-once beside the WAL for lines",
      "a login that lives too short",
      "an interval with which its queries could not keep pace",
      "too many bits",
    ],
  ],
  ["is a list of directories", /belongs to the node|is shared by|is not a plain path/, ["a WAL path with .."]],
  [
    "compares keys with each other",
    /below the request|promises|has no meaning|^is (missing|off|given|empty|http), |belongs to the cluster|^is \w+, but|has no entry|can make up|pins a version|is in podLabels, too|needs|^is (missing|empty)$|is not one whole number/,
    [
      "a limit below its request",
      "memory limit below",
      "a budget beyond the window",
      "the cluster's own namespace",
      "seed without Vault's mode",
      "mode secret without Vault",
      "a mode for nothing",
      "readAt up where Vault is not read",
      "a pinned version of somebody else's Secret",
      "a pinned version where collectors read the newest",
      "a pinned version of what seed is to write",
      "a certificate over http",
      "a certificate that seed cannot make",
      "seed where the state is to hold no secret",
      "mode vault without Vault",
      "lines that nobody collects",
      "nodes that are left out",
      "a namespace that is not included",
      "a namespace that is excluded",
      "a push URL behind a prefix",
      "a Loki that asks for a password",
      "a Loki that asks for a token",
      "a limit below the request",
      "a host without addresses, with a NetworkPolicy",
      "a host outside of the cluster without addresses",
      "a PodMonitor that nobody could use",
      "a destination that says nothing",
      "a destination that says two things",
      "a resolver of nobody",
      "a toleration without a key",
      "a toleration of any value with a value",
      "In without values",
      "Exists with values",
      "Gt with a text",
      "a CA over http",
      "a CA beside mTLS",
      "a canary that cannot know the CA",
      "two identities",
      "no identity",
      "an identity over http",
      "an identity beside a password",
      "a proxy that the NetworkPolicy does not know",
    ],
  ],
  [
    "knows which keys are somebody's",
    /of the program's own|belongs to the (program|protocol)|tells Pulumi|which pods the namespace admits|by Kubernetes itself|a role in the cloud|names a tenant|looks like a credential/,
    [
      "a label of the program's own",
      "a label of the selector on pods",
      "a label that opens the namespace",
      "a label of Kubernetes' own",
      "an annotation of Pulumi's",
      "a role in the cloud by hand",
      "the tenant as a header",
      "a token as a header",
      "a key as a header",
      "a header of the protocol",
    ],
  ],
  ["needs to read what an expression is for", /looks like a label, but|can match no|is a list|is a shell pattern/, []],
  ["knows how Pulumi writes a number as text", /cannot be used as a label's value|is not a tenant/, []],
];

describe("the schema for editors, beside the program", () => {
  const bad: [what: string, values: StackValues][] = [
    ...badValues.map(([what, key, value]): [string, StackValues] => [what, { [key]: value }]),
    ...badCredentials.map(([what, values]): [string, StackValues] => [what, values]),
    ...[...badCanaries, ...badNetworks, ...badClusters, ...badSending].map(([what, values]): [string, StackValues] => [
      what,
      values,
    ]),
  ];

  it("refuses every mistake of the tests but those that only the program can tell", () => {
    const accepted = bad.filter(([, values]) => accepts(values)).map(([what]) => what);
    assert.deepEqual([...new Set(accepted)].sort(), onlyTheProgram.flatMap(([, , mistakes]) => mistakes).sort());
  });

  describe("refuses nothing that the program accepts", () => {
    let dir: string;
    before(() => {
      dir = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-schema-"));
      fs.writeFileSync(path.join(dir, "Pulumi.yaml"), "name: alloy\n");
    });
    after(() => fs.rmSync(dir, { recursive: true }));

    /** What the program refuses in a stack's file. */
    function problemsOf(text: string): readonly Problem[] {
      fs.writeFileSync(path.join(dir, "Pulumi.t.yaml"), text);
      try {
        const { config, file, secretKeys, environments } = readStackFile("t", dir);
        parseSettings(config, file, secretKeys, environments);
        return [];
      } catch (error) {
        if (error instanceof UserError) return error.problems;
        throw error;
      }
    }

    /** Paths of everything that can be set, also of whole objects. */
    function pathsBelow(node: SettingNode, at: string[] = []): string[][] {
      return Object.entries(node.properties ?? {}).flatMap(([key, child]) => [
        [...at, key],
        ...pathsBelow(child, [...at, key]),
      ]);
    }

    const host = fc.constantFrom("h", "H:80", "[::1]:1", "a.b:99999", "@h", "u:p@h", "h_x", "");
    const url = fc
      .tuple(
        fc.constantFrom("http://", "HTTPS://", "http:", ""),
        host,
        fc.stringMatching(/^([/?.#@v1ui]|push|api|loki|write){0,6}$/),
      )
      .map((parts) => parts.join(""));
    const odd = fc.oneof(
      fc.constantFrom(null, true, false, 0, 1, 5, 1.5, -1, 1e21, 70_000, "", " ", "true", "*", ".*", "{}", "[]"),
      fc.constantFrom(
        {},
        [],
        [1],
        ["a"],
        { a: "b" },
        { secure: "x" },
        { enabled: "true" },
        { a: { cidrs: ["10.0.0.0/8"] } },
      ),
      fc.stringMatching(/^([0-9.]{1,3}(ms|s|m|h|d|Mi|Gi|k|e3|%)?){1,2}$/),
      fc.stringMatching(/^[a-zA-Z0-9._/:@-]{1,8}$/),
      fc.stringMatching(/^(\/[a-z.]{1,4}){1,4}\/?$/),
      fc.stringMatching(/^([a-z]{1,3}[.:/]){0,3}[a-z]{1,2}(:(v?[0-9]|latest|main))?(@sha256:[0-9a-f]{64})?$/),
      fc.constantFrom(...bad.flatMap(([, values]) => Object.values(values)), ...Object.values(moreLabels)),
      url,
      fc.string(),
    );

    it("whatever one key holds", () => {
      const paths = pathsBelow(settingsTree());
      let accepted = 0;
      fc.assert(
        fc.property(fc.constantFrom(...paths), odd, fc.boolean(), ([first = "", ...rest], value, prefix) => {
          const base: StackValues = { vault: vaultValues };
          const start: unknown = rest.length === 0 ? value : structuredClone(base[first] ?? {});
          rest.reduce((held, key, index) => {
            const below = index === rest.length - 1 ? value : {};
            return Reflect.set(held, key, below) ? (below as object) : held;
          }, start as object);
          const { [first]: _, ...others } = { ...least, ...base };
          const text = stringify({ config: { ...others, [prefix ? `alloy:${first}` : first]: start } });
          const problems = problemsOf(text);
          const places = placesOf(parse(text));
          if (problems.length === 0) accepted++;
          if (problems.length === 0) assert.deepEqual(places, [], text);
          // JSON text in a string is for the program to read.
          if (typeof value === "string" && /^\s*[{[]/.test(value)) return;
          // What only the program refuses is of a kind that is listed.
          const listed = ({ problem }: Problem) => onlyTheProgram.some(([, says]) => says.test(problem));
          if (places.length === 0)
            for (const problem of problems) assert.ok(listed(problem), formatProblems([problem]));
        }),
        { numRuns: 1500 },
      );
      assert.ok(accepted > 60, `only ${accepted} were accepted`);
    });
  });
});
