import assert from "node:assert/strict";

import { policiesFor } from "../../policy/enforcement";
import { levelOf } from "../../policy/levels";
import type { Resource, Rule } from "../../policy/rule";
import { alloyRuleConfig } from "../../policy/rules/alloy";
import { containerCapabilities } from "../../policy/rules/container-capabilities";
import { containerNonRoot } from "../../policy/rules/container-non-root";
import { secretElsewhere } from "../../policy/rules/secret-elsewhere";
import { secretLiteral } from "../../policy/rules/secret-literal";
import type { Plain } from "../../policy/values";
import { configOf } from "../support/settings";
import { happyDaemonSet, happyPod, happySecret, happyStack, needs, password, settings } from "./happy";
import { resource, run, unknownText, withField } from "./support";

/** Everything that the pack says about a stack, at any level. */
function judge(config: Record<string, string>, resources: Resource[]): string[] {
  const { rules, context } = policiesFor(config);
  return rules
    .filter((rule) => levelOf(rule, context.environment) !== "disabled" && !closed.includes(rule.name))
    .flatMap((rule) => {
      const stackConfig = context.stackConfig[rule.name] ?? {};
      const { environment, unknown } = context;
      const { violations, unknown: skipped } = run(rule, resources, { stackConfig, environment, unknown });
      return [...violations, ...skipped].map((message) => `${rule.name}: ${message}`);
    });
}

// Names of the closed world's rules: the objects of these tests have names of their own. closed-world.test.ts
const closed = ["alloy-resources", "alloy-fields", "alloy-complete"];

describe("the tests' own stack", () => {
  it("passes every rule about a single fault", () => {
    const config = {
      ...configOf({ environment: "production", kubernetes: { context: "test" } }),
      "alloy:credentials": '{"mode":"secret","loki":"basic"}',
      "alloy:vault": '{"address":"https://vault.test","path":"a/b"}',
      "alloy:network": '{"enabled":true,"scrapeCidrs":["10.20.0.0/16"]}',
    };
    assert.deepEqual(judge(config, happyStack()), []);
  });
});

describe("the one exception", () => {
  const rules: Rule[] = [containerNonRoot, containerCapabilities];
  const init = "spec.template.spec.initContainers";
  const allowed = alloyRuleConfig(settings, needs);
  const found = (daemonSet: Resource, config: Record<string, Plain> = allowed): number =>
    rules.reduce(
      (sum, rule) => sum + run(rule, daemonSet, { stackConfig: config[rule.name] ?? {} }).violations.length,
      0,
    );

  it("lets prepare-storage be root with CHOWN, and only where the collectors' rules are on", () => {
    assert.equal(found(happyDaemonSet()), 0);
    assert.ok(found(happyDaemonSet(), {}) >= 3);
  });

  it("is off where the nodes provision the directory", () => {
    const without = { ...settings, wal: { ...settings.wal, prepare: "none" as const } };
    assert.ok(found(happyDaemonSet(), alloyRuleConfig(without, needs)) >= 3);
  });

  for (const [field, set] of [
    ["[0].name", "prepare"],
    ["[0].image", "docker.io/library/busybox:1.36"],
    ["[0].securityContext.capabilities.add", ["CHOWN", "FOWNER"]],
    ["[0].securityContext.runAsGroup", 0],
    ["[0].volumeMounts[0].mountPath", "/"],
    ["[0].volumeMounts[1]", { name: "credentials", mountPath: "/a" }],
    ["[0].env", [{ name: "A", value: "b" }]],
    ["[0].command[4]", "/"],
  ] as const) {
    it(`does not hold with another initContainers${field}`, () => {
      assert.ok(found(withField(happyDaemonSet(), init + field, set)) > 0);
    });
  }

  it("does not hold for a second container, another position or another workload", () => {
    const [spec] = [happyDaemonSet().props["spec"] as { template: { spec: { initContainers: unknown[] } } }];
    const twin = spec.template.spec.initContainers[0];
    assert.ok(found(withField(happyDaemonSet(), `${init}[1]`, twin)) > 0);
    assert.ok(found(withField(happyDaemonSet(), "spec.template.spec.containers[1]", twin)) > 0);
    assert.ok(found({ ...happyDaemonSet(), type: "kubernetes:apps/v1:Deployment" }) > 0);
    assert.ok(found(withField(happyPod(), "spec.initContainers[0]", twin)) > 0);
  });

  it("cannot come from a policy configuration file", () => {
    for (const exception of [true, "yes", { allow: true }])
      assert.ok(run(containerNonRoot, happyDaemonSet(), { config: { exception } }).violations.length > 0);
  });
});

describe("the rules for one stack", () => {
  it("are the generic ones where there are no settings of ours", () => {
    const { rules, context } = policiesFor({ "aws:region": "eu-west-1" });
    assert.ok(rules.every(({ name }) => !name.startsWith("alloy-")));
    assert.deepEqual(context, { environment: "other", stackConfig: {}, unknown: "report" });
  });

  it("know the collectors where there are", () => {
    const { rules, context } = policiesFor(configOf());
    assert.ok(rules.some(({ name }) => name === "alloy-granted-equals-needed"));
    assert.equal(context.environment, "local");
    assert.equal(context.unknown, "refuse");
  });

  it("ask for no PodMonitor where self-monitoring is off", () => {
    const { rules } = policiesFor(configOf({ selfMonitoring: { enabled: false } }));
    assert.ok(!rules.some(({ name }) => name === "alloy-pod-monitor"));
  });

  it("ask for a NetworkPolicy once it is switched on, and not before", () => {
    const isAsked = (values: Record<string, unknown>): boolean =>
      policiesFor(configOf(values)).rules.some(({ name }) => name === "alloy-network");
    assert.ok(!isAsked({}));
    assert.ok(isAsked({ network: { enabled: true } }));
  });

  it("refuse a stack whose settings cannot be read", () => {
    const { rules } = policiesFor(configOf({ lokiTenants: "a", logLevel: "loud" }));
    const settingsRule = rules.find(({ name }) => name === "alloy-settings");
    assert.ok(settingsRule);
    const { violations } = run(settingsRule, []);
    assert.match(violations.join("\n"), /alloy:lokiTenants/);
    assert.match(violations.join("\n"), /alloy:logLevel/);
  });
});

