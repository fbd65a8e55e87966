import * as path from "node:path";

interface PodParts {
  spec?: {
    template?: {
      spec?: {
        containers?: { args?: string[]; volumeMounts?: { name: string; mountPath: string; subPath?: string }[] }[];
        volumes?: { name: string; hostPath?: { path: string } }[];
      };
    };
  };
}

// What the image runs where a container says nothing (Dockerfile of grafana/alloy).
const imageDefault = "/var/lib/alloy/data";

/**
 * The folder of the node in which a DaemonSet's Alloy keeps its positions, from `--storage.path` and the mounts; pure.
 *
 * @returns undefined where they are in the pod and end with it
 */
export function nodeFolderOf(daemonSet: unknown): string | undefined {
  const { containers = [], volumes = [] } = (daemonSet as PodParts).spec?.template?.spec ?? {};
  const container = containers.find(({ args = [] }) => args[0] === "run") ?? containers[0];
  if (container === undefined) return undefined;
  const storage = container.args === undefined ? imageDefault : flagValue(container.args, "--storage.path");
  if (storage?.startsWith("/") !== true) return undefined; // relative to the image's working directory
  const mounts = (container.volumeMounts ?? [])
    .filter(({ mountPath }) => !path.posix.relative(mountPath, storage).startsWith(".."))
    .sort((a, b) => b.mountPath.length - a.mountPath.length);
  const [mount] = mounts;
  const hostPath = volumes.find(({ name }) => name === mount?.name)?.hostPath?.path;
  if (mount === undefined || hostPath === undefined) return undefined;
  return path.posix.join(hostPath, mount.subPath ?? "", path.posix.relative(mount.mountPath, storage));
}

/** Of `--flag=value` or `--flag value`. */
function flagValue(args: readonly string[], flag: string): string | undefined {
  const at = args.findIndex((arg) => arg === flag || arg.startsWith(`${flag}=`));
  return args[at]?.split("=")[1] ?? args[at + 1];
}
