import assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { formatProblems, UserError, type Problem } from "../../kit/user-error";
import { parseSettings } from "../../settings/parse-settings";
import { editDistance, nearest } from "../../kit/nearest";
import { loadSettings } from "../../settings/stack-config";

const file = "Pulumi.test.yaml";
const good = { "alloy:clusterName": "detectviz-test", "alloy:lokiTenant": "test", "alloy:environment": "local" };

function problemsOf(load: () => unknown): readonly Problem[] {
  try {
    load();
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.problems;
  }
  return assert.fail("nothing was refused");
}

const keysOf = (config: Record<string, string>) =>
  problemsOf(() => parseSettings(config, file))
    .map(({ key }) => key)
    .sort();

describe("parseSettings", () => {
  it("fills in every default", () => {
    const settings = parseSettings(good, file);
    assert.equal(settings.nodeSelector, ".*");
    assert.equal(settings.lokiUrl, "http://loki-gateway.monitoring.svc:80/loki/api/v1/push");
    assert.equal(settings.prometheusUrl, "http://kube-prometheus-stack-prometheus.monitoring:9090/api/v1/write");
    assert.deepEqual(settings.resources, {
      requests: { cpu: "100m", memory: "256Mi" },
      limits: { cpu: "500m", memory: "512Mi" },
    });
    assert.deepEqual(settings.namespace, { name: "monitoring", managed: true });
    assert.equal(settings.wal.path, "/var/lib/alloy");
    assert.equal(settings.credentials.mode, "none");
    assert.equal(settings.selfMonitoring.enabled, true);
    assert.equal(settings.vault, undefined);
  });

  it("keeps the rest of a group where one key is set", () => {
    const { wal, resources } = parseSettings(
      { ...good, "alloy:wal": '{"outageBudget":"30m"}', "alloy:resources": '{"limits":{"cpu":1}}' },
      file,
    );
    assert.deepEqual([wal.outageBudget, wal.path, wal.prepare], ["30m", "/var/lib/alloy", "init"]);
    assert.deepEqual(resources.limits, { cpu: "1", memory: "512Mi" });
  });

  it("takes booleans and numbers that YAML or the command line left as text", () => {
    const { logs, rollout, clusterName } = parseSettings(
      {
        ...good,
        "alloy:clusterName": "5",
        "alloy:logs": '{"structuredMetadata":"false"}',
        "alloy:rollout": '{"maxUnavailable":"2"}',
      },
      file,
    );
    assert.equal(logs.structuredMetadata, false);
    assert.equal(String(rollout.maxUnavailable), "2");
    assert.equal(clusterName, "5");
  });

  it("takes the addresses of the specification", () => {
    for (const lokiUrl of [
      "http://detectviz-loki-gateway.monitoring:3100/loki/api/v1/push",
      "http://loki-gateway.monitoring.svc:80/loki/api/v1/push",
      "https://[2001:db8::1]:3100/loki/api/v1/push",
    ])
      assert.equal(parseSettings({ ...good, "alloy:lokiUrl": lokiUrl }, file).lokiUrl, lokiUrl);
  });

  it("takes what RE2 takes and JavaScript does not", () => {
    for (const nodeSelector of ["(?i)worker-.*", "\\Aworker", "[[:alpha:]]+", "(?P<pool>a|b)-\\d+"])
      assert.equal(parseSettings({ ...good, "alloy:nodeSelector": nodeSelector }, file).nodeSelector, nodeSelector);
  });

  it("takes a larger budget where Loki's window and the kubelet's files are stated to be larger", () => {
    const { wal } = parseSettings(
      { ...good, "alloy:wal": '{"outageBudget":"6h","lokiWindow":"12h","kubeletLogSize":"60Mi"}' },
      file,
    );
    assert.equal(wal.outageBudget, "6h");
  });

  describe("rules across fields", () => {
    it("speak although another field of the group has the wrong type", () => {
      const wal = '{"outageBudget":"2h","path":[],"logs":"on"}';
      assert.deepEqual(keysOf({ ...good, "alloy:wal": wal }), [
        "alloy:wal.logs",
        "alloy:wal.outageBudget",
        "alloy:wal.path",
      ]);
    });

    it("speak although another group and a required key are wrong", () => {
      const config = {
        "alloy:environment": "staging",
        "alloy:logs": "x",
        "alloy:credentials": '{"mode":"secret","x":1}',
      };
      assert.deepEqual(keysOf(config), [
        "alloy:clusterName",
        "alloy:credentials.x",
        "alloy:kubernetes",
        "alloy:logs",
        "alloy:lokiTenant",
        "alloy:vault",
      ]);
    });

    it("compare one resource although the other cannot be read", () => {
      const resources = '{"requests":{"cpu":"1"},"limits":{"cpu":"500m","memory":"500mb"}}';
      assert.deepEqual(keysOf({ ...good, "alloy:resources": resources }), [
        "alloy:resources.limits.cpu",
        "alloy:resources.limits.memory",
      ]);
    });

    it("are silent about a field that cannot be read", () => {
      assert.deepEqual(keysOf({ ...good, "alloy:wal": '{"outageBudget":"2h","lokiWindow":"1x"}' }), [
        "alloy:wal.lokiWindow",
      ]);
    });
  });

  it("reports a misspelt required key once", () => {
    const { "alloy:clusterName": name, ...rest } = good;
    assert.deepEqual(keysOf({ ...rest, "alloy:clustername": name }), ["alloy:clustername"]);
  });

  it("never shows what a URL hides, nor an encrypted value", () => {
    const config = {
      ...good,
      "alloy:lokiUrl": "http://me:hunter2@loki/push",
      "alloy:prometheusUrl": "http://me:hunter2@prom:99999999/api",
      "alloy:image": "me:hunter2/hunter2 hunter2@registry.example.com/alloy:v1",
      "alloy:lokiTenant": "http://me:hunter2@x",
      "alloy:clusterName": "hunter2 hunter2",
      "alloy:vault": '{"address":"hunter2","token":"hunter2"}',
    };
    const problems = problemsOf(() => parseSettings(config, file, new Set(["alloy:clusterName", "alloy:vault"])));
    assert.doesNotMatch(formatProblems(problems), /hunter2/);
    const encrypted = problems.filter(({ problem }) => problem.startsWith("is encrypted"));
    assert.deepEqual(encrypted.map(({ key }) => key).sort(), ["alloy:clusterName", "alloy:vault"]);
    assert.equal(problems.length, 6);
  });

  it("prints file, key, problem and remedy of each", () => {
    const text = formatProblems(problemsOf(() => parseSettings({ ...good, "alloy:logLevel": "loud" }, file)));
    assert.equal(
      text,
      [
        "1 problem; nothing was deployed.",
        "  Pulumi.test.yaml: alloy:logLevel",
        '    "loud" is not one of its values',
        "    → write one of error, warn, info, debug",
      ].join("\n"),
    );
  });
});

