// `npm run pack` runs it first: it writes dist/, the code of the package.
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import { compile } from "json-schema-to-typescript";
import { z } from "zod";

const root = path.resolve(import.meta.dirname, "..");
const dist = path.join(root, "dist");
const require = createRequire(import.meta.url);

// What an earlier build left would be packed too.
rmSync(dist, { recursive: true, force: true });
const compiler = require.resolve("typescript/bin/tsc");
execFileSync(process.execPath, [compiler, "--project", path.join(root, "library")], { stdio: "inherit" });

// What the code reads beside itself.
for (const file of ["Pulumi.yaml", "policy/package.json", "policy/PulumiPolicy.yaml"])
  cpSync(path.join(root, file), path.join(dist, file));
const { name, version } = require(path.join(root, "package.json"));
writeFileSync(path.join(dist, "package.json"), `${JSON.stringify({ name, version })}\n`);
const isSection = (file) => path.extname(file) === "" || file.endsWith(".alloy");
cpSync(path.join(root, "pipeline", "sections"), path.join(dist, "pipeline", "sections"), {
  recursive: true,
  filter: isSection,
});
// In the repository it loads TypeScript; here there is none.
writeFileSync(path.join(dist, "policy", "index.js"), 'require("./pack.js");\n');

await declareArguments();

/**
 * Writes the type of the arguments out, with what each key means. The type that zod infers has neither a name nor a
 * comment, and an editor shows both while somebody writes `new Alloy(…)`.
 */
async function declareArguments() {
  const file = path.join(dist, "settings", "arguments.d.ts");
  const inferred = "export type AlloyArgs = z.input<typeof argumentsSchema>;";
  const declared = readFileSync(file, "utf8");
  if (!declared.includes(inferred)) throw new Error(`${file} has no line ${inferred}`);
  const { argumentsSchema } = require(path.join(dist, "settings", "arguments.js"));
  const schema = z.toJSONSchema(argumentsSchema, { io: "input", override: ({ jsonSchema }) => explain(jsonSchema) });
  const text = await compile(schema, "AlloyArgs", { bannerComment: "", ignoreMinAndMaxItems: true });
  writeFileSync(
    file,
    declared.replace(inferred, () => text.trim()),
  );
}

/** Puts the default and what a wrong value does into the description, which becomes the comment. */
function explain(schema) {
  if (schema.description === undefined) return;
  const { default: fallback, ifWrong } = schema;
  schema.description = [
    schema.description,
    ...(fallback === undefined || typeof fallback === "object" ? [] : [`Default: ${JSON.stringify(fallback)}.`]),
    ...(ifWrong === undefined ? [] : [`If wrong: ${ifWrong}`]),
  ].join("\n\n");
}