describe("secret-literal", () => {
  const ingress = (annotations: unknown): Resource =>
    resource("kubernetes:networking.k8s.io/v1:Ingress", "web", { metadata: { name: "web", annotations } });

  it("reads the annotations of every kind, and passes over one that is not known yet where no pod runs", () => {
    const snippet = 'proxy_set_header Authorization "Bearer abcdefghijklmnop";';
    const said = run(secretLiteral, ingress({ arn: unknownText, snippet }));
    assert.match(said.violations.join(), /Ingress "web": metadata\.annotations\.snippet holds a bearer token/);
    assert.ok(!said.violations.join().includes("abcdefghij"));
    assert.deepEqual(said.unknown, []);
    assert.deepEqual(run(secretLiteral, ingress(unknownText)), { violations: [], unknown: [] });
    assert.deepEqual(run(secretLiteral, ingress(7)).violations, []);
  });
});

describe("secret-elsewhere", () => {
  const note = (value: string): Resource =>
    resource("kubernetes:core/v1:ConfigMap", "note", { metadata: { name: "note" }, data: { note: value } });

  it("finds a Secret's value in another object, whether data or stringData, and says where only", () => {
    const encoded = withField(happySecret(), "stringData", undefined);
    encoded.props["data"] = { token: Buffer.from(password).toString("base64") };
    for (const secret of [happySecret(), encoded]) {
      const { violations } = run(secretElsewhere, [secret, note(`a ${password} b`)]);
      assert.match(violations.join(), /ConfigMap "note": data\.note holds a value/);
      assert.ok(!violations.join().includes(password));
    }
  });

  it("finds it in the Secret's own annotations", () => {
    const copied = withField(happySecret(), "metadata.annotations", { applied: password });
    assert.match(run(secretElsewhere, copied).violations.join(), /metadata\.annotations\.applied/);
  });

  it("finds it in an output of the stack", () => {
    const stack = resource("pulumi:pulumi:Stack", "alloy-test", { login: { password: [password] }, name: "alloy" });
    const { violations } = run(secretElsewhere, [happySecret(), stack]);
    assert.equal(violations.length, 1);
    assert.match(violations.join(), /login\.password\[0\] is an output/);
  });

  it("finds it in base64, wherever in the text it begins", () => {
    const encode = (text: string): string => Buffer.from(text).toString("base64");
    for (const around of ["", "u:", "usr:", "user:"]) {
      const binary = resource("kubernetes:core/v1:ConfigMap", "note", {
        metadata: { name: "note" },
        binaryData: { file: encode(`${around}${password}\n`) },
      });
      assert.match(run(secretElsewhere, [happySecret(), binary]).violations.join(), /binaryData\.file holds a value/);
      const { violations } = run(secretElsewhere, [happySecret(), note(`Basic ${encode(around + password)}`)]);
      assert.match(violations.join(), /data\.note holds a value/);
    }
    const applied = JSON.stringify({ data: { token: encode(password) } });
    const secret = withField(happySecret(), "metadata.annotations", { applied });
    assert.match(run(secretElsewhere, secret).violations.join(), /metadata\.annotations\.applied/);
    assert.deepEqual(run(secretElsewhere, [happySecret(), note(encode("another text of some length"))]).violations, []);
  });

  it("finds a member of a credential file at any depth", () => {
    for (const file of [{ auths: { "registry.test": { username: "a", password } } }, [{ list: [password] }]]) {
      const secret = withField(happySecret(), "stringData", { ".dockerconfigjson": JSON.stringify(file) });
      assert.match(run(secretElsewhere, [secret, note(password)]).violations.join(), /data\.note holds a value/);
    }
  });

  it("does not mind what a Secret holds beside the secret, unless that is one by its form", () => {
    const beside = {
      DB_NAME: "shop-production",
      dbHost: "postgres.shop.svc",
      AWS_REGION: "eu-central-1",
      mode: "verify-full",
    };
    for (const [key, value] of Object.entries(beside)) {
      const secret = withField(happySecret(), "stringData", { [key]: value });
      assert.deepEqual(run(secretElsewhere, [secret, note(value)]).violations, [], key);
    }
    const url = `https://a:${password}@b/`;
    const secret = withField(happySecret(), "stringData", { ENDPOINT: url });
    assert.equal(run(secretElsewhere, [secret, note(url)]).violations.length, 1);
  });

  it("does not mind the user name or a short value", () => {
    assert.deepEqual(run(secretElsewhere, [happySecret(), note("alloy")]).violations, []);
    const short = withField(happySecret(), "stringData", { pin: "1234" });
    assert.deepEqual(run(secretElsewhere, [short, note("1234")]).violations, []);
  });
});
