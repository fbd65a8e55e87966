import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { sandboxPaths } from "../paths";
import { cleanEnvironment } from "../process/clean-environment";
import { lastLines, startProcess, stopProcess } from "../process/processes";
import { waitUntil } from "../process/waiting";

/** What a platform engineer's shell has, or a runner of CI. */
const ofTheUser = {
  PULUMI_ACCESS_TOKEN: "pul-hidden",
  PULUMI_CONFIG_PASSPHRASE: "hidden",
  PULUMI_OPTION_STACK: "production",
  AWS_ACCESS_KEY_ID: "hidden",
  AWS_SECRET_ACCESS_KEY: "hidden",
  AWS_SESSION_TOKEN: "hidden",
  GOOGLE_APPLICATION_CREDENTIALS: "/home/me/key.json",
  ARM_CLIENT_SECRET: "hidden",
  VAULT_TOKEN: "hidden",
  VAULT_ADDR: "https://vault.example.com",
  BAO_TOKEN: "hidden",
  KUBECONFIG: "/home/me/.kube/config",
  GITHUB_TOKEN: "hidden",
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: "hidden",
  NPM_TOKEN: "hidden",
  SSH_AUTH_SOCK: "/run/me/ssh",
  HTTPS_PROXY: "http://me:hidden@proxy.example.com:3128",
  NODE_OPTIONS: "--inspect",
  LD_PRELOAD: "/home/me/lib.so",
  ETCD_DATA_DIR: "/home/me/etcd",
  KWOK_RUNTIME: "docker",
  path: "another spelling of PATH",
  LCX: "hidden",
};

describe("the environment of the sandbox's servers", () => {
  it("has what a program needs to run, and nothing of its user", () => {
    const plain = { PATH: "/usr/bin", HOME: "/home/me", LANG: "C.UTF-8", LC_ALL: "C", TZ: "UTC", TMPDIR: "/var/tmp" };
    assert.deepEqual(cleanEnvironment({ ...plain, ...ofTheUser }), plain);
    assert.deepEqual(cleanEnvironment({}), {});
  });

  it("is what a process is started with", async () => {
    const root = await fs.mkdtemp(path.join(os.tmpdir(), "sandbox-environment-"));
    const before = { ...process.env };
    try {
      Object.assign(process.env, ofTheUser);
      const paths = sandboxPaths(root);
      const spec = { name: "env", command: "/bin/sh", args: ["-c", "env; echo done; exec sleep 60"] };
      const record = await startProcess(spec, paths);
      await waitUntil("it has said so", async () => (await lastLines(record)).includes("done"), { timeoutMs: 10_000 });
      const names = (await lastLines(record, 100)).map((line) => line.split("=")[0] ?? "");
      await stopProcess(record, { graceMs: 1000 }, paths);
      assert.ok(names.includes("PATH") && names.includes("ALLOY_STARTED_FOR"));
      assert.deepEqual(
        names.filter((name) => Object.hasOwn(ofTheUser, name)),
        [],
      );
    } finally {
      for (const name of Object.keys(ofTheUser)) delete process.env[name];
      Object.assign(process.env, before);
      await fs.rm(root, { recursive: true });
    }
  });
});
