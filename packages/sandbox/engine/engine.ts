import * as crypto from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { withoutHooks } from "../../../components/first-write";
import { repoRoot } from "../../../kit/repo-root";
import { writeStackConfig, type SandboxEngine, type StackValue } from "../../../operations/sandbox-door";
import { sdkVersions } from "../../../plugins/plugins-on-path";
import { offerPlugin } from "./plugin-folder";
import type { InstalledPlugin } from "../stand-ins/install";
import { releaseDeadLocks } from "./locks";
import { readText, writeAtomically } from "../../../kit/files";
import { ownerMarks } from "../../../kit/process-marks";
import { sandboxPaths, type SandboxPaths } from "../paths";
import type { Retained } from "../start/existing-objects";
import type { Tools } from "../toolchain/ensure";

/** The one stack that a sandbox has. */
export const sandboxStack = "local";

/** Where the sandbox's servers are, and what they hold already; written into its copy of the stack's config. */
export interface SandboxAddresses {
  context: string;
  /** Value of KUBECONFIG; undefined for the file that kubectl takes by default. */
  kubeconfig: string | undefined;
  vault: { address: string; token: string };
  lokiPushUrl: string;
  prometheusWriteUrl: string;
  /** What is there already and is used as it is. */
  retained?: Retained;
}

/** The engine as it is set up for one sandbox, and the addresses that it was set up with. */
export interface Engine extends SandboxEngine {
  madeFrom: SandboxEngine["madeFrom"] & { addresses: SandboxAddresses };
}

/** The engine before it knows any server: all that can be done while they start. */
export type EngineBase = Omit<Engine, "madeFrom">;

/**
 * Sets the engine up: a file backend with a passphrase of its own, the policy pack, and PATH with what is missing on
 * this machine. Creates the stack where there is none.
 */
export async function prepareBackend(
  paths: SandboxPaths,
  tools: Pick<Tools, "pulumi" | "pulumi-language-nodejs"> & Partial<Pick<Tools, "kubectl">>,
): Promise<EngineBase> {
  const backend = path.join(paths.pulumi, "backend");
  const home = path.join(paths.pulumi, "home");
  await fs.mkdir(backend, { recursive: true });
  // A home of its own keeps the user's login and selected stacks out of the sandbox.
  await fs.mkdir(home, { recursive: true });
  await fs.mkdir(paths.bin, { recursive: true });

  // A released CLI brings a host of its own version; the one that a registry has is older.
  const ownHost = tools["pulumi-language-nodejs"].version !== tools.pulumi.version;
  const host = tools["pulumi-language-nodejs"];
  if (ownHost) await offerPlugin(home, { kind: "language", name: "nodejs", version: host.version, file: host.path });
  await linkTool(paths.bin, "pulumi", tools.pulumi.path);
  // In mode vault the program asks for a token with it. Beside a cluster of the user's it is the user's own, on PATH.
  if (tools.kubectl !== undefined) await linkTool(paths.bin, "kubectl", tools.kubectl.path);
  const policyPack = ownHost ? await writePackFolder(paths, home) : path.join(repoRoot, "policy");
  const configFile = path.join(paths.pulumi, `Pulumi.${sandboxStack}.yaml`);
  const env: Record<string, string> = {
    PATH: `${paths.bin}${path.delimiter}${pathWithout(paths.bin)}`,
    PULUMI_HOME: home,
    PULUMI_BACKEND_URL: `file://${backend}`,
    PULUMI_CONFIG_PASSPHRASE: await passphrase(paths),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // Every plugin is in the sandbox's own folder (plugin-folder.ts).
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
    ...(ownHost ? { [withoutHooks]: "true" } : {}),
    PULUMI_OPTION_STACK: sandboxStack,
    PULUMI_OPTION_CONFIG_FILE: configFile,
    PULUMI_OPTION_POLICY_PACK: policyPack,
  };
  const engine = { root: paths.root, pulumi: path.join(paths.bin, "pulumi"), env, configFile, policyPack };
  await releaseDeadLocks(backend);
  if ((await readText(checkpointFile(paths.root))) === undefined) await createStack(engine);
  return engine;
}

/** Gives the engine the resource plugins that were decided on. */
export async function offerPlugins(base: EngineBase, plugins: readonly InstalledPlugin[]): Promise<void> {
  const wanted: Record<string, string> = sdkVersions();
  for (const { name, version, path: file } of plugins)
    await offerPlugin(base.env["PULUMI_HOME"] ?? "", { kind: "resource", name, version, wanted: wanted[name], file });
}

