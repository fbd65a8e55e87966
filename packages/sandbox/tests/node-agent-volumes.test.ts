import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import type { V1PodSpec, V1Volume } from "@kubernetes/client-node";

import { sandboxPaths, type SandboxPaths } from "../paths";
import { writeVolume } from "../node-agent/atomic-writer";
import type { ObjectData } from "../node-agent/env";
import { SetupError } from "../node-agent/errors";
import { HostStorage } from "../node-agent/host-storage";
import { containerMounts } from "../node-agent/mounts";
import type { Pod } from "../node-agent/pod-types";
import { tokenMode } from "../node-agent/security";
import { isDue } from "../node-agent/tokens";
import { planVolumes, renderFiles, type VolumeFiles, type VolumePlan } from "../node-agent/volumes";

const facts = { podIP: "127.0.0.1", hostIP: "127.0.0.1", allocatable: {} };

function podWith(volumes: V1Volume[], more: Partial<V1PodSpec> = {}): Pod {
  return {
    metadata: { name: "p", namespace: "monitoring", uid: "u", labels: { b: "2", a: "1" } },
    spec: { nodeName: "node-1", containers: [{ name: "c" }], volumes, ...more },
  };
}

function filesOf(volume: V1Volume, objects: Partial<ObjectData> = {}): Record<string, string> {
  const pod = podWith([volume]);
  const plan = planVolumes(pod)[0] as Extract<VolumePlan, { kind: "files" }>;
  const none = (): undefined => undefined;
  const all: ObjectData = { configMap: objects.configMap ?? none, secret: objects.secret ?? none };
  const files = renderFiles(plan, pod, facts, all, ({ audience }) => ({
    token: `token for ${audience ?? "the API"}`,
    mode: 0o600,
    uid: 7,
  }));
  return Object.fromEntries(
    [...files].map(([name, { data, mode }]) => [name, `${mode.toString(8)} ${data.toString()}`]),
  );
}

describe("volumes made of files", () => {
  const configMap = (name: string) => (name === "cm" ? { a: Buffer.from("A"), b: Buffer.from("B") } : undefined);

  it("hold every key of a ConfigMap, or those that are picked", () => {
    assert.deepEqual(filesOf({ name: "v", configMap: { name: "cm" } }, { configMap }), { a: "644 A", b: "644 B" });
    const picked = { name: "cm", defaultMode: 0o440, items: [{ key: "b", path: "dir/b", mode: 0o400 }] };
    assert.deepEqual(filesOf({ name: "v", configMap: picked }, { configMap }), { "dir/b": "400 B" });
  });

  it("take mode and keys of a Secret", () => {
    const secret = () => ({ "login.json": Buffer.from("{}") });
    const volume = { name: "v", secret: { secretName: "s", defaultMode: 0o440 } };
    assert.deepEqual(filesOf(volume, { secret }), { "login.json": "440 {}" });
  });

  it("put token, CA and namespace together in a projected volume", () => {
    const volume: V1Volume = {
      name: "api",
      projected: {
        defaultMode: 0o440,
        sources: [
          { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
          { serviceAccountToken: { path: "vault", audience: "vault" } },
          { configMap: { name: "cm", items: [{ key: "a", path: "ca.crt" }] } },
          {
            downwardAPI: {
              items: [
                { path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } },
                { path: "labels", fieldRef: { fieldPath: "metadata.labels" } },
              ],
            },
          },
        ],
      },
    };
    assert.deepEqual(filesOf(volume, { configMap }), {
      token: "600 token for the API",
      vault: "600 token for vault",
      "ca.crt": "440 A",
      namespace: "440 monitoring",
      labels: '440 a="1"\nb="2"',
    });
  });

  it("wait for an object or key that is missing, unless it is optional", () => {
    const waits = (volume: V1Volume, message: RegExp): void =>
      assert.throws(
        () => filesOf(volume, { configMap }),
        (error) => error instanceof SetupError && error.reason === "ContainerCreating" && message.test(error.message),
      );
    waits({ name: "v", configMap: { name: "no" } }, /SetUp failed for volume "v" : configmap "no" not found/);
    waits({ name: "v", secret: { secretName: "no" } }, /secret "no" not found/);
    waits(
      { name: "v", configMap: { name: "cm", items: [{ key: "z", path: "z" }] } },
      /non-existent configmap key: cm\/z/,
    );
    assert.deepEqual(filesOf({ name: "v", configMap: { name: "no", optional: true } }), {});
  });

  it("refuse what the agent cannot give, by name", () => {
    assert.throws(() => planVolumes(podWith([{ name: "v", nfs: { server: "s", path: "/" } }])), /volume v of kind nfs/);
    const socket = { name: "v", hostPath: { path: "/run/x.sock", type: "Socket" } };
    assert.throws(() => planVolumes(podWith([socket])), /hostPath type Socket/);
  });

  it("give a token the mode that a kubelet gives it", () => {
    const user = (runAsUser: number) => ({ securityContext: { runAsUser } });
    const containers = [{ name: "c" }];
    assert.deepEqual(tokenMode(podWith([], { containers, ...user(473) })), { mode: 0o600, uid: 473 });
    const init = { containers, ...user(473), initContainers: [{ name: "i", ...user(0) }] };
    assert.deepEqual(tokenMode(podWith([], init)), { mode: 0o644, uid: undefined });
    const group = { containers, securityContext: { runAsUser: 473, fsGroup: 473 } };
    assert.deepEqual(tokenMode(podWith([], group)), { mode: 0o640, uid: undefined });
  });

  it("renew a token after 80 % of its life, or after a day", () => {
    const hour = 3_600_000;
    const short = { issuedAt: 0, expiresAt: hour };
    assert.deepEqual([isDue(short, 0.79 * hour), isDue(short, 0.8 * hour)], [false, true]);
    const long = { issuedAt: 0, expiresAt: 1000 * hour };
    assert.deepEqual([isDue(long, 23 * hour), isDue(long, 24 * hour)], [false, true]);
  });
});

