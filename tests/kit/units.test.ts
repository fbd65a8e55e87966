import assert from "node:assert/strict";

import { quantityToScalar } from "@kubernetes/client-node/dist/util.js";
import * as fc from "fast-check";

import { formatDuration, parseDuration, parseImage, parseQuantity } from "../../kit/units";

describe("parseDuration", () => {
  // Recorded from Go's time.ParseDuration.
  const go: [string, number][] = [
    ["1s", 1_000],
    ["90s", 90_000],
    ["1h30m", 5_400_000],
    ["1.5h", 5_400_000],
    ["30s1m", 90_000],
    ["1m1m", 120_000],
    ["250ms", 250],
    ["0s", 0],
    ["1h0m0.5s", 3_600_500],
  ];
  for (const [text, milliseconds] of go)
    it(`reads ${text} as Go does`, () => assert.equal(parseDuration(text), milliseconds));

  for (const text of ["1x", "", "1", "h", "1d", "1 h", "-1h", "1h ", "1H", "1,5h", "1hm", "1e3s", "１s"])
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseDuration(text), undefined));

  it("reads back every span that formatDuration writes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 43 }), (span) => {
        assert.equal(parseDuration(formatDuration(span)), span);
      }),
    );
  });

  it("writes each unit once, the larger first, as Prometheus demands", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 43 }), (span) => {
        assert.match(formatDuration(span), /^(\d+h)?([1-5]?\dm)?([1-5]?\ds)?(\d{1,3}ms)?$/);
      }),
    );
    assert.equal(formatDuration(3_600_000), "1h");
    assert.equal(formatDuration(0), "0s");
  });

  it("adds up the parts, in whatever order they come", () => {
    const part = fc.tuple(fc.nat(10_000), fc.constantFrom(["ms", 1] as const, ["s", 1e3], ["m", 6e4], ["h", 36e5]));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const text = parts.map(([count, [unit]]) => `${count}${unit}`).join("");
        assert.equal(
          parseDuration(text),
          parts.reduce((sum, [count, [, size]]) => sum + count * size, 0),
        );
      }),
    );
  });
});

describe("parseQuantity", () => {
  it("agrees with the Kubernetes client on every suffix that it knows", () => {
    const suffix = fc.constantFrom("", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei");
    fc.assert(
      fc.property(fc.nat(10_000_000), suffix, (amount, unit) => {
        const theirs = Number(quantityToScalar(`${amount}${unit}`));
        const ours = parseQuantity(`${amount}${unit}`) ?? NaN;
        assert.ok(Math.abs(ours - theirs) <= theirs * 1e-12, `${amount}${unit}: ${ours} and ${theirs}`);
      }),
    );
  });

  it("takes an exponent instead of a suffix, and E as exa without one", () => {
    assert.equal(parseQuantity("1e3"), 1_000);
    assert.equal(parseQuantity("1E3"), 1_000);
    assert.equal(parseQuantity("1E"), 1e18);
    assert.equal(parseQuantity("5."), 5);
    assert.equal(parseQuantity(".5"), 0.5);
    assert.equal(parseQuantity("100m"), 0.1);
  });

  it("takes a number as the API does, and nothing else", () => {
    assert.equal(parseQuantity(2), 2);
    for (const value of [undefined, null, true, {}, ["1"]]) assert.equal(parseQuantity(value), undefined);
  });

  for (const text of ["500mb", "500MB", "512mi", "1 Gi", "", "Mi", "-1", "1KI", "0x10", "1e", "1e3Mi", "1.2.3", "NaN"])
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseQuantity(text), undefined));
});

describe("parseImage", () => {
  const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

  it("puts together again what it took apart", () => {
    const component = fc.stringMatching(/^[a-z0-9]{1,5}((\.|_|__|-{1,3})[a-z0-9]{1,5}){0,2}$/);
    const registry = fc.constantFrom(
      "",
      "docker.io",
      "localhost",
      "localhost:5000",
      "registry:5000",
      "a.example.com:443",
    );
    const tag = fc.constantFrom("", "v1.18.1", "1", "latest", "v1.18.1-nonroot_2");
    fc.assert(
      fc.property(
        registry,
        fc.array(component, { minLength: 1, maxLength: 3 }),
        tag,
        fc.boolean(),
        (host, path, t, d) => {
          // A first component with a dot is a registry by definition.
          fc.pre(host !== "" || path.length === 1 || (!/\./.test(path[0] ?? "") && path[0] !== "localhost"));
          const repository = path.join("/");
          const text = `${host && `${host}/`}${repository}${t && `:${t}`}${d ? `@${digest}` : ""}`;
          assert.deepEqual(parseImage(text), { registry: host, repository, tag: t, digest: d ? digest : "" });
        },
      ),
    );
  });

  for (const text of [
    "",
    "Grafana/alloy:v1",
    "a//b:1",
    "a/-b:1",
    "a/b:",
    "a/b:.1",
    "a/b@sha256:12",
    "a b:1",
    "http://a/b:1",
  ])
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseImage(text), undefined));
});
