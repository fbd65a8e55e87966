/**
 * @severity critical
 * @link https://kubernetes.io/docs/concepts/security/secrets-good-practices/
 */
import { isKind, onObjects, pathIn, type KubernetesObject } from "../kubernetes";
import { podOf } from "../pods";
import type { Report, Rule } from "../rule";
import {
  decoded,
  decodedInside,
  formatted,
  holdsEncodedKey,
  isNameOfPlace,
  isReference,
  isSentence,
  isSecretName,
  secretAssignments,
  secretFlag,
  secretForm,
} from "../secrets";
import { eachEntry, eachItem, fieldPath, guarded, isObject, text, texts, type Plain } from "../values";

const toFile = "Put it into a Secret and mount that as a file.";

/** Where a secret belongs, or where none can be: fields by kind that are not read. */
const unread: readonly { group: string; kind: string; fields: readonly string[] }[] = [
  { group: "", kind: "Secret", fields: ["data", "stringData"] },
  // Encrypted for the cluster, or with a key of its own.
  { group: "bitnami.com", kind: "SealedSecret", fields: ["spec"] },
  { group: "isindir.github.com", kind: "SopsSecret", fields: ["spec", "sops"] },
  // A schema describes, and holds nothing.
  { group: "apiextensions.k8s.io", kind: "CustomResourceDefinition", fields: ["spec"] },
];

/** As deep as an object may be nested. */
const deepest = 48;

export const secretLiteral: Rule = {
  name: "secret-literal",
  description:
    "No secret is written out in any object but a Secret, in no variable, command, label, file or field, and in no provider.",
  severity: "critical",
  remediation: "Put it into a Secret: everybody who may read the object reads this.",
  url: "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
  checks: [
    onObjects(
      () => true,
      (object, report) => {
        const passing = isDeciding(object) ? report : { ...report, unknown: () => undefined };
        for (const field of Object.keys(object.props)) {
          if (isUnread(object, field)) continue;
          const to =
            field === "metadata" && podOf(object) === undefined ? { ...report, unknown: () => undefined } : passing;
          guarded(to, () => lookAtField(object, field, to));
        }
      },
    ),
    ({ type, props }, report) => {
      if (!type.startsWith("pulumi:providers:")) return;
      // What another resource makes up is rightly unknown, and is looked at when the provider starts.
      const to = { ...report, unknown: () => undefined };
      for (const field of Object.keys(props)) {
        // A cluster that the program makes hands out its kubeconfig, and nothing else can.
        if (type === "pulumi:providers:kubernetes" && field === "kubeconfig") continue;
        guarded(to, () => lookAt(props[field], fieldPath("", field), field, remedied(to), 0));
      }
    },
  ],
};

// Whether a value is marked secret is not told to a policy; in the state and in each plan it stands in any case.
const remedied = (report: Report): Report => ({
  ...report,
  violation: (path, problem) =>
    report.violation(path, problem, "Let the provider read it from its environment, such as VAULT_TOKEN."),
});

// A load balancer's name or a certificate's is rightly unknown in a preview, and is looked at when the object is made.
// What a pod is given, and a ConfigMap's text, is what a program writes itself.
const isDeciding = (object: KubernetesObject): boolean =>
  podOf(object) !== undefined || isKind(object, "", "ConfigMap");

const isUnread = (object: KubernetesObject, field: string): boolean =>
  unread.some(({ group, kind, fields }) => isKind(object, group, kind) && fields.includes(field));

function lookAtField(object: KubernetesObject, field: string, report: Report): void {
  const path = pathIn(object, field);
  const value = object.props[field];
  if (field === "binaryData" && isKind(object, "", "ConfigMap"))
    eachEntry(value, path, report, (one, entryPath, key) => {
      lookAtKeyed(key, Buffer.from(text(one), "base64").toString("latin1"), entryPath, report);
    });
  else lookAt(value, path, field, report, 0);
}

/** @param key the name under which the value stands; of an item, that of its list */
function lookAt(value: unknown, path: string, key: string, report: Report, depth: number): void {
  if (depth > deepest) return report.violation(path, "is nested too deep to be read");
  if (typeof value === "string") lookAtKeyed(key, value, path, report);
  else if (typeof value === "number") lookAtNumber(key, value, path, report);
  else if (Array.isArray(value)) {
    lookAtFlags(value, path, report);
    eachItem(value, path, report, (item, itemPath) =>
      lookAt(item, itemPath, plural.exec(key)?.[1] ?? "", report, depth + 1),
    );
  } else if (isObject(value)) {
    guarded(report, () => lookAtPair(value, path, report));
    const isPair = (Object.hasOwn(value, "name") || Object.hasOwn(value, "key")) && Object.hasOwn(value, "value");
    eachEntry(value, path, report, (inner, innerPath, innerKey) => {
      // Said of the pair already.
      if (!(isPair && innerKey === "value" && typeof inner === "string"))
        lookAt(inner, innerPath, isItself(innerKey) ? key : innerKey, report, depth + 1);
    });
  }
}

