import * as fs from "node:fs/promises";
import * as path from "node:path";

import { build } from "esbuild";
import { repoRoot } from "../kit/repo-root";

/**
 * Writes a policy pack of one JavaScript file: the rules for any stack, and the policy SDK. Nothing has to be
 * installed beside it but what starts a pack, `@pulumi/pulumi`, which a Node stack has anyway.
 *
 * @param out its folder; index.js, PulumiPolicy.yaml and package.json in it are written anew
 * @returns the size of that file, in bytes
 */
export async function bundlePolicyPack(out: string): Promise<number> {
  await fs.mkdir(out, { recursive: true });
  await build({
    // TypeScript in a checkout, and JavaScript in the package.
    entryPoints: [path.join(__dirname, "..", "policy", "generic")],
    outfile: path.join(out, "index.js"),
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    minify: true,
    keepNames: true,
    legalComments: "none",
    logLevel: "error",
    // It is what starts a pack and lies beside every Node stack; inside of a bundle it does not find its own files.
    external: ["@pulumi/pulumi"],
  });
  const source = JSON.parse(await fs.readFile(path.join(repoRoot, "policy", "package.json"), "utf8")) as {
    version: string;
    license: string;
  };
  const { version, license } = source;
  const manifest = { name: "kubernetes-least-privilege", version, license, private: true, main: "index.js" };
  await fs.writeFile(path.join(out, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
  await fs.writeFile(
    path.join(out, "PulumiPolicy.yaml"),
    "description: Least privilege for any workload on Kubernetes\nruntime: nodejs\nmain: index.js\n",
  );
  return (await fs.stat(path.join(out, "index.js"))).size;
}
