import * as fs from "node:fs/promises";
import * as path from "node:path";

import getPort from "get-port";

import { readText, writeAtomically } from "../../kit/files";
import type { SandboxPaths } from "../../packages/sandbox/paths";
import { startProcess, stopProcess, type ProcessRecord } from "../../packages/sandbox/process/processes";
import { ensureTools } from "../../packages/sandbox/toolchain/ensure";
import { waitUntil } from "../../packages/sandbox/process/waiting";

/** One request that the gateway has answered. */
export interface GatewayRequest {
  status: number;
  /** As whom it was made; `-` for nobody. */
  user: string;
}

/** How often the lines are asked for: what External Secrets does in minutes. */
const followMs = 150;

/**
 * nginx with Basic auth in front of Loki, as a Loki gateway is set up. Its users are the lines that `source` gives,
 * which is the platform's part: an ExternalSecret that is mounted as the file of `auth_basic_user_file`.
 */
export class LokiGateway {
  private taken: string | undefined;
  private held = false;
  private looking: Promise<void> | undefined;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly paths: SandboxPaths,
    private readonly folder: string,
    private readonly record: ProcessRecord,
    private readonly source: () => Promise<string>,
    /** Where collectors push to. */
    readonly pushUrl: string,
  ) {
    this.timer = setInterval(() => {
      this.looking ??= this.look().finally(() => (this.looking = undefined));
    }, followMs);
  }

  /** Starts it on 127.0.0.1; at first it lets nobody in. */
  static async start(options: {
    paths: SandboxPaths;
    /** `http://127.0.0.1:PORT` of Loki. */
    upstream: string;
    /** The lines as they are now; what it throws leaves the lines as they were. */
    source: () => Promise<string>;
  }): Promise<LokiGateway> {
    const { paths, upstream, source } = options;
    const { nginx } = await ensureTools(["nginx"], (tool, text) => console.error(`${tool}: ${text}`));
    const folder = path.join(paths.data, "loki-gateway");
    await fs.mkdir(folder, { recursive: true });
    const port = await getPort({ host: "127.0.0.1" });
    await writeAtomically(usersFile(folder), "");
    await fs.writeFile(accessLog(folder), "");
    const config = path.join(folder, "nginx.conf");
    await writeAtomically(config, nginxConfig({ folder, port, upstream }));
    const record = await startProcess(
      { name: "loki-gateway", command: nginx.path, args: ["-p", folder, "-c", config] },
      paths,
    );
    const url = `http://127.0.0.1:${port}`;
    await waitUntil("the gateway refuses who has no credential", async () => (await fetch(url)).status === 401, {
      timeoutMs: 30_000,
      record,
    });
    return new LokiGateway(paths, folder, record, source, `${url}/loki/api/v1/push`);
  }

  /** From now on its users stay as they are, as where the platform's way from Vault is broken. */
  async hold(): Promise<void> {
    this.held = true;
    await this.looking;
  }

  /** Its users follow the source again; returns when they are those of now. */
  async follow(): Promise<void> {
    this.held = false;
    const wanted = await this.source();
    await waitUntil("the gateway has its users", async () => (await this.users()) === wanted, { timeoutMs: 30_000 });
  }

  /** The lines that nginx reads at each request. */
  async users(): Promise<string> {
    return (await readText(usersFile(this.folder))) ?? "";
  }

  /** All requests so far. */
  async requests(): Promise<GatewayRequest[]> {
    const text = (await readText(accessLog(this.folder))) ?? "";
    const lines = text.split("\n").filter((line) => line !== "");
    return lines.map((line) => {
      const [status = "", user = ""] = line.split(" ");
      return { status: Number(status), user };
    });
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.hold();
    await stopProcess(this.record, { graceMs: 5_000 }, this.paths);
    await fs.rm(this.folder, { recursive: true, force: true });
  }

  private async look(): Promise<void> {
    try {
      if (this.held) return;
      const lines = await this.source();
      if (lines === this.taken || this.held) return;
      await writeAtomically(usersFile(this.folder), lines);
      this.taken = lines;
    } catch {
      // Vault is away: who was let in stays so.
    }
  }
}

const usersFile = (folder: string): string => path.join(folder, "htpasswd");
const accessLog = (folder: string): string => path.join(folder, "access.log");

function nginxConfig({ folder, port, upstream }: { folder: string; port: number; upstream: string }): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  return [
    "daemon off;",
    // As root its workers would else be nobody, who may not read the sandbox's files.
    ...(process.getuid?.() === 0 ? ["user root root;"] : []),
    "worker_processes 1;",
    `pid ${folder}/nginx.pid;`,
    "error_log stderr warn;",
    "events { worker_connections 256; }",
    "http {",
    ...temporary,
    "log_format requests '$status $remote_user';",
    `access_log ${accessLog(folder)} requests;`,
    "server {",
    `listen 127.0.0.1:${port};`,
    "client_max_body_size 8m;",
    "location / {",
    'auth_basic "Loki";',
    `auth_basic_user_file ${usersFile(folder)};`,
    `proxy_pass ${upstream};`,
    'proxy_set_header Authorization "";',
    "}",
    "}",
    "}",
    "",
  ].join("\n");
}
