import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "../kit/repo-root";
import { composePipeline } from "../pipeline/compose";
import { UserError } from "../kit/user-error";
import { readStackFile } from "../settings/stack-file";
import { findObjects, leftBehind, letGo, stripTracking } from "../operations/adoption/cluster";
import { importFile, planAdoption, type AdoptPlan } from "../operations/adoption/plan";
import { describePlan } from "../operations/adoption/report";
import { awaitRollout } from "../operations/rollout/await-rollout";
import { collectedContainers } from "../operations/collectors/collected-containers";
import { runCommand } from "./command";
import { confirm } from "./confirm";
import type { EngineCall } from "../operations/engine/run";
import { findDrift } from "../operations/drift/find-drift";
import { removeAdditions } from "../operations/drift/remove-additions";
import type { KubeObject } from "../operations/cluster/kubernetes-client";
import { measureReReads, type ReReadSize } from "../operations/adoption/lines-read-again";
import { recordProgram } from "../operations/recording/record-program";
import { lookAt, refuseWhileRetrying, waitForLines } from "../operations/rollout/refuse-while-retrying";
import { readStates } from "../operations/collectors/find";
import { previewOrUp } from "../operations/preview-and-up";
import { resolveStack, type StackContext } from "../operations/stack-context";

/**
 * `npm run adopt -- STACK [--apply] [--yes] [--force]`: takes over an Alloy that runs already (Kustomize, ArgoCD, kubectl). Without
 * `--apply` it changes nothing: it prints each object that would be taken over or left alone, what changes, and the
 * import block. With it, it asks (or takes `--yes`), imports, and runs up; not while the old collectors hold lines that
 * Loki does not take, unless forced.
 */
runCommand(
  "adopt",
  ["STACK"],
  async ({ positionals: [stack = ""], values }) => {
    // The old deployer owns every field of what is imported.
    const context = await resolveStack(stack, { PULUMI_K8S_ENABLE_PATCH_FORCE: "true" });
    const { engine, folder, settings, cluster, file } = context;
    const { resources } = await recordProgram({ stack, ...readStackFile(stack, folder) });
    const inState = await stateOf(engine);
    const found = await findObjects(cluster, settings, resources);
    const plan = planAdoption(resources, found, inState, composePipeline(settings).text);
    if (found.namespaceIsThere && settings.namespace.managed && !inState.has("alloy-monitoring-namespace"))
      plan.obstacles.push({
        problem: `the namespace ${settings.namespace.name} is there and somebody else's`,
        remedy: `write alloy:namespace: { name: ${settings.namespace.name}, managed: false } in ${file}`,
      });
    const block = importFile(resources, plan, inState);
    console.log(describePlan(plan, block, stack, await sizeOf(context, plan, found.pods)));
    if (values["apply"] !== true) return;
    if (plan.takenOver.length === 0) return;
    if (plan.obstacles.length > 0)
      throw new UserError(
        plan.obstacles.map(({ problem, remedy }) => ({ file, key: "", problem, remedy })),
        "nothing was taken over",
      );
    if (values["yes"] !== true && !(await confirm(`Take this over for ${stack}?`))) return;
    const handsOver = settings.logs.enabled && plan.takenOver.some(({ how }) => how === "hand over");
    if (handsOver && values["force"] !== true)
      await refuseWhileRetrying(file, () => readStates(context.findCollectors), tell);
    await importObjects(engine, block);
    await stripTracking(cluster, plan);
    await deploy(context, plan);
  },
  { apply: { type: "boolean" }, yes: { type: "boolean" }, force: { type: "boolean" } },
);

const tell = (text: string): void => console.error(text);

/** How much is read again, counted in the cluster; undefined where nothing is. */
async function sizeOf(
  { cluster, settings }: StackContext,
  { takenOver, reReads }: AdoptPlan,
  pods: readonly KubeObject[],
): Promise<ReReadSize | undefined> {
  if (reReads.length === 0) return undefined;
  const old = takenOver.find(({ how }) => how === "hand over");
  const containers = collectedContainers(pods, settings, old?.live.metadata.uid);
  tell(`counting what ${containers.length} containers have written…`);
  return measureReReads(cluster, containers, settings);
}