// `passwords: [hunter2]` is a list of them; tokens and secrets are more often lists of names.
const plural = /((?:password|passphrase|passcode|apiKey|api_key))s$/i;

// `password: { value: hunter2 }` says in the outer name what it is.
const isItself = (key: string): boolean => /^(value|literal|plain|plaintext|plainText|inline|string)$/.test(key);

function lookAtKeyed(key: string, value: string, path: string, report: Report): void {
  if (isSecretName(key) && !isReference(value) && !isNameOfPlace(key, value))
    report.violation(path, "is named like a secret and holds a literal", "Move it into a Secret.");
  else lookAtText(value, path, report, key);
}

// A number is a password where the name says so, and is none where it counts.
function lookAtNumber(key: string, value: number, path: string, report: Report): void {
  if (value > 9999 && isSecretName(key) && !/s$/i.test(key))
    report.violation(path, "is named like a secret and holds a literal", "Move it into a Secret.");
}

function lookAtText(value: string, path: string, report: Report, key = ""): void {
  const hidden = decoded(value);
  for (const one of hidden === undefined ? [value, ...decodedInside(value)] : [value, hidden]) {
    const form = secretForm(one) ?? (holdsEncodedKey(one) ? "a private key in base64" : undefined);
    if (form) report.violation(path, `holds ${form}`, toFile);
    // `token="a"` in PromQL selects series by a label.
    if (key === "expr" && one === value) continue;
    for (const name of secretAssignments(one)) report.violation(path, `sets ${name} to a literal`, toFile);
    if (form) return;
  }
}

/** A variable, a header, a parameter: `{ name, value }`, wherever it stands. */
function lookAtPair(pair: Plain, path: string, report: Report): void {
  const { value } = pair;
  const name = pair["name"] ?? pair["key"];
  if (typeof name !== "string" || typeof value !== "string") return;
  const form = secretForm(value) ?? secretForm(`${name}: ${value}`) ?? userAndPassword(name, value);
  if (form) report.violation(`${path}.value`, `holds ${form}`, toFile);
  else if (isSecretName(name) && (!isReference(value) || isSentence(value)) && !isNameOfPlace(name, value))
    report.violation(`${path}.value`, `sets ${name} to a literal`, toFile);
  else lookAtText(value, `${path}.value`, report);
}

// BASIC_AUTH=admin:hunter2: the name says that both are in it.
const userAndPassword = (name: string, value: string): string | undefined =>
  /(basic[-_.]?auth|user[-_.]?pass|auth|creds?|login)$/i.test(name) &&
  /^[\w.@-]{1,64}:(?!\/\/|\d+$)[^\s:/${<]{4,128}$/.test(value)
    ? "a user with its password"
    : undefined;

/** `--password`, and in the item behind it what it is. */
function lookAtFlags(list: readonly unknown[], path: string, report: Report): void {
  lookAtCommand(list, path, report);
  for (let i = 0; i + 1 < list.length; i++)
    guarded(report, () => {
      const written = text(list[i]);
      const value = text(list[i + 1]);
      // `-u name:password` of curl; two numbers are a user and a group.
      if (/^(-u|--user)$/.test(written) && /^[^\s:/$]{1,64}:(?!\d+$)[^\s/$]{3,}$/.test(value))
        report.violation(`${path}[${i + 1}]`, "holds a user's password", toFile);
      const flag = secretFlag(written);
      if (flag === undefined) return;
      if (!isFlag(value) && !isReference(value))
        report.violation(`${path}[${i + 1}]`, `sets ${flag} to a literal`, toFile);
    });
}

// The words of one command, as a shell would be given them.
function lookAtCommand(list: readonly unknown[], path: string, report: Report): void {
  guarded(report, () => {
    const words = texts(list);
    if (words.length < 2 || words.length > longestCommand || words.some((word) => /\s/.test(word))) return;
    for (const name of formatted(words.join(" "))) report.violation(path, `sets ${name} to a literal`, toFile);
  });
}

const longestCommand = 64;

// `--verbose` and `-v` are the next flag. A dash before letters and digits is what a password may begin with.
const isFlag = (value: string): boolean => /^--/.test(value) || (/^-/.test(value) && !/^-[^-=]*\d/.test(value));
