/**
 * @severity critical
 * @link https://kubernetes.io/docs/concepts/security/secrets-good-practices/
 */
import { isKind, objectsOf, type KubernetesObject } from "../kubernetes";
import type { Resource, Rule } from "../rule";
import { decoded, holdsEncodedKey, isReference, isSecretName, secretForm } from "../secrets";
import { asObject, fieldPath, isObject, isUnknownError, text, texts, type Plain } from "../values";

// Shorter ones are found by accident in other text.
const shortest = 8;

// What a Secret often holds beside the password, and the rest of the stack has to name as well.
const publicKeys =
  /(^|[-_.])(user(name)?|login|email|host(name)?|server|address|endpoint|tenant|database|db(name)?|name|namespace|port|region|bucket|engine|driver|(ssl)?mode|type|cluster|env(ironment)?|ca\.crt|tls\.crt|ca\.pem|cert\.pem)$|^ur[il]$/i;

const isPublic = (key: string, value: string): boolean =>
  publicKeys.test(key.replace(/([a-z0-9])([A-Z])/g, "$1_$2")) && secretForm(value) === undefined;

interface Made {
  fields: readonly string[];
  /** A short one is used as the ending of a name: `logs-k3x9q2vb`. */
  mayEndNames?: true;
}

/** Resources that make a secret up, or are handed one by a cloud. */
const made: Readonly<Record<string, Made>> = {
  "random:index/randomPassword:RandomPassword": { fields: ["result"] },
  "random:index/randomString:RandomString": { fields: ["result"], mayEndNames: true },
  "random:index/randomBytes:RandomBytes": { fields: ["base64", "hex"] },
  "tls:index/privateKey:PrivateKey": { fields: ["privateKeyPem", "privateKeyOpenssh", "privateKeyPemPkcs8"] },
  "aws:iam/accessKey:AccessKey": { fields: ["secret", "sesSmtpPasswordV4"] },
  "gcp:serviceaccount/key:Key": { fields: ["privateKey"] },
  "azuread:index/applicationPassword:ApplicationPassword": { fields: ["value"] },
  "azuread:index/servicePrincipalPassword:ServicePrincipalPassword": { fields: ["value"] },
};

/** What is looked for in the texts of a stack. */
interface Secrets {
  /** Wherever they stand. */
  anywhere: string[];
  /** Where they stand by themselves, and not as a part of a longer name. */
  alone: string[];
}

// Nobody needs a name with so many random letters in it.
const longerThanAnEnding = 16;

const isEnding = (value: string): boolean => value.length < longerThanAnEnding && /^[A-Za-z0-9]+$/.test(value);

export const secretElsewhere: Rule = {
  name: "secret-elsewhere",
  description: "What stands in a Secret of this stack, or is made up as one, stands nowhere else in it.",
  severity: "critical",
  remediation: "Mount the Secret instead of copying its value, and replace the value: it has been readable.",
  url: "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
  stackCheck: (resources, reportOn) => {
    const objects = objectsOf(resources, reportOn);
    const found = resources.map(madeUp);
    const anywhere = [
      ...objects.filter((object) => isKind(object, "", "Secret")).flatMap(secretValues),
      ...found.flatMap((one) => one.anywhere),
    ];
    const alone = found.flatMap((one) => one.alone);
    const holds = needleIndex(anywhere);
    const holdsAlone = needleIndex(alone, standsAlone);
    const holdsSecret = (value: string, path: string): boolean =>
      holds(value) || (holdsAlone(value) && !isNamePath(path));
    // Outputs are printed, and stand in every reference to the stack, marked secret or not.
    for (const stack of resources.filter(({ type }) => type === "pulumi:pulumi:Stack")) {
      const report = reportOn(stack);
      eachText(
        () => stack.props,
        "",
        (value, path) => {
          const form = formOf(value);
          const name = /[\w-]+$/.exec(path)?.[0] ?? "";
          if (form !== undefined) report.violation(path, `is an output that holds ${form}`, "Export no secret.");
          else if (isSecretName(name) && !isReference(value) && !holdsSecret(value, path))
            report.violation(path, "is an output that is named like a secret", "Export no secret.");
          else if (holdsSecret(value, path))
            report.violation(path, "is an output that holds a value of a Secret", "Export its name instead.");
        },
      );
    }
    if (anywhere.length + alone.length === 0) return;
    for (const object of objects) {
      const { resource } = object;
      const hidden = isKind(object, "", "Secret") ? ["data", "stringData"] : [];
      for (const field of Object.keys(object.props)) {
        if (hidden.includes(field)) continue;
        eachText(
          () => object.props[field],
          fieldPath(object.path, field),
          (value, path) => {
            if (holdsSecret(value, path))
              reportOn(resource).violation(path, "holds a value that is kept in a Secret of this stack");
          },
        );
      }
    }
  },
};

