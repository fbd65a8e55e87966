import type { Problem } from "../kit/user-error";
import { nearest } from "../kit/nearest";
import { exampleOf, holdsList, holdsObject, keysAt } from "./schema-tree";

/** What stack config holds for us, in the schema's shape, and what is wrong before the schema looks at it. */
export interface ConfigValues {
  input: Record<string, unknown>;
  problems: Problem[];
}

/** Our project, whose name is the prefix of our keys. */
const project = "alloy";

// What somebody who knows the providers' own stack config is likely to try. The program creates its providers itself, and
// those never read these keys: they would be ignored silently.
const providerKeys: Record<string, string> = {
  "kubernetes:context": "write alloy:kubernetes: { context: NAME }",
  "kubernetes:cluster": "write alloy:kubernetes: { context: NAME } with a context of that cluster",
  "kubernetes:kubeconfig": "set KUBECONFIG in the environment, and write alloy:kubernetes: { context: NAME }",
  "kubernetes:namespace": "write alloy:namespace: { name: NAME }",
  "vault:address": "write alloy:vault: { address: URL }",
  "vault:namespace": "write alloy:vault: { namespace: NAME }",
  "vault:caCertFile": "write alloy:vault: { caFile: FILE }",
  "vault:token": "remove it and set VAULT_TOKEN in the environment, which keeps the token out of the state",
  "vault:skipChildToken": "remove it: the program always skips the child token",
};

const otherProviderKeys: Record<string, string> = {
  kubernetes: "use alloy:kubernetes and alloy:namespace",
  vault: "use alloy:vault, and VAULT_TOKEN in the environment",
  random: "remove it: the program's random provider has nothing to set",
};

/**
 * Sorts stack config into our keys and other people's, and reads the JSON text of our objects and lists.
 *
 * @param secretKeys keys that are encrypted in the stack's file: refused, since settings end up in a ConfigMap
 */
export function readConfigValues(
  config: Readonly<Record<string, string>>,
  secretKeys: ReadonlySet<string>,
  file: string,
): ConfigValues {
  const input: Record<string, unknown> = {};
  const problems: Problem[] = [];
  const refuse = (key: string, problem: string, remedy: string) => problems.push({ file, key, problem, remedy });

  for (const [fullKey, text] of Object.entries(config)) {
    const colon = fullKey.indexOf(":");
    const namespace = fullKey.slice(0, colon);
    const key = fullKey.slice(colon + 1);
    if (namespace === project) {
      if (secretKeys.has(fullKey))
        refuse(
          fullKey,
          "is encrypted, but anybody could read its value in the ConfigMap, the pods and the preview",
          "write it without `secure:`; put passwords and tokens into Vault (alloy:credentials)",
        );
      else input[key] = readValue(key, text, (problem, remedy) => refuse(fullKey, problem, remedy));
    } else if (Object.hasOwn(otherProviderKeys, namespace)) {
      refuse(
        fullKey,
        "is ignored, because the program creates its providers itself",
        providerKeys[fullKey] ?? otherProviderKeys[namespace] ?? "remove it",
      );
    } else if (namespace !== "pulumi" && nearest(namespace, [project])) {
      refuse(fullKey, "belongs to no program here", `did you mean ${project}:${key}?`);
    }
  }
  return { input, problems };
}

/** One value, or `undefined` after a problem was reported. */
function readValue(key: string, text: string, refuse: (problem: string, remedy: string) => void): unknown {
  const json = parseJson(text);
  if (holdsList(key)) {
    if (Array.isArray(json)) return json;
    refuse(`is ${kindOf(json)}, but must be a list`, "write it in YAML as a list, with a dash in front of each entry");
    return undefined;
  }
  if (!holdsObject(key)) {
    // `[a, b]` in YAML arrives as text that happens to be a regular expression.
    if (json === undefined || json === null || typeof json !== "object" || !keysAt([]).includes(key)) return text;
    refuse(`is ${kindOf(json)}, but must be a single value`, "write one value, in quotes");
    return undefined;
  }
  if (json !== null && typeof json === "object" && !Array.isArray(json)) return json;
  const switchable = keysAt([key]).includes("enabled") && typeof json === "boolean";
  refuse(
    text.trim() === "" || json === null ? "is empty" : `is ${kindOf(json)}, but must be an object`,
    switchable
      ? `write it in YAML as { enabled: ${String(json)} }`
      : `write it in YAML as ${exampleOf([key])}; its keys are ${keysAt([key]).join(", ")}`,
  );
  return undefined;
}

function kindOf(json: unknown): string {
  if (Array.isArray(json)) return "a list";
  if (typeof json === "boolean") return String(json);
  if (typeof json === "object" && json !== null) return "an object";
  return typeof json === "number" ? "a number" : "text";
}

/** The value of JSON text, or `undefined` for text that is none: plain text is an ordinary value here. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
