import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { parseAllDocuments } from "yaml";

import { ensureTools } from "../../packages/sandbox/toolchain/ensure";
import { run, type CommandResult } from "./support/command";
import { sandbox } from "./support/sandbox";

interface Manifest {
  kind: string;
  metadata: { name: string; annotations?: Record<string, string> };
}

/** By kind and name, without the annotations that speak to Pulumi, which is all that may differ. */
function byName(text: string): Record<string, unknown> {
  const objects = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
  return Object.fromEntries(
    objects.map((object) => {
      const { annotations = {}, ...metadata } = object.metadata;
      const kept = Object.entries(annotations).filter(([key]) => !key.startsWith("pulumi.com/"));
      const rest = kept.length === 0 ? metadata : { ...metadata, annotations: Object.fromEntries(kept) };
      return [`${object.kind} ${metadata.name}`, { ...object, metadata: rest }];
    }),
  );
}

describe("npx alloyctl render STACK --kustomize FOLDER", () => {
  let folder: string;
  let kubectl: (...args: string[]) => Promise<CommandResult>;

  before(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-kustomize-"));
    const tools = await ensureTools(["kubectl"], (tool, text) => console.error(`${tool}: ${text}`));
    kubectl = (...args) => run(tools.kubectl.path, args, { env: { KUBECONFIG: sandbox().paths.kubeconfig } });
    const made = await sandbox().npm("render", ["staging", "--kustomize", path.join(folder, "base")]);
    assert.equal(made.exitCode, 0, made.output);
  });

  after(() => fs.rm(folder, { recursive: true, force: true }));

  it("is a base of the same objects as render gives, by kustomize itself", async () => {
    const [built, rendered] = [
      await kubectl("kustomize", path.join(folder, "base")),
      await sandbox().npm("render", ["staging"]),
    ];
    assert.equal(built.exitCode, 0, built.output);
    assert.equal(rendered.exitCode, 0, rendered.output);
    const objects = byName(built.stdout);
    assert.ok(Object.keys(objects).length >= 6, built.stdout);
    assert.deepEqual(objects, byName(rendered.stdout));
  });

  it("gives what an API server takes, strictly", async () => {
    const taken = await kubectl("apply", "--dry-run=server", "--validate=strict", "-k", path.join(folder, "base"));
    assert.equal(taken.exitCode, 0, taken.output);
    const files = (await fs.readdir(path.join(folder, "base"))).filter((name) => name !== "kustomization.yaml");
    assert.equal(taken.stdout.match(/\(server dry run\)$/gm)?.length, files.length, taken.output);
  });

  it("stays the same under an overlay: no name gets a suffix, and the pods go on finding their ConfigMap", async () => {
    await fs.mkdir(path.join(folder, "overlay"));
    const overlay =
      "resources: [../base]\nimages:\n  - { name: docker.io/grafana/alloy, newName: registry.invalid/alloy }\n";
    await fs.writeFile(path.join(folder, "overlay", "kustomization.yaml"), overlay);
    const built = await kubectl("kustomize", path.join(folder, "overlay"));
    assert.equal(built.exitCode, 0, built.output);
    assert.match(built.stdout, /image: registry\.invalid\/alloy:/);
    const base = byName((await kubectl("kustomize", path.join(folder, "base"))).stdout);
    assert.deepEqual(Object.keys(byName(built.stdout)), Object.keys(base));
    assert.match(built.stdout, /configMap:\n +name: alloy-config\n/);
  });
});
