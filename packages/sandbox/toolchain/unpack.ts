import { createWriteStream } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";

import type { Entry, Options, ZipFile } from "yauzl";

/**
 * Puts the wanted parts of an archive below a folder, under their names in it. What is no archive is one file, which
 * gets the last part of the address as its name.
 *
 * @param name decides what it is: `.tar.gz`, `.zip`, `.whl`, or a single file
 * @param wanted says of each file's name whether it is taken
 */
export async function unpack(
  file: string,
  name: string,
  folder: string,
  wanted: (name: string) => boolean,
): Promise<void> {
  await fs.mkdir(folder, { recursive: true });
  if (/\.(tar\.gz|tgz)$/.test(name)) {
    const tar = await import("tar"); // only a start that downloads needs it
    await tar.extract({ file, cwd: folder, strict: true, filter: (entry) => wanted(entry.replace(/^\.\//, "")) });
  } else if (/\.(zip|whl)$/.test(name)) {
    await unzip(file, folder, wanted);
  } else {
    await fs.copyFile(file, path.join(folder, path.posix.basename(name)));
  }
}

async function unzip(file: string, folder: string, wanted: (name: string) => boolean): Promise<void> {
  const yauzl = await import("yauzl");
  const open = promisify<string, Options, ZipFile>(yauzl.open);
  // It refuses names that lead out of the folder, and sizes that are not what the archive says.
  const zip = await open(file, { lazyEntries: true });
  const openEntry = promisify<Entry, NodeJS.ReadableStream>(zip.openReadStream.bind(zip));
  await new Promise<void>((resolve, reject) => {
    zip.on("error", reject);
    zip.on("end", resolve);
    zip.on("entry", (entry: Entry) => {
      const write = async (): Promise<void> => {
        if (entry.fileName.endsWith("/") || !wanted(entry.fileName)) return;
        const target = path.join(folder, entry.fileName);
        await fs.mkdir(path.dirname(target), { recursive: true });
        await pipeline(await openEntry(entry), createWriteStream(target));
      };
      write().then(() => zip.readEntry(), reject);
    });
    zip.readEntry();
  }).finally(() => zip.close());
}
