import * as fs from "node:fs";
import type { IncomingMessage } from "node:http";
import * as https from "node:https";
import { createInterface } from "node:readline";

import type { KubernetesObject } from "@kubernetes/client-node";
import { parse } from "yaml";

/** An answer of the API server with status 400 and above. */
export class ApiError extends Error {
  constructor(
    /** HTTP status code. */
    readonly code: number,
    /** `GET /api/v1/…`. */
    readonly request: string,
    message: string,
  ) {
    super(`${request}: ${code} ${message}`);
    this.name = "ApiError";
  }
}

/** An object as JSON, dates as text. The typed client turns them into Dates and drops fields it does not know. */
export type JsonObject = KubernetesObject & Record<string, unknown>;

/** One event of a watch. */
export interface WatchEvent<T> {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: T;
}

/** Field manager of everything that the sandbox applies. */
const fieldManager = "alloy-sandbox";

/** The parts of a kubeconfig that the sandbox writes: one cluster, one user, certificates inline. */
interface Kubeconfig {
  clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
  users: { user: { "client-certificate-data": string; "client-key-data": string } }[];
}

/**
 * The Kubernetes API over plain JSON, for the sandbox's own kubeconfig. Not `@kubernetes/client-node`: its models lose
 * what they do not know (the `x-kubernetes-*` fields of a CRD), and loading them takes seconds and 100 MB in each of
 * the sandbox's processes.
 */
export class KubeApi {
  private readonly agent: https.Agent;
  private readonly base: URL;
  private readonly kinds = new Map<string, Promise<{ kind: string; name: string; namespaced: boolean }[]>>();

  private constructor(kubeconfig: Kubeconfig) {
    const [cluster] = kubeconfig.clusters;
    const [user] = kubeconfig.users;
    if (cluster === undefined || user === undefined) throw new Error("the kubeconfig names no cluster or no user");
    this.base = new URL(cluster.cluster.server);
    const decode = (text: string): Buffer => Buffer.from(text, "base64");
    this.agent = new https.Agent({
      keepAlive: true,
      ca: decode(cluster.cluster["certificate-authority-data"]),
      cert: decode(user.user["client-certificate-data"]),
      key: decode(user.user["client-key-data"]),
    });
  }

  /** A client for the kubeconfig that {@link startCluster} wrote. */
  static fromFile(kubeconfig: string): KubeApi {
    return new KubeApi(parse(fs.readFileSync(kubeconfig, "utf8")) as Kubeconfig);
  }

  /** `https://127.0.0.1:PORT`. */
  get server(): string {
    return this.base.origin;
  }

  /** One request, 30 s by default; gives the decoded JSON, or the text where the answer is not JSON. */
  async request<T>(
    method: string,
    path: string,
    options: { body?: unknown; type?: string; timeoutMs?: number } = {},
  ): Promise<T> {
    const signal = AbortSignal.timeout(options.timeoutMs ?? 30_000);
    const response = await this.open(method, path, { ...options, signal });
    const text = await readAll(response);
    const status = response.statusCode ?? 0;
    if (status >= 400) throw new ApiError(status, `${method} ${path}`, statusMessage(text));
    return (response.headers["content-type"]?.includes("json") ? JSON.parse(text) : text) as T;
  }

  /** Server-side apply; fields that another manager owns are taken over. */
  async apply(object: JsonObject): Promise<JsonObject> {
    const path = await this.pathOf(object);
    return this.request("PATCH", `${path}?fieldManager=${fieldManager}&force=true`, {
      body: object,
      type: "application/apply-patch+yaml", // JSON is YAML
    });
  }

  /** Merge patch of an object's status, refused (409) where the object is not the one with this uid any more. */
  async patchStatus(path: string, status: unknown, uid: string): Promise<void> {
    const body = { metadata: { uid }, status };
    await this.request("PATCH", `${path}/status`, { body, type: "application/merge-patch+json" });
  }

  /** The object's own path, by its kind's name in the API server's discovery. */
  async pathOf(object: JsonObject): Promise<string> {
    const { apiVersion = "", kind = "" } = object;
    const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    let list = this.kinds.get(root);
    if (list === undefined) {
      list = this.request<{ resources: { kind: string; name: string; namespaced: boolean }[] }>("GET", root).then(
        (answer) => answer.resources,
      );
      this.kinds.set(root, list);
      // A group that is not served yet (a CRD of a moment ago) is asked for again next time.
      list.catch(() => this.kinds.delete(root));
    }
    const resource = (await list).find((entry) => entry.kind === kind && !entry.name.includes("/"));
    if (resource === undefined) {
      this.kinds.delete(root);
      throw new Error(`the API server has no kind ${kind} in ${apiVersion}`);
    }
    const namespace = resource.namespaced ? `/namespaces/${object.metadata?.namespace ?? "default"}` : "";
    return `${root}${namespace}/${resource.name}/${object.metadata?.name ?? ""}`;
  }

  /**
   * One watch request; ends when the server closes it or `signal` is aborted. An ERROR event (410: history gone) is
   * thrown as ApiError, so that the caller lists again.
   */
  async watch<T>(
    path: string,
    query: Record<string, string>,
    onEvent: (event: WatchEvent<T>) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const parameters = new URLSearchParams({ ...query, watch: "true", allowWatchBookmarks: "true" });
    const response = await this.open("GET", `${path}?${parameters.toString()}`, { signal });
    if ((response.statusCode ?? 0) >= 400) {
      throw new ApiError(response.statusCode ?? 0, `WATCH ${path}`, statusMessage(await readAll(response)));
    }
    for await (const line of createInterface({ input: response })) {
      const event = JSON.parse(line) as WatchEvent<T>;
      if (event.type === "ERROR") {
        const status = event.object as { code?: number; message?: string };
        throw new ApiError(status.code ?? 0, `WATCH ${path}`, status.message ?? "");
      }
      onEvent(event);
    }
  }

  /** Sends a request and gives the response as it streams in. */
  open(
    method: string,
    path: string,
    options: { body?: unknown; type?: string; signal?: AbortSignal } = {},
  ): Promise<IncomingMessage> {
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    const request: https.RequestOptions = {
      agent: this.agent,
      method,
      host: this.base.hostname,
      port: this.base.port,
      path,
      signal: options.signal,
      headers: {
        accept: "application/json",
        ...(body === undefined
          ? {}
          : { "content-type": options.type ?? "application/json", "content-length": Buffer.byteLength(body) }),
      },
    };
    return new Promise((resolve, reject) => {
      const sent = https.request(request, resolve);
      sent.once("error", (error) => reject(new Error(`${method} ${this.base.origin}${path}`, { cause: error })));
      sent.end(body);
    });
  }

  /** Closes the connections that are kept for reuse. */
  close(): void {
    this.agent.destroy();
  }
}

async function readAll(response: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** The `message` of a Kubernetes Status, else the text itself. */
function statusMessage(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text; // not every answer is JSON (a proxy's, an aggregated server's)
  }
}
