import * as crypto from "node:crypto";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { repoRoot } from "../../../kit/repo-root";

/** The part of esbuild's API that is used; the package itself is tsx's, so that both stay at one version. */
interface Esbuild {
  version: string;
  build(options: Record<string, unknown>): Promise<unknown>;
}

function esbuild(): Esbuild {
  return createRequire(require.resolve("tsx/package.json"))("esbuild") as Esbuild;
}

/** Changes whenever the bundle would: the sources, and the versions of everything they import. */
export function sourceHash(): string {
  const hash = crypto.createHash("sha256");
  for (const file of [...sources(__dirname), path.join(repoRoot, "package-lock.json")].sort()) {
    hash.update(path.relative(repoRoot, file)).update("\0").update(fs.readFileSync(file)).update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}

function sources(folder: string): string[] {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return sources(file);
    return entry.name.endsWith(".ts") ? [file] : [];
  });
}

/**
 * Writes the plugin `name` as one executable JavaScript file. Loading the TypeScript sources at each start takes
 * three times as long, and the engine starts every plugin at every command.
 */
export async function bundlePlugin(name: string, file: string): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  await esbuild().build({
    entryPoints: [path.join(__dirname, `${name}.ts`)],
    outfile: temporary,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    minify: true,
    keepNames: true,
    legalComments: "none",
    logLevel: "error",
    banner: { js: "#!/usr/bin/env node" },
  });
  fs.chmodSync(temporary, 0o755);
  // The engine may start the plugin at any time: it finds the old file or the new one, never half of one.
  fs.renameSync(temporary, file);
}