/** Up around the pods that run, then without what the old deployer had in lists and data beside ours. */
async function deploy(context: StackContext, plan: AdoptPlan): Promise<void> {
  const { stack, settings, cluster, file } = context;
  const { exitCode: previewed } = await previewOrUp(context, "preview", []);
  if (previewed !== 0)
    throw failed("preview", stack, "the objects are in the stack's state, unchanged; the old collectors run");
  const old = await letGo(cluster, plan);
  const before = (await lookAt(() => readStates(context.findCollectors), tell)) ?? [];
  const { exitCode } = await previewOrUp(context, "up", ["--yes", "--skip-preview"]);
  if (exitCode !== 0) throw failed("up", stack, "the old collectors run on without a DaemonSet until up succeeds");
  await removeAdditions((await findDrift(context, tell)).drifts, cluster);
  const down = await awaitRollout(context);
  const nobodyWaits = settings.rollout.await === "none";
  const left = nobodyWaits
    ? []
    : (await leftBehind(cluster, settings.namespace.name, old)).filter(({ node }) => !down.includes(node));
  if (left.length > 0)
    throw UserError.of(
      file,
      "alloy:rollout",
      `the old collectors of ${left.map(({ node }) => node).join(", ")} were not replaced`,
      `delete their pods, one after the other: ${left.map(({ name }) => name).join(", ")}`,
      "everything is deployed; those nodes are collected as before",
    );
  if (settings.logs.enabled) await waitForLines(file, () => readStates(context.findCollectors, down), before, tell);
}

const failed = (command: string, stack: string, consequence: string): UserError =>
  UserError.of(
    `npm run ${command} -- ${stack}`,
    "",
    "failed; what the engine said stands above",
    `mend that, then npm run up -- ${stack} --restore`,
    consequence,
  );

/** Logical name to URN of what the stack's state has. */
async function stateOf(engine: EngineCall): Promise<Map<string, string>> {
  const { exitCode, stdout, stderr } = await pulumi(engine, ["stack", "export", "--stack", engine.stack]);
  if (exitCode !== 0)
    throw UserError.of("pulumi stack export", "", stderr.trim(), "mend that first", "nothing was changed");
  const { deployment } = JSON.parse(stdout) as { deployment: { resources?: { urn: string }[] } };
  return new Map((deployment.resources ?? []).map(({ urn }) => [urn.split("::")[3] ?? "", urn]));
}

async function importObjects(engine: EngineCall, block: { resources: unknown[] }): Promise<void> {
  if (block.resources.length === 0) return;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-import-"));
  try {
    const file = path.join(folder, "import.json");
    fs.writeFileSync(file, JSON.stringify(block));
    const args = ["import", "--file", file, "--stack", engine.stack, "--yes", "--skip-preview", "--non-interactive"];
    const { exitCode, stdout, stderr } = await pulumi(engine, [...args, "--generate-code=false", "--protect=false"]);
    console.log(stdout);
    if (exitCode !== 0)
      throw UserError.of(
        "pulumi import",
        "",
        (stderr || stdout).trim(),
        "mend that and run adopt again",
        "nothing in the cluster was changed",
      );
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function pulumi(
  engine: EngineCall,
  args: readonly string[],
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const { execa } = await import("execa"); // a static import of it fails under tsx
  const result = await execa(engine.pulumi, [...args], {
    cwd: repoRoot,
    env: engine.env,
    reject: false,
    stdin: "ignore",
  });
  if (result.exitCode === undefined)
    throw UserError.of(
      "pulumi",
      "",
      "the Pulumi CLI is not on PATH",
      "install it (https://www.pulumi.com/docs/install/)",
    );
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}
