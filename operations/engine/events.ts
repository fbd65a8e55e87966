import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

import type { EngineEvent } from "@pulumi/pulumi/automation";

/**
 * Runs `work` with a place for `--event-log`, and gives what the engine has written to it. The place is a named pipe in
 * a private folder, no file: among the engine's events are the SDK's debug messages, which hold secrets in plaintext,
 * and a pipe leaves nothing on a disk. Those messages are dropped as they are read. The Automation API of the SDK takes
 * the same events through a gRPC server, which would have to be loaded by every command.
 *
 * @param work starts the engine, and ends when the engine has
 */
export async function withEvents<T>(
  work: (place: string) => Promise<T>,
): Promise<{ result: T; events: EngineEvent[] }> {
  const folder = await fs.promises.mkdtemp(path.join(os.tmpdir(), "alloy-events-"));
  try {
    const place = path.join(folder, "events");
    await promisify(execFile)("mkfifo", ["-m", "600", place]);
    // Without a writer of our own the pipe would end before the engine has opened it.
    const writer = fs.openSync(place, fs.constants.O_RDWR);
    const reader = fs.openSync(place, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const socket = new net.Socket({ fd: reader, readable: true, writable: false });
    const reading = readEvents(socket);
    const result = await work(place).finally(() => fs.closeSync(writer));
    return { result, events: await reading };
  } finally {
    await fs.promises.rm(folder, { recursive: true, force: true });
  }
}

/** One event a line. An engine that was killed has left a part of one, which is no event. */
async function readEvents(stream: net.Socket): Promise<EngineEvent[]> {
  const events: EngineEvent[] = [];
  for await (const line of createInterface({ input: stream })) {
    const event = parseEvent(line);
    if (event !== undefined) events.push(event);
  }
  return events;
}

function parseEvent(line: string): EngineEvent | undefined {
  try {
    const event = JSON.parse(line) as EngineEvent;
    return (event.diagnosticEvent?.severity as string | undefined) === "debug" ? undefined : event;
  } catch {
    return undefined;
  }
}
