import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { FetchError, reason, type Client } from "./download-client";

const attempts = 5;

export interface FetchOptions {
  client: Client;
  signal: AbortSignal;
  /** How much of the file is there, and how long it will be; undefined where the server does not say. */
  onBytes: (there: number, total: number | undefined) => void;
  /** The pause before the second attempt; each further one is twice as long. */
  pauseMs?: number;
}

/**
 * Downloads a file. What is there of it already, from an attempt that was interrupted, is kept and only the rest is
 * asked for. A connection that breaks is taken up again, up to five times in a row without a byte of progress.
 *
 * @throws FetchError where it cannot be had
 */
export async function fetchFile(url: string, file: string, options: FetchOptions): Promise<void> {
  await fs.mkdir(path.dirname(file), { recursive: true });
  let failures = 0;
  for (;;) {
    const before = await sizeOf(file);
    try {
      return await attempt(url, file, before, options);
    } catch (error) {
      options.signal.throwIfAborted();
      if (!(error instanceof FetchError) || !error.temporary) throw error;
      failures = (await sizeOf(file)) > before ? 1 : failures + 1;
      if (failures >= attempts) throw error;
      await sleep((options.pauseMs ?? 500) * 2 ** (failures - 1), undefined, { signal: options.signal });
    }
  }
}

async function attempt(url: string, file: string, there: number, options: FetchOptions): Promise<void> {
  const { client, signal, onBytes } = options;
  const headers: Record<string, string> = there === 0 ? {} : { range: `bytes=${there}-` };
  const response = await client.get(url, { signal, headers }).catch(async (error: unknown) => {
    // The part is as long as the file, or longer, or belongs to another one: begin anew.
    if (!(error instanceof FetchError && error.message.endsWith(" 416"))) throw error;
    await fs.rm(file);
    throw new FetchError(error.message, true);
  });
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "");
  const resumed = response.status === 206 && Number(range?.[1]) === there;
  if (response.status === 206 && !resumed) {
    await response.body?.cancel();
    await fs.rm(file, { force: true });
    throw new FetchError(`${url} answers with another part than was asked for`, true);
  }
  let length = resumed ? there : 0;
  const announced = Number(response.headers.get("content-length") ?? Number.NaN);
  const total = Number.isNaN(announced) ? undefined : length + announced;
  const out = await fs.open(file, resumed ? "a" : "w");
  try {
    for await (const chunk of response.body ?? []) {
      const bytes = chunk as Uint8Array;
      await out.write(bytes);
      length += bytes.length;
      onBytes(length, total);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error && "code" in error && error.code === "ENOSPC") throw error;
    throw new FetchError(`${url} broke off after ${length} bytes: ${reason(error)}`, true);
  } finally {
    await out.close();
  }
  if (total !== undefined && length !== total) {
    throw new FetchError(`${url} broke off after ${length} of ${total} bytes`, true);
  }
}

/** The sha256 of a file, in hex. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

async function sizeOf(file: string): Promise<number> {
  const stats = await fs.stat(file).catch(() => undefined); // absent: nothing is there yet
  return stats?.size ?? 0;
}
