import { createWriteStream } from "node:fs";
import * as fs from "node:fs/promises";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";

import * as tar from "tar";
import { ZipFile } from "yazl";

/** What a test makes a file's server do, one entry a request; afterwards it serves as it should. */
export type Fault =
  | { kind: "status"; status: number }
  | { kind: "redirect"; to: string }
  /** Breaks the connection after so many bytes. */
  | { kind: "break"; after: number }
  /** Sends so many bytes and then nothing, with the connection open. */
  | { kind: "stall"; after: number }
  /** Knows of no ranges and begins at the first byte. */
  | { kind: "whole" };

/** A server on this machine in the place of every site that releases are downloaded from. */
export interface ReleaseSite {
  /** For `ALLOY_MIRROR`. */
  url: string;
  /** Every request: method, path, and its range. */
  requests: string[];
  /** Serves a file at the place that an official address has below a mirror. */
  serve(url: string, file: string | Buffer, faults?: Fault[]): void;
  close(): Promise<void>;
}

export async function startReleaseSite(port = 0): Promise<ReleaseSite> {
  const files = new Map<string, { file: string | Buffer; faults: Fault[] }>();
  const requests: string[] = [];
  const server = http.createServer((request, response) => {
    requests.push([request.method, request.url, request.headers.range].filter(Boolean).join(" "));
    answer(request, response, files.get(request.url ?? "")).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    serve(url, file, faults = []) {
      const { host, pathname } = new URL(url);
      files.set(`/${host}${pathname}`, { file, faults });
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  entry: { file: string | Buffer; faults: Fault[] } | undefined,
): Promise<void> {
  if (request.method === "HEAD") return void response.writeHead(entry === undefined ? 404 : 200).end();
  if (entry === undefined) return void response.writeHead(404).end("not found");
  const fault = entry.faults.shift();
  if (fault?.kind === "status") return void response.writeHead(fault.status).end();
  if (fault?.kind === "redirect") return void response.writeHead(302, { location: fault.to }).end();
  const size = typeof entry.file === "string" ? (await fs.stat(entry.file)).size : entry.file.length;
  const asked = fault?.kind === "whole" ? undefined : /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
  const start = Number(asked ?? 0);
  if (start >= size && start > 0) return void response.writeHead(416, { "content-range": `bytes */${size}` }).end();
  const range = asked === undefined ? {} : { "content-range": `bytes ${start}-${size - 1}/${size}` };
  response.writeHead(asked === undefined ? 200 : 206, { "content-length": size - start, ...range });
  const end = fault?.kind === "break" || fault?.kind === "stall" ? Math.min(size, start + fault.after) : size;
  if (typeof entry.file === "string") {
    const handle = await fs.open(entry.file);
    await pipeline(handle.createReadStream({ start, end: end - 1 }), response, { end: end === size });
  } else {
    response.write(entry.file.subarray(start, end));
    if (end === size) response.end();
  }
  if (fault?.kind === "break") setTimeout(() => response.destroy(), 50); // what was written has to leave first
}

/**
 * Makes an archive as a project publishes it, or copies the one file that is published as it is.
 *
 * @param target its name decides what it becomes
 * @param entries name in the archive to a file on this machine
 */
export async function makeArchive(target: string, entries: Record<string, string>): Promise<void> {
  await fs.mkdir(path.dirname(target), { recursive: true });
  if (/\.(zip|whl)$/.test(target)) {
    const zip = new ZipFile();
    for (const [name, file] of Object.entries(entries)) zip.addFile(file, name, { compressionLevel: 1 });
    zip.end();
    await pipeline(zip.outputStream, createWriteStream(target));
  } else if (target.endsWith(".tar.gz")) {
    // Tar has no names but those of files, so these are laid out as they shall be called.
    const layout = await fs.mkdtemp(`${target}.`);
    for (const [name, file] of Object.entries(entries)) {
      await fs.mkdir(path.dirname(path.join(layout, name)), { recursive: true });
      await fs.copyFile(file, path.join(layout, name));
    }
    await tar.create({ file: target, cwd: layout, gzip: { level: 1 }, portable: true }, Object.keys(entries));
    await fs.rm(layout, { recursive: true });
  } else {
    await fs.copyFile(Object.values(entries)[0] ?? "", target);
  }
}
