import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
// The package's index loads the models of every API, which would triple the plugin's start.
import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import type * as https from "node:https";
import { goNetworkError } from "../go-errors";
import type { HttpResponse } from "../http";
import { send, sleep } from "../http";
import type { PropertyMap } from "../values";
import type { KubernetesStatus } from "./errors";
import { isNotFound, NoMatchError, StatusError } from "./errors";
import type { Gvk } from "./kinds";
import { apiVersionOf, isNamespaced } from "./kinds";
import type { KubernetesObject } from "./objects";

/** How the API server calls a kind. */
interface ApiResource {
  name: string;
  kind: string;
  namespaced: boolean;
}

interface Credentials {
  options: https.RequestOptions;
  headers: Record<string, string>;
}

const TIMEOUT_MS = 60_000;

/** client-go's words. */
const NO_CONFIGURATION =
  "invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable";

/**
 * Reads the provider's `kubeconfig` argument: a path, the text itself, or empty for $KUBECONFIG, ~/.kube/config and
 * the pod's own account, in kubectl's order. `context` picks another one than the current.
 */
export function loadKubeConfig(kubeconfig: string, context: string | undefined): KubeConfig {
  const config = new KubeConfig();
  const home = path.join(os.homedir(), ".kube", "config");
  if (kubeconfig !== "") {
    if (fs.existsSync(kubeconfig)) config.loadFromFile(kubeconfig);
    else config.loadFromString(kubeconfig);
  } else if (process.env["KUBECONFIG"]) config.loadFromDefault();
  else if (fs.existsSync(home)) config.loadFromFile(home);
  else if (process.env["KUBERNETES_SERVICE_HOST"]) config.loadFromCluster();
  else throw new Error(NO_CONFIGURATION);
  if (context !== undefined && context !== "") {
    if (config.getContextObject(context) === null) throw new Error(`context ${JSON.stringify(context)} does not exist`);
    config.setCurrentContext(context);
  }
  if (config.getCurrentCluster() === null) {
    throw new Error(NO_CONFIGURATION);
  }
  // The library refuses plain HTTP without this flag, which client-go and kubectl do not ask for.
  config.clusters = config.clusters.map((c) => (c.server.startsWith("http:") ? { ...c, skipTLSVerify: true } : c));
  return config;
}

/** The few calls of the Kubernetes API that a plugin needs. Errors are worded as client-go words them. */
export class KubernetesClient {
  private credentials: Promise<Credentials> | undefined;
  private readonly groups = new Map<string, Promise<ApiResource[]>>();

  constructor(
    private readonly config: KubeConfig,
    private readonly signal: AbortSignal,
  ) {}

  /** Fails when the server is away or refuses the credentials. */
  async ping(): Promise<void> {
    // The official plugin loads the schema at start: same right (system:discovery), same question, fewer bytes.
    await this.request("GET", "/version");
  }

  async get(gvk: Gvk, namespace: string | undefined, name: string): Promise<KubernetesObject> {
    return this.object("GET", await this.path(gvk, namespace, name));
  }

  /** Objects of a namespace that match a label selector. */
  async list(gvk: Gvk, namespace: string | undefined, labelSelector: string): Promise<KubernetesObject[]> {
    const query = new URLSearchParams({ labelSelector }).toString();
    const list = await this.object("GET", `${await this.path(gvk, namespace)}?${query.toString()}`);
    const items = (list as unknown as { items?: KubernetesObject[] }).items;
    return items ?? [];
  }

  async create(gvk: Gvk, object: KubernetesObject, fieldManager: string, dryRun: boolean): Promise<KubernetesObject> {
    const query = new URLSearchParams({ fieldManager, ...(dryRun ? { dryRun: "All" } : {}) });
    return this.object(
      "POST",
      `${await this.path(gvk, object.metadata?.namespace)}?${query.toString()}`,
      JSON.stringify(object),
    );
  }

  async apply(
    gvk: Gvk,
    object: KubernetesObject,
    fieldManager: string,
    { force, dryRun }: { force: boolean; dryRun: boolean },
  ): Promise<KubernetesObject> {
    const query = new URLSearchParams({ fieldManager, force: String(force), ...(dryRun ? { dryRun: "All" } : {}) });
    const url = `${await this.path(gvk, object.metadata?.namespace, object.metadata?.name)}?${query.toString()}`;
    // JSON is YAML, and the only patch format that is server-side apply.
    return this.object("PATCH", url, JSON.stringify(object), "application/apply-patch+yaml");
  }

  async jsonPatch(gvk: Gvk, namespace: string | undefined, name: string, patch: unknown[]): Promise<KubernetesObject> {
    const url = await this.path(gvk, namespace, name);
    return this.object("PATCH", url, JSON.stringify(patch), "application/json-patch+json");
  }

  /** Replaces the whole object; its resourceVersion guards against a change in between. */
  async replace(gvk: Gvk, object: KubernetesObject, fieldManager: string, dryRun: boolean): Promise<KubernetesObject> {
    const query = new URLSearchParams({ fieldManager, ...(dryRun ? { dryRun: "All" } : {}) });
    const url = `${await this.path(gvk, object.metadata?.namespace, object.metadata?.name)}?${query.toString()}`;
    return this.object("PUT", url, JSON.stringify(object));
  }

