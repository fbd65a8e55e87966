import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { collectorsReady } from "../../../packages/sandbox/start/collectors-ready";
import { nodeNames } from "../../../packages/sandbox/servers/cluster/nodes";
import type { Engine } from "../../../packages/sandbox/engine/engine";
import { readJson } from "../../../kit/files";
import { ApiError, KubeApi } from "../../../packages/sandbox/servers/cluster/kube-api";
import { loadEngine } from "../../../packages/sandbox/start/lifecycle";
import { readAgentStatus, type AgentStatus } from "../../../packages/sandbox/node-agent/agent-status";
import { sandboxPaths, type SandboxPaths } from "../../../packages/sandbox/paths";
import { startTimeOf } from "../../../kit/process-marks";
import { listProcesses } from "../../../packages/sandbox/process/processes";
import { waitUntil } from "../../../packages/sandbox/process/waiting";
import type { Servers } from "../../../packages/sandbox/servers/servers";
import { alloyctl, npmRun, run, type CommandOptions, type CommandResult } from "./command";

/** What a sandbox's Vault is reached with. */
interface VaultKeys {
  rootToken: string;
}

/**
 * The one sandbox of an end-to-end run, started by `npm start` in a folder of its own. Tests are written in the order
 * in which they run; each leaves the stack deployed and the collectors running, unless it says otherwise.
 */
export class E2eSandbox {
  readonly paths: SandboxPaths;
  private kube: KubeApi | undefined;

  private constructor(
    readonly root: string,
    /** It was there before this run and is left running: only the answer to the first start differs. */
    readonly kept: boolean,
    /** `git status --porcelain` of the checkout before anything was started. */
    readonly checkoutBefore: string,
  ) {
    this.paths = sandboxPaths(root);
  }

  /** What `npm start` gave at the beginning. */
  firstStart!: CommandResult;

  /**
   * Starts it. `ALLOY_E2E_SANDBOX` names a folder whose sandbox is used and left running, for whoever works on one
   * test; otherwise everything is in a temporary folder and goes at the end.
   */
  static async start(): Promise<E2eSandbox> {
    const before = await checkoutStatus();
    const given = process.env["ALLOY_E2E_SANDBOX"];
    const root = given ?? (await fs.mkdtemp(path.join(os.tmpdir(), "alloy-e2e-")));
    const sandbox = new E2eSandbox(root, given !== undefined, before);
    console.error(`the sandbox of this run: ${root}`);
    sandbox.firstStart = await sandbox.npm("start", [], { show: true });
    return sandbox;
  }

  /** Ends every process of it; removes its folder too, unless something failed and it has to be looked at. */
  async stop(failed: boolean): Promise<void> {
    this.kube?.close();
    if (this.kept) return;
    const processes = await listProcesses(this.paths);
    const result = await this.npm("sandbox:down", failed ? [] : ["--purge"]);
    assert.equal(result.exitCode, 0, result.output);
    for (const { name, pid, startTime } of processes)
      assert.notEqual(await startTimeOf(pid), startTime, `${name} (pid ${pid}) runs on after sandbox:down`);
    if (failed) console.error(`the sandbox of this run is stopped and kept: ${this.root}`);
    else await assert.rejects(fs.stat(this.root), { code: "ENOENT" });
  }

  /** `npm run SCRIPT`, with this sandbox as the one that is meant. */
  npm(script: string, args: readonly string[] = [], options: CommandOptions = {}): Promise<CommandResult> {
    return npmRun(script, args, { ...options, env: { ALLOY_SANDBOX: this.root, ...options.env } });
  }

  /** `npx alloyctl VERB`, with this sandbox as the one that is meant. */
  alloyctl(verb: string, args: readonly string[] = [], options: CommandOptions = {}): Promise<CommandResult> {
    return alloyctl(verb, args, { ...options, env: { ALLOY_SANDBOX: this.root, ...options.env } });
  }

  /** What a person types: a shell with the exports of `npm run sandbox:env`, then the command. */
  shell(command: string, env: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
    const script = `eval "$(npm run --silent sandbox:env)" || exit 70\n${command}`;
    return run("bash", ["-c", script], { env: { ALLOY_SANDBOX: this.root, ...env } });
  }

  /** The client of the sandbox's API server. */
  get api(): KubeApi {
    this.kube ??= KubeApi.fromFile(this.paths.kubeconfig);
    return this.kube;
  }