/** The engine with the servers' addresses: in its environment, and in the stack's config. */
export async function prepareEngine(base: EngineBase, addresses: SandboxAddresses): Promise<Engine> {
  const { kubeconfig, vault } = addresses;
  const values = stackValues(addresses);
  return {
    ...base,
    env: {
      ...base.env,
      ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
      VAULT_ADDR: vault.address,
      VAULT_TOKEN: vault.token,
    },
    madeFrom: { addresses, values, checksum: await writeStackConfig(base.configFile, values) },
  };
}

/** What the sandbox's copy of the stack's file says otherwise than the file itself. */
export function stackValues({
  context,
  vault,
  lokiPushUrl,
  prometheusWriteUrl,
  retained,
}: SandboxAddresses): StackValue[] {
  return [
    { path: ["alloy:kubernetes", "context"], value: context },
    { path: ["alloy:vault", "address"], value: vault.address, onlyWith: "alloy:vault" },
    { path: ["alloy:lokiUrl"], value: lokiPushUrl },
    { path: ["alloy:prometheusUrl"], value: prometheusWriteUrl },
    ...(retained?.namespace === true ? [{ path: ["alloy:namespace", "managed"], value: false }] : []),
    ...(retained?.credentials === true ? [{ path: ["alloy:credentials", "seed"], value: false }] : []),
  ];
}

/** Where the file backend of a sandbox's folder keeps the stack's state (pulumi pkg/backend/diy/state.go). */
export function checkpointFile(root: string): string {
  const folder = path.join(sandboxPaths(root).pulumi, "backend", ".pulumi", "stacks", "alloy");
  return path.join(folder, `${sandboxStack}.json`);
}

/** PATH without one folder: in a shell with `sandbox:env`, the sandbox's own links come first. */
export function pathWithout(folder: string, value: string = process.env["PATH"] ?? ""): string {
  const folders = value.split(path.delimiter).filter((entry) => path.resolve(entry) !== path.resolve(folder));
  return folders.join(path.delimiter);
}

/** Runs the Pulumi CLI in the checkout with the sandbox's environment; its exit code is the caller's to judge. */
export async function runPulumi(
  engine: Pick<Engine, "pulumi" | "env" | "root">,
  args: readonly string[],
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const { execa } = await import("execa"); // a static import of it fails under tsx
  const result = await execa(engine.pulumi, [...args], {
    cwd: repoRoot,
    env: { ...engine.env, ...(await ownerMarks(engine.root)) },
    reject: false,
    stdin: "ignore",
  });
  if (result.exitCode === undefined) throw new Error(`pulumi did not run: ${result.shortMessage ?? "killed"}`);
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}

async function createStack(engine: EngineBase): Promise<void> {
  // It writes the salt of the stack's secrets into the stack's file, and takes no other file: so it runs in a folder
  // that has a project of that name and the sandbox's file.
  const folder = path.dirname(engine.configFile);
  await writeAtomically(path.join(folder, "Pulumi.yaml"), "name: alloy\nruntime: nodejs\n");
  const init = await runPulumi(engine, ["stack", "init", "--no-select", "--cwd", folder]);
  if (init.exitCode !== 0) throw new Error(`pulumi stack init failed: ${init.stderr}`);
}

async function passphrase(paths: SandboxPaths): Promise<string> {
  const file = path.join(paths.pulumi, "passphrase");
  const known = await readText(file);
  if (known !== undefined) return known.trim();
  const made = crypto.randomBytes(24).toString("base64url");
  await writeAtomically(file, `${made}\n`, 0o600);
  return made;
}

async function linkTool(bin: string, name: string, target: string): Promise<void> {
  const link = path.join(bin, name);
  await fs.rm(link, { force: true });
  await fs.symlink(target, link);
}

/**
 * The language host that can be built from a registry does not start policy packs. Where the engine finds no host for
 * a pack's runtime it runs the plugin `pulumi-analyzer-policy-RUNTIME`: this folder has such a runtime, and its main is
 * the checkout's pack, unchanged.
 */
async function writePackFolder(paths: SandboxPaths, home: string): Promise<string> {
  const folder = path.join(paths.root, "policy-pack");
  const source = path.join(repoRoot, "policy");
  await fs.mkdir(folder, { recursive: true });
  await writeAtomically(path.join(folder, "PulumiPolicy.yaml"), "runtime: sandbox\nmain: index.js\n");
  await writeAtomically(path.join(folder, "index.js"), `require(${JSON.stringify(path.join(source, "index.js"))});\n`);
  await fs.copyFile(path.join(source, "package.json"), path.join(folder, "package.json"));
  const runner = require.resolve("@pulumi/pulumi/cmd/run-policy-pack");
  const script = `#!/bin/sh\nexec "${process.execPath}" "${runner}" "$@"\n`;
  const file = path.join(paths.bin, "pulumi-analyzer-policy-sandbox");
  await writeAtomically(file, script, 0o755);
  await offerPlugin(home, { kind: "analyzer", name: "policy-sandbox", version: "1.0.0", file });
  return folder;
}
