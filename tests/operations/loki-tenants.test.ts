import assert from "node:assert/strict";

import { lokiTenantsWarning, type LokiConfigMap } from "../../operations/warnings/loki-tenants";

const settings = { lokiTenant: "production" };
const configMap = (text: string, name = "loki"): LokiConfigMap => ({
  metadata: { name: "loki", labels: { "app.kubernetes.io/name": name } },
  data: { "config.yaml": text },
});
const warning = (...found: LokiConfigMap[]): string | undefined => lokiTenantsWarning(settings, "logging", found);

describe("the warning that Loki ignores tenants", () => {
  it("names the ConfigMap, the tenant and what to write", () => {
    const said = warning(configMap("auth_enabled: true\n"), configMap("server: {}\nauth_enabled: false\n")) ?? "";
    for (const part of ["ConfigMap logging/loki", 'tenant "fake"', "asks for production", "auth_enabled: true"])
      assert.ok(said.includes(part), part);
  });

  for (const [what, found] of [
    ["no ConfigMap", []],
    ["tenants that count", [configMap("auth_enabled: true\n")]],
    ["the default", [configMap("server: {}\n")]],
    ["another program's setting", [configMap("auth_enabled: false\n", "mimir")]],
    ["a comment", [configMap("# auth_enabled: false\n")]],
    ["a text that is no YAML", [configMap("auth_enabled: false\n  a: [\n")]],
    ["a ConfigMap without data", [{ metadata: { name: "loki", labels: { "app.kubernetes.io/name": "loki" } } }]],
  ] as [string, LokiConfigMap[]][])
    it(`says nothing of ${what}`, () => assert.equal(warning(...found), undefined));
});
