import assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";

import { vaultGrantId } from "../../pipeline/vault";
import { VaultAccess } from "../../components/vault-access";
import { UserError } from "../../kit/user-error";
import { named, record, revealed, secretPaths } from "../support/recording";
import { settingsOf, vaultValues, type StackValues } from "../support/settings";

const credentials = { mode: "vault", loki: "basic", prometheus: "bearer" };
const login = { mount: "k8s", audience: "vault", period: "8h" };
const values = { credentials, vault: { ...vaultValues, login } };
const cidrs = ["10.0.0.8/32"];
const network = {
  enabled: true,
  scrapeCidrs: cidrs,
  destinations: {
    "vault.example.internal": { cidrs },
    "loki-gateway.monitoring.svc": { cidrs },
    "kubernetes.default.svc": { cidrs },
    "kube-prometheus-stack-prometheus.monitoring": { cidrs },
  },
};
/** Of the grant that these values make. */
const id = vaultGrantId(settingsOf(values));

describe("mode vault: what is declared", () => {
  it("a policy that reads exactly the two paths and keeps its own login", async () => {
    const { inputs } = named(await record(values), `alloy-credentials-policy-${id}`);
    const { name, policy } = revealed(inputs) as Record<string, string>;
    assert.equal(name, `alloy-test-cluster.${id}`);
    assert.deepEqual(
      (policy ?? "").split("\n").filter((line) => line.startsWith("path")),
      [
        'path "secret/data/detectviz/test/alloy/loki" { capabilities = ["read"] }',
        'path "secret/data/detectviz/test/alloy/prometheus" { capabilities = ["read"] }',
        'path "auth/token/renew-self" { capabilities = ["update"] }',
        'path "auth/token/revoke-self" { capabilities = ["update"] }',
      ],
    );
  });

  it("a role for the one ServiceAccount, whose login can be renewed for ever", async () => {
    const { inputs, options } = named(await record(values), `alloy-credentials-role-${id}`);
    assert.deepEqual(revealed(inputs), {
      backend: "k8s",
      roleName: `alloy-test-cluster.${id}`,
      boundServiceAccountNames: ["alloy"],
      boundServiceAccountNamespaces: ["monitoring"],
      tokenPolicies: [`alloy-test-cluster.${id}`],
      tokenNoDefaultPolicy: true,
      tokenPeriod: 8 * 3600,
      audience: "vault",
    });
    assert.equal(options.provider, "vault");
  });

  it("another policy and role for another grant, not changed ones: running collectors have those that are there", () => {
    const grantOf = (changed: StackValues): string => vaultGrantId(settingsOf({ ...values, ...changed }));
    const vaultOf = (changed: StackValues): StackValues => ({ vault: { ...values.vault, ...changed } });
    const others = [
      vaultOf({ address: "https://other.example:8200" }),
      vaultOf({ namespace: "team" }),
      vaultOf({ mount: "kv" }),
      vaultOf({ path: "elsewhere/alloy" }),
      vaultOf({ mount: "secret/detectviz", path: "test/alloy" }),
      { clusterName: "other-cluster" },
      { clusterName: "Test-cluster" },
      vaultOf({ login: { ...login, mount: "k8s-2" } }),
      vaultOf({ login: { ...login, audience: "other" } }),
      { namespace: { name: "collectors" } },
      { credentials: { mode: "vault", loki: "basic" } },
    ];
    const ids = [id, ...others.map(grantOf)];
    assert.equal(new Set(ids).size, ids.length, ids.join(" "));
    for (const same of [{}, vaultOf({ login: { ...login, period: "24h" } }), { logLevel: "debug" }])
      assert.equal(grantOf(same), id);
  });

  it("nothing that holds a secret", async () => {
    const { resources } = await record(values);
    assert.deepEqual(
      resources.flatMap(({ inputs }) => secretPaths(inputs)),
      [],
    );
    assert.ok(!resources.some(({ type }) => type.endsWith(":Secret") || type.startsWith("random:")));
  });

  for (const preview of [true, false])
    it(`pods, pipeline and NetworkPolicy wait for the role, ${preview ? "at preview" : "at up"}`, async () => {
      const recording = await record({ ...values, network }, preview);
      for (const name of ["alloy-collectors-daemon-set", "alloy-pipeline-config-map", "alloy-network-policy"])
        assert.ok(named(recording, name).options.dependsOn.includes(`alloy-credentials-role-${id}`), name);
    });

  it("a token for Vault in the collector's container, where an audience is asked for", async () => {
    const { inputs } = named(await record(values), "alloy-collectors-daemon-set");
    const text = JSON.stringify(inputs["spec"]);
    assert.match(text, /"audience":"vault","expirationSeconds":3607,"path":"token"|"path":"token","audience":"vault"/);
    assert.equal(text.split("/var/run/secrets/vault").length, 2);
  });
});

describe("mode vault: the login", () => {
  const serviceAccount = (): pulumi.CustomResource => new vault.Provider("stands-for-the-service-account", {});

  async function tested(preview: boolean, testLogin: () => Promise<void>): Promise<VaultAccess> {
    const mocks: pulumi.runtime.Mocks = {
      newResource: ({ name, inputs }) => ({ id: `${name}-id`, state: inputs as Record<string, unknown> }),
      call: () => ({}),
    };
    await pulumi.runtime.setMocks(mocks, "project", "stack", preview);
    const settings = settingsOf(values);
    const args = {
      settings,
      stackFile: "Pulumi.test.yaml",
      serviceAccount: serviceAccount(),
      testLogin,
      dependsOn: [],
    };
    return new VaultAccess("access", args, { provider: new vault.Provider("vault", { address: "http://v:8200" }) });
  }

  it("is tried once before anything waits no longer, and not at preview", async () => {
    for (const preview of [true, false]) {
      let tries = 0;
      const { ready } = await tested(preview, () => Promise.resolve(void tries++));
      await Promise.all(ready.map((one) => new Promise((resolve) => pulumi.output(one).apply(resolve))));
      assert.equal(tries, preview ? 0 : 1);
    }
  });

  it("that fails ends the run with the report alone", async () => {
    const refused = UserError.of("Vault at http://v:8200", "auth/k8s/login", "lets no collector in", "look at it");
    const { ready } = await tested(false, () => Promise.reject(refused));
    const last = ready.at(-1) as unknown as { promise(): Promise<unknown> };
    await assert.rejects(last.promise(), (error: unknown) => {
      assert.ok(pulumi.RunError.isInstance(error), String(error));
      assert.equal(error.message, refused.message);
      return true;
    });
  });
});
