import assert from "node:assert/strict";

import type { V1Container, V1PodSpec } from "@kubernetes/client-node";

import { bubblewrapArgs, type BoxedProcess, type Isolation } from "../node-agent/bubblewrap";
import { endingOf } from "../node-agent/container-process";
import { commandOf } from "../node-agent/image";
import { listenPort, moveListener } from "../node-agent/listen";
import type { Pod } from "../node-agent/pod-types";
import { identityOf } from "../node-agent/security";

const isolation = (mode: Isolation["mode"]): Isolation => ({
  mode,
  bwrap: "/tools/bwrap",
  setpriv: mode === "real-ids" ? "/usr/bin/setpriv" : undefined,
  freshProc: true,
  programs: { sh: "/usr/bin/dash" },
  libraries: [{ folder: "/usr/lib" }, { link: "/lib", target: "usr/lib" }],
});

const boxed = (more: Partial<BoxedProcess["identity"]> = {}): BoxedProcess => ({
  identity: { uid: 473, gid: 473, groups: [], capabilities: [], readOnlyRoot: true, ...more },
  hostname: "alloy-x1",
  workingDir: "/",
  mounts: [
    { source: "/host/data", target: "/var/lib/alloy", readOnly: false },
    { source: "/host/config", target: "/etc/alloy", readOnly: true },
  ],
  command: ["/bin/alloy", "run"],
});

/** The values that follow each occurrence of a flag. */
function valuesOf(args: string[], flag: string, count: number): string[][] {
  return args.flatMap((arg, index) => (arg === flag ? [args.slice(index + 1, index + 1 + count)] : []));
}

describe("the box around a container", () => {
  it("shows the mounts as they are asked for and ends with the command", () => {
    const args = bubblewrapArgs(boxed(), isolation("user-namespace"));
    assert.deepEqual(valuesOf(args, "--bind", 2), [["/host/data", "/var/lib/alloy"]]);
    const readOnly = valuesOf(args, "--ro-bind", 2);
    assert.ok(readOnly.some(([source, target]) => source === "/host/config" && target === "/etc/alloy"));
    assert.ok(readOnly.some(([source, target]) => source === "/usr/bin/dash" && target === "/usr/bin/sh"));
    assert.deepEqual(args.slice(args.indexOf("--")), ["--", "/bin/alloy", "run"]);
    assert.ok(args.includes("--die-with-parent") && args.includes("--unshare-pid"));
  });

  it("makes every parent of a mount before it, since bubblewrap's own are closed to other users", () => {
    const args = bubblewrapArgs(boxed(), isolation("user-namespace"));
    for (const folder of ["/var", "/var/lib", "/etc"]) {
      const made = args.findIndex((arg, index) => arg === "--dir" && args[index + 1] === folder);
      assert.ok(made !== -1 && made < args.indexOf("/host/data"), folder);
    }
  });

  it("closes the root last, and only where the pod says so", () => {
    const args = bubblewrapArgs(boxed(), isolation("user-namespace"));
    assert.ok(args.indexOf("--remount-ro") > args.lastIndexOf("--bind"));
    assert.ok(!bubblewrapArgs(boxed({ readOnlyRoot: false }), isolation("user-namespace")).includes("--remount-ro"));
  });

  it("maps ids in a user namespace and gives capabilities to uid 0 only", () => {
    const args = bubblewrapArgs(boxed({ capabilities: ["CHOWN"] }), isolation("user-namespace"));
    assert.deepEqual([valuesOf(args, "--uid", 1), valuesOf(args, "--gid", 1)], [[["473"]], [["473"]]]);
    assert.ok(args.includes("--unshare-user"));
    assert.deepEqual(valuesOf(args, "--cap-add", 1), []);
    const root = bubblewrapArgs(boxed({ uid: 0, capabilities: ["CHOWN"] }), isolation("user-namespace"));
    assert.deepEqual(valuesOf(root, "--cap-drop", 1), [["ALL"]]);
    assert.deepEqual(valuesOf(root, "--cap-add", 1), [["CAP_CHOWN"]]);
  });

  it("takes on real ids and gives up what it took for that", () => {
    const args = bubblewrapArgs(boxed({ uid: 0, capabilities: ["CHOWN"], groups: [5] }), isolation("real-ids"));
    assert.ok(!args.includes("--unshare-user"));
    const command = args.slice(args.indexOf("--") + 1);
    assert.deepEqual(command, [
      ...["/.sandbox/setpriv", "--reuid=0", "--regid=473", "--groups=5", "--bounding-set=-all,+chown"],
      ...["--inh-caps=-all", "--no-new-privs", "--", "/bin/alloy", "run"],
    ]);
    const collector = bubblewrapArgs(boxed(), isolation("real-ids"));
    assert.ok(collector.includes("--bounding-set=-all") && collector.includes("--clear-groups"));
  });
});

