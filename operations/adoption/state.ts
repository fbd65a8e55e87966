import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";
import { UserError } from "../../kit/user-error";
import type { EngineCall } from "../engine/run";

/** Logical name to URN of what the stack's state has. */
export async function stateOf(engine: EngineCall): Promise<Map<string, string>> {
  const { exitCode, stdout, stderr } = await pulumi(engine, ["stack", "export", "--stack", engine.stack]);
  if (exitCode !== 0)
    throw UserError.cannotTell("pulumi stack export", "", stderr.trim(), "correct that first", "nothing was changed");
  const { deployment } = JSON.parse(stdout) as { deployment: { resources?: { urn: string }[] } };
  return new Map((deployment.resources ?? []).map(({ urn }) => [urn.split("::")[3] ?? "", urn]));
}

/**
 * Takes objects into the stack's state as they are.
 *
 * @throws UserError if the engine refuses; nothing in the cluster was changed then
 */
export async function importObjects(engine: EngineCall, block: { resources: unknown[] }): Promise<void> {
  if (block.resources.length === 0) return;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-import-"));
  try {
    const file = path.join(folder, "import.json");
    fs.writeFileSync(file, JSON.stringify(block), { mode: 0o600, flag: "wx" });
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
