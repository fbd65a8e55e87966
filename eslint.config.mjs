import path from "node:path";

import pulumi from "@pulumi/eslint-plugin";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import importX from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

/**
 * The folders that each folder may import (docs/architecture.md). Data goes one way: from the settings to the pipeline,
 * the components and program.ts. The policy pack stands beside them. Commands call operations. Only the benches and the
 * tests look into the sandbox.
 */
const program = [
  ...["kit", "plugins", "settings", "terraform", "pipeline", "alerts", "dashboard", "errors", "vault", "components"],
];
const rooms = {
  kit: [],
  plugins: ["kit"],
  settings: ["kit"],
  terraform: ["kit", "settings"],
  pipeline: ["kit", "settings"],
  alerts: ["kit", "settings", "pipeline"],
  dashboard: ["kit", "settings", "pipeline", "alerts"],
  errors: ["kit", "settings"],
  vault: ["kit", "settings", "pipeline", "errors"],
  components: ["kit", "settings", "terraform", "pipeline", "alerts", "dashboard", "errors", "vault"],
  "program.ts": program,
  "index.ts": ["program.ts"],
  policy: ["kit", "settings", "pipeline"],
  library: ["kit", "settings", "errors", "components", "policy"],
  operations: [...program, "program.ts", "policy"],
  commands: [...program, "program.ts", "policy", "operations"],
  packages: [...program, "program.ts", "policy", "operations", "commands"],
  bench: [...program, "program.ts", "policy", "operations", "commands", "packages"],
  docs: ["kit", "alerts", "settings", "operations", "commands", "packages"],
};
const everyRoom = [...Object.keys(rooms), "tests"];

/** Only these read the stack's settings; every other rule and tool of the pack is given what it has to know. */
const policyFilesWithSettings = ["policy/pack.ts", "policy/enforcement.ts", "policy/rules/alloy/**"];

const zones = Object.entries(rooms).map(([room, imports]) => ({
  target: `./${room}`,
  from: everyRoom.filter((other) => other !== room && !imports.includes(other)).map((other) => `./${other}`),
  message: `${room} may import ${imports.join(", ") || "nothing of ours"}. Data goes one way: docs/architecture.md.`,
}));

/**
 * Packages of the folders that the engine, the policy host or a pure function load. A package that is only an ES module
 * cannot be required there; the sandbox's libraries have no business there.
 */
const packages = [
  {
    files: ["pipeline/**/*.ts", "alerts/**/*.ts"],
    allowed: [],
    why: "pipeline/ and alerts/ know nothing of Pulumi and need no library",
  },
  {
    files: ["dashboard/**/*.ts"],
    allowed: ["@grafana/grafana-foundation-sdk/[a-z]+"],
    why: "dashboard/ is data; of the SDK it uses the types alone, which cost nothing when the program runs",
  },
  {
    files: ["kit/**/*.ts", "settings/**/*.ts", "terraform/**/*.ts"],
    allowed: ["zod", "yaml", "re2js", "jsonc-parser", "@cdktn/hcl2json"],
    why: "these folders are pure; only settings/stack-config.ts asks Pulumi",
  },
  {
    files: [
      "settings/stack-config.ts",
      ...["errors", "vault", "components", "policy", "library"].map((folder) => `${folder}/**/*.ts`),
      "program.ts",
      "index.ts",
    ],
    allowed: ["@pulumi/[a-z]+"],
    why: "what the engine loads uses the Pulumi SDKs alone; libraries that are ES modules only belong in operations/ and packages/",
  },
  {
    files: ["plugins/**/*.ts"],
    allowed: ["@pulumi/[a-z]+", "@grpc/grpc-js", "google-protobuf", "semver"],
    why: "asking a plugin for its version takes what the Pulumi SDK itself has loaded, and nothing else",
  },
];

const fileName = {
  meta: { type: "layout", schema: [], messages: { name: "Name the file in kebab-case: {{name}}" } },
  create: (context) => ({
    Program(node) {
      const name = path.basename(context.filename);
      if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/.test(name))
        context.report({ node, messageId: "name", data: { name } });
    },
  }),
};

export default tseslint.config(
  { ignores: ["node_modules/", ".sandbox/", "dist/", "coverage/", "packages/sandbox/toolchain/go/"] },
  {
    files: ["**/*.{ts,js,mjs}"],
    extends: [tseslint.configs.recommendedTypeChecked],
    plugins: { "import-x": importX, local: { rules: { "file-name": fileName } } },
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    // A rule that is wrong for us is changed here, with its reason, and not switched off where it hurts.
    linterOptions: { noInlineConfig: true },
    settings: {
      "import-x/resolver-next": [createTypeScriptImportResolver({ project: "./tsconfig.json" })],
    },
    rules: {
      "local/file-name": "error",
      "max-lines": ["error", { max: 250, skipBlankLines: true, skipComments: true }],
      eqeqeq: "error",
      "no-empty": "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-warning-comments": ["error", { terms: ["todo", "fixme", "xxx", "hack"] }],
      "import-x/no-default-export": "error",
      "import-x/no-duplicates": "error",
      "import-x/no-restricted-paths": ["error", { basePath: import.meta.dirname, zones }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", destructuredArrayIgnorePattern: "^_", varsIgnorePattern: "^_" },
      ],
      // Values of unknown shape (JSON, a resource's properties) are put into messages as they are.
      "@typescript-eslint/no-base-to-string": "off",
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true, allowArray: true, allow: [{ from: "lib", name: "URLSearchParams" }] },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
    },
  },
  ...packages.map(({ files, allowed, why }) => ({
    files,
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ regex: `^(?!node:|\\.{1,2}(/|$)|(${allowed.join("|")})(/|$))`, message: why }] },
      ],
    },
  })),
  {
    files: ["dashboard/**/*.ts"],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["@grafana/*", "@grafana/**"],
              allowTypeImports: true,
              message: "Types only: its code would take a preview a tenth of a second.",
            },
          ],
        },
      ],
    },
  },
  {
    // A verb loads what it calls when it is called: `--help` must not wait for the Pulumi SDK.
    files: ["commands/*.ts", "plugins/plugins-on-path.ts"],
    rules: { "@typescript-eslint/no-require-imports": ["error", { allow: ["^\\./[a-z-]+$", "^\\.\\./operations/"] }] },
  },
  {
    files: ["policy/**/*.ts"],
    ignores: policyFilesWithSettings,
    rules: {
      "import-x/no-restricted-paths": [
        "error",
        {
          basePath: import.meta.dirname,
          zones: [
            {
              target: "./policy",
              from: everyRoom.filter((room) => room !== "policy" && room !== "kit").map((room) => `./${room}`),
              message: `A generic rule imports nothing outside policy/ and kit/; settings are for ${policyFilesWithSettings.join(", ")}.`,
            },
          ],
        },
      ],
    },
  },
  {
    files: ["components/**/*.ts", "program.ts"],
    plugins: { pulumi },
    rules: {
      "pulumi/no-output-in-template-literal": "error",
      "pulumi/no-output-instance-in-template-literal": "error",
    },
  },
  {
    files: ["**/*.{js,mjs}"],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
  { files: ["eslint.config.mjs"], rules: { "import-x/no-default-export": "off" } },
);
