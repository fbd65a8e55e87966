import assert from "node:assert/strict";

import { isLineOf } from "../../vault/htpasswd";
import { composePipeline } from "../../pipeline/compose";
import { named, record, revealed, secretPaths, unknownValue } from "../support/recording";
import { settingsOf, vaultValues } from "../support/settings";

// The recorder answers each read from Vault, and each random password, with this.
const madeUp = "made-up";
const madeUpFile = Buffer.from(JSON.stringify({ username: madeUp, password: madeUp })).toString("base64");

const secretMode = {
  credentials: { mode: "secret", loki: "basic", prometheus: "bearer", secretName: "mine" },
  vault: vaultValues,
};
const seedMode = {
  credentials: { mode: "secret", loki: "basic", prometheus: "basic", seed: true },
  vault: vaultValues,
};

const certificate = {
  credentials: { mode: "secret", loki: "mtls", keys: { loki: "client" } },
  lokiUrl: "https://loki.example.com/loki/api/v1/push",
  vault: vaultValues,
};
const readAtUp = { ...secretMode, credentials: { ...secretMode.credentials, readAt: "up" } };

describe("secrets: where they are", () => {
  it("in the Secret, one key a backend, as the pod expects its files", async () => {
    const { inputs } = named(await record(secretMode), "alloy-credentials-secret");
    const { data, metadata, type } = revealed(inputs) as Record<string, unknown>;
    assert.equal(type, "Opaque");
    assert.equal((metadata as { name: string }).name, "mine");
    assert.deepEqual(data, {
      "loki.json": madeUpFile,
      "prometheus-token": Buffer.from(madeUp).toString("base64"),
    });
  });

  it("marked secret there and in what is written to Vault, and nothing else is", async () => {
    const { resources } = await record(seedMode);
    const marked = resources.flatMap(({ name, inputs }) => secretPaths(inputs).map((path) => `${name}: ${path}`));
    assert.deepEqual(marked.sort(), [
      "alloy-credentials-loki-gateway: dataJson",
      "alloy-credentials-loki-seed: dataJson",
      "alloy-credentials-prometheus-gateway: dataJson",
      "alloy-credentials-prometheus-seed: dataJson",
      "alloy-credentials-secret: data",
    ]);
  });

  for (const [title, values] of [
    ["read from Vault", secretMode],
    ["made up", seedMode],
  ] as const)
    it(`nowhere else and in no output, when they are ${title}`, async () => {
      const { resources, outputs } = await record(values);
      const holders = [...resources, { name: "outputs", inputs: outputs }].filter(({ inputs }) => {
        const text = JSON.stringify(revealed(inputs));
        return text.includes(madeUp) || text.includes(madeUpFile);
      });
      const allowed = /^alloy-credentials-(secret|(loki|prometheus)-(seed|gateway))$/;
      for (const { name } of holders) assert.match(name, allowed);
      assert.ok(holders.length > 0);
      assert.deepEqual(secretPaths(outputs), []);
    });

  it("written below the path of the settings, the tenant as the user", async () => {
    const { inputs } = named(await record(seedMode), "alloy-credentials-prometheus-seed");
    const { mount, name, dataJson } = revealed(inputs) as Record<string, string>;
    assert.deepEqual({ mount, name }, { mount: "secret", name: "detectviz/test/alloy/prometheus" });
    assert.deepEqual(JSON.parse(dataJson ?? ""), { username: "test-tenant", password: madeUp });
  });

  it("writes a password where there was none yet, and never a second time", async () => {
    for (const name of ["alloy-credentials-loki-seed", "alloy-credentials-loki-gateway"]) {
      const { inputs, options } = named(await record(seedMode), name);
      assert.deepEqual(inputs["options"], { cas: "0" }, name);
      assert.deepEqual(options.ignoreChanges, ["dataJson", "options"], name);
      assert.deepEqual(options.beforeCreate, [`${name}-is-first`]);
    }
  });

  it("the gateway's line beside it: the user and a hash", async () => {
    const { inputs } = named(await record(seedMode), "alloy-credentials-loki-gateway");
    const { mount, name, dataJson } = revealed(inputs) as Record<string, string>;
    assert.deepEqual({ mount, name }, { mount: "secret", name: "detectviz/test/alloy/loki-gateway" });
    // The recorder answers both user and password with the same made-up text.
    const { htpasswd = "", ...others } = JSON.parse(dataJson ?? "") as Record<string, string>;
    assert.deepEqual(others, {});
    const [line = "", ...rest] = htpasswd.split("\n");
    assert.ok(isLineOf(line, madeUp, madeUp));
    assert.deepEqual(rest, [""]);
  });

  it("one certificate in one file, under the key that the settings name", async () => {
    const { inputs } = named(await record(certificate), "alloy-credentials-secret");
    const { data } = revealed(inputs) as { data: Record<string, string> };
    assert.deepEqual(Object.keys(data), ["client"]);
    const file = JSON.parse(Buffer.from(data["client"] ?? "", "base64").toString("utf8")) as Record<string, string>;
    assert.deepEqual(Object.keys(file).sort(), ["ca", "cert", "key"]);
    // The recorder answers with what passes for PEM.
    for (const pem of Object.values(file)) assert.match(pem, new RegExp(`^-----BEGIN .*\n${madeUp}\n-----END .*\n$`));
  });

  it("outputs: what a person asks for first, and no more", async () => {
    const { outputs } = await record(seedMode);
    const { configChecksum, ...rest } = outputs;
    assert.match(String(configChecksum), /^[0-9a-f]{64}$/);
    assert.deepEqual(rest, {
      clusterName: "test-cluster",
      lokiTenant: "test-tenant",
      image: "docker.io/grafana/alloy:v1.18.1",
      namespace: "monitoring",
      daemonSet: "alloy",
    });
  });
});

