// Directories whose content the node itself owns: a write-ahead log there would fill or overwrite it, or be lost at the
// next boot (/run, /tmp).
const nodeDirectories = [
  ...[
    "bin",
    "boot",
    "dev",
    "efi",
    "etc",
    "home",
    "lib",
    "lib32",
    "lib64",
    "nix",
    "proc",
    "root",
    "run",
    "sbin",
    "snap",
  ],
  ...["sys", "tmp", "usr", "var/run", "var/tmp", "var/lock", "var/log/pods", "var/log/containers", "var/log/journal"],
  ...["calico", "cni", "containerd", "containers", "crio", "dbus", "docker", "dpkg", "etcd", "kubelet", "rancher"].map(
    (name) => `var/lib/${name}`,
  ),
  ...["rpm", "systemd"].map((name) => `var/lib/${name}`),
];

// Where programs and disks keep data of their own, and nothing is started from.
const dataDirectories = ["var/lib", "var/local", "var/mnt", "srv", "data", "mnt"];

/**
 * Why a path cannot be the collector's directory on the node, as the rest of a sentence; `undefined` for one that can.
 * It must be two levels deep, under /var three: /data or /var/lib would be shared with others.
 */
export function storagePathProblem(path: string): string | undefined {
  if (path === "/") return "is the root of the node";
  if (!path.startsWith("/")) return "is not an absolute path";
  const parts = path.slice(1).split("/");
  if (parts.some((part) => !/^[A-Za-z0-9._-]+$/.test(part) || /^\.+$/.test(part)))
    return "is not a plain path (letters, digits, dots and dashes; no trailing slash, no empty or dotted parts)";
  const inside = (directory: string) => `${path}/`.startsWith(`/${directory}/`);
  if (nodeDirectories.some(inside)) return "belongs to the node itself";
  if (parts.length < 2 || (parts[0] === "var" && parts.length < 3)) return "is shared by the node's own programs";
  if (!dataDirectories.some(inside))
    return `is not below a directory for data (${dataDirectories.map((one) => `/${one}`).join(", ")})`;
  // Whose the directory is, its name alone tells: prepare-storage gives it to the collectors' user.
  if (!parts.slice(parts[0] === "var" ? 2 : 1).some((part) => /[Aa]lloy/.test(part)))
    return "may belong to another program: its name does not say that it is Alloy's";
  return undefined;
}
