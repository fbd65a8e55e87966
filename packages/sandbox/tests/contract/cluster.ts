import * as http from "node:http";
import * as https from "node:https";
import type { KubeConfig, KubernetesObject, KubernetesObjectApi } from "@kubernetes/client-node";
import { portOf } from "./support";

/** The cluster seen by somebody else than the plugin: looks what is there, and changes it behind its back. */
export class Cluster {
  private constructor(
    private readonly config: KubeConfig,
    private readonly api: KubernetesObjectApi,
  ) {}

  static async of(kubeconfig: string): Promise<Cluster> {
    // A static import would be translated from an ES module by tsx, file by file, which takes two seconds.
    const { KubeConfig, KubernetesObjectApi } = await import("@kubernetes/client-node");
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    return new Cluster(config, KubernetesObjectApi.makeApiClient(config));
  }

  /** The object, or undefined when there is none. */
  async find(object: KubernetesObject): Promise<LiveObject | undefined> {
    try {
      return await this.api.read<LiveObject>({
        ...object,
        metadata: { ...object.metadata, name: object.metadata?.name ?? "" },
      });
    } catch (error) {
      if ((error as { code?: number }).code === 404) return undefined;
      throw error;
    }
  }

  async create(object: KubernetesObject): Promise<void> {
    await this.api.create(object);
  }

  /** Applies as `somebody-else`, by force: the fields are theirs from then on. */
  async take(object: KubernetesObject): Promise<void> {
    await this.api.patch(object, undefined, undefined, "somebody-else", true, "application/apply-patch+yaml");
  }

  async remove(object: KubernetesObject): Promise<void> {
    try {
      await this.api.delete(object);
    } catch (error) {
      if ((error as { code?: number }).code !== 404) throw error;
    }
  }

  /** A kubeconfig for the same cluster with one thing changed. */
  kubeconfig(change: { server?: string; impersonate?: string }): string {
    const cluster = this.config.getCurrentCluster();
    const user = this.config.getCurrentUser();
    return JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "contract",
      contexts: [{ name: "contract", context: { cluster: "contract", user: "contract" } }],
      clusters: [
        {
          name: "contract",
          cluster: {
            server: change.server ?? cluster?.server,
            ...(change.server?.startsWith("http:") ? {} : authority(cluster)),
          },
        },
      ],
      users: [
        {
          name: "contract",
          user: {
            ...(user?.token === undefined ? {} : { token: user.token }),
            ...(user?.certFile === undefined ? {} : { "client-certificate": user.certFile }),
            ...(user?.keyFile === undefined ? {} : { "client-key": user.keyFile }),
            ...(user?.certData === undefined ? {} : { "client-certificate-data": user.certData }),
            ...(user?.keyData === undefined ? {} : { "client-key-data": user.keyData }),
            ...(change.impersonate === undefined ? {} : { as: change.impersonate }),
          },
        },
      ],
    });
  }

  /**
   * A server that passes everything on to the cluster, save that it knows nothing of the API group: so a kind whose
   * CustomResourceDefinition is missing can be had without taking it from a shared cluster.
   */
  async withoutGroup(group: string): Promise<{ url: string; stop: () => void }> {
    const options: https.RequestOptions = {};
    await this.config.applyToHTTPSOptions(options);
    const target = this.config.getCurrentCluster()?.server ?? "";
    const server = http.createServer((request, response) => {
      const url = request.url ?? "/";
      if (url.startsWith(`/apis/${group}`) || url.startsWith(`/openapi/v3/apis/${group}`)) {
        response.writeHead(404, { "Content-Type": "application/json" });
        response.end(
          JSON.stringify({
            kind: "Status",
            code: 404,
            reason: "NotFound",
            message: "the server could not find the requested resource",
          }),
        );
        return;
      }
      // A Go client sends no token and no certificate over plain http: this server's own kubeconfig has to serve.
      const headers = {
        ...options.headers,
        ...request.headers,
        host: new URL(target).host,
        "accept-encoding": "identity",
      };
      const upstream = (target.startsWith("https:") ? https : http).request(
        new URL(url, target),
        { ...options, method: request.method, headers },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.on("end", () => {
            const { "content-length": _length, "transfer-encoding": _encoding, ...rest } = answer.headers;
            response.writeHead(answer.statusCode ?? 502, rest);
            response.end(
              url.split("?")[0] === "/apis" ? hideGroup(Buffer.concat(chunks), group) : Buffer.concat(chunks),
            );
          });
        },
      );
      upstream.on("error", () => response.destroy());
      request.pipe(upstream);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { url: `http://127.0.0.1:${portOf(server)}`, stop: () => void server.close() };
  }
}

export interface LiveObject extends KubernetesObject {
  [key: string]: unknown;
}

function authority(cluster: ReturnType<KubeConfig["getCurrentCluster"]>): Record<string, string> {
  if (cluster?.caData !== undefined) return { "certificate-authority-data": cluster.caData };
  return cluster?.caFile === undefined ? {} : { "certificate-authority": cluster.caFile };
}

function hideGroup(body: Buffer, group: string): string {
  const text = body.toString();
  if (!text.startsWith("{")) return text;
  const list = JSON.parse(text) as { groups?: { name: string }[]; items?: { metadata: { name: string } }[] };
  return JSON.stringify({
    ...list,
    ...(list.groups && { groups: list.groups.filter((entry) => entry.name !== group) }),
    ...(list.items && { items: list.items.filter((entry) => entry.metadata.name !== group) }),
  });
}
