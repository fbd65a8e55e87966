import { defaultText, leftOut, settingsTree, type SettingNode } from "./settings-tree";

/** Where the schema lies, from the repository's folder. */
export const stackSchemaFile = "schemas/stack.schema.json";

/** The line at the top of a stack's file by which an editor finds the schema; `folder` leads to the repository's. */
export const schemaComment = (folder = "."): string => `# yaml-language-server: $schema=${folder}/${stackSchemaFile}`;

/** Namespaces whose keys would be ignored; settings/read-config-values.ts says what to write instead. */
const ignoredNamespaces = "kubernetes|vault|random";

/**
 * The JSON schema of `Pulumi.STACK.yaml` for editors. It refuses nothing that the program accepts. What it cannot see
 * (checks across keys, the grammar of RE2) the program refuses.
 */
export function stackSchema(): SettingNode {
  const tree = settingsTree();
  const keys = Object.keys(tree.properties ?? {});
  const definitions = Object.fromEntries(
    Object.entries(tree.properties ?? {}).map(([key, node]) => [
      key,
      forEditor(asPulumiHandsOver(node), tree.required?.includes(key) === true),
    ]),
  );
  const reference = (key: string): SettingNode => ({ $ref: `#/definitions/${key}` });
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Pulumi.STACK.yaml of Grafana Alloy on every node",
    description: "Made by `npm run docs:update` from settings/: edit the settings, not this file.",
    type: "object",
    properties: {
      config: {
        description: "The stack's settings. See docs/reference/settings.md.",
        type: "object",
        properties: Object.fromEntries([
          ...keys.map((key) => [`alloy:${key}`, reference(key)]),
          ...keys.map((key) => [key, reference(key)]),
        ]) as Record<string, SettingNode>,
        patternProperties: {
          [`^(${ignoredNamespaces}):`]: {
            not: {},
            errorMessage: "This key is ignored, because the program creates its providers itself.",
          },
          [`^(?!(alloy|${ignoredNamespaces}):)[^:]+:.`]: { description: "A key of another program or provider." },
        },
        additionalProperties: false,
        allOf: keys.map((key) => ({
          not: { required: [key, `alloy:${key}`] },
          errorMessage: `${key} and alloy:${key} are the same key, and Pulumi uses either of them. Remove one.`,
        })),
      },
      environment: {
        description: "Pulumi ESC environments. Only the engine can read them: write the settings here, too.",
        type: ["array", "object"],
      },
      secretsprovider: { description: "Written by Pulumi: what encrypts the stack's secrets." },
      encryptedkey: { description: "Written by Pulumi: the encrypted key of the stack's secrets." },
      encryptionsalt: { description: "Written by Pulumi: the salt of the stack's passphrase." },
    },
    patternProperties: { "^x-": { description: "Holds anchors for other keys. Nothing reads it." } },
    additionalProperties: false,
    if: { required: ["environment"] },
    else: {
      required: ["config"],
      properties: {
        config: {
          allOf: (tree.required ?? []).map((key) => ({
            anyOf: [{ required: [`alloy:${key}`] }, { required: [key] }],
            errorMessage: `alloy:${key} is missing.`,
          })),
        },
      },
    },
    definitions,
  };
}

/** Pulumi hands single values over as text, and accepts an object or a list as JSON text (`pulumi config set`). */
function asPulumiHandsOver(node: SettingNode): SettingNode {
  if (node.type === "object") return { ...node, type: ["object", "string"], pattern: "^\\s*\\{" };
  if (node.type === "array") return { ...node, type: ["array", "string"], pattern: "^\\s*\\[" };
  if (node.enum !== undefined) return node;
  const matches = (value: string) => new RegExp(node.pattern ?? "", "u").test(value);
  const types = ["string", ...(matches("5") ? ["number"] : []), ...(matches("true") ? ["boolean"] : [])];
  return types.length === 1 ? node : { ...node, type: types };
}

/** The same with all that an editor shows of a key in its description, and without keywords of our own. */
function forEditor(node: SettingNode, required = false): SettingNode {
  const { takes, ifWrong, properties, items, additionalProperties, ...standard } = node;
  delete standard.otherwise;
  const value = defaultText(node);
  const parts = [
    node.description,
    takes === undefined ? undefined : `Takes ${takes}.`,
    ...(required ? ["Required."] : value !== undefined ? [`Default: ${value}`] : leftOut(node)),
    ifWrong && `If wrong: ${ifWrong}`,
  ];
  return {
    ...standard,
    ...(node.description !== undefined && { description: parts.filter((part) => part !== undefined).join("\n\n") }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, child]) => [
          key,
          forEditor(child, node.required?.includes(key) === true),
        ]),
      ),
    }),
    ...(items && { items: forEditor(items) }),
    ...(additionalProperties !== undefined && {
      additionalProperties:
        typeof additionalProperties === "object" ? forEditor(additionalProperties) : additionalProperties,
    }),
    // `{ secure: … }` is an encrypted value to Pulumi, whatever object it stands in.
    ...(typeof additionalProperties === "object" && {
      not: { type: "object", required: ["secure"], maxProperties: 1 },
    }),
    ...(node.anyOf && { anyOf: node.anyOf.map((one) => forEditor(one)) }),
  };
}

/** The schema as its file holds it. */
export const stackSchemaText = (): string => `${JSON.stringify(stackSchema(), undefined, 2)}\n`;