describe("the first preview: nothing is decided inside an apply", () => {
  for (const [title, values, unknown] of [
    ["without credentials", {}, []],
    ["mode existing", { credentials: { mode: "existing", loki: "basic" } }, []],
    ["mode secret: Vault is read at once", secretMode, []],
    [
      "seed: only what is not written yet is unknown",
      seedMode,
      [
        "alloy-credentials-loki-gateway: dataJson",
        "alloy-credentials-loki-seed: dataJson",
        "alloy-credentials-prometheus-gateway: dataJson",
        "alloy-credentials-prometheus-seed: dataJson",
        "alloy-credentials-secret: data",
      ],
    ],
    ["readAt up: only what stands in the Secret is unknown", readAtUp, ["alloy-credentials-secret: data"]],
  ] as const)
    it(title, async () => {
      const preview = await record(values, true);
      const paths = preview.resources.flatMap(({ name, inputs }) =>
        Object.entries(inputs)
          .filter(([, value]) => JSON.stringify(value).includes(unknownValue))
          .map(([key]) => `${name}: ${key}`),
      );
      assert.deepEqual(paths.sort(), [...unknown]);
    });

  it("shows every object as `up` will declare it", async () => {
    const [preview, up] = [await record(secretMode, true), await record(secretMode)];
    assert.deepEqual(
      preview.resources.map(({ name, inputs }) => [name, inputs]).sort(),
      up.resources.map(({ name, inputs }) => [name, inputs]).sort(),
    );
  });

  it("shows the whole pod and the whole pipeline, with seed too", async () => {
    const preview = await record(seedMode, true);
    const { needs, text } = composePipeline(settingsOf(seedMode));
    assert.deepEqual(named(preview, "alloy-pipeline-config-map").inputs["data"], { "config.alloy": text });
    const pod = JSON.stringify(named(preview, "alloy-collectors-daemon-set").inputs["spec"]);
    for (const { path } of needs.files) assert.ok(pod.includes(path.split("/").at(-1) ?? path), path);
    assert.ok(!pod.includes(unknownValue));
  });
});
