import { errorText } from "../../../kit/error-text";
import type { Cluster } from "../servers/cluster/cluster";
import { findRetained, type Retained } from "../start/existing-objects";
import type { GivenServers } from "../servers/servers";
import type { Target } from "./chosen-cluster";
import type { Vault } from "../servers/vault";
import { UserError, type Problem } from "../../../kit/user-error";
import { kubePath, KubernetesClient, type KubeObject } from "../../../operations/cluster/kubernetes-client";
import { isReady } from "../../../operations/rollout/state";
import { names } from "../../../settings/names";
import type { Settings } from "../../../settings/schema";

/** What `npm start` was told to use instead of the sandbox's own, as it was typed. */
export interface OwnPlaceFlags {
  context: string;
  vault?: string;
  loki?: string;
  prometheus?: string;
}

/** A cluster of the user's, and whatever else of theirs is used in place of a server of the sandbox. */
export interface OwnPlaces {
  target: Target;
  given: GivenServers & { cluster: Cluster };
  /** What is there already and would be used as it is. */
  retained: Retained;
  hasNamespace(name: string): Promise<boolean>;
  /** Asks the cluster how far the collectors are. */
  collectors(): Promise<Rollout>;
}

/** How many nodes should have a collector, and how many have one that is ready. */
export interface Rollout {
  wanted: number;
  ready: number;
  /** Nodes with a collector's pod that is ready. */
  nodes: string[];
  /** When the first of these pods was started, in milliseconds since 1970; now, where there is none. */
  since: number;
}

/**
 * Looks at what `--context`, `--vault`, `--loki` and `--prometheus` name, and changes nothing.
 *
 * @param checkpointFile state of the stack, where there is one: what it holds is ours
 * @throws UserError with everything that is wrong: a context that the kubeconfig lacks, a server that does not answer,
 *   a token that Vault refuses
 */
export async function findOwnPlaces(
  flags: OwnPlaceFlags,
  settings: Settings,
  checkpointFile: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<OwnPlaces> {
  const problems: Problem[] = [];
  const attempt = async <T>(look: () => Promise<T> | T): Promise<T | undefined> => {
    try {
      return await look();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const client = await attempt(() => loadContext(flags.context));
  const [cluster, vault, loki, prometheus] = await Promise.all([
    client && attempt(() => readCluster(client, flags.context, env)),
    attempt(() => (flags.vault === undefined ? undefined : readVault(flags.vault, env))),
    attempt(() => readServer("--loki", flags.loki, "/ready")),
    attempt(() => readServer("--prometheus", flags.prometheus, "/-/ready")),
  ]);
  if (problems.length > 0 || client === undefined || cluster === undefined) throw new UserError(problems);
  const places = { hasNamespace: (name: string) => hasNamespace(client, name), vault };
  return {
    target: { context: flags.context, vault: vault?.address },
    given: {
      cluster,
      ...(vault && { vault }),
      ...(loki && { loki: { url: loki, pushUrl: `${loki}/loki/api/v1/push` } }),
      ...(prometheus && { prometheus: { url: prometheus, writeUrl: `${prometheus}/api/v1/write` } }),
    },
    hasNamespace: places.hasNamespace,
    retained: await findRetained(checkpointFile, settings, places),
    collectors: () => readRollout(client, settings),
  };
}

async function loadContext(context: string): Promise<KubernetesClient> {
  // It takes a second to load, and a start without --context has no use for it.
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromDefault();
  if (config.getContextObject(context) === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw UserError.of(
      "the kubeconfig",
      "contexts",
      `has no context ${context}`,
      known.length > 0 ? `use one of ${known.join(", ")}` : "export KUBECONFIG=FILE, the file that has it",
    );
  }
  config.setCurrentContext(context);
  return new KubernetesClient(() => config);
}

async function readCluster(client: KubernetesClient, context: string, env: NodeJS.ProcessEnv): Promise<Cluster> {
  const server = (await client.kubeConfig()).getCurrentCluster()?.server ?? "";
  try {
    const [version, nodes] = await Promise.all([
      client.request<{ gitVersion: string }>("GET", "/version"),
      client.list("/api/v1/nodes"),
    ]);
    const nodeNames = nodes.map(({ metadata }) => metadata.name).sort();
    return { kubeconfig: env["KUBECONFIG"] ?? "", context, server, version: version.gitVersion, nodes: nodeNames };
  } catch (error) {
    throw UserError.of(
      `context ${context}`,
      "",
      `its API server ${server} cannot be asked for its version and nodes (${errorText(error).split("\n")[0] ?? ""})`,
      `check whether \`kubectl --context ${context} get nodes\` works`,
    );
  }
}

async function hasNamespace(client: KubernetesClient, name: string): Promise<boolean> {
  const found = await client.find(`/api/v1/namespaces/${name}`);
  return found !== undefined && found.metadata.deletionTimestamp === undefined;
}

async function readVault(address: string, env: NodeJS.ProcessEnv): Promise<Vault> {
  const token = env["VAULT_TOKEN"];
  if (token === undefined || token === "") {
    throw UserError.of("the environment", "VAULT_TOKEN", "is not set", `export a token of the Vault at ${address}`);
  }
  const url = baseUrl("--vault", address);
  const answer = await ask("--vault", `${url}/v1/auth/token/lookup-self`, { "X-Vault-Token": token });
  if (answer.ok) return { address: url, token };
  throw UserError.of(
    `Vault at ${url}`,
    "VAULT_TOKEN",
    `is refused (${answer.status})`,
    "export a token that is valid there and may do auth/token/lookup-self",
  );
}

async function readServer(flag: string, url: string | undefined, readyPath: string): Promise<string | undefined> {
  if (url === undefined) return undefined;
  const base = baseUrl(flag, url);
  const answer = await ask(flag, `${base}${readyPath}`);
  if (answer.ok) return base;
  throw UserError.of(flag, "", `${base}${readyPath} answers ${answer.status}`, "name a server that is up");
}

async function ask(flag: string, url: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { headers, signal: AbortSignal.timeout(10_000) }).catch((error: unknown) => {
    throw UserError.of(flag, "", `${url} cannot be reached (${errorText(error)})`, "check whether it runs, from here");
  });
}

function baseUrl(flag: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search === "")
    return url.origin;
  throw UserError.of(flag, "", `${text} is not the address of a server`, `write ${flag} http://HOST:PORT`);
}

async function readRollout(client: KubernetesClient, settings: Settings): Promise<Rollout> {
  const namespace = settings.namespace.name;
  const [daemonSet, pods] = await Promise.all([
    client.request<DaemonSetStatus>(
      "GET",
      kubePath({ apiVersion: "apps/v1", kind: "DaemonSet", namespace, name: names.daemonSet }),
    ),
    client.collectorPods<CollectorPod>(namespace),
  ]);
  const ready = pods.filter(isReady);
  return {
    wanted: daemonSet.status?.desiredNumberScheduled ?? 0,
    ready: daemonSet.status?.numberReady ?? 0,
    nodes: [...new Set(ready.map(({ spec }) => spec?.nodeName ?? ""))].sort(),
    since: Math.min(Date.now(), ...ready.map(({ status }) => Date.parse(status?.startTime ?? "") || Date.now())),
  };
}

interface DaemonSetStatus {
  status?: { desiredNumberScheduled?: number; numberReady?: number };
}

type CollectorPod = KubeObject & { spec?: { nodeName?: string }; status?: { startTime?: string } };
