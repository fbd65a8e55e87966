import assert from "node:assert/strict";

import { endProcess, listProcesses } from "../../../packages/sandbox/process/processes";
import { PushGate } from "../../../packages/sandbox/servers/push-gate";
import { startVault } from "../../../packages/sandbox/servers/vault";
import { startWorkload, stopWorkload } from "../../../packages/sandbox/workload/start";
import { ensureTools } from "../../../packages/sandbox/toolchain/ensure";
import { changeConfig } from "../../e2e/support/config";
import { sandbox } from "../../e2e/support/sandbox";
import { disableKubernetesAuth, enableKubernetesAuth, forget, put } from "../../e2e/support/vault";
import { WriteGate } from "./write-gate";

const vaultPath = "detectviz/fire/alloy";

/**
 * The sandbox's stack with everything in front of it that can fail: a gate before Loki, one before Prometheus, and
 * credentials that the collectors read from Vault themselves.
 */
export class FireStack {
  private constructor(
    readonly loki: PushGate,
    readonly write: WriteGate,
    private readonly putBack: () => Promise<void>,
  ) {}

  static async deploy(): Promise<FireStack> {
    const servers = await sandbox().servers();
    const loki = await PushGate.start({ port: 0, upstream: servers.loki.pushUrl });
    const write = await WriteGate.start(servers.prometheus.writeUrl);
    await enableKubernetesAuth();
    await put(`${vaultPath}/loki`, { username: "local", password: "of-the-alerts" });
    const putBack = await changeConfig([
      [["alloy:lokiUrl"], `http://127.0.0.1:${loki.port}/loki/api/v1/push`],
      [["alloy:prometheusUrl"], write.url],
      [["alloy:credentials"], { mode: "vault", loki: "basic" }],
      [["alloy:vault", "path"], vaultPath],
      [["alloy:vault", "login"], { reread: "10s" }],
      // With it a collector that reads nothing is noticed after 10 minutes in place of two hours. No canary runs here:
      // kwok marks its pods Ready, as those of all workloads.
      [["alloy:canary"], { enabled: true, address: servers.loki.url }],
      [["alloy:rollout"], { timeout: "2m", maxUnavailable: "100%" }],
    ]);
    const stack = new FireStack(loki, write, putBack);
    const up = await sandbox().npm("up", ["local", "--yes"]);
    // An open gate would keep the test's process alive.
    if (up.exitCode !== 0) await Promise.all([putBack(), loki.close(), write.close()]);
    assert.equal(up.exitCode, 0, up.output);
    return stack;
  }

  /** Everything as `npm start` has deployed it. */
  async restore(): Promise<void> {
    this.loki.setMode({ kind: "pass" });
    this.write.refuseWith(undefined);
    await stopWorkload(sandbox().paths);
    await this.putBack();
    const up = await sandbox().npm("up", ["local", "--yes", "--force"]);
    await Promise.all([this.loki.close(), this.write.close()]);
    await forget(`${vaultPath}/loki`);
    await disableKubernetesAuth();
    assert.equal(up.exitCode, 0, up.output);
  }

  /** Lines for every collector, so that requests to Loki never pause. */
  async writeLines(ratePerSecond: number): Promise<void> {
    await startWorkload({ paths: sandbox().paths, ratePerSecond });
  }
}

/** Halts a server of the sandbox; the answer lets it go on. */
export async function halt(name: string): Promise<() => void> {
  const record = (await listProcesses(sandbox().paths)).find((one) => one.name === name);
  assert.ok(record, `${name} does not run`);
  process.kill(record.pid, "SIGSTOP");
  return () => process.kill(record.pid, "SIGCONT");
}

/** Kills Vault; the answer starts it again, as `npm start` does. */
export async function killVault(): Promise<() => Promise<void>> {
  const { paths } = sandbox();
  const record = (await listProcesses(paths)).find(({ name }) => name === "vault");
  assert.ok(record, "Vault does not run");
  await endProcess(record, 0);
  return async () => {
    const tools = await ensureTools(["bao"], (tool, text) => console.error(`${tool}: ${text}`));
    await startVault({ paths, tools });
  };
}