describe("a container's identity", () => {
  function identity(container: Partial<V1Container>, pod: Partial<V1PodSpec> = {}) {
    const full = { name: "c", ...container };
    const object: Pod = {
      metadata: { name: "p", namespace: "n", uid: "u" },
      spec: { nodeName: "node-1", containers: [full], ...pod },
    };
    return identityOf(object, full);
  }

  it("comes from the pod, and from the container where it says more", () => {
    const pod = { securityContext: { runAsUser: 473, runAsGroup: 473, fsGroup: 473, supplementalGroups: [9] } };
    const drop = { capabilities: { drop: ["ALL"] }, readOnlyRootFilesystem: true };
    assert.deepEqual(identity({ securityContext: drop }, pod), {
      uid: 473,
      gid: 473,
      groups: [9],
      capabilities: [],
      readOnlyRoot: true,
    });
    const prepare = { runAsUser: 0, capabilities: { drop: ["ALL"], add: ["CAP_CHOWN"] } };
    assert.deepEqual(identity({ securityContext: prepare }, pod).capabilities, ["CHOWN"]);
    assert.equal(identity({ securityContext: prepare }, pod).uid, 0);
  });

  it("is root with a runtime's capabilities where nothing is said", () => {
    const plain = identity({});
    assert.deepEqual([plain.uid, plain.gid, plain.readOnlyRoot], [0, 0, false]);
    assert.ok(plain.capabilities.includes("NET_RAW") && !plain.capabilities.includes("SYS_ADMIN"));
    assert.ok(!identity({ securityContext: { capabilities: { drop: ["NET_RAW"] } } }).capabilities.includes("NET_RAW"));
  });

  it("refuses root where the pod forbids it, and what the agent would have to leave out", () => {
    assert.throws(
      () => identity({ securityContext: { runAsNonRoot: true } }),
      /runAsNonRoot and image will run as root/,
    );
    assert.throws(() => identity({ securityContext: { privileged: true } }), /does not support privileged/);
    assert.throws(() => identity({}, { hostPID: true }), /does not support the host's namespaces/);
  });
});

describe("a container's command", () => {
  it("is the image's unless the pod says otherwise", () => {
    const image = "docker.io/grafana/alloy:v1.18.1";
    assert.deepEqual(commandOf({ name: "c", image, args: ["run", "x"] }), {
      command: ["/bin/alloy"],
      args: ["run", "x"],
    });
    assert.deepEqual(commandOf({ name: "c", image, command: ["/bin/sh"] }), { command: ["/bin/sh"], args: [] });
    assert.equal(commandOf({ name: "c", image }).args[0], "run");
  });

  it("needs Alloy's image, whatever registry, tag or digest", () => {
    for (const image of ["alloy", "registry.example:5000/mirror/alloy@sha256:00", "grafana/alloy:v1"]) {
      assert.deepEqual(commandOf({ name: "c", image }).command, ["/bin/alloy"], image);
    }
    assert.throws(() => commandOf({ name: "c", image: "busybox:1" }), /image "busybox:1": .* Alloy's image only/);
  });

  it("ends with the code that a runtime reports", () => {
    assert.deepEqual(endingOf(0, null), { exitCode: 0 });
    assert.deepEqual(endingOf(1, null), { exitCode: 1 });
    assert.deepEqual(endingOf(143, null), { exitCode: 143, signal: 15 });
    assert.deepEqual(endingOf(null, "SIGKILL"), { exitCode: 137, signal: 9 });
  });
});

describe("the collector's listener", () => {
  it("moves to a port of its own, in both spellings, and nothing else changes", () => {
    const joined = ["run", "/etc/alloy/config.alloy", "--server.http.listen-addr=0.0.0.0:12345", "--x"];
    assert.deepEqual(moveListener(joined, 40000), {
      args: ["run", "/etc/alloy/config.alloy", "--server.http.listen-addr=127.0.0.1:40000", "--x"],
      podPort: 12345,
      localPort: 40000,
      loopbackOnly: false,
    });
    const apart = moveListener(["run", "--server.http.listen-addr", "[::]:80", "x"], 40000);
    assert.deepEqual(apart?.args, ["run", "--server.http.listen-addr", "127.0.0.1:40000", "x"]);
  });

  it("knows when a real kubelet could not reach it", () => {
    for (const host of ["127.0.0.1", "localhost", "[::1]"]) {
      assert.equal(moveListener([`--server.http.listen-addr=${host}:12345`], 1)?.loopbackOnly, true, host);
    }
  });

  it("is left alone where the args name none", () => {
    assert.equal(listenPort(["run", "x"]), undefined);
    assert.equal(moveListener(["--server.http.listen-addr"], 1), undefined);
  });
});
