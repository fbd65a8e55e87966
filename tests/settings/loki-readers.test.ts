import assert from "node:assert/strict";

import { UserError } from "../../kit/user-error";
import { dataSourceName, dataSourceUid, dataSourceUrl } from "../../settings/loki-readers";
import { settingsOf, vaultValues } from "../support/settings";

const source = { dataSource: { enabled: true } };
const basic = { credentials: { mode: "secret", loki: "basic" }, vault: vaultValues };

function problemOf(values: Record<string, unknown>): [key: string, problem: string, remedy: string] {
  try {
    settingsOf(values);
  } catch (error) {
    assert.ok(error instanceof UserError);
    const [only, ...more] = error.problems;
    assert.ok(only !== undefined && more.length === 0, JSON.stringify(error.problems));
    return [only.key, only.problem, only.remedy];
  }
  return assert.fail("nothing is wrong");
}

describe("the way back from Loki", () => {
  for (const [what, values, key, problem, remedy] of [
    ["a source without lines", { ...source, logs: { enabled: false } }, "dataSource.enabled", /no line/, /turn one/],
    ["rules without lines", { ruler: { enabled: true }, logs: { enabled: false } }, "ruler.enabled", /no line/, /turn/],
    [
      "a Loki that asks for a password",
      { ...source, ...basic },
      "dataSource.url",
      /Grafana would not have/,
      /without one/,
    ],
    [
      "a push URL that is none of Loki's",
      { ...source, lokiUrl: "https://logs.detectviz.internal/push/a" },
      "dataSource.url",
      /path of its own/,
      /https:\/\/logs\.detectviz\.internal/,
    ],
    [
      "a URL with Loki's own path",
      { dataSource: { enabled: true, url: "http://loki:3100/loki/api/v1" } },
      "dataSource.url",
      /Grafana adds/,
      /write http:\/\/loki:3100\/?$/,
    ],
    [
      "a password in the URL",
      { dataSource: { url: "http://a:b@loki:3100" } },
      "dataSource.url",
      /could read/,
      /remove them/,
    ],
    ["a variable", { dataSource: { url: "http://loki:3100/a$" } }, "dataSource.url", /variable/, /without/],
  ] as [string, Record<string, unknown>, string, RegExp, RegExp][])
    it(`refuses ${what}`, () => {
      const [blamed, said, todo] = problemOf(values);
      assert.equal(blamed, `alloy:${key}`);
      assert.match(said, problem);
      assert.match(todo, remedy);
    });

  it("takes the server of the push URL, and a name that no other cluster has", () => {
    const settings = settingsOf({ ...source, lokiUrl: "http://gateway.monitoring.svc/prefix/loki/api/v1/push" });
    assert.equal(dataSourceUrl(settings), "http://gateway.monitoring.svc/prefix");
    assert.equal(dataSourceName(settings), "loki-test-cluster");
    assert.match(dataSourceUid(settings), /^loki-[0-9a-f]{12}$/);
    assert.notEqual(dataSourceUid(settings), dataSourceUid(settingsOf({ ...source, clusterName: "other" })));
  });
});
