import assert from "node:assert/strict";

import fc from "fast-check";

import { urlMistake } from "../../settings/fields/go-url";
import { pushPathMistake, type PushKind } from "../../settings/fields/push-path";
import { settingsOf } from "../support/settings";

// What Go 1.26's url.Parse refuses, asked of it.
const refusedByGo = [
  ...["http://loki-${ENVIRONMENT}.logging.svc:3100/loki/api/v1/push", "http://{{ .host }}/p", "http://loki:31x/p"],
  ...["http://a:b:c/p", "http://fd00::1:3100/p", "http://[fd00::1/p", "http://[fd00::zz]/p", "http://[fd00::1]3100/p"],
  ...[
    "http://loki/%zz",
    "http://loki/%2",
    "http://lo%20ki/p",
    "http://loki/p\x7f",
    "http://loki/p\n",
    "http://lo ki/p",
  ],
  ...["http://loki\\p", "http://lo^ki/p", "http://lo|ki/p"],
];

const good = [
  ...["http://loki:3100/p", "https://loki/p", "HTTP://LOKI/p", "http://loki.monitoring.svc.cluster.local.:80/p"],
  ...["http://[fd00::1]:3100/p", "http://[::1]/p", "http://10.0.0.7:3100/p", "http://lo_ki/p", "http://loki/a%20b"],
  ...["http://loki/p?tenant=a&x=%41", "http://loki/a@b", "https://logs-prod-012.grafana.net/loki/api/v1/push"],
  ...["http://xn--lki-sna.internal/p", "http://exchange-me.internal/p", "http://my-loki.todo.svc/p", "http://xx/p"],
];

describe("a URL", () => {
  it("that Go refuses is refused before a collector reads it", () => {
    for (const url of refusedByGo) assert.ok(urlMistake(url), url);
  });

  it("that Alloy can call is accepted", () => {
    for (const url of good) assert.equal(urlMistake(url), undefined, url);
  });

  for (const [url, placeholder] of [
    ["http://loki-${ENVIRONMENT}.logging.svc:3100/loki/api/v1/push", "${ENVIRONMENT}"],
    ["http://$(LOKI_HOST):3100/loki/api/v1/push", "$(LOKI_HOST)"],
    ["https://logs.internal/loki/api/v1/push?tenant={{ .tenant }}", "{{ .tenant }}"],
    ["http://$LOKI/loki/api/v1/push", "$LOKI"],
    ["http://<your-url>/loki/api/v1/push", "<your-url>"],
    ["https://%LOKI_HOST%/loki/api/v1/push", "%LOKI_HOST%"],
    ["https://REPLACE_ME/loki/api/v1/push", "REPLACE_ME"],
    ["https://logs-xxx.grafana.net/loki/api/v1/push", "xxx"],
    ["https://loki.your-domain.io/loki/api/v1/push", "your-domain"],
    ["https://loki.changeme/loki/api/v1/push", "changeme"],
    ["https://TODO/loki/api/v1/push", "TODO"],
    ["https://__HOST__/loki/api/v1/push", "__HOST__"],
    ["https://gateway.internal/{tenant}/loki/api/v1/push", "{tenant}"],
    // https://github.com/grafana/loki/issues/8917
    ["http://${LOKI_GATEWAY_HOST:-loki}:3100/loki/api/v1/push", "${LOKI_GATEWAY_HOST:-loki}"],
    // https://github.com/grafana/alloy/issues/3376
    ["https://%(loki_host)s/loki/api/v1/push", "%(loki_host)s"],
    // https://github.com/grafana/alloy/issues/2246
    ["http://#{LokiHost}#/loki/api/v1/push", "#{LokiHost}#"],
  ] as const)
    it(`with a placeholder is refused, and the placeholder named: ${url}`, () => {
      assert.throws(
        () => settingsOf({ lokiUrl: url }),
        (error: Error) => {
          assert.ok(error.message.includes(`the placeholder ${placeholder} in it`), error.message);
          return true;
        },
      );
    });

  for (const [url, words] of [
    ["http://http://loki:3100/loki/api/v1/push", /its scheme twice\n.*write loki:3100|its scheme twice/],
    ["http://fd00::1/loki/api/v1/push", /IPv6 address without brackets/],
    ["http://fd00::1:3100/loki/api/v1/push", /brackets|more than one colon/],
    ["http://loki:/loki/api/v1/push", /its port is missing/],
    ["http://loki:70000/loki/api/v1/push", /"70000" is no port/],
    ["http://l\u200boki/loki/api/v1/push", /U\+200B/],
    ["http://loki\u00a0:3100/loki/api/v1/push", /U\+00A0/],
    ["http://löki/loki/api/v1/push", /U\+00F6.*\n.*xn--/],
    ["http://loki..svc/loki/api/v1/push", /its host is no name/],
    ["http://256.1.1.1/loki/api/v1/push", /no IPv4 address|not a URL/],
    ["http://loki/%zz/loki/api/v1/push", /"%zz" is no escape/],
  ] as const)
    it(`is refused for what it is: ${JSON.stringify(url)}`, () =>
      assert.throws(() => settingsOf({ lokiUrl: url }), words));

  it("of a host of examples is refused where something would be lost", () => {
    const real = { environment: "production", kubernetes: { context: "c" } };
    for (const host of ["loki.example.com", "example.org", "a.b.example.net"]) {
      const lokiUrl = `https://${host}/loki/api/v1/push`;
      assert.throws(() => settingsOf({ ...real, lokiUrl }), /alloy:lokiUrl\n {4}still names/);
      assert.equal(settingsOf({ lokiUrl }).lokiUrl, lokiUrl);
    }
    const lokiUrl = "https://loki.myexample.com/loki/api/v1/push";
    assert.equal(settingsOf({ ...real, lokiUrl }).lokiUrl, lokiUrl);
    assert.throws(
      () => settingsOf({ ...real, vault: { address: "https://vault.example.com", path: "a" } }),
      /alloy:vault\.address\n {4}still names vault\.example\.com/,
    );
    assert.throws(
      () => settingsOf({ ...real, proxy: { url: "http://proxy.example.com:3128" } }),
      /alloy:proxy\.url\n {4}still names proxy\.example\.com/,
    );
    assert.throws(() => settingsOf({ proxy: { url: "http://$(PROXY):3128" } }), /the placeholder \$\(PROXY\) in it/);
  });

  it("is never taken if its host, port or path has a character that Go does not take there", () => {
    const host = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/);
    const bad = fc.constantFrom(" ", "^", "|", "`", "{", "}", "\\", "%", "<", ">", "\t", '"', "[", "]", "~", "*");
    fc.assert(
      fc.property(host, bad, host, (before, letter, after) => {
        assert.ok(urlMistake(`http://${before}${letter}${after}/p`));
        assert.equal(urlMistake(`http://${before}.${after}:80/p`), undefined);
      }),
    );
  });
});

