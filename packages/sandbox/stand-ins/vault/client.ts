import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as os from "node:os";
import * as path from "node:path";
import { goNetworkError } from "../go-errors";
import type { HttpResponse } from "../http";
import { send, sleep } from "../http";
import type { PropertyMap } from "../values";
import { flagAt, numberAt, stringAt } from "../values";

/** JSON as Vault answers it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonMap = { [key: string]: Json };

/** An answer of Vault that is not a success, worded as Vault's Go client words it. */
export class VaultError extends Error {
  constructor(
    method: string,
    url: string,
    public readonly status: number,
    errors: string[],
  ) {
    const list = errors.map((error) => `* ${error}`).join("\n");
    super(`Error making API request.\n\nURL: ${method} ${url}\nCode: ${status}. Errors:\n\n${list}`);
    this.name = "VaultError";
  }
}

/** Vault's Go client gives up after a minute; a frozen server costs that long. */
const TIMEOUT_MS = 60_000;

/**
 * Vault's HTTP API as the official provider uses it: the token is looked up at the first request and not before, so
 * that a preview which reads nothing works without a Vault.
 */
export class VaultClient {
  private session: Promise<{ token: string; namespace: string }> | undefined;
  private readonly abort = new AbortController();
  private options: https.RequestOptions | undefined;

  constructor(
    private readonly args: PropertyMap,
    private readonly env: NodeJS.ProcessEnv = process.env,
  ) {}

  cancel(): void {
    this.abort.abort();
  }

  /** Reads `path`. Undefined when there is nothing; a soft-deleted secret is something: its data is null. */
  async read(path: string, namespace?: string): Promise<JsonMap | undefined> {
    const response = await this.authenticated("GET", path, undefined, namespace);
    if (response.status === 404) {
      const data = dataOf(response);
      return data !== undefined && Object.keys(data).length > 0 ? data : undefined;
    }
    return dataOf(this.accept("GET", path, response)) ?? {};
  }

  async write(path: string, body: JsonMap, namespace?: string): Promise<JsonMap> {
    const response = await this.authenticated("PUT", path, body, namespace);
    return dataOf(this.accept("PUT", path, response)) ?? {};
  }

  /** Deletes `path`; nothing there is no error. */
  async delete(path: string, namespace?: string): Promise<void> {
    const response = await this.authenticated("DELETE", path, undefined, namespace);
    if (response.status !== 404) this.accept("DELETE", path, response);
  }

  private async authenticated(
    method: string,
    path: string,
    body: JsonMap | undefined,
    namespace?: string,
  ): Promise<HttpResponse> {
    // A failed lookup is not kept: the next request may find the server back.
    this.session ??= this.logIn().catch((error: unknown) => {
      this.session = undefined;
      throw error;
    });
    const { token, namespace: root } = await this.session;
    const relative = namespace?.replace(/^\/+|\/+$/g, "");
    return this.request(method, path, body, token, [root, relative].filter(Boolean).join("/"));
  }

  private async logIn(): Promise<{ token: string; namespace: string }> {
    const namespace = stringAt(this.args, "namespace") ?? this.env["VAULT_NAMESPACE"] ?? "";
    const token = stringAt(this.args, "token") || this.env["VAULT_TOKEN"] || tokenFile();
    if (token === undefined || token === "") throw new Error("no vault token set on Client");
    await this.step("failed to lookup token, err=", "GET", "auth/token/lookup-self", undefined, token, namespace);
    const skip = flagAt(this.args, "skipChildToken") ?? this.env["TERRAFORM_VAULT_SKIP_CHILD_TOKEN"] === "true";
    if (skip) return { token, namespace };
    const ttl = `${numberAt(this.args, "maxLeaseTtlSeconds") ?? 1200}s`;
    const child = await this.step(
      "failed to create limited child token: ",
      "POST",
      "auth/token/create",
      {
        renewable: false,
        ttl,
        explicit_max_ttl: ttl,
        display_name: stringAt(this.args, "tokenName") ?? "terraform",
      },
      token,
      namespace,
    );
    const answer = JSON.parse(child.body) as { auth?: { client_token?: string } };
    const childToken = answer.auth?.client_token;
    if (childToken === undefined) throw new Error("failed to create limited child token: Vault answered no token");
    return { token: childToken, namespace };
  }