  /** The object at an API path, undefined where there is none. */
  async find<T = LiveObject>(apiPath: string): Promise<T | undefined> {
    try {
      return await this.api.request<T>("GET", apiPath);
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  }

  /** The object at an API path. */
  async get<T = LiveObject>(apiPath: string): Promise<T> {
    const found = await this.find<T>(apiPath);
    assert.ok(found, `the API has no ${apiPath}`);
    return found;
  }

  /** The objects of the stack that exist, each with what changes when somebody changes it. */
  async deployed(): Promise<Record<string, string>> {
    const found = await Promise.all(
      Object.entries(stackObjects).map(async ([name, apiPath]) => [name, await this.find(apiPath)] as const),
    );
    return Object.fromEntries(
      found.flatMap(([name, object]) =>
        // A status is written all the time; the generation counts changes of the rest, where a kind has one.
        object === undefined
          ? []
          : [[name, `${object.metadata.uid} ${object.metadata.generation ?? object.metadata.resourceVersion}`]],
      ),
    );
  }

  /** What the node agent says. */
  async agent(): Promise<AgentStatus> {
    const status = await readAgentStatus(this.paths);
    assert.ok(status, "the node agent has written no status");
    return status;
  }

  /** The engine's paths and environment; it holds secrets. */
  async engine(): Promise<Engine> {
    const engine = await loadEngine(this.paths);
    assert.ok(engine, "npm start has kept no engine");
    return engine;
  }

  /** Ends every collector's pod and waits for new ones that are ready. */
  async restartCollectors(): Promise<void> {
    const before = (await this.agent()).pods.map(({ uid }) => uid);
    await this.api.request("DELETE", `${collectorPods}?labelSelector=${collectorSelector}`);
    await this.newCollectors(before);
  }

  /** Waits until every node has a collector that is ready and none of these pods is left. */
  async newCollectors(before: readonly string[]): Promise<void> {
    await waitUntil(
      "the collectors are new ones",
      async () => {
        const old = (await this.agent()).pods.filter(({ uid }) => before.includes(uid));
        return old.length === 0 || `still there: ${old.map(({ name }) => name).join(", ")}`;
      },
      { timeoutMs: 180_000 },
    );
    await collectorsReady(this.paths, nodeNames);
  }

  /** The addresses of the servers that tests ask, as the sandbox keeps them. */
  async servers(): Promise<Pick<Servers, "vault" | "loki" | "prometheus">> {
    const ports = await readJson<Record<string, number>>(path.join(this.root, "ports.json"));
    const keys = await readJson<VaultKeys>(path.join(this.paths.data, "vault", "keys.json"));
    const url = (name: string): string => `http://127.0.0.1:${ports?.[name] ?? 0}`;
    return {
      vault: { address: url("vault"), token: keys?.rootToken ?? "" },
      loki: { url: url("loki-http"), pushUrl: `${url("loki-http")}/loki/api/v1/push` },
      prometheus: { url: url("prometheus"), writeUrl: `${url("prometheus")}/api/v1/write` },
    };
  }
}

/** The part of an object that tests of any kind read. */
export interface LiveObject {
  metadata: {
    name: string;
    uid: string;
    resourceVersion: string;
    generation?: number;
    labels?: Record<string, string>;
    finalizers?: string[];
    managedFields?: { manager: string }[];
  };
  [field: string]: unknown;
}

const inMonitoring = "namespaces/monitoring";
const rbac = "/apis/rbac.authorization.k8s.io/v1";

/** Kind to API path of everything that the stack `local` makes, but the namespace, which outlives it. */
export const stackObjects = {
  ServiceAccount: `/api/v1/${inMonitoring}/serviceaccounts/alloy`,
  ClusterRole: `${rbac}/clusterroles/alloy`,
  ClusterRoleBinding: `${rbac}/clusterrolebindings/alloy`,
  ConfigMap: `/api/v1/${inMonitoring}/configmaps/alloy-config`,
  Secret: `/api/v1/${inMonitoring}/secrets/alloy-credentials`,
  DaemonSet: `/apis/apps/v1/${inMonitoring}/daemonsets/alloy`,
  PodMonitor: `/apis/monitoring.coreos.com/v1/${inMonitoring}/podmonitors/alloy`,
  PrometheusRule: `/apis/monitoring.coreos.com/v1/${inMonitoring}/prometheusrules/alloy`,
  Dashboard: `/api/v1/${inMonitoring}/configmaps/alloy-dashboard`,
} as const;

export const collectorPods = `/api/v1/${inMonitoring}/pods`;
export const collectorSelector = encodeURIComponent("app.kubernetes.io/name=alloy");

/** `git status --porcelain` of the checkout. */
export async function checkoutStatus(): Promise<string> {
  const result = await run("git", ["status", "--porcelain"]);
  assert.equal(result.exitCode, 0, result.output);
  return result.stdout;
}

let current: E2eSandbox | undefined;

/** The sandbox of this run. */
export function sandbox(): E2eSandbox {
  assert.ok(current, "the sandbox is started by tests/e2e/support/hooks.ts, which npm run test:e2e requires");
  return current;
}

/** Starts the sandbox of this run. */
export async function startSandbox(): Promise<E2eSandbox> {
  current = await E2eSandbox.start();
  return current;
}
