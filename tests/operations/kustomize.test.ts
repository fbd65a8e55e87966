import assert from "node:assert/strict";

import { parse } from "yaml";

import { repoRoot } from "../../kit/repo-root";
import { kustomizeBase, vaultCommands } from "../../operations/recording/kustomize";
import { kubernetesObjects } from "../../operations/recording/manifests";
import { recordProgram } from "../../operations/recording/record-program";
import { vaultRole } from "../../pipeline/vault";
import { parseSettings } from "../../settings/parse-settings";
import { readStackFile } from "../../settings/stack-file";
import { settingsOf, vaultValues } from "../support/settings";

const base = async (stack: string): Promise<{ files: Map<string, string>; objects: Record<string, unknown>[] }> => {
  const { config, file } = readStackFile(stack, repoRoot);
  const { resources } = await recordProgram({ stack, config });
  const objects = kubernetesObjects(resources);
  return { files: kustomizeBase(objects, parseSettings(config, file), file), objects };
};

/** Without the annotations that speak to Pulumi, which is all that may differ. */
function plain(object: Record<string, unknown>): Record<string, unknown> {
  const { annotations = {}, ...metadata } = object["metadata"] as { annotations?: Record<string, string> };
  const kept = Object.fromEntries(Object.entries(annotations).filter(([key]) => !key.startsWith("pulumi.com/")));
  const rest = Object.keys(kept).length > 0 ? { annotations: kept } : {};
  return JSON.parse(JSON.stringify({ ...object, metadata: { ...metadata, ...rest } })) as Record<string, unknown>;
}

describe("render --kustomize", () => {
  it("gives the same objects as a base", async () => {
    const { files, objects } = await base("staging");
    const { resources } = parse(files.get("kustomization.yaml") ?? "") as { resources: string[] };
    assert.deepEqual(
      resources,
      [...files.keys()].filter((name) => name !== "kustomization.yaml"),
    );
    assert.equal(resources.length, objects.length);
    const parsed = resources.map((name) => parse(files.get(name) ?? "") as Record<string, unknown>);
    assert.deepEqual(parsed, objects.map(plain));
    assert.doesNotMatch([...files.values()].join(""), /pulumi\.com\//);
  });

  it("keeps the ConfigMap's name and the checksum that rolls the pods", async () => {
    const { files } = await base("staging");
    assert.match(files.get("configmap-alloy-config.yaml") ?? "", /name: alloy-config\n/);
    assert.match(files.get("daemonset-alloy.yaml") ?? "", /detectviz\.io\/config-checksum: "?[0-9a-f]{64}/);
  });

  it("refuses a stack whose credential goes through Pulumi", async () => {
    await assert.rejects(
      base("production"),
      /Pulumi\.production\.yaml: alloy:credentials\.mode\n.*\n +→ write mode: existing/,
    );
  });

  it("says what Vault must have first, in mode vault alone", () => {
    assert.equal(vaultCommands(settingsOf({ credentials: { mode: "none" } })), undefined);
    const login = { mount: "k8s", audience: "it's vault", period: "8h" };
    const settings = settingsOf({ credentials: { mode: "vault", loki: "basic" }, vault: { ...vaultValues, login } });
    const role = vaultRole(settings);
    assert.deepEqual(
      vaultCommands(settings)
        ?.split("\n")
        .filter((line) => !line.startsWith("#")),
      [
        `vault policy write ${role} - <<'EOF'`,
        'path "secret/data/detectviz/test/alloy/loki" { capabilities = ["read"] }',
        'path "auth/token/renew-self" { capabilities = ["update"] }',
        'path "auth/token/revoke-self" { capabilities = ["update"] }',
        "EOF",
        `vault write auth/k8s/role/${role} bound_service_account_names=alloy bound_service_account_namespaces=monitoring ` +
          `token_policies=${role} token_no_default_policy=true token_period=28800s audience='it'\\''s vault'`,
        "",
      ],
    );
  });
});
