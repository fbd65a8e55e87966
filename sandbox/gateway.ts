import * as os from "node:os";
import * as path from "node:path";

import { readText, writeAtomically } from "./files";
import { sandboxPaths, type SandboxPaths } from "./paths";
import { freePort } from "./ports";
import { findProcess, runningProcess, startProcess, stopProcess } from "./processes";
import type { Tools } from "./toolchain/ensure";
import { vaultCall, type Vault } from "./vault";
import { waitUntil } from "./waiting";

const processName = "gateway";

/** An nginx with Basic auth in front of Loki, as the platform's gateway is. */
export interface Gateway {
  /** `http://127.0.0.1:PORT`. */
  url: string;
  pushUrl: string;
  /** The file that `auth_basic_user_file` names; nginx reads it at each request. */
  usersFile: string;
  /** One line a request: user and status. */
  accessLog: string;
}

/** Starts nginx on loopback in front of a server; one that runs already is kept. Nobody is let in at first. */
export async function startGateway(options: {
  paths?: SandboxPaths;
  tools: Pick<Tools, "nginx">;
  upstream: string;
}): Promise<Gateway> {
  const paths = options.paths ?? sandboxPaths();
  const folder = path.join(paths.data, "gateway");
  const usersFile = path.join(folder, "users");
  const accessLog = path.join(folder, "access.log");
  let record = await runningProcess(processName, paths);
  if (record === undefined) {
    const port = await freePort("gateway", paths);
    const config = path.join(folder, "nginx.conf");
    if ((await readText(usersFile)) === undefined) await writeAtomically(usersFile, "");
    await writeAtomically(config, gatewayConfig({ port, folder, usersFile, accessLog, upstream: options.upstream }));
    record = await startProcess(
      {
        name: processName,
        command: options.tools.nginx.path,
        args: ["-c", config, "-p", folder, "-e", path.join(folder, "error.log")],
        cwd: folder,
      },
      paths,
    );
  }
  const config = record.args[record.args.indexOf("-c") + 1] ?? "";
  const port = /listen 127\.0\.0\.1:(\d+);/.exec((await readText(config)) ?? "")?.[1] ?? "";
  const url = `http://127.0.0.1:${port}`;
  const answers = async (): Promise<boolean> =>
    (await fetch(url, { signal: AbortSignal.timeout(2_000) })).status === 401;
  await waitUntil("the gateway asks for a user", answers, { timeoutMs: 15_000, record });
  return { url, pushUrl: `${url}/loki/api/v1/push`, usersFile, accessLog };
}

/** Stops nginx. */
export async function stopGateway(paths: SandboxPaths = sandboxPaths()): Promise<void> {
  const record = await findProcess(processName, paths);
  if (record !== undefined) await stopProcess(record, { graceMs: 5_000 }, paths);
}

/**
 * Hands the htpasswd lines that Vault holds at a path on to a gateway, as External Secrets and a mounted Secret do on a
 * cluster: looks every half second.
 *
 * @returns what ends it
 */
export function followUsers(gateway: Pick<Gateway, "usersFile">, vault: Vault, secret: string): () => Promise<void> {
  const stopping = new AbortController();
  const follow = async (): Promise<void> => {
    let known: string | undefined;
    while (!stopping.signal.aborted) {
      // A Vault that is away changes nothing; the next look may find it back.
      const answer = await vaultCall(vault, "GET", secret).catch(() => undefined);
      const text = (answer as { data: { data: { htpasswd?: string } | null } } | undefined)?.data.data?.htpasswd;
      if (text !== undefined && text !== known) await writeAtomically(gateway.usersFile, (known = text));
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  };
  const following = follow();
  return async () => {
    stopping.abort();
    await following;
  };
}

/** nginx' configuration: everything below the sandbox, one worker, a user for each request. */
function gatewayConfig(options: {
  port: number;
  folder: string;
  usersFile: string;
  accessLog: string;
  upstream: string;
}): string {
  const { folder } = options;
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `  ${name}_temp_path ${folder}/tmp-${name};`)
    .join("\n");
  // As root nginx would change to a user that cannot read the sandbox.
  const user = process.getuid?.() === 0 ? `user ${os.userInfo().username};\n` : "";
  return `${user}daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
events {}
http {
${temporary}
  log_format users '$remote_user $status';
  access_log ${options.accessLog} users;
  server {
    listen 127.0.0.1:${options.port};
    client_max_body_size 0;
    location / {
      auth_basic "Loki";
      auth_basic_user_file ${options.usersFile};
      proxy_pass ${options.upstream};
      proxy_http_version 1.1;
    }
  }
}
`;
}
