import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { allRun, clusterPlace, recordComponents } from "../servers/cluster/kwokctl";
import { sandboxPaths, type SandboxPaths } from "../paths";
import { listProcesses } from "../process/processes";

describe("a cluster whose creation was killed", () => {
  let paths: SandboxPaths;
  let children: ChildProcess[] = [];

  beforeEach(async () => {
    paths = sandboxPaths(await fs.mkdtemp(path.join(os.tmpdir(), "sandbox-cluster-")));
    const { home } = clusterPlace(paths);
    const pids = path.join(home, "pids");
    await fs.mkdir(pids, { recursive: true });
    children = [];
    for (const name of ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok-controller"]) {
      // A component of ours is known by the cluster's folder in its command line.
      const child = spawn("/bin/sh", ["-c", "read line", path.join(home, name)], {
        stdio: ["pipe", "ignore", "ignore"],
      });
      await once(child, "spawn");
      children.push(child);
      await fs.writeFile(path.join(pids, `${name}.pid`), `${child.pid}`);
    }
  });
  afterEach(async () => {
    for (const child of children) child.kill("SIGKILL");
    await fs.rm(paths.root, { recursive: true, force: true });
  });

  it("is made anew although every component runs: kwokctl had not come to its own kinds yet", async () => {
    const components = await recordComponents(paths);
    assert.equal(components.length, 5);
    assert.equal((await listProcesses(paths)).length, 5);
    assert.equal(await allRun(components, paths), false);
  });

  it("is left as it is where it was made to its end, and not where a component is missing", async () => {
    await fs.writeFile(clusterPlace(paths).created, "");
    assert.equal(await allRun(await recordComponents(paths), paths), true);
    children[0]?.kill("SIGKILL");
    await once(children[0] as ChildProcess, "exit");
    assert.equal(await allRun(await recordComponents(paths), paths), false);
  });
});
