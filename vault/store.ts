import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { vaultRequest, type VaultAnswer, type VaultEndpoint } from "./http";
import { UserError } from "../kit/user-error";

/** What a path of KV v2 holds now. */
export interface Stored {
  /** Undefined where nothing was written yet, or the newest version is deleted. */
  data: Record<string, string> | undefined;
  /** The newest version, deleted or not; 0 where there is none. */
  version: number;
}

/** Secrets by their path. */
export interface Store {
  read(path: string): Promise<Stored>;
  /** Writes the version after `version`; refused where somebody else has written meanwhile. */
  write(path: string, data: Record<string, string>, version: number): Promise<void>;
  /** Removes the path with all its versions. */
  remove(path: string): Promise<void>;
}

/** One KV v2 engine of a real Vault. Each refusal is a UserError, without a secret's value. */
export class VaultStore implements Store {
  constructor(
    private readonly endpoint: VaultEndpoint,
    private readonly mount: string,
  ) {}

  async read(name: string): Promise<Stored> {
    const answer = await this.ask("GET", `data/${name}`);
    if (answer.status !== 404) this.accept(answer, `data/${name}`, "read");
    const held = answer.body?.data as { data?: Record<string, string> | null; metadata?: { version?: number } } | null;
    return { data: held?.data ?? undefined, version: held?.metadata?.version ?? 0 };
  }

  async write(name: string, data: Record<string, string>, version: number): Promise<void> {
    const answer = await this.ask("POST", `data/${name}`, { data, options: { cas: version } });
    if (answer.status === 400 && answer.errors.some((error) => error.includes("check-and-set")))
      throw UserError.of(
        this.place,
        `${this.mount}/${name}`,
        "was written by somebody else at the same moment",
        "find out who else is rotating, then run the same command again",
      );
    this.accept(answer, `data/${name}`, "write");
  }

  async remove(name: string): Promise<void> {
    const answer = await this.ask("DELETE", `metadata/${name}`);
    if (answer.status !== 404) this.accept(answer, `metadata/${name}`, "delete");
  }

  private get place(): string {
    return `Vault at ${this.endpoint.address}`;
  }

  private async ask(method: string, name: string, body?: unknown): Promise<VaultAnswer> {
    try {
      return await vaultRequest(this.endpoint, method, `${this.mount}/${name}`, body);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw UserError.cannotTell(
        this.place,
        "",
        `cannot be reached (${reason})`,
        "start it, or mend alloy:vault.address",
      );
    }
  }

  private accept({ status, errors }: VaultAnswer, name: string, what: string): void {
    if (status < 400) return;
    const key = `${this.mount}/${name}`;
    if (status === 403)
      throw UserError.cannotTell(
        this.place,
        key,
        `does not allow the token in VAULT_TOKEN to ${what} this path, or the token has expired`,
        "log in again, or give its policy what npx alloyctl vault-policy STACK --for rotate prints",
      );
    if (status === 503)
      throw UserError.cannotTell(
        this.place,
        "",
        "is sealed and answers nobody",
        "unseal it, then run the same command again",
      );
    throw UserError.cannotTell(
      this.place,
      key,
      `answers ${status}: ${errors.join("; ")}`,
      "look at the message of Vault",
    );
  }
}

/** The token as the Vault provider finds it: the environment, then what `vault login` has left. */
export function vaultToken(env: Record<string, string | undefined>): string {
  const given = env["VAULT_TOKEN"];
  if (given) return given;
  const file = path.join(os.homedir(), ".vault-token");
  if (fs.existsSync(file)) return fs.readFileSync(file, "utf8").trim();
  throw UserError.cannotTell(
    "the environment",
    "VAULT_TOKEN",
    "is not set",
    "export VAULT_TOKEN (vault print token), or log in with vault login",
  );
}
