import { spawn } from "node:child_process";
import * as readline from "node:readline";
import { Engine } from "./engine";

/** A plugin that runs as the engine runs it. */
export interface PluginProcess {
  port: number;
  /** The engine that it talks to. */
  engine: Engine;
  /** What it printed on standard error. */
  output: string[];
  stop(): void;
}

/**
 * Starts a plugin as the engine does: the engine's address is its first argument, and its first line is the port that
 * it listens on, for which it has 30 s.
 */
export async function startPlugin(executable: string, env: NodeJS.ProcessEnv): Promise<PluginProcess> {
  const engine = await Engine.start();
  const child = spawn(executable, [engine.address], { env, stdio: ["ignore", "pipe", "pipe"] });
  const output: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  const stop = (): void => {
    child.kill();
    engine.stop();
  };
  try {
    const port = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      // Not "exit": what the plugin has printed may come after that.
      child.once("close", (code) => reject(new Error(`${executable} ended with ${code}: ${output.join("")}`)));
      readline.createInterface(child.stdout).once("line", (line) => resolve(Number(line)));
      setTimeout(() => reject(new Error(`${executable} does not say its port`)), 30_000).unref();
    });
    return { port, engine, output, stop };
  } catch (error) {
    stop();
    throw error;
  }
}