function formOf(value: string): string | undefined {
  const hidden = decoded(value);
  return [value, ...(hidden === undefined ? [] : [hidden])]
    .map((one) => secretForm(one) ?? (holdsEncodedKey(one) ? "a private key in base64" : undefined))
    .find((form) => form !== undefined);
}

/**
 * Looks for many texts in one, in time that grows with its length alone: by their first letters, since none is shorter.
 *
 * @param counts whether what stands at that place of the text is meant
 */
function needleIndex(
  needles: readonly string[],
  counts: (value: string, from: number, to: number) => boolean = () => true,
): (value: string) => boolean {
  const byStart = new Map<string, string[]>();
  for (const needle of new Set(needles)) {
    const start = needle.slice(0, shortest);
    byStart.set(start, [...(byStart.get(start) ?? []), needle]);
  }
  if (byStart.size === 0) return () => false;
  return (value) => {
    for (let at = 0; at + shortest <= value.length; at++) {
      const found = byStart.get(value.slice(at, at + shortest));
      if (found?.some((needle) => value.startsWith(needle, at) && counts(value, at, at + needle.length)) === true)
        return true;
    }
    return false;
  };
}

// The letters of a name, and the slashes of the path of one.
const standsAlone = (value: string, from: number, to: number): boolean =>
  !/[\w./-]/.test(value[from - 1] ?? "") && !/[\w./-]/.test(value[to] ?? "");

// Where an ending is a name by itself: metadata.name, claimName, an output that hands it out.
const isNamePath = (path: string): boolean => /(name|namespace|suffix|ending|[a-z]Id|^id)$/i.test(path);

function madeUp({ type, props }: Resource): Secrets {
  if (type === "pulumi:pulumi:StackReference") return { anywhere: referenced(props), alone: [] };
  const { fields, mayEndNames } = Object.hasOwn(made, type) ? (made[type] ?? { fields: [] }) : { fields: [] };
  const all: Secrets = { anywhere: [], alone: [] };
  for (const field of fields) {
    const value = text(known(() => props[field])).trim();
    if (value.length < shortest) continue;
    if (mayEndNames === true && isEnding(value)) {
      all.alone.push(value);
      all.anywhere.push(...forms(value).filter((one) => one !== value));
    } else all.anywhere.push(...forms(value));
  }
  return all;
}

/** The outputs of another stack that are secret there. Source: pulumi, sdk/nodejs/stackReference.ts, secretOutputNames */
function referenced(props: Plain): string[] {
  const names = known(() => texts(props["secretOutputNames"])) ?? [];
  return names.flatMap((name) => valuesIn(() => asObject(props["outputs"])[name])).flatMap(forms);
}

function valuesIn(read: () => unknown): string[] {
  const found: string[] = [];
  eachText(read, "", (value) => {
    if (value.trim().length >= shortest) found.push(value.trim());
  });
  return found;
}

/** The value and how it looks in another writing: base64, hexadecimal, percent-encoded, escaped. */
function forms(secret: string): string[] {
  const hex = Buffer.from(secret).toString("hex");
  return [
    ...new Set([
      secret,
      ...inBase64(secret),
      hex,
      hex.toUpperCase(),
      encodeURIComponent(Buffer.from(secret).toString()),
      JSON.stringify(secret).slice(1, -1),
      [...secret].reverse().join(""),
    ]),
  ].filter((one) => one.length >= shortest);
}

function secretValues(secret: KubernetesObject): string[] {
  const found: string[] = [];
  const add = (key: string, value: string): void => {
    const secret = value.trim();
    const members = parseMembers(key, value);
    if (members) for (const [name, member] of members) add(name, member);
    else if (secret.length >= shortest && !isPublic(key, secret)) found.push(...forms(secret));
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

// A credential file is JSON whose members are the secrets, at whatever depth: Docker's has them two levels down.
function parseMembers(key: string, value: string): [string, string][] | undefined {
  if (!/^\s*[{[]/.test(value)) return undefined;
  try {
    return membersOf(key, JSON.parse(value));
  } catch {
    // No JSON: the text as a whole is the secret.
    return undefined;
  }
}

function membersOf(key: string, value: unknown): [string, string][] {
  if (typeof value === "string") return [[key, value]];
  if (Array.isArray(value)) return value.flatMap((item) => membersOf(key, item));
  return Object.entries(asObject(value)).flatMap(([name, member]) => membersOf(name, member));
}

/**
 * The value as it is found inside of any base64: in a manifest's `data`, a ConfigMap's `binaryData`, a Basic header. Of
 * four letters three bytes are made, so it looks different at each of three positions; letters that depend on the
 * bytes around it are left out.
 */
function inBase64(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6)),
  );
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
