import * as https from "node:https";
import * as http from "node:http";

import type { KubeConfig } from "@kubernetes/client-node";

/** An answer of the API server with status 400 and above. */
export class KubeError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
    this.name = "KubeError";
  }
}

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
    ownerReferences?: { kind: string; name: string; uid: string }[];
    finalizers?: string[];
    managedFields?: { manager?: string; operation?: string }[];
  };
  [field: string]: unknown;
}

/**
 * One request to the API server, as plain JSON: the typed client drops fields that it does not know and turns times
 * into dates, which would show as differences where an object is compared or written back.
 *
 * @throws KubeError where the server refuses, Error where it cannot be reached
 */
export async function kubeRequest<T = KubeObject>(
  config: KubeConfig,
  method: string,
  path: string,
  body?: { value: unknown; type: string },
): Promise<T> {
  return JSON.parse(await textOf(await kubeOpen(config, method, path, body))) as T;
}

/**
 * The same, with the answer as it streams in: for logs, which are too long to be kept.
 *
 * @throws KubeError where the server refuses, Error where it cannot be reached
 */
export async function kubeOpen(
  config: KubeConfig,
  method: string,
  path: string,
  body?: { value: unknown; type: string },
): Promise<http.IncomingMessage> {
  const url = new URL(`${(config.getCurrentCluster()?.server ?? "").replace(/\/$/, "")}${path}`);
  const options: https.RequestOptions = { method, timeout: 30_000, headers: { accept: "application/json" } };
  await config.applyToHTTPSOptions(options);
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
  if (status >= 400) throw new KubeError(status, `${method} ${path}: ${status} ${messageOf(await textOf(response))}`);
  return response;
}

async function textOf(response: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** The same for an object that need not be there. */
export async function kubeFind<T = KubeObject>(config: KubeConfig, path: string): Promise<T | undefined> {
  try {
    return await kubeRequest<T>(config, "GET", path);
  } catch (error) {
    if (error instanceof KubeError && error.code === 404) return undefined;
    throw error;
  }
}

/** An object's path, for the kinds that the program declares. */
export function kubePath(object: { apiVersion: string; kind: string; namespace?: string; name: string }): string {
  const { apiVersion, kind, namespace, name } = object;
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const plural = kind.toLowerCase().replace(/y$/, "ie") + "s";
  return `${root}${namespace === undefined ? "" : `/namespaces/${namespace}`}/${plural}/${name}`;
}

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text; // a proxy's answer is no JSON
  }
}
