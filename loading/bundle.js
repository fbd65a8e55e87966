// `node loading/bundle.js ENTRY FILE`: writes an entry and all that it loads into FILE, FILE.map and FILE.json, which says
// what it was made from. It is a process of its own, so that who finds a fresh bundle does not load esbuild.
const fs = require("node:fs");
const path = require("node:path");

const { build } = require("esbuild");

const { root, stateOf } = require("./fresh");

/**
 * Packages that stay outside. Of Pulumi's there must be one copy, which the engine's own starter has loaded. The others
 * are loaded by few commands, or find files beside themselves.
 */
const outside = [
  "@pulumi/*",
  "@grpc/grpc-js",
  "google-protobuf",
  "@cdktn/hcl2json",
  "esbuild",
  "prettier",
  "typescript",
];

/** Our files look for others beside themselves: in the bundle each of them still says where it came from. */
const ownPlace = {
  name: "own-place",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path: file }) => {
      const text = fs.readFileSync(file, "utf8");
      if (file.includes("node_modules") || !/\b__dirname\b/.test(text)) return undefined;
      return { loader: "ts", contents: `var __dirname = ${JSON.stringify(path.dirname(file))}; ${text}` };
    });
  },
};

/**
 * `const { KubeConfig } = await import("@kubernetes/client-node")` takes one class of a package of 15 MB. A bundler leaves
 * out what nobody takes only of a static import, so there is one between the two.
 */
const takenOnly = {
  name: "taken-only",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path: name, kind, importer, namespace }) => {
      if (kind !== "dynamic-import" || namespace !== "file" || outside.includes(name)) return undefined;
      const taken = new RegExp(`\\{([^{}]*)\\} = await import\\("${name}"\\)`).exec(fs.readFileSync(importer, "utf8"));
      if (taken === null) return undefined;
      const names = taken[1].split(",").map((one) => one.split(":")[0].trim());
      return { namespace: "taken", path: `${name} ${names.join(" ")}`, pluginData: { name, names, from: importer } };
    });
    onLoad({ filter: /.*/, namespace: "taken" }, ({ pluginData: { name, names, from } }) => ({
      contents: `export { ${names.join(", ")} } from ${JSON.stringify(name)};`,
      resolveDir: path.dirname(from),
    }));
  },
};

async function main([entry = "", out = ""]) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: out,
    write: false,
    metafile: true,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    // jsonc-parser's main is a module that no bundler can follow.
    mainFields: ["module", "main"],
    external: outside,
    // import() becomes require(): a script that comes from V8's cache has no import() at all.
    supported: { "dynamic-import": false },
    plugins: [ownPlace, takenOnly],
    keepNames: true,
    legalComments: "none",
    logLevel: "silent",
    sourcemap: "external",
    sourcesContent: false,
  });
  const own = Object.keys(metafile.inputs).filter((file) => !/node_modules|^taken:/.test(file));
  const state = stateOf([...own, "loading/bundle.js", "package-lock.json", "node_modules/.package-lock.json"]);
  fs.mkdirSync(path.dirname(out), { recursive: true });
  // Two may write at the same time, and others read: each file is there whole, and what says that it is fresh comes last.
  const files = [
    ...outputFiles.map((file) => [file.path, file.text]),
    [`${out}.json`, JSON.stringify({ root, state })],
  ];
  for (const [file, text] of files) {
    const draft = `${file}.${process.pid}`;
    fs.writeFileSync(draft, text);
    fs.renameSync(draft, file);
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
