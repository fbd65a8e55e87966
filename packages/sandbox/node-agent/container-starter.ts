import * as fs from "node:fs/promises";
import * as path from "node:path";

import type { V1Container } from "@kubernetes/client-node";

import { errorText } from "../../../kit/error-text";
import { readText } from "../../../kit/files";
import { freePort } from "../process/ports";
import type { Mount } from "./bubblewrap";
import { startContainer, type ContainerOutput, type RunningContainer } from "./container-process";
import { expand, resolveEnv } from "./env";
import { commandOf, imageEnv, imageMounts } from "./image";
import { listenPort, moveListener, type Listener } from "./listen";
import { containerMounts } from "./mounts";
import type { PodEnvironment } from "./pod-runner";
import { podName, type Pod } from "./pod-types";
import type { PodVolumes } from "./pod-volumes";
import { servePort } from "./port-forward";
import { identityOf, type Identity } from "./security";

/** Turns a pod's containers into processes. */
export class ContainerStarter {
  /** The collector's listener, once it was moved. */
  listener: Listener | undefined;

  constructor(
    private readonly pod: Pod,
    private readonly volumes: PodVolumes,
    private readonly environment: Pick<
      PodEnvironment,
      "api" | "paths" | "isolation" | "alloy" | "objects" | "facts" | "log"
    >,
    private readonly output: (container: string) => ContainerOutput,
  ) {}

  /** Starts a container with the environment, mounts and identity that the pod and its objects give it now. */
  async start(container: V1Container, isInit: boolean): Promise<RunningContainer> {
    const { isolation, alloy, objects, facts, api } = this.environment;
    const { metadata, spec } = this.pod;
    const identity = identityOf(this.pod, container);
    const image = commandOf(container);
    const server = new URL(api.server);
    const env = resolveEnv(this.pod, container, facts(spec.nodeName), objects(metadata.namespace), {
      ...imageEnv(metadata.name),
      KUBERNETES_SERVICE_HOST: server.hostname,
      KUBERNETES_SERVICE_PORT: server.port,
      KUBERNETES_SERVICE_PORT_HTTPS: server.port,
    });
    const words = (list: string[]): string[] => list.map((word) => expand(word, env));
    const args = isInit ? words(image.args) : await this.withOwnPort(words(image.args));
    const etc = path.join(this.volumes.podFolder, "etc");
    const mounts = [
      ...(await imageMounts(etc, alloy, metadata.name)),
      ...(await containerMounts(container, await this.volumes.foldersFor(identity), env)),
      ...(await this.chownMounts(identity, container)),
    ];
    return startContainer(
      {
        identity,
        hostname: metadata.name,
        workingDir: container.workingDir ?? "/",
        mounts,
        command: [...words(image.command), ...args],
      },
      isolation,
      env,
      this.output(container.name),
    );
  }

  /** Takes over what the stand-in for chown wrote down in this container; see chown-ledger.sh. */
  async noteOwners(container: V1Container): Promise<void> {
    const file = this.ownershipFile(container);
    const text = await readText(file);
    if (text === undefined) return;
    const hostPaths = new Map<string, string>();
    for (const mount of container.volumeMounts ?? []) {
      const plan = this.volumes.plans.find((candidate) => candidate.name === mount.name);
      if (plan?.kind === "hostPath" && mount.subPath === undefined) hostPaths.set(mount.mountPath, plan.path);
    }
    await this.volumes.noteOwners(text, hostPaths);
    await fs.rm(file);
  }

  /** Three pods share 127.0.0.1: the listener moves to a port that belongs to the node, whatever the rollout. */
  private async withOwnPort(args: string[]): Promise<string[]> {
    const port = listenPort(args);
    if (port === undefined) return args;
    const known = this.listener?.podPort === port ? this.listener.localPort : undefined;
    const localPort = known ?? (await freePort(`${this.pod.spec.nodeName}-${port}`, this.environment.paths));
    this.listener = moveListener(args, localPort);
    if (this.listener !== undefined)
      await servePort(this.environment.api, this.pod.metadata, this.listener).catch((error: unknown) => {
        // The collector runs without it; only `kubectl port-forward` does not. A cluster of an earlier version has no such kind.
        this.environment.log(`${podName(this.pod)}: its port is not forwarded: ${errorText(error)}`);
      });
    return this.listener?.args ?? args;
  }

  /** Where ids are mapped, chown only writes down what was asked. */
  private async chownMounts(identity: Identity, container: V1Container): Promise<Mount[]> {
    const mayChown = identity.uid === 0 && identity.capabilities.includes("CHOWN");
    if (this.environment.isolation.mode === "real-ids" || !mayChown) return [];
    const source = this.ownershipFile(container);
    await fs.mkdir(path.dirname(source), { recursive: true });
    await fs.writeFile(source, "");
    return [
      { source: path.join(__dirname, "chown-ledger.sh"), target: "/usr/bin/chown", readOnly: true },
      { source, target: "/.sandbox/ownership", readOnly: false },
    ];
  }

  private ownershipFile(container: V1Container): string {
    return path.join(this.volumes.podFolder, "ownership", container.name);
  }
}
