import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";
import { UserError } from "../../kit/user-error";
import type { EngineCall } from "../engine/run";

/** A stack's state, as far as it is read here. */
interface StackState {
  deployment: { resources?: StateResource[]; pending_operations?: unknown[] };
}

interface StateResource {
  urn: string;
  type?: string;
  custom?: boolean;
  dependencies?: string[];
  propertyDependencies?: Record<string, string[] | null>;
}

const nameIn = ({ urn }: StateResource): string => urn.split("::")[3] ?? "";

/** Logical name to URN of what the stack's state has. */
export async function stateOf(engine: EngineCall): Promise<Map<string, string>> {
  const { deployment } = await exportState(engine);
  return new Map((deployment.resources ?? []).map((resource) => [nameIn(resource), resource.urn]));
}

async function exportState(engine: EngineCall): Promise<StackState> {
  const { exitCode, stdout, stderr } = await pulumi(engine, ["stack", "export", "--stack", engine.stack]);
  if (exitCode !== 0)
    throw UserError.cannotTell("pulumi stack export", "", stderr.trim(), "correct that first", "nothing was changed");
  return JSON.parse(stdout) as StackState;
}

/**
 * A state without the Kubernetes objects that came into it since; pure. What is no object of the cluster stays, such as a
 * policy in Vault or a generated password: it is nobody else's, and the next `up` finds it.
 *
 * @param before logical names that it had
 */
export function withoutObjects(state: StackState, before: readonly string[]): StackState {
  const resources = state.deployment.resources ?? [];
  const gone = new Set(
    resources
      .filter((one) => one.custom === true && one.type?.startsWith("kubernetes:") && !before.includes(nameIn(one)))
      .map(({ urn }) => urn),
  );
  const there = (urns: readonly string[]): string[] => urns.filter((urn) => !gone.has(urn));
  const kept = resources
    .filter(({ urn }) => !gone.has(urn))
    .map(({ dependencies, propertyDependencies, ...resource }) => ({
      ...resource,
      ...(dependencies && { dependencies: there(dependencies) }),
      ...(propertyDependencies && {
        propertyDependencies: Object.fromEntries(
          Object.entries(propertyDependencies).map(([property, urns]) => [property, urns && there(urns)]),
        ),
      }),
    }));
  return { ...state, deployment: { ...state.deployment, resources: kept, pending_operations: [] } };
}

/**
 * Takes the objects that came into the state since out of it; none of them is deleted.
 *
 * @throws UserError if the engine refuses
 */
export async function forgetObjects(engine: EngineCall, before: readonly string[]): Promise<void> {
  const state = withoutObjects(await exportState(engine), before);
  await withFile(state, async (file) => {
    const { exitCode, stdout, stderr } = await pulumi(engine, [
      "stack",
      "import",
      "--stack",
      engine.stack,
      "--file",
      file,
    ]);
    if (exitCode !== 0)
      throw UserError.of(
        "pulumi stack import",
        "",
        (stderr || stdout).trim(),
        "correct that and run the command again",
      );
  });
}

/** Runs `work` with a file of this content, which only this user may read. */
async function withFile(content: unknown, work: (file: string) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-state-"));
  try {
    const file = path.join(folder, "content.json");
    fs.writeFileSync(file, JSON.stringify(content), { mode: 0o600, flag: "wx" });
    await work(file);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Takes objects into the stack's state as they are.
 *
 * @throws UserError if the engine refuses; nothing in the cluster was changed then
 */
export async function importObjects(engine: EngineCall, block: { resources: unknown[] }): Promise<void> {
  if (block.resources.length === 0) return;
  await withFile(block, async (file) => {
    const args = ["import", "--file", file, "--stack", engine.stack, "--yes", "--skip-preview", "--non-interactive"];
    const { exitCode, stdout, stderr } = await pulumi(engine, [...args, "--generate-code=false", "--protect=false"]);
    console.error(stdout);
    if (exitCode !== 0)
      throw UserError.of(
        "pulumi import",
        "",
        (stderr || stdout).trim(),
        "correct that and run adopt again",
        "nothing in the cluster was changed",
      );
  });
}

async function pulumi(
  engine: EngineCall,
  args: readonly string[],
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const { execa } = await import("execa"); // a static import of it fails under tsx
  const result = await execa(engine.pulumi, [...args], {
    cwd: engine.cwd ?? repoRoot,
    env: engine.env,
    reject: false,
    stdin: "ignore",
  });
  if (result.exitCode === undefined)
    throw UserError.cannotTell(
      "pulumi",
      "",
      "the Pulumi CLI is not on PATH",
      "install it (https://www.pulumi.com/docs/install/)",
    );
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}
