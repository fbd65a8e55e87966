import assert from "node:assert/strict";

import { UserError, type Problem } from "../../kit/user-error";
import * as field from "../../settings/fields";
import { splitMessage } from "../../settings/fields/wording";
import { settingsOf, type StackValues } from "../support/settings";

function problemsOf(values: StackValues): readonly Problem[] {
  try {
    settingsOf(values);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.problems;
  }
  return assert.fail("nothing was refused");
}

describe("a value that is missing", () => {
  for (const [values, keys] of [
    [{ logs: { rateLimits: [{}] } }, ["namespaces", "linesPerSecond", "burst"]],
    [{ logs: { rateLimits: [{ namespaces: "a", linesPerSecond: 1 }] } }, ["burst"]],
    [{ extraSections: [{}] }, ["file"]],
    [
      { extraSections: [{ file: "a", needs: { permissions: [{}], egress: [{}] } }] },
      ["resource", "verbs", "host", "port"],
    ],
    [{ terraform: {} }, ["from"]],
    [{ vault: {} }, ["address", "path"]],
    [{ kubernetes: {} }, ["context"]],
  ] as const)
    it(`is called missing: ${keys.join(", ")}`, () => {
      const problems = problemsOf(values);
      assert.deepEqual(
        problems.map(({ key, problem }) => [key.split(".").at(-1), problem]),
        keys.map((key) => [key, "is missing"]),
      );
      for (const { remedy } of problems) assert.match(remedy, /^write /);
    });

  it("is called missing or named as what it is by every kind of value", () => {
    const kinds = [
      field.flag,
      field.count,
      field.cpu,
      field.memory,
      field.duration,
      field.outage,
      field.namespaces,
      field.image,
    ];
    const more = [field.choice(["a"]), field.name("a name"), field.vaultPath, field.objectName, field.lokiPushUrl];
    for (const kind of [...kinds, ...more])
      for (const [value, says] of [
        [undefined, /^is missing$/],
        [null, /^is empty$/],
        [["a"], /^is a list, but must be /],
        [{ a: 1 }, /^is an object, but must be /],
      ] as const) {
        const result = kind.safeParse(value);
        const words = splitMessage(result.error?.issues[0]?.message ?? "");
        assert.match(words?.problem ?? "", says);
        assert.match(words?.remedy ?? "", /^write /);
      }
  });
});

describe("the advice on a duration", () => {
  const leasts = ["500ms", "1s", "10s", "1m", "5m"];

  for (const least of leasts)
    for (const wrong of ["0s", "1x", "5d", 60, undefined])
      it(`of ${least} or more is accepted by the same key, after ${String(wrong)}`, () => {
        const kind = field.durationFrom(least);
        const message = kind.safeParse(wrong).error?.issues[0]?.message ?? "";
        const { remedy = "" } = splitMessage(message) ?? {};
        const advised = remedy.match(/\b(\d+(ms|s|m|h))+\b/g) ?? [];
        assert.ok(advised.length > 0, message);
        for (const one of advised) assert.ok(kind.safeParse(one).success, `${one} of: ${message}`);
      });

  it("names what the outage budget takes", () => {
    const [only] = problemsOf({ wal: { outageBudget: "30s" } });
    assert.deepEqual([only?.problem, only?.remedy], ['"30s" is too short', "write 1m or more, such as 15m, 1h or 24h"]);
  });
});

describe("a user in a URL", () => {
  for (const url of ["http://u@h/p", "http://u:p@h/p", "http://@h/p", "http://:@h/p", "http://u:p@h:99999999/p"])
    it(`is refused, and not shown: ${url}`, () => {
      const [only] = problemsOf({ lokiUrl: url });
      assert.match(only?.problem ?? "", /contains a user or a password/);
      assert.doesNotMatch(JSON.stringify(only), /u:p/);
    });

  it("is none behind the host", () => {
    assert.equal(settingsOf({ lokiUrl: "http://h/a@b" }).lokiUrl, "http://h/a@b");
  });
});
