import * as fs from "node:fs/promises";
import * as path from "node:path";

import { isNotFound, readJson, writeJson } from "../../../kit/files";
import type { SandboxPaths } from "../paths";
import { SetupError } from "./errors";
import type { VolumePlan } from "./volumes";

/** Owner of a folder, as `uid:gid`. */
type Ownership = Record<string, string>;

/**
 * The file system of the sandbox's nodes: hostPath `/var/lib/alloy` of node-1 lies in `nodes/node-1/host/var/lib/alloy`,
 * and `/var/log/pods` in `nodes/node-1/logs`.
 *
 * An ordinary user cannot give a folder away, so for user namespaces a list beside it holds who owns a hostPath
 * folder; it is consulted when the folder is mounted. As root the owner on disk is the truth.
 */
export class HostStorage {
  /** The last one in each queue, by node and path: storage has one user at a time. */
  private readonly queues = new Map<string, Promise<void>>();

  constructor(private readonly paths: SandboxPaths) {}

  /** Folder of this machine for a path of a node. */
  folder(node: string, hostPath: string): string {
    // Kwok and the agent write the node's logs there, and nobody else does.
    if (path.posix.normalize(hostPath) === "/var/log/pods") return path.join(this.paths.nodes, node, "logs");
    return path.join(this.paths.nodes, node, "host", path.posix.normalize(hostPath));
  }

  /** Makes a hostPath ready as its type demands: created root-owned with mode 0755, or only looked at. */
  async prepare(node: string, plan: Extract<VolumePlan, { kind: "hostPath" }>): Promise<string> {
    const folder = this.folder(node, plan.path);
    const stat = await fs.stat(folder).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    if (stat?.isDirectory()) return folder;
    if (plan.type !== "DirectoryOrCreate") {
      const why = `hostPath type check failed: ${plan.path} is not a directory`;
      throw new SetupError("ContainerCreating", `MountVolume.SetUp failed for volume "${plan.name}" : ${why}`);
    }
    await fs.mkdir(folder, { recursive: true, mode: 0o755 });
    await fs.chmod(folder, 0o755);
    await this.setOwner(node, plan.path, "0:0");
    return folder;
  }

  /** Who owns a hostPath folder by the list, for user namespaces. */
  async owner(node: string, hostPath: string): Promise<string> {
    const owners = await readJson<Ownership>(this.ledger(node));
    return owners?.[path.posix.normalize(hostPath)] ?? "0:0";
  }

  async setOwner(node: string, hostPath: string, owner: string): Promise<void> {
    const file = this.ledger(node);
    const owners = (await readJson<Ownership>(file)) ?? {};
    await writeJson(file, { ...owners, [path.posix.normalize(hostPath)]: owner });
  }

  /**
   * Waits until no other pod uses any of these paths of the node and takes them; gives a function that hands them on.
   * `signal` gives up the wait.
   */
  async take(node: string, hostPaths: readonly string[], signal: AbortSignal): Promise<() => void> {
    const keys = [...new Set(hostPaths.map((hostPath) => `${node}:${path.posix.normalize(hostPath)}`))].sort();
    const before = keys.map((key) => this.queues.get(key) ?? Promise.resolve());
    let handOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (handOn = resolve));
    // In line before the wait begins, so that the order is that of the calls. Given up or not, it waits its turn.
    const turn = Promise.all(before).then(() => undefined);
    for (const key of keys)
      this.queues.set(
        key,
        Promise.all([turn, held]).then(() => undefined),
      );
    await new Promise<void>((resolve, reject) => {
      const giveUp = (): void => {
        handOn();
        reject(new Error("the pod was deleted while it waited for its storage"));
      };
      signal.addEventListener("abort", giveUp, { once: true });
      void turn.then(() => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      });
    });
    return handOn;
  }

  private ledger(node: string): string {
    return path.join(this.paths.nodes, node, "ownership.json");
  }
}
