/**
 * @severity critical
 * @link https://kubernetes.io/docs/concepts/security/secrets-good-practices/
 */
import { isKind, objectsOf, type KubernetesObject } from "../kubernetes";
import type { Rule } from "../rule";
import { asObject, fieldPath, isObject, isUnknownError, text } from "../values";

// Shorter ones are found by accident in other text.
const shortest = 8;

const publicKeys = /^(user(name)?|login|email|host|server|url|tenant|ca\.crt|tls\.crt|ca\.pem|cert\.pem)$/i;

export const secretElsewhere: Rule = {
  name: "secret-elsewhere",
  description: "What stands in a Secret of this stack stands nowhere else in it.",
  severity: "critical",
  remediation: "Mount the Secret instead of copying its value, and replace the value: it has been readable.",
  url: "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
  stackCheck: (resources, reportOn) => {
    const objects = objectsOf(resources, reportOn);
    const secrets = objects.filter((object) => isKind(object, "", "Secret")).flatMap(secretValues);
    if (secrets.length === 0) return;
    // Outputs are printed, and stand in every reference to the stack, marked secret or not.
    for (const stack of resources.filter(({ type }) => type === "pulumi:pulumi:Stack")) {
      eachText(
        () => stack.props,
        "",
        (value, path) => {
          if (secrets.some((secret) => value.includes(secret)))
            reportOn(stack).violation(path, "is an output that holds a value of a Secret", "Export its name instead.");
        },
      );
    }
    for (const object of objects) {
      const { resource } = object;
      const hidden = isKind(object, "", "Secret") ? ["data", "stringData"] : [];
      for (const field of Object.keys(object.props)) {
        if (hidden.includes(field)) continue;
        eachText(
          () => object.props[field],
          fieldPath(object.path, field),
          (value, path) => {
            if (secrets.some((secret) => value.includes(secret)))
              reportOn(resource).violation(path, "holds a value that is kept in a Secret of this stack");
          },
        );
      }
    }
  },
};

function secretValues(secret: KubernetesObject): string[] {
  const found: string[] = [];
  const add = (key: string, value: string): void => {
    const members = parseMembers(value);
    if (members) for (const [name, member] of members) add(name, member);
    else if (value.trim().length >= shortest && !publicKeys.test(key)) found.push(value.trim());
  };
  for (const field of ["data", "stringData"]) {
    const entries = known(() => asObject(secret.props[field])) ?? {};
    for (const key of Object.keys(entries)) {
      const value = text(known(() => entries[key]));
      add(key, field === "data" ? Buffer.from(value, "base64").toString("utf8") : value);
    }
  }
  return found;
}

// A credential file is a JSON object whose members are the secrets.
function parseMembers(value: string): [string, string][] | undefined {
  if (!value.trimStart().startsWith("{")) return undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return isObject(parsed) ? Object.entries(parsed).map(([name, member]) => [name, text(member)]) : undefined;
  } catch {
    // No JSON: the text as a whole is the secret.
    return undefined;
  }
}

function eachText(read: () => unknown, path: string, look: (value: string, path: string) => void): void {
  const value = known(read);
  if (typeof value === "string") look(value, path);
  else if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) eachText(() => value[i], `${path}[${i}]`, look);
  } else if (isObject(value)) {
    for (const key of Object.keys(value)) eachText(() => value[key], fieldPath(path, key), look);
  }
}

/**
 * Before an update the cluster's own fields (uid, status) are unknown, and so are values that another resource makes
 * up. Neither can be compared; the same check runs again after the update, when all is known, and `secret-literal`
 * refuses to guess about the fields where a secret would stand.
 */
function known<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!isUnknownError(error)) throw error;
    return undefined;
  }
}