describe("the path of a push", () => {
  const origin = "http://h:3100";

  const judged = (kind: PushKind, path: string): [string, string] | undefined => {
    const mistake = pushPathMistake(new URL(origin + path), kind);
    return mistake && [mistake.problem, mistake.remedy];
  };

  it("is accepted where Loki, Prometheus and their relatives listen, and behind a gateway", () => {
    for (const path of [
      ...["/loki/api/v1/push", "/api/prom/push", "/tenants/a/loki/api/v1/push", "/insert/loki/api/v1/push", "/push"],
      ...["/loki/api/prom/push", "/logs", "/loki/api/v1/push?x=1"],
    ])
      assert.equal(judged("loki", path), undefined, path);
    for (const path of [
      ...["/api/v1/write", "/api/v1/push", "/api/prom/push", "/workspaces/ws-1/api/v1/remote_write", "/api/v1/receive"],
      ...[
        "/insert/0/prometheus/api/v1/write",
        "/insert/0/prometheus",
        "/api/v1/prom/remote/write",
        "/v1/prometheus/write",
      ],
      ...[
        "/dataCollectionRules/d/streams/s/api/v1/write?api-version=2023-04-24",
        "/prometheus/api/v1/write",
        "/metrics/in",
      ],
    ])
      assert.equal(judged("prometheus", path), undefined, path);
  });

  for (const [kind, path, problem, remedy] of [
    ["loki", "/", /has no path/, "/loki/api/v1/push"],
    ["loki", "/loki/api/v1/push/", /a slash too many/, "/loki/api/v1/push"],
    ["loki", "//loki/api/v1/push", /a slash too many/, "/loki/api/v1/push"],
    ["loki", "/loki/api/v1", /only the beginning/, "/loki/api/v1/push"],
    ["loki", "/loki/api/v1/query_range", /answers queries/, "/loki/api/v1/push"],
    ["loki", "/loki/api/v1/labels", /answers queries/, "/loki/api/v1/push"],
    ["loki", "/otlp/v1/logs", /takes OTLP/, "/loki/api/v1/push"],
    ["loki", "/otlp", /takes OTLP/, "/loki/api/v1/push"],
    ["loki", "/ready", /for people or for probes/, "/loki/api/v1/push"],
    ["loki", "/api/v1/write", /where Prometheus listens/, "/loki/api/v1/push"],
    ["loki", "/loki/api/v1/push/loki/api/v1/push", /its path twice/, "/loki/api/v1/push"],
    ["loki", "/Loki/API/v1/push", /capitals/, "/loki/api/v1/push"],
    // https://github.com/JaniAnttonen/winston-loki/issues/30
    ["loki", "/loki/prom/push", /mixture of Loki's two paths/, "/loki/api/v1/push"],
    // https://github.com/grafana/loki/issues/1985: an address with a slash at its end, and a path behind it
    ["loki", "//loki/api/v1/push", /a slash too many/, "/loki/api/v1/push"],
    // https://github.com/grafana/loki/issues/7459
    ["loki", "/metrics", /for people or for probes/, "/loki/api/v1/push"],
    // https://github.com/canonical/lxd/pull/12273: a program that adds the path itself, and its address copied from there
    ["loki", "/loki/api/v1/push//loki/api/v1/push", /its path twice/, "/loki/api/v1/push"],
    ["prometheus", "/api/v1/query", /answers queries/, "/api/v1/write"],
    ["prometheus", "/api/v1/write/", /a slash too many/, "/api/v1/write"],
    ["prometheus", "/api/v1", /only the beginning/, "/api/v1/write"],
    ["prometheus", "/api/v1/read", /answers queries/, "/api/v1/write"],
    ["prometheus", "/loki/api/v1/push", /where Loki listens/, "/api/v1/write"],
    ["prometheus", "/metrics/job/alloy", /Pushgateway/, "/api/v1/write"],
    ["prometheus", "/api/v1/otlp/v1/metrics", /takes OTLP/, "/api/v1/write"],
  ] as const)
    it(`is refused where a push is answered 404: ${kind} ${path}`, () => {
      const [said = "", advised = ""] = judged(kind, path) ?? [];
      assert.match(said, problem);
      assert.equal(advised, `write ${origin}${remedy}`);
      assert.equal(judged(kind, remedy), undefined);
    });

  it("is refused at the host of another service of Grafana Cloud", () => {
    const push = "/api/prom/push";
    assert.throws(
      () => settingsOf({ lokiUrl: `https://prometheus-prod-01-eu-west-0.grafana.net${push}` }),
      /host that begins with logs-/,
    );
    assert.throws(
      () => settingsOf({ prometheusUrl: `https://logs-prod-012.grafana.net${push}` }),
      /begins with prometheus-/,
    );
    for (const host of ["prometheus-prod-01-eu-west-0", "mimir-prod-1"])
      assert.ok(settingsOf({ prometheusUrl: `https://${host}.grafana.net${push}` }));
  });
});

describe("an image", () => {
  const tags = (...list: string[]): string[] => list.map((tag) => `docker.io/grafana/alloy:${tag}`);

  it("without the tools of prepare-storage is refused where those are used", () => {
    for (const image of [
      ...tags("v1.20.0-distroless", "v1.20.0-boringcrypto-distroless", "v1.18.1-chiseled"),
      ...["cgr.dev/chainguard/grafana-alloy:1.18.1", "registry.internal/alloy-distroless:1.18.1"],
    ]) {
      assert.throws(
        () => settingsOf({ image }),
        /alloy:image\n {4}has no stat, find and chown.*\n.*wal\.prepare: none/,
      );
      assert.equal(settingsOf({ image, wal: { prepare: "none" } }).image, image);
    }
  });

  it("with them is accepted, whatever else its name says", () => {
    for (const image of [
      ...tags("v1.18.1", "v1.18.1-boringcrypto", "v1.18.1-slim"),
      "cgr.dev/chainguard/alloy:1.18.1-dev",
    ])
      assert.equal(settingsOf({ image }).image, image);
  });

  it("for Windows is refused, also where nothing is prepared", () => {
    for (const image of tags("v1.18.1-nanoserver-1809", "v1.18.1-windowsservercore-ltsc2022", "nanoserver-ltsc2022"))
      assert.throws(() => settingsOf({ image, wal: { prepare: "none" } }), /alloy:image\n {4}is for Windows/);
  });
});
