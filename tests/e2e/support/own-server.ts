import { spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { waitUntil } from "../../../packages/sandbox/process/waiting";

/** A server that one test has for itself: it ends with the test, and its files go with it. */
export class OwnServer {
  private constructor(
    readonly folder: string,
    private readonly child: ChildProcess,
    private readonly said: string[],
  ) {}

  /** Starts it in a temporary folder, after the files are written there, and waits until `readyUrl` answers with 200. */
  static async start(options: {
    name: string;
    command: string;
    args: (folder: string) => string[];
    files: (folder: string) => Record<string, string>;
    readyUrl: string;
  }): Promise<OwnServer> {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), `alloy-${options.name}-`));
    for (const [name, text] of Object.entries(options.files(folder))) {
      await fs.mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await fs.writeFile(path.join(folder, name), text);
    }
    const child = spawn(options.command, options.args(folder), { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    const said: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        said.push(chunk.toString());
        said.splice(0, said.length - 50);
      });
    const server = new OwnServer(folder, child, said);
    const isReady = async (): Promise<boolean | string> => {
      if (child.exitCode !== null) throw new Error(`${options.name} ended: ${said.join("")}`);
      return (await fetch(options.readyUrl).catch(() => undefined))?.status === 200 || said.join("").slice(-500);
    };
    try {
      await waitUntil(`${options.name} is ready`, isReady, { timeoutMs: 90_000 });
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** What it has written last. */
  get log(): string {
    return this.said.join("");
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = new Promise((resolve) => this.child.once("exit", resolve));
      this.child.kill("SIGKILL");
      await ended;
    }
    await fs.rm(this.folder, { recursive: true, force: true });
  }
}
