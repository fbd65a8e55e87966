import * as fs from "node:fs/promises";
import * as path from "node:path";

import type { KubeApi } from "../servers/cluster/kube-api";
import type { SandboxPaths } from "../paths";
import { writeVolume } from "./atomic-writer";
import type { IsolationMode } from "./bubblewrap";
import type { ObjectData } from "./env";
import type { PodFacts } from "./fields";
import type { HostStorage } from "./host-storage";
import type { VolumeFolders } from "./mounts";
import type { Pod } from "./pod-types";
import type { Identity } from "./security";
import { PodTokens } from "./tokens";
import { planVolumes, renderFiles, type FileSource, type VolumePlan } from "./volumes";

/** What the volumes of a pod are made from. */
export interface VolumeSources {
  api: KubeApi;
  paths: SandboxPaths;
  storage: HostStorage;
  objects: ObjectData;
  facts: PodFacts;
  isolation: IsolationMode;
}

/** The volumes of one pod on this machine. */
export class PodVolumes {
  readonly plans: readonly VolumePlan[];
  private readonly tokens: PodTokens;
  private readonly folders = new Map<string, string>();

  /** Throws SetupError for a volume of a kind that the agent cannot give. */
  constructor(
    private readonly pod: Pod,
    private readonly sources: VolumeSources,
  ) {
    this.plans = planVolumes(pod);
    this.tokens = new PodTokens(sources.api, pod);
  }

  /** The pod's own folder on its node; removed with the pod. */
  get podFolder(): string {
    return path.join(this.sources.paths.nodes, this.pod.spec.nodeName, "pods", this.pod.metadata.uid);
  }

  /** Directories of the node that a container may write: these have one user at a time. */
  get hostPaths(): string[] {
    const containers = [...(this.pod.spec.initContainers ?? []), ...this.pod.spec.containers];
    const written = new Set(
      containers
        .flatMap(({ volumeMounts = [] }) => volumeMounts.filter(({ readOnly }) => readOnly !== true))
        .map(({ name }) => name),
    );
    return this.plans.flatMap((plan) => (plan.kind === "hostPath" && written.has(plan.name) ? [plan.path] : []));
  }

  /** Makes all volumes ready; SetupError where an object is missing. May be called again. */
  async prepare(): Promise<void> {
    for (const plan of this.plans) {
      if (plan.kind === "hostPath") {
        this.folders.set(plan.name, await this.sources.storage.prepare(this.pod.spec.nodeName, plan));
      } else if (plan.kind === "emptyDir") {
        this.folders.set(plan.name, await this.emptyDir(plan.name));
      }
    }
    await this.refresh();
  }

  /** Brings the volumes made of files up to date with their objects and renews tokens that are due. */
  async refresh(): Promise<void> {
    const { facts, objects } = this.sources;
    for (const plan of this.plans) {
      if (plan.kind !== "files") continue;
      await this.tokens.refresh(plan.sources.filter(isToken));
      const files = renderFiles(plan, this.pod, facts, objects, (source) => this.tokens.get(source));
      const folder = this.ownFolder(plan.name);
      await writeVolume(folder, files, this.realIds ? { gid: this.fsGroup } : {});
      this.folders.set(plan.name, folder);
    }
  }

  /** The folders as a container with this identity may use them. */
  async foldersFor(identity: Identity): Promise<VolumeFolders> {
    const folders = new Map<string, { folder: string; readOnly: boolean }>();
    for (const plan of this.plans) {
      const folder = this.folders.get(plan.name);
      if (folder === undefined) continue;
      // ConfigMaps, Secrets and projected volumes are read-only whatever the mount says.
      const readOnly =
        plan.kind === "files" || (plan.kind === "hostPath" && (await this.isForeign(plan.path, identity)));
      folders.set(plan.name, { folder, readOnly });
    }
    return folders;
  }

  /** Takes note of what the stand-in for chown wrote, path in the container by path; see chown-ledger.sh. */
  async noteOwners(text: string, mountPaths: ReadonlyMap<string, string>): Promise<void> {
    for (const line of text.split("\n").filter((entry) => entry !== "")) {
      const [owner = "", ...rest] = line.split(" ");
      const hostPath = mountPaths.get(path.posix.normalize(rest.join(" ")).replace(/(.)\/$/, "$1"));
      if (hostPath !== undefined) await this.sources.storage.setOwner(this.pod.spec.nodeName, hostPath, owner);
    }
  }

  async remove(): Promise<void> {
    await fs.rm(this.podFolder, { recursive: true, force: true });
  }

  /** In a user namespace all files are the user's own: whoever is not the listed owner gets the folder read-only. */
  private async isForeign(hostPath: string, identity: Identity): Promise<boolean> {
    if (this.realIds || identity.uid === 0) return false;
    const owner = await this.sources.storage.owner(this.pod.spec.nodeName, hostPath);
    return owner.split(":")[0] !== String(identity.uid);
  }

  private async emptyDir(name: string): Promise<string> {
    const folder = this.ownFolder(name);
    await fs.mkdir(folder, { recursive: true });
    if (this.realIds && this.fsGroup !== undefined) await fs.chown(folder, 0, this.fsGroup);
    await fs.chmod(folder, this.fsGroup === undefined ? 0o777 : 0o2777);
    return folder;
  }

  private get realIds(): boolean {
    return this.sources.isolation === "real-ids";
  }

  private get fsGroup(): number | undefined {
    return this.pod.spec.securityContext?.fsGroup;
  }

  private ownFolder(name: string): string {
    return path.join(this.podFolder, "volumes", name);
  }
}

function isToken(source: FileSource): source is Extract<FileSource, { kind: "token" }> {
  return source.kind === "token";
}