describe("loadSettings", () => {
  const noMocks: pulumi.runtime.Mocks = {
    call: () => assert.fail("settings call nothing"),
    newResource: () => assert.fail("settings create nothing"),
  };

  it("reads the running stack's config, and knows which keys are encrypted", async () => {
    await pulumi.runtime.setMocks(noMocks, "alloy", "pilot", true);
    pulumi.runtime.setAllConfig({ ...good, "alloy:logLevel": "debug" }, []);
    assert.equal(loadSettings().logLevel, "debug");

    pulumi.runtime.setAllConfig({ ...good, "alloy:lokiUrl": "hunter2" }, ["alloy:lokiUrl"]);
    const [only] = problemsOf(loadSettings);
    assert.deepEqual([only?.file, only?.key], ["Pulumi.pilot.yaml", "alloy:lokiUrl"]);
    assert.match(only?.problem ?? "", /is encrypted/);
    pulumi.runtime.setAllConfig({}, []);
  });
});

describe("nearest", () => {
  it("counts inserted, deleted, replaced and swapped letters", () => {
    assert.deepEqual(
      [
        editDistance("", "abc"),
        editDistance("abc", "abc"),
        editDistance("path", "paht"),
        editDistance("kitten", "sitting"),
      ],
      [3, 0, 1, 3],
    );
  });

  it("offers only what is near", () => {
    assert.equal(nearest("lokitennant", ["lokiUrl", "lokiTenant"]), "lokiTenant");
    assert.equal(nearest("wall", ["wal", "vault"]), "wal");
    assert.equal(nearest("frobnicate", ["wal", "logs", "metrics"]), undefined);
    assert.equal(nearest("anything", []), undefined);
  });
});
