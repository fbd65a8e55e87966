import assert from "node:assert/strict";
import type { PropertyMap, Value } from "../../stand-ins/values";
import { reveal, revealMap, Secret } from "../../stand-ins/values";
import { KINDS, withName } from "./kubernetes-kinds";
import { Plugin, urn } from "./plugin-client";
import type { LiveObject } from "./cluster";
import { Cluster } from "./cluster";
import type { Subject } from "./support";
import { pluginEnv, servers, temporaryFolder, uniqueName } from "./support";

export const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";
export const DAEMON_SET = "kubernetes:apps/v1:DaemonSet";

/** A plugin under test, the cluster it works on, and a namespace of its own in it. */
export class KubernetesBench {
  readonly prefix = uniqueName();
  readonly home = temporaryFolder();
  kubeconfig = "";
  cluster!: Cluster;
  /** Configured with the kubeconfig and nothing else. */
  plugin!: Plugin;
  /** Configured to change ConfigMaps and Secrets in place. */
  mutable!: Plugin;
  /** Configured as a user without a right. */
  nobody!: Plugin;

  constructor(private readonly subject: () => Subject | undefined) {}

  /** False where this machine has no such plugin: then there is nothing to test. */
  get exists(): boolean {
    return this.subject() !== undefined;
  }

  get standIn(): boolean {
    return this.subject()?.standIn === true;
  }

  get executable(): string {
    return this.subject()?.executable ?? "";
  }

  async open(): Promise<void> {
    this.kubeconfig = servers().kubeconfig;
    this.cluster = await Cluster.of(this.kubeconfig);
    await this.cluster.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: this.prefix } });
    this.plugin = await this.start({ kubeconfig: this.kubeconfig });
    this.mutable = await this.start({
      kubeconfig: this.kubeconfig,
      enableConfigMapMutable: "true",
      enableSecretMutable: "true",
    });
    this.nobody = await this.start({ kubeconfig: this.cluster.kubeconfig({ impersonate: "contract-nobody" }) });
  }

  async close(): Promise<void> {
    this.plugin?.stop();
    this.mutable?.stop();
    this.nobody?.stop();
    await this.cluster?.remove({ apiVersion: "v1", kind: "Namespace", metadata: { name: this.prefix } });
  }

  /** Starts and configures one more plugin, for what needs other arguments. */
  async start(args: Record<string, string>): Promise<Plugin> {
    const started = await Plugin.start(this.executable, pluginEnv(this.home));
    await started.configure("kubernetes", args);
    return started;
  }

  /** A ConfigMap under a name of its own. */
  configMap(data: PropertyMap): PropertyMap {
    return withName({ apiVersion: "v1", kind: "ConfigMap", data }, uniqueName(), this.prefix);
  }

  /** A DaemonSet that the server refuses: its selector does not match its pods. */
  brokenDaemonSet(): PropertyMap {
    const inputs = KINDS.find((kind) => kind.type === DAEMON_SET)?.inputs ?? {};
    return withName(inputs, `${this.prefix}-broken`, this.prefix, {
      "spec.selector.matchLabels": { app: "someone-else" },
    });
  }

  /** The inputs as Check hands them on. */
  async checked(type: string, inputs: PropertyMap): Promise<PropertyMap> {
    const { inputs: result, failures } = await this.plugin.check(urn(type), inputs);
    assert.deepEqual(failures, []);
    return result;
  }

  find(inputs: PropertyMap): Promise<LiveObject | undefined> {
    return this.cluster.find(live(inputs));
  }
}

/** Inputs as an object for the cluster's own client. */
export function live(inputs: PropertyMap): LiveObject {
  return revealMap(inputs);
}

/** The value at a place, with secrets opened. */
export function at(value: unknown, ...path: (string | number)[]): Value | undefined {
  let current = value;
  for (const step of path) {
    const open = current instanceof Secret ? reveal(current) : current;
    current = (open as Record<string | number, unknown> | undefined)?.[step];
  }
  return current instanceof Secret ? reveal(current) : (current as Value | undefined);
}

export async function until(check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error("waited for 20 s in vain");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
