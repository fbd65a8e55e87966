import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";

/**
 * Writes a file so that a reader sees the old text or the new one, never a part: a temporary file beside it, renamed.
 * Missing folders are made. `mode` is the file's permission bits; pass 0o600 for anything secret.
 */
export async function writeAtomically(file: string, text: string, mode = 0o644): Promise<void> {
  await fs.mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
  // "wx" fails where somebody has put a file or a link in that place: its mode would then be theirs, not this one.
  await fs.writeFile(temporary, text, { mode, flag: "wx" });
  await fs.rename(temporary, file);
}

/** Writes an object as indented JSON, see {@link writeAtomically}. */
export async function writeJson(file: string, value: unknown, mode?: number): Promise<void> {
  await writeAtomically(file, `${JSON.stringify(value, null, 2)}\n`, mode);
}

/**
 * Reads a JSON file that this program wrote, or undefined where there is none. The shape is the writer's promise;
 * a file that is not JSON is an error that names the file.
 */
export async function readJson<T>(file: string): Promise<T | undefined> {
  const text = await readText(file);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new Error(`${file} is not JSON; it was not written by this program as it stands`, { cause: error });
  }
}

/** Reads a file, or gives undefined where there is none; any other failure is thrown. */
export async function readText(file: string): Promise<string | undefined> {
  try {
    return await fs.readFile(file, "utf8");
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The end of a text file, at most so many bytes of it: of a log, the newest lines. */
export async function readEnd(file: string, bytes: number): Promise<string> {
  const handle = await fs.open(file);
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, bytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead).toString("utf8");
  } finally {
    await handle.close();
  }
}

/** True for the error of a file or folder that does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