  private async step(
    prefix: string,
    method: string,
    path: string,
    body: JsonMap | undefined,
    token: string,
    namespace: string,
  ): Promise<HttpResponse> {
    try {
      return this.accept(method, path, await this.request(method, path, body, token, namespace));
    } catch (error) {
      throw new Error(`${prefix}${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }

  /** Retries what Vault's Go client retries (no connection, 412, 5xx), waiting 1 to 1.5 s longer each time. */
  private async request(
    method: string,
    path: string,
    body: JsonMap | undefined,
    token: string,
    namespace: string,
  ): Promise<HttpResponse> {
    const retries = numberAt(this.args, "maxRetries") ?? 2;
    for (let attempt = 0; ; attempt++) {
      try {
        const response = await send({
          method,
          url: this.url(path),
          headers: {
            "X-Vault-Token": token,
            "X-Vault-Request": "true",
            ...(namespace === "" ? {} : { "X-Vault-Namespace": namespace }),
            ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          },
          body: body === undefined ? undefined : JSON.stringify(body),
          options: (this.options ??= this.tls()),
          timeoutMs: TIMEOUT_MS,
          signal: this.abort.signal,
        });
        const transient = response.status === 412 || (response.status >= 500 && response.status !== 501);
        if (!transient || attempt >= retries) return response;
      } catch (error) {
        if (this.abort.signal.aborted) throw new Error("the operation was cancelled", { cause: error });
        if (attempt >= retries) throw new Error(goNetworkError(method, this.url(path), error), { cause: error });
      }
      await sleep((attempt + 1) * (1000 + Math.random() * 500), this.abort.signal);
    }
  }

  private url(path: string): string {
    const address = stringAt(this.args, "address") || this.env["VAULT_ADDR"];
    if (address === undefined || address === "") throw new Error("failed to configure Vault address");
    return `${address.replace(/\/+$/, "")}/v1/${path}`;
  }

  private tls(): https.RequestOptions {
    const caFile = stringAt(this.args, "caCertFile") ?? this.env["VAULT_CACERT"];
    const insecure = flagAt(this.args, "skipTlsVerify") ?? this.env["VAULT_SKIP_VERIFY"] === "true";
    const plain = this.url("").startsWith("http:");
    const settings: https.AgentOptions = { keepAlive: true };
    if (caFile !== undefined && caFile !== "") settings.ca = readCertificate(caFile);
    if (insecure) settings.rejectUnauthorized = false;
    const servername = stringAt(this.args, "tlsServerName") ?? this.env["VAULT_TLS_SERVER_NAME"];
    if (servername !== undefined && servername !== "") settings.servername = servername;
    return { agent: plain ? new http.Agent({ keepAlive: true }) : new https.Agent(settings) };
  }

  private accept(method: string, path: string, response: HttpResponse): HttpResponse {
    if (response.status < 400) return response;
    let errors: string[];
    try {
      errors = (JSON.parse(response.body) as { errors?: string[] }).errors ?? [];
    } catch {
      // A proxy in front of Vault answers in its own format; its text is all there is to show.
      errors = [response.body.trim()];
    }
    throw new VaultError(method, this.url(path), response.status, errors);
  }
}

function readCertificate(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(
      `failed to configure TLS for Vault API: Error loading CA File: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

function dataOf(response: HttpResponse): JsonMap | undefined {
  if (response.body.trim() === "") return undefined;
  try {
    return (JSON.parse(response.body) as { data?: JsonMap | null }).data ?? undefined;
  } catch {
    // Not JSON, so not Vault's own answer: there is no data in it.
    return undefined;
  }
}

/** The token that `vault login` left, as the official provider reads it. */
function tokenFile(): string | undefined {
  try {
    return fs.readFileSync(path.join(os.homedir(), ".vault-token"), "utf8").trim();
  } catch {
    // Most machines have none.
    return undefined;
  }
}
