import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { parseAllDocuments } from "yaml";

import { ensureTools } from "../../packages/sandbox/toolchain/ensure";
import { copyCheckout } from "./support/checkout";
import { run } from "./support/command";
import { sandbox } from "./support/sandbox";
import { exportStack, isSecret } from "./support/state";

interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string };
  rules?: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
  stringData?: unknown;
  [field: string]: unknown;
}

function manifestsIn(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

type Named = Pick<Manifest, "kind" | "metadata">;

const redacted = "[secret]";

/** An input of the state as render shows it: secrets hidden, nothing that a plugin notes for itself. */
function asRendered(value: unknown): unknown {
  if (isSecret(value)) return redacted;
  if (Array.isArray(value)) return value.map(asRendered);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== "__defaults");
  return Object.fromEntries(entries.map(([key, inner]) => [key, asRendered(inner)]));
}

const byKind = (a: Named, b: Named): number =>
  a.kind.localeCompare(b.kind) || a.metadata.name.localeCompare(b.metadata.name);

describe("npx alloyctl render", () => {
  let folder: string;
  let file: string;

  before(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-render-"));
    file = path.join(folder, "production.yaml");
    const result = await sandbox().npm("render", ["production", "--out", file]);
    assert.equal(result.exitCode, 0, result.output);
  });

  after(() => fs.rm(folder, { recursive: true, force: true }));

  it("gives production's ten objects, in the order in which they are applied", async () => {
    const objects = manifestsIn(await fs.readFile(file, "utf8"));
    assert.deepEqual(
      objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
      [
        "Namespace monitoring",
        "ServiceAccount alloy",
        "ClusterRole alloy",
        "ClusterRoleBinding alloy",
        "ConfigMap alloy-config",
        "ConfigMap alloy-dashboard",
        "Secret alloy-credentials",
        "DaemonSet alloy",
        "PodMonitor alloy",
        "PrometheusRule alloy",
      ],
    );
    for (const { kind, metadata } of objects) {
      const expected = ["Namespace", "ClusterRole", "ClusterRoleBinding"].includes(kind) ? undefined : "monitoring";
      assert.equal(metadata.namespace, expected, `the namespace of ${kind}`);
    }
  });

  it("grants exactly the eight permissions", async () => {
    const role = manifestsIn(await fs.readFile(file, "utf8")).find(({ kind }) => kind === "ClusterRole");
    const granted = (role?.rules ?? []).flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) => resources.flatMap((name) => verbs.map((verb) => `${group}/${name} ${verb}`))),
    );
    assert.deepEqual(granted.sort(), [
      ...["/nodes list", "/nodes watch"],
      ...["/pods get", "/pods list", "/pods watch", "/pods/log get"],
      ...["/services list", "/services watch"],
    ]);
  });

  it("gives what an API server takes, strictly", async () => {
    const { kubectl } = await ensureTools(["kubectl"], (tool, text) => console.error(`${tool}: ${text}`));
    const apply = (manifests: string) =>
      run(kubectl.path, ["apply", "--dry-run=server", "--validate=strict", "-f", manifests], {
        env: { KUBECONFIG: sandbox().paths.kubeconfig },
      });
    const taken = await apply(file);
    assert.equal(taken.exitCode, 0, taken.output);
    assert.equal(taken.stdout.match(/\(server dry run\)$/gm)?.length, 10, taken.output);

    const wrong = path.join(folder, "wrong.yaml");
    const text = await fs.readFile(file, "utf8");
    await fs.writeFile(wrong, text.replace("readOnlyRootFilesystem:", "readOnlyRootFileSystem:"));
    const refused = await apply(wrong);
    assert.notEqual(refused.exitCode, 0, "an unknown field is taken, so the check above says nothing");
    assert.match(refused.output, /unknown field "spec\.template\..*readOnlyRootFileSystem"/);
  });

  it("equals what the state says was deployed with the same settings", async () => {
    const copy = await copyCheckout();
    try {
      const { configFile } = await sandbox().engine();
      await copy.edit("Pulumi.local.yaml", () => "");
      await fs.copyFile(configFile, path.join(copy.folder, "Pulumi.local.yaml"));
      const rendered = await sandbox().npm("render", ["local"], { cwd: copy.folder });
      assert.equal(rendered.exitCode, 0, rendered.output);
      const objects = manifestsIn(rendered.stdout).map(({ stringData, ...rest }) =>
        rest.kind === "Secret"
          ? { ...rest, data: redacted }
          : { ...rest, ...(stringData !== undefined && { stringData }) },
      );
      const { resources } = await exportStack(sandbox());
      const deployed = resources
        .filter(({ type, custom, external }) => type.startsWith("kubernetes:") && custom && external !== true)
        .map(({ inputs }) => asRendered(inputs) as Manifest);
      assert.equal(deployed.length, 10);
      assert.deepEqual(objects.sort(byKind), deployed.sort(byKind));
    } finally {
      await copy.remove();
    }
  });
});
