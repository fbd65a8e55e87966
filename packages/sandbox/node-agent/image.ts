import * as fs from "node:fs/promises";
import * as path from "node:path";

import type { V1Container } from "@kubernetes/client-node";

import type { Mount } from "./bubblewrap";
import { SetupError } from "./errors";

/** Alloy's image as far as a container sees it: entrypoint and default command of grafana/alloy. */
const entrypoint = ["/bin/alloy"];
const defaultCommand = ["run", "/etc/alloy/config.alloy", "--storage.path=/var/lib/alloy/data"];

/** Environment that a container runtime and the image give. */
export function imageEnv(hostname: string): Record<string, string> {
  return {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOSTNAME: hostname,
    HOME: "/",
  };
}

/** Command line of a container, before `$(NAME)` is replaced. Only Alloy's image is at hand. */
export function commandOf(container: V1Container): { command: string[]; args: string[] } {
  const repository = (container.image ?? "").replace(/@.*$/, "").replace(/:[^/]*$/, "");
  if (repository.split("/").at(-1) !== "alloy") {
    throw new SetupError(
      "CreateContainerConfigError",
      `image "${container.image ?? ""}": the sandbox pulls nothing and has Alloy's image only`,
    );
  }
  const { command, args } = container;
  return { command: command ?? entrypoint, args: args ?? (command === undefined ? defaultCommand : []) };
}

/** What the image and the kubelet put under a container's root: the binary, users, hosts, certificates. */
export async function imageMounts(folder: string, alloy: string, hostname: string): Promise<Mount[]> {
  const files: Record<string, string> = {
    passwd: "root:x:0:0:root:/root:/bin/sh\nalloy:x:473:473::/home/alloy:/bin/sh\n",
    group: "root:x:0:\nalloy:x:473:\n",
    hosts: `127.0.0.1 localhost\n127.0.0.1 ${hostname}\n`,
    "nsswitch.conf": "hosts: files dns\n",
  };
  await fs.mkdir(folder, { recursive: true });
  const mounts: Mount[] = [{ source: await fs.realpath(alloy), target: "/usr/bin/alloy", readOnly: true }];
  for (const [name, text] of Object.entries(files)) {
    const source = path.join(folder, name);
    await fs.writeFile(source, text, { mode: 0o644 });
    mounts.push({ source, target: `/etc/${name}`, readOnly: true });
  }
  for (const file of ["/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt"]) {
    const source = await fs.realpath(file).catch(() => undefined); // not on every machine
    if (source !== undefined) mounts.push({ source, target: file, readOnly: true });
  }
  return mounts;
}
