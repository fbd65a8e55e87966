import assert from "node:assert/strict";

import * as fc from "fast-check";

import { UserError, type Problem } from "../../kit/user-error";
import { parseSettings } from "../../settings/parse-settings";

const file = "Pulumi.test.yaml";
const good = { "alloy:clusterName": "detectviz-test", "alloy:lokiTenant": "test", "alloy:environment": "local" };

function problemsOf(config: Record<string, string>): readonly Problem[] {
  try {
    parseSettings(config, file);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.problems;
  }
  return [];
}

/** One mistake: the value of one top-level key, the key that is blamed, and words of the problem and of the remedy. */
type Case = [what: string, key: string, value: unknown, blamed: string, problem: RegExp, remedy: RegExp];

const cases: Case[] = [
  ["an unknown key", "lokiURL", "http://a/b", "lokiURL", /not a key/, /^did you mean lokiUrl\? .*clusterName/],
  ["an unknown key, far from any", "frobnicate", "x", "frobnicate", /not a key/, /^The keys here are clusterName, /],
  [
    "an unknown key in a group",
    "wal",
    { pathh: "/a/b" },
    "wal.pathh",
    /not a key/,
    /did you mean path\?.*outageBudget/,
  ],
  ["a key with a dot", "wal.path", "/data/alloy", "wal.path", /not a key/, /alloy:wal: \{ path: … \}/],
  ["a word that is none", "environment", "prod", "environment", /"prod"/, /production, staging, local/],
  ["a regex with look-ahead", "nodeSelector", "(?!b)a", "nodeSelector", /not a regular exp.*\(\?!/, /RE2 syntax/],
  ["a back-reference", "nodeSelector", "(a)\\1", "nodeSelector", /not a regular expression/, /no back-reference/],
  ["a regex that breaks out of its anchors", "nodeSelector", "a)|(b", "nodeSelector", /not a regular exp/, /RE2/],
  ["a shell pattern", "nodeSelector", "*", "nodeSelector", /not a regular expression/, /write \.\* for anything/],
  ["an empty regex", "nodeSelector", "", "nodeSelector", /matches nothing/, /write \.\*/],
  ["a list of regexes", "nodeSelector", ["a", "b"], "nodeSelector", /is a list/, /one value/],
  ["a bad regex in a group", "logs", { excludeNamespaces: "[z-a]" }, "logs.excludeNamespaces", /not a reg/, /RE2/],
  ["a URL without a scheme", "lokiUrl", "loki:3100/loki/api/v1/push", "lokiUrl", /no http/, /scheme first/],
  ["another scheme", "lokiUrl", "ftp://loki/push", "lokiUrl", /no http/, /scheme first/],
  ["a URL with a user", "lokiUrl", "http://me@loki/push", "lokiUrl", /user or a password/, /alloy:credentials/],
  ["a bare Loki", "lokiUrl", "http://loki:3100", "lokiUrl", /no path/, /http:\/\/loki:3100\/loki\/api\/v1\/push$/],
  [
    "a bare Prometheus",
    "prometheusUrl",
    "http://p:9090/",
    "prometheusUrl",
    /no path/,
    /http:\/\/p:9090\/api\/v1\/write$/,
  ],
  ["Prometheus' path at Loki", "lokiUrl", "http://l/api/v1/write", "lokiUrl", /ends with/, /\/loki\/api\/v1\/push$/],
  ["Loki's path at Prometheus", "prometheusUrl", "http://p/loki/api/v1/push", "prometheusUrl", /ends/, /v1\/write$/],
  ["a URL with a space", "lokiUrl", "http://lo ki/push", "lokiUrl", /not a URL/, /without spaces/],
  ["a URL without a host", "lokiUrl", "http:///push", "lokiUrl", /not a URL/, /scheme, host/],
  ["a port that is none", "lokiUrl", "http://loki:99999/push", "lokiUrl", /not a URL/, /host, port/],
  ["image latest", "image", "docker.io/grafana/alloy:latest", "image", /`latest`/, /:v1\.18\.1/],
  ["an image without a version", "image", "docker.io/grafana/alloy", "image", /no version/, /repository:version/],
  ["an image of a branch", "image", "grafana/alloy:main", "image", /"main", which is no version/, /:version/],
  ["an image that is none", "image", "Grafana Alloy", "image", /not an image/, /repository:version/],
  ["quantity 500mb", "resources", { limits: { memory: "500mb" } }, "resources.limits.memory", /"500mb"/, /no mb/],
  ["quantity 0", "resources", { requests: { cpu: 0 } }, "resources.requests.cpu", /"0".*above zero/, /250m/],
  ["memory in thousandths", "resources", { limits: { memory: "512m" } }, "resources.limits.memory", /m means/, /512Mi/],
  ["memory in bytes", "resources", { limits: { memory: 512 } }, "resources.limits.memory", /bytes/, /512Mi/],
  [
    "CPU in mebibytes",
    "resources",
    { limits: { cpu: "500Mi" } },
    "resources.limits.cpu",
    /not an amount of CPU/,
    /250m/,
  ],
  ["a limit below its request", "resources", { limits: { cpu: "50m" } }, "resources.limits.cpu", /50m.*100m/, /raise/],
  [
    "memory limit below",
    "resources",
    { requests: { memory: "1Gi" } },
    "resources.limits.memory",
    /512Mi.*1Gi/,
    /raise/,
  ],
  ["WAL path /", "wal", { path: "/" }, "wal.path", /root of the node/, /\/var\/lib\/alloy/],
  ["WAL path /etc", "wal", { path: "/etc" }, "wal.path", /belongs to the node/, /\/var\/lib\/alloy/],
  ["WAL path under /etc", "wal", { path: "/etc/alloy/wal" }, "wal.path", /belongs to the node/, /var\/lib\/alloy/],
  ["WAL path of the kubelet", "wal", { path: "/var/lib/kubelet/x" }, "wal.path", /belongs to the node/, /of its own/],
  ["WAL path /var/lib", "wal", { path: "/var/lib" }, "wal.path", /shared/, /of its own/],
  ["WAL path /tmp/alloy", "wal", { path: "/tmp/alloy" }, "wal.path", /belongs to the node/, /of its own/],
  ["a relative WAL path", "wal", { path: "var/lib/alloy" }, "wal.path", /not an absolute/, /of its own/],
  ["a WAL path with ..", "wal", { path: "/var/lib/alloy/../kubelet" }, "wal.path", /not a plain path/, /of its own/],
  ["duration 1x", "rollout", { timeout: "1x" }, "rollout.timeout", /"1x" is not a duration/, /ms, s, m or h/],
  ["a duration in days", "wal", { outageBudget: "1d" }, "wal.outageBudget", /"1d"/, /24h/],
  [
    "a duration without a unit",
    "metrics",
    { scrapeInterval: 60 },
    "metrics.scrapeInterval",
    /number 60/,
    /such as 30s/,
  ],
  ["a duration of nothing", "metrics", { scrapeInterval: "0s" }, "metrics.scrapeInterval", /too short/, /1s or more/],
  ["an endless duration", "rollout", { timeout: "9999999999h" }, "rollout.timeout", /not a duration/, /30s or 1h30m/],
  [
    "a fraction of a minute",
    "selfMonitoring",
    { scrapeInterval: "1.5m" },
    "selfMonitoring.scrapeInterval",
    /Prom/,
    /1m30s/,
  ],
  ["an outage budget of no retry", "wal", { outageBudget: "10s" }, "wal.outageBudget", /too short/, /1m or more/],
  [
    "a budget beyond the window",
    "wal",
    { outageBudget: "2h" },
    "wal.outageBudget",
    /promises 2h.*1h/,
    /wal\.lokiWindow/,
  ],
  ["a label's value with a space", "clusterName", "my cluster", "clusterName", /"my cluster"/, /63 letters/],
  ["an empty name", "clusterName", "", "clusterName", /""/, /63 letters/],
  ["a label's value too long", "clusterName", "a".repeat(64), "clusterName", /label's value/, /63 letters/],
  ["two tenants", "lokiTenant", "a|b", "lokiTenant", /"a\|b"/, /150 letters/],
  ["a namespace in capitals", "namespace", { name: "Monitoring" }, "namespace.name", /"Monitoring"/, /lower-case/],
  ["the cluster's own namespace", "namespace", { name: "kube-system" }, "namespace.name", /cluster/, /managed: false/],
  ["neither true nor false", "logs", { enabled: "on" }, "logs.enabled", /"on"/, /true or false/],
  ["a group that is switched", "metrics", false, "metrics", /is false where an object/, /\{ enabled: false \}/],
  ["a group that is text", "resources", "512Mi", "resources", /is text where an object/, /requests: ….*limits/],
  ["a group that is a list", "wal", ["/a/b"], "wal", /is a list/, /path: …/],
  ["an empty group", "vault", "", "vault", /is empty/, /address: …, path: …/],
  ["a group within that is text", "resources", { limits: "1" }, "resources.limits", /"1" where an object/, /cpu: …/],
  ["a count that is none", "rollout", { maxUnavailable: "ten" }, "rollout.maxUnavailable", /"ten"/, /10%/],
  [
    "a list that is text",
    "pod",
    { imagePullSecrets: "a" },
    "pod.imagePullSecrets",
    /where a list/,
    /\[first, second\]/,
  ],
  [
    "a label that YAML read as true",
    "selfMonitoring",
    { labels: { on: true } },
    "selfMonitoring.labels.on",
    /true/,
    /quot/,
  ],
  [
    "a label's name with a space",
    "selfMonitoring",
    { labels: { "a b": "c" } },
    "selfMonitoring.labels.a b",
    /name/,
    /rel/,
  ],
  ["Vault without a path", "vault", { address: "http://v" }, "vault.path", /is missing/, /detectviz\/production/],
  ["Vault's HTTP path", "vault", { address: "http://v", path: "data/a" }, "vault.path", /HTTP/, /leave out data/],
  [
    "Vault's /v1",
    "vault",
    { address: "http://v:8200/v1", path: "a" },
    "vault.address",
    /adds \/v1/,
    /http:\/\/v:8200$/,
  ],
  ["a mount with a slash", "vault", { address: "http://v", path: "a", mount: "kv/" }, "vault.mount", /"kv\/"/, /ends/],
  ["an empty context", "kubernetes", { context: "" }, "kubernetes.context", /is empty/, /kubeconfig context/],
  ["a number for a context", "kubernetes", { context: 5 }, "kubernetes.context", /number 5/, /quotes/],
  ["seed without Vault's mode", "credentials", { seed: true }, "credentials.seed", /mode none/, /mode: secret/],
  [
    "mode secret without Vault",
    "credentials",
    { mode: "secret" },
    "vault",
    /is missing.*mode is secret/,
    /address: URL/,
  ],
  [
    "a mode for nothing",
    "credentials",
    { mode: "existing", loki: "none" },
    "credentials.mode",
    /neither/,
    /mode: none/,
  ],
];

const asConfig = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

describe("bad settings", () => {
  for (const [what, key, value, blamed, problem, remedy] of cases)
    it(`refuses ${what}, and says what to write`, () => {
      const problems = problemsOf({ ...good, [`alloy:${key}`]: asConfig(value) });
      assert.equal(problems.length, 1, JSON.stringify(problems));
      const [only] = problems;
      assert.equal(only?.file, file);
      assert.equal(only?.key, `alloy:${blamed}`);
      assert.match(only?.problem ?? "", problem);
      assert.match(only?.remedy ?? "", remedy);
    });

  it("reports every mistake at once, whatever they are", () => {
    // A rule across groups is silent where the other group is given, so it cannot be combined at will.
    const independent = cases.filter(([, key, , blamed]) => `${blamed}.`.startsWith(`${key}.`));
    fc.assert(
      fc.property(fc.subarray(independent, { minLength: 2 }), (picked) => {
        const byKey = new Map(picked.map((mistake) => [mistake[1], mistake]));
        const config: Record<string, string> = { ...good };
        for (const [key, mistake] of byKey) config[`alloy:${key}`] = asConfig(mistake[2]);
        const reported = new Set(problemsOf(config).map((problem) => problem.key));
        for (const [, , , blamed] of byKey.values()) assert.ok(reported.has(`alloy:${blamed}`), blamed);
      }),
    );
  });

  it("names all that is required, with an example of each", () => {
    assert.deepEqual(
      problemsOf({}).map(({ key, problem, remedy }) => [key, problem, remedy]),
      [
        ["alloy:clusterName", "is missing", "write a name such as detectviz-prod"],
        ["alloy:lokiTenant", "is missing", "write a tenant such as production"],
        ["alloy:environment", "is missing", "write one of production, staging, local"],
      ],
    );
  });

  it("requires a Kubernetes context outside local", () => {
    const [only] = problemsOf({ ...good, "alloy:environment": "production" });
    assert.equal(only?.key, "alloy:kubernetes");
    assert.match(only?.remedy ?? "", /context: NAME/);
  });

  it("refuses to collect nothing", () => {
    const [only] = problemsOf({ ...good, "alloy:logs": '{"enabled":false}', "alloy:metrics": '{"enabled":false}' });
    assert.equal(only?.key, "alloy:logs.enabled");
    assert.match(only?.remedy ?? "", /turn one of them on/);
  });

  for (const [key, remedy] of [
    ["kubernetes:context", /alloy:kubernetes: \{ context/],
    ["kubernetes:kubeconfig", /KUBECONFIG/],
    ["kubernetes:frobnicate", /alloy:kubernetes/],
    ["vault:address", /alloy:vault: \{ address/],
    ["vault:token", /VAULT_TOKEN/],
    ["random:seed", /remove it/],
  ] as const)
    it(`refuses ${key}, which the program's own providers would ignore`, () => {
      const [only] = problemsOf({ ...good, [key]: "hvs.do-not-show" });
      assert.equal(only?.key, key);
      assert.match(only?.problem ?? "", /is ignored/);
      assert.match(only?.remedy ?? "", remedy);
      assert.doesNotMatch(JSON.stringify(only), /do-not-show/);
    });

  it("finds a misspelt namespace, and leaves other people's alone", () => {
    assert.match(problemsOf({ ...good, "aloy:logLevel": "debug" })[0]?.remedy ?? "", /did you mean alloy:logLevel/);
    assert.deepEqual(problemsOf({ ...good, "pulumi:tags": "{}", "aws:region": "eu-north-1" }), []);
  });
});