describe("writing a volume", () => {
  let folder: string;

  beforeEach(async () => {
    folder = path.join(await fs.mkdtemp(path.join(os.tmpdir(), "volume-")), "config");
  });

  afterEach(() => fs.rm(path.dirname(folder), { recursive: true }));

  const files = (entries: Record<string, string>): VolumeFiles =>
    new Map(Object.entries(entries).map(([name, text]) => [name, { data: Buffer.from(text), mode: 0o440 }]));
  const read = (name: string): Promise<string> => fs.readFile(path.join(folder, name), "utf8");

  it("goes through ..data, with the mode of each file", async () => {
    assert.equal(await writeVolume(folder, files({ a: "1", "dir/b": "2" })), true);
    assert.equal(await fs.readlink(path.join(folder, "a")), path.join("..data", "a"));
    assert.equal(await fs.readlink(path.join(folder, "dir")), path.join("..data", "dir"));
    assert.deepEqual([await read("a"), await read("dir/b")], ["1", "2"]);
    assert.equal((await fs.stat(path.join(folder, "a"))).mode & 0o777, 0o440);
  });

  it("replaces all files at once and leaves nothing of the old ones", async () => {
    await writeVolume(folder, files({ a: "1", gone: "x" }));
    const open = await fs.open(path.join(folder, "..data"), "r");
    assert.equal(await writeVolume(folder, files({ a: "2", b: "3" })), true);
    await open.close();
    assert.deepEqual([await read("a"), await read("b")], ["2", "3"]);
    const names = (await fs.readdir(folder)).sort();
    assert.equal(names.length, 4, names.join());
    assert.deepEqual(names.slice(-3), ["..data", "a", "b"]);
  });

  it("touches nothing where nothing changed", async () => {
    await writeVolume(folder, files({ a: "1" }));
    const before = await fs.readlink(path.join(folder, "..data"));
    assert.equal(await writeVolume(folder, files({ a: "1" })), false);
    assert.equal(await fs.readlink(path.join(folder, "..data")), before);
  });
});