  async delete(gvk: Gvk, namespace: string | undefined, name: string, propagationPolicy: string): Promise<void> {
    const body = JSON.stringify({ kind: "DeleteOptions", apiVersion: "v1", propagationPolicy });
    await this.request("DELETE", await this.path(gvk, namespace, name), body);
  }

  /** True when the server knows the kind. */
  async knows(gvk: Gvk): Promise<boolean> {
    return (await this.resource(gvk)) !== undefined;
  }

  /** Whether objects of the kind live in a namespace; where the server cannot say, what the plugin knows itself. */
  async namespaced(gvk: Gvk): Promise<boolean> {
    return (await this.resource(gvk))?.namespaced ?? isNamespaced(gvk);
  }

  /** Forgets which kinds there are, after a CustomResourceDefinition came or went. */
  forgetKinds(): void {
    this.groups.clear();
  }

  private async path(gvk: Gvk, namespace: string | undefined, name?: string): Promise<string> {
    const resource = await this.resource(gvk);
    if (resource === undefined) throw new NoMatchError(gvk);
    const root = gvk.group === "" ? `/api/${gvk.version}` : `/apis/${gvk.group}/${gvk.version}`;
    const scope = resource.namespaced ? `/namespaces/${encodeURIComponent(namespace || "default")}` : "";
    return `${root}${scope}/${resource.name}${name === undefined ? "" : `/${encodeURIComponent(name)}`}`;
  }

  private async resource(gvk: Gvk): Promise<ApiResource | undefined> {
    const groupVersion = apiVersionOf(gvk);
    let resources = this.groups.get(groupVersion);
    if (resources === undefined) {
      resources = this.discover(gvk);
      this.groups.set(groupVersion, resources);
    }
    try {
      const found = (await resources).find((r) => r.kind === gvk.kind && !r.name.includes("/"));
      // A kind that is absent now may be there at the next try: a CustomResourceDefinition takes a moment.
      if (found === undefined) this.groups.delete(groupVersion);
      return found;
    } catch (error) {
      this.groups.delete(groupVersion);
      throw error;
    }
  }

  private async discover(gvk: Gvk): Promise<ApiResource[]> {
    const root = gvk.group === "" ? `/api/${gvk.version}` : `/apis/${gvk.group}/${gvk.version}`;
    try {
      const response = await this.request("GET", root);
      return (JSON.parse(response.body) as { resources?: ApiResource[] }).resources ?? [];
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
  }

  private async object(method: string, url: string, body?: string, type?: string): Promise<KubernetesObject> {
    return JSON.parse((await this.request(method, url, body, type)).body) as KubernetesObject;
  }

  /** Sends, follows `Retry-After` as client-go does (ten times), and renews expired credentials once. */
  private async request(
    method: string,
    pathAndQuery: string,
    body?: string,
    type = "application/json",
  ): Promise<HttpResponse> {
    const server = this.config.getCurrentCluster()?.server.replace(/\/+$/, "") ?? "";
    const url = server + pathAndQuery;
    let renewed = false;
    for (let attempt = 0; ; attempt++) {
      const { options, headers } = await (this.credentials ??= this.authenticate());
      let response: HttpResponse;
      try {
        response = await send({
          method,
          url,
          headers: { Accept: "application/json", ...headers, ...(body === undefined ? {} : { "Content-Type": type }) },
          body,
          options,
          timeoutMs: TIMEOUT_MS,
          signal: this.signal,
        });
      } catch (error) {
        if (this.signal.aborted) throw new Error("the operation was cancelled", { cause: error });
        throw new Error(goNetworkError(method, url, error), { cause: error });
      }
      if (response.status < 400) return response;
      if (response.status === 401 && !renewed) {
        renewed = true;
        this.credentials = undefined;
        continue;
      }
      const wait = Number(response.headers["retry-after"]);
      if ((response.status === 429 || response.status >= 500) && wait >= 0 && attempt < 10) {
        await sleep(wait * 1000, this.signal);
        continue;
      }
      throw new StatusError(parseStatus(response.body), response.status);
    }
  }

  private async authenticate(): Promise<Credentials> {
    const options: https.RequestOptions = {};
    await this.config.applyToHTTPSOptions(options);
    const headers: Record<string, string> = {};
    for (const [key, value] of Object.entries(options.headers ?? {})) headers[key] = String(value);
    if (options.auth) headers["Authorization"] = `Basic ${Buffer.from(options.auth).toString("base64")}`;
    const { headers: _headers, auth: _auth, ...rest } = options;
    return { options: rest, headers };
  }
}

function parseStatus(body: string): KubernetesStatus {
  try {
    return JSON.parse(body) as KubernetesStatus;
  } catch {
    // A proxy or load balancer in front of the server: its text says more than nothing.
    return { message: body.trim() };
  }
}

/** The settings of the cluster that `args` point at, for telling whether another cluster is meant. */
export function activeCluster(args: PropertyMap): unknown {
  const { kubeconfig, context, cluster } = args;
  if (typeof kubeconfig !== "string" || kubeconfig === "") return undefined;
  try {
    const config = loadKubeConfig(kubeconfig, typeof context === "string" ? context : undefined);
    return typeof cluster === "string" && cluster !== "" ? config.getCluster(cluster) : config.getCurrentCluster();
  } catch {
    // A file that is gone or a context that does not exist names no cluster; Configure reports it.
    return undefined;
  }
}
