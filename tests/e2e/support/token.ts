import * as fs from "node:fs/promises";
import * as https from "node:https";

import { parse } from "yaml";

import { sandbox } from "./sandbox";

/** What the API server answered. */
export interface Answer {
  status: number;
  text: string;
}

/** Asks the sandbox's API server as one ServiceAccount: with its token and nothing else. */
export class TokenClient {
  private constructor(
    private readonly server: string,
    private readonly ca: Buffer,
    private readonly token: string,
  ) {}

  /** A token of ten minutes for the ServiceAccount, as the kubelet gets one for a pod. */
  static async for(namespace: string, serviceAccount: string): Promise<TokenClient> {
    const { api, paths } = sandbox();
    const answer = await api.request<{ status: { token: string } }>(
      "POST",
      `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`,
      { body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 600 } } },
    );
    const kubeconfig = parse(await fs.readFile(paths.kubeconfig, "utf8")) as {
      clusters: { cluster: { "certificate-authority-data": string } }[];
    };
    const ca = Buffer.from(kubeconfig.clusters[0]?.cluster["certificate-authority-data"] ?? "", "base64");
    return new TokenClient(api.server, ca, answer.status.token);
  }

  /** One request; a status above 400 is the caller's to judge. */
  ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sent = https.request(
        `${this.server}${path}`,
        {
          method,
          ca: this.ca,
          timeout: 30_000,
          headers: {
            authorization: `Bearer ${this.token}`,
            accept: "application/json",
            ...(text === undefined ? {} : { "content-type": "application/json" }),
            ...headers,
          },
        },
        (response) => {
          const parts: Buffer[] = [];
          response.on("data", (part: Buffer) => parts.push(part));
          response.on("error", reject);
          response.on("end", () =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString("utf8") }),
          );
        },
      );
      sent.on("error", reject);
      sent.end(text);
    });
  }
}
