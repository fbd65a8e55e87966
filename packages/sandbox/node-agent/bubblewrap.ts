import * as path from "node:path";

import type { Identity } from "./security";

/**
 * How this machine lets a process be boxed in:
 * - `real-ids`: the agent is root; a container's process has the real uid and gid, and files on disk show them.
 * - `user-namespace`: the agent is an ordinary user; ids are mapped, and on disk all belongs to that user.
 */
export type IsolationMode = "real-ids" | "user-namespace";

/** What the box is made from; found once, at the agent's start. */
export interface Isolation {
  mode: IsolationMode;
  bwrap: string;
  /** Sets the ids in mode `real-ids`. */
  setpriv: string | undefined;
  /** Whether a fresh /proc may be mounted; in some containers only the one that is there can be bound. */
  freshProc: boolean;
  /** Programs of the image, by name, as files of this machine. */
  programs: Record<string, string>;
  /** Folders with shared libraries, and symlinks such as /lib -> usr/lib. */
  libraries: ({ folder: string } | { link: string; target: string })[];
}

/** A file or folder of this machine shown to the container. */
export interface Mount {
  source: string;
  target: string;
  readOnly: boolean;
}

/** One process in a box. */
export interface BoxedProcess {
  identity: Identity;
  hostname: string;
  workingDir: string;
  mounts: Mount[];
  command: string[];
}

/** Where setpriv lies inside the box, outside every path that an image uses. */
const setprivInside = "/.sandbox/setpriv";

/**
 * The arguments of bubblewrap for one process. The box has a root of its own, in which an image's folders are empty
 * but for the programs and mounts given; its own pid, IPC and UTS namespace; this machine's network. Bubblewrap itself
 * is pid 1 in it: it dies with the agent, and the box with it. (The process cannot be told to: a change of uid clears
 * such a wish, and bubblewrap may not signal another user's process.) Bubblewrap sets NoNewPrivs.
 */
export function bubblewrapArgs(process: BoxedProcess, isolation: Isolation): string[] {
  const { identity } = process;
  const programs = Object.entries(isolation.programs).map(([name, source]): Mount => ({
    source,
    target: `/usr/bin/${name}`,
    readOnly: true,
  }));
  const mounts = [...programs, ...process.mounts];
  if (isolation.mode === "real-ids") {
    mounts.push({ source: isolation.setpriv ?? "setpriv", target: setprivInside, readOnly: true });
  }
  const sorted = [...mounts].sort((a, b) => depth(a.target) - depth(b.target));
  return [
    ...["--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts"],
    ...["--hostname", process.hostname],
    ...ids(identity, isolation),
    ...["--tmpfs", "/"],
    // Parents that bubblewrap makes by itself are closed to other users.
    ...parents(["/usr/bin/x", "/etc/x", "/run/x", "/var/x", ...sorted.map((mount) => mount.target)]),
    ...["--symlink", "usr/bin", "/bin", "--symlink", "usr/bin", "/usr/sbin", "--symlink", "usr/bin", "/sbin"],
    ...isolation.libraries.flatMap((library) =>
      "folder" in library ? ["--ro-bind", library.folder, library.folder] : ["--symlink", library.target, library.link],
    ),
    ...(isolation.freshProc ? ["--proc", "/proc"] : ["--ro-bind", "/proc", "/proc"]),
    // A container runtime mounts it read-only; the collectors of the node's metrics read below it.
    ...["--ro-bind", "/sys", "/sys"],
    ...["--dev", "/dev", "--perms", "1777", "--dir", "/tmp", "--perms", "1777", "--dir", "/var/tmp"],
    ...sorted.flatMap((mount) => [mount.readOnly ? "--ro-bind" : "--bind", mount.source, mount.target]),
    ...(identity.readOnlyRoot ? ["--remount-ro", "/"] : []),
    ...["--chdir", process.workingDir, "--"],
    ...(isolation.mode === "real-ids" ? setprivArgs(identity) : []),
    ...process.command,
  ];
}

function ids(identity: Identity, isolation: Isolation): string[] {
  const drop = ["--cap-drop", "ALL"];
  if (isolation.mode === "user-namespace") {
    const add = identity.uid === 0 ? identity.capabilities : [];
    return ["--unshare-user", "--uid", `${identity.uid}`, "--gid", `${identity.gid}`, ...drop, ...capabilities(add)];
  }
  // setpriv needs the three to take on the ids, and gives them up before the container's command starts.
  return [...drop, ...capabilities([...new Set([...identity.capabilities, "SETUID", "SETGID", "SETPCAP"])])];
}

function capabilities(names: string[]): string[] {
  return names.flatMap((name) => ["--cap-add", `CAP_${name}`]);
}

function setprivArgs(identity: Identity): string[] {
  const bounding = ["-all", ...identity.capabilities.map((name) => `+${name.toLowerCase()}`)].join(",");
  return [
    setprivInside,
    `--reuid=${identity.uid}`,
    `--regid=${identity.gid}`,
    identity.groups.length === 0 ? "--clear-groups" : `--groups=${identity.groups.join(",")}`,
    `--bounding-set=${bounding}`,
    "--inh-caps=-all",
    "--no-new-privs",
    "--",
  ];
}

function parents(targets: string[]): string[] {
  const folders = new Set<string>();
  for (const target of targets) {
    for (let folder = path.dirname(target); folder !== "/"; folder = path.dirname(folder)) folders.add(folder);
  }
  return [...folders].sort((a, b) => depth(a) - depth(b)).flatMap((folder) => ["--dir", folder]);
}

function depth(target: string): number {
  return target.split("/").filter((part) => part !== "").length;
}
