import { setMaxListeners } from "node:events";
import * as https from "node:https";
import * as http from "node:http";

import type { KubeConfig } from "@kubernetes/client-node";

import { selectorLabels } from "../../settings/names";
import type { Settings } from "../../settings/schema";
import { credentialsFailed, readKubeConfig } from "./kube-config";
import { KubeError } from "./kube-error";
import { readPages, type Page } from "./pages";

export { KubeError };

/** An object as JSON, with what every kind has. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    generation?: number;
    resourceVersion?: string;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: { apiVersion?: string; kind: string; name: string; uid: string; controller?: boolean }[];
    finalizers?: string[];
    managedFields?: { manager?: string; operation?: string }[];
  };
  [field: string]: unknown;
}

/** A request's body and its content type. */
export interface KubeBody {
  value: unknown;
  type: string;
}

/**
 * The API server of one cluster, as plain JSON. The typed client of `@kubernetes/client-node` drops fields that it does
 * not know and turns times into dates, which would show as differences where an object is compared or written back. Of
 * that package only the reading of kubeconfigs is used, and it is loaded at the first request: loading takes a second.
 */
export class KubernetesClient {
  private config: Promise<KubeConfig> | undefined;
  private requests = manyListeners();

  /** @param load gives the kubeconfig whose current context is meant */
  constructor(private readonly load: () => Promise<KubeConfig> | KubeConfig) {}

  /**
   * The user's own way to a stack's cluster: their kubeconfig, and in it the context that the stack names.
   *
   * @param env what KUBECONFIG is taken from, before this process's own
   */
  static forStack({ kubernetes }: Pick<Settings, "kubernetes">, env: Record<string, string> = {}): KubernetesClient {
    return new KubernetesClient(() => readKubeConfig(kubernetes?.context, env["KUBECONFIG"]));
  }

  /** The kubeconfig that requests are made with. */
  async kubeConfig(): Promise<KubeConfig> {
    return (this.config ??= Promise.resolve(this.load()));
  }

  /**
   * The same API server, asked in the name of somebody else (`kubectl --as`). Whoever may not do that gets a KubeError 403
   * that says "cannot impersonate".
   *
   * @param user such as `system:serviceaccount:monitoring:alloy`; the server adds a ServiceAccount's own groups
   */
  as(user: string): KubernetesClient {
    return new KubernetesClient(async () => {
      const config = await this.kubeConfig();
      const { KubeConfig } = await import("@kubernetes/client-node");
      const own = config.getCurrentUser()?.name;
      const users = config.getUsers().map((one) => (one.name === own ? { ...one, impersonateUser: user } : one));
      const other = new KubeConfig();
      other.loadFromOptions({
        ...{ users, clusters: config.getClusters(), contexts: config.getContexts() },
        currentContext: config.getCurrentContext(),
      });
      return other;
    });
  }

  /**
   * One request, and its answer.
   *
   * @throws KubeError if the server refuses, Error if it cannot be reached
   */
  async request<T = KubeObject>(method: string, path: string, body?: KubeBody): Promise<T> {
    return JSON.parse(await textOf(await this.open(method, path, body))) as T;
  }

  /** A read whose answer is in a form that the server has beside the whole objects, such as a table. */
  async readAs<T>(accept: string, path: string): Promise<T> {
    return JSON.parse(await textOf(await this.open("GET", path, undefined, accept))) as T;
  }

  /** The same for an answer that is no JSON, such as a metrics page. */
  async text(path: string): Promise<string> {
    return textOf(await this.open("GET", path));
  }

  /** The same for an object that need not be there. */
  async find<T = KubeObject>(path: string): Promise<T | undefined> {
    try {
      return await this.request<T>("GET", path);
    } catch (error) {
      if (error instanceof KubeError && error.code === 404) return undefined;
      throw error;
    }
  }

  /** The items of a list. They carry neither kind nor version: the list itself has those. */
  async list<T = KubeObject>(path: string): Promise<T[]> {
    return this.listParts<T, T>(path, (item) => item);
  }

  /**
   * The same for a list that may be long: a cluster's pods take half a gigabyte. Only what is made of each item is kept.
   *
   * @param part what to keep of an item; undefined leaves it out. It is asked again for every item if the list begins anew
   */
  async listParts<T, P>(path: string, part: (item: T) => P | undefined): Promise<P[]> {
    return readPages((query) => this.request<Page<T>>("GET", `${path}${path.includes("?") ? "&" : "?"}${query}`), part);
  }

  /** The pods of a stack's collectors, in whatever state. */
  async collectorPods<T = KubeObject>(namespace: string): Promise<T[]> {
    return this.list<T>(`/api/v1/namespaces/${namespace}/pods?labelSelector=${collectorSelector}`);
  }

  /** Ends the requests that are under way: nobody waits for their answers, and one alone keeps the process for 30 s. */
  abandonRequests(): void {
    this.requests.abort();
    this.requests = manyListeners();
  }

  /**
   * A request whose answer is read as it streams in: for logs, which are too long to be kept.
   *
   * @throws KubeError if the server refuses, Error if it cannot be reached
   */
  async open(
    method: string,
    path: string,
    body?: KubeBody,
    accept = "application/json, */*",
  ): Promise<http.IncomingMessage> {
    const { signal } = this.requests;
    const config = await this.kubeConfig();
    const url = new URL(`${(config.getCurrentCluster()?.server ?? "").replace(/\/$/, "")}${path}`);
    const options: https.RequestOptions = { method, timeout: 30_000, signal, headers: { accept } };
    await config.applyToHTTPSOptions(options).catch((error: unknown) => {
      throw credentialsFailed(config, error);
    });
    // `kubectl proxy` is asked without TLS, for which the agent that was just set is no use.
    if (url.protocol === "http:") delete options.agent;
    const text = body === undefined ? undefined : JSON.stringify(body.value);
    if (body !== undefined && text !== undefined)
      options.headers = { ...options.headers, "content-type": body.type, "content-length": Buffer.byteLength(text) };
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const request = (url.protocol === "http:" ? http : https).request(url, options, resolve);
      request.on("timeout", () => request.destroy(new Error(`${url.origin} has not answered within 30s`)));
      request.on("error", reject);
      request.end(text);
    });
    const status = response.statusCode ?? 0;
    if (status >= 400) {
      const { message, continueWith } = answerOf(await textOf(response));
      throw new KubeError(status, `${method} ${path}: ${status} ${message}`, continueWith);
    }
    return response;
  }
}

/** The collectors' labels as a query has them. */
export const collectorSelector = encodeURIComponent(
  Object.entries(selectorLabels)
    .map(([name, value]) => `${name}=${value}`)
    .join(","),
);

/** One that a hundred requests may listen to at once, as where a hundred nodes are asked, without a warning of Node. */
function manyListeners(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

async function textOf(response: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** An object's path, for the kinds that the program declares. */
export function kubePath(object: { apiVersion: string; kind: string; namespace?: string; name: string }): string {
  const { apiVersion, kind, namespace, name } = object;
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const plural = kind.toLowerCase().replace(/y$/, "ie") + "s";
  return `${root}${namespace === undefined ? "" : `/namespaces/${namespace}`}/${plural}/${name}`;
}

function answerOf(text: string): { message: string; continueWith: string | undefined } {
  try {
    const { message, metadata } = JSON.parse(text) as { message?: string; metadata?: { continue?: string } };
    return { message: message ?? text, continueWith: metadata?.continue };
  } catch {
    return { message: text, continueWith: undefined }; // a proxy's answer is no JSON
  }
}