describe("mounts", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), "mounts-"));
    await fs.writeFile(path.join(folder, "file"), "");
  });

  afterEach(() => fs.rm(folder, { recursive: true }));

  const volumes = () =>
    new Map([
      ["rw", { folder, readOnly: false }],
      ["ro", { folder, readOnly: true }],
    ]);

  it("honour readOnly of the mount and of the volume, and subPath", async () => {
    const container = {
      name: "c",
      volumeMounts: [
        { name: "rw", mountPath: "/data" },
        { name: "rw", mountPath: "/seen", readOnly: true },
        { name: "ro", mountPath: "/config" },
        { name: "rw", mountPath: "/one", subPath: "file" },
        { name: "rw", mountPath: "/own", subPathExpr: "$(POD)" },
      ],
    };
    const real = await fs.realpath(folder);
    assert.deepEqual(await containerMounts(container, volumes(), { POD: "p1" }), [
      { source: folder, target: "/data", readOnly: false },
      { source: folder, target: "/seen", readOnly: true },
      { source: folder, target: "/config", readOnly: true },
      { source: path.join(real, "file"), target: "/one", readOnly: false },
      { source: path.join(real, "p1"), target: "/own", readOnly: false },
    ]);
  });

  it("refuse a volume that is not there and a subPath that leaves its volume", async () => {
    const mount = (volumeMount: object) => ({
      name: "c",
      volumeMounts: [{ name: "rw", mountPath: "/x", ...volumeMount }],
    });
    await assert.rejects(containerMounts(mount({ name: "none" }), volumes(), {}), /no volume none/);
    await assert.rejects(containerMounts(mount({ subPath: "../x" }), volumes(), {}), /must stay within/);
    await assert.rejects(containerMounts(mount({ mountPropagation: "Bidirectional" }), volumes(), {}), /Bidirectional/);
  });
});

describe("hostPath storage", () => {
  let paths: SandboxPaths;
  let storage: HostStorage;
  const never = new AbortController().signal;

  beforeEach(async () => {
    paths = sandboxPaths(await fs.mkdtemp(path.join(os.tmpdir(), "host-storage-")));
    storage = new HostStorage(paths);
  });

  afterEach(() => fs.rm(paths.root, { recursive: true }));

  it("is created as a kubelet does, below the node's folder, owned by root", async () => {
    const plan = { kind: "hostPath", name: "s", path: "/var/lib/alloy/", type: "DirectoryOrCreate" } as const;
    const folder = await storage.prepare("node-1", plan);
    assert.equal(path.relative(paths.nodes, folder), "node-1/host/var/lib/alloy");
    assert.equal((await fs.stat(folder)).mode & 0o777, 0o755);
    assert.equal(await storage.owner("node-1", "/var/lib/alloy/"), "0:0");
    await storage.setOwner("node-1", "/var/lib/alloy/", "473:473");
    assert.equal(await storage.prepare("node-1", plan), folder);
    assert.equal(await storage.owner("node-1", "/var/lib/alloy/"), "473:473");
    assert.equal(await storage.owner("node-2", "/var/lib/alloy/"), "0:0");
  });

  it("cannot leave the node's folder and must exist where the type says so", async () => {
    assert.equal(path.relative(paths.nodes, storage.folder("node-1", "/a/../../../etc")), "node-1/host/etc");
    const plan = { kind: "hostPath", name: "s", path: "/var/x", type: "Directory" } as const;
    await assert.rejects(storage.prepare("node-1", plan), /\/var\/x is not a directory/);
  });

  it("has one user at a time, in the order in which they asked", async () => {
    const order: string[] = [];
    const first = await storage.take("node-1", ["/data"], never);
    const second = storage.take("node-1", ["/data", "/other"], never).then((handOn) => {
      order.push("second");
      return handOn;
    });
    const third = storage.take("node-1", ["/other"], never).then(() => order.push("third"));
    (await storage.take("node-2", ["/data"], never))();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(order, []);
    first();
    const handOn = await second;
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(order, ["second"]);
    handOn();
    await third;
    assert.deepEqual(order, ["second", "third"]);
  });

  it("is not lost to a pod that gives up waiting", async () => {
    const handOn = await storage.take("node-1", ["/data"], never);
    const givingUp = new AbortController();
    const waiting = storage.take("node-1", ["/data"], givingUp.signal);
    const next = storage.take("node-1", ["/data"], never);
    givingUp.abort();
    await assert.rejects(waiting, /deleted while it waited/);
    handOn();
    (await next)();
  });
});
