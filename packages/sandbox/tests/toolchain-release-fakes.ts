import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { UserError } from "../../../kit/user-error";
import { makeArchive, startReleaseSite, type Fault, type ReleaseSite } from "./release-site";
import { fakeMachine, type FakeMachine } from "./toolchain-fakes";

export const etcdUrl = "https://github.com/etcd-io/etcd/releases/download/v3.7.3/etcd-v3.7.3-linux-amd64.tar.gz";
export const etcdSums = "https://github.com/etcd-io/etcd/releases/download/v3.7.3/SHA256SUMS";
export const etcdInside = "etcd-v3.7.3-linux-amd64/etcd";

/** How a fake release is published. */
export interface PublishOptions {
  /** What the program prints. */
  says?: string;
  version?: string;
  /** The pinned checksum, or none, so that the release's list is asked. */
  pin?: "right" | "wrong" | "list";
  faults?: Fault[];
}

/** A {@link FakeMachine} that downloads from a server on this machine. */
export interface DownloadingMachine extends FakeMachine {
  site: ReleaseSite;
  /** Serves a fake program in the layout of its release, and pins it; gives the bytes that are served. */
  publish(tool: string, url: string, inside: string, options?: PublishOptions): Promise<Buffer>;
  publishEtcd(options?: PublishOptions): Promise<Buffer>;
  /** The range of each request for etcd's archive. */
  ranges(): (string | undefined)[];
}

export async function downloadingMachine(): Promise<DownloadingMachine> {
  const machine = await fakeMachine();
  const site = await startReleaseSite();
  const pins: Record<string, unknown> = {};
  const list = path.join(machine.root, "releases.json");
  delete machine.env["ALLOY_DOWNLOADS"];
  Object.assign(machine.env, { ALLOY_MIRROR: site.url, ALLOY_RELEASES: list });
  const publish: DownloadingMachine["publish"] = async (tool, url, inside, options = {}) => {
    const { version = "3.7.3", says = `${tool} Version: ${version}`, pin = "right", faults } = options;
    // Long enough to break off in the middle, and random, or it would be packed to nothing.
    const lines = [`echo "${says}"`, `# ${randomBytes(1_000).toString("base64")}`];
    const program = await machine.script(tool, lines, path.join(machine.root, "made"));
    const archive = path.join(machine.root, "site", path.basename(url));
    await makeArchive(archive, { [inside]: program });
    const bytes = await fs.readFile(archive);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    site.serve(url, archive, faults);
    if (pin === "list") {
      site.serve(etcdSums, Buffer.from(`${"0".repeat(64)}  other\n${sha256}  ${path.basename(url)}\n`));
    }
    const pinned = pin === "list" ? {} : { sha256: pin === "right" ? sha256 : "0".repeat(64) };
    pins[tool] = {
      version,
      megabytes: 1,
      ...(pin === "list" ? { checksums: etcdSums } : {}),
      platforms: { [`${process.platform}-${process.arch}`]: { url, ...pinned, files: { [tool]: inside } } },
    };
    await fs.writeFile(list, JSON.stringify(pins));
    return bytes;
  };
  return {
    ...machine,
    site,
    publish,
    publishEtcd: (options) => publish("etcd", etcdUrl, etcdInside, options),
    ranges: () =>
      site.requests
        .filter((line) => line.startsWith("GET") && line.includes(".tar.gz"))
        .map((line) => line.split(" ")[2]),
    async remove() {
      await site.close();
      await machine.remove();
    },
  };
}

/** The UserError that a call ends with. */
export async function userError(result: Promise<unknown>): Promise<UserError> {
  const error: unknown = await result.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof UserError) return error;
  throw new Error(`expected a UserError, got ${String(error)}`);
}
