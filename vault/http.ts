import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";

/** A Vault, and whom to speak to it as. */
export interface VaultEndpoint {
  address: string;
  namespace?: string;
  /** File with the CA of its certificate; the machine's own CAs without. */
  caFile?: string;
  token?: string;
}

/** What Vault answered; `body` is undefined where there was none. */
export interface VaultAnswer {
  status: number;
  body: { data?: Record<string, unknown> | null; auth?: { client_token?: string } | null } | undefined;
  /** Vault's own words, where it refused. */
  errors: string[];
}

/**
 * One request to Vault's HTTP API, for what the provider has no resource for.
 *
 * @param path without `/v1/`
 * @throws Error with the network's own words where there was no answer
 */
export async function vaultRequest(
  endpoint: VaultEndpoint,
  method: string,
  path: string,
  body?: unknown,
  timeoutMs = 20_000,
): Promise<VaultAnswer> {
  const url = new URL(`${endpoint.address.replace(/\/+$/, "")}/v1/${path}`);
  const text = body === undefined ? "" : JSON.stringify(body);
  const options: https.RequestOptions = {
    method,
    headers: {
      "X-Vault-Request": "true",
      ...(endpoint.token !== undefined && { "X-Vault-Token": endpoint.token }),
      ...(endpoint.namespace !== undefined && { "X-Vault-Namespace": endpoint.namespace }),
      ...(text !== "" && { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) }),
    },
    // No connection is kept: the process ends when the program does.
    agent: false,
    ...(endpoint.caFile !== undefined && { ca: fs.readFileSync(endpoint.caFile) }),
    signal: AbortSignal.timeout(timeoutMs),
  };
  const answer = await send(url, options, text);
  return { status: answer.status, ...decode(answer.text) };
}

function send(url: URL, options: https.RequestOptions, text: string): Promise<{ status: number; text: string }> {
  const client = url.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    const request = client.request(url, options, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString("utf8") }),
      );
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(text);
  });
}

function decode(text: string): Pick<VaultAnswer, "body" | "errors"> {
  if (text.trim() === "") return { body: undefined, errors: [] };
  try {
    const body = JSON.parse(text) as VaultAnswer["body"] & { errors?: string[] };
    return { body, errors: body.errors ?? [] };
  } catch {
    // A proxy in front of Vault answers in a format of its own; what it says is not quoted.
    return { body: undefined, errors: ["the answer is not Vault's"] };
  }
}
