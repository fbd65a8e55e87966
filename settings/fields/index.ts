import { re2Problem } from "../../kit/re2";
import { checkedText, text } from "./basic";
import { message, shown } from "./wording";
import { patternMistake } from "./name-pattern";
import { storagePathProblem } from "./node-path";
import { imageForm, parseImage } from "../../kit/units";

export * from "./basic";
export * from "./duration";
export * from "./kubernetes-names";
export * from "./resources";
export * from "./url";
export { message } from "./wording";

/** The kinds of value that stack config holds. Each message says what is wrong and what to write instead. */

/**
 * A regular expression for the names of namespaces or nodes, which Alloy's engine, RE2, compiles. Relabel rules match it
 * against the whole name, as `^(?:…)$`. A list and a shell pattern are refused, see name-pattern.ts.
 */
const namesOf = (kind: "namespace" | "node") =>
  checkedText("a regular expression such as worker-.*", (value, refuse) => {
    const mistake = patternMistake(value, kind);
    if (mistake !== undefined) return refuse(mistake.problem, mistake.remedy);
    const reason = re2Problem(value);
    if (reason !== undefined)
      refuse(
        `${shown(value)} is not a regular expression that Alloy accepts (${shown(reason)})`,
        "use RE2 syntax, which has no look-ahead and no back-reference: https://github.com/google/re2/wiki/Syntax",
      );
  }).meta({ takes: "a regular expression (RE2, matched against the whole name)" });

const notEmpty = (kind: "namespace" | "node") =>
  namesOf(kind)
    .superRefine((value, context) => {
      if (value === "")
        context.addIssue({ code: "custom", message: message("is empty, which matches nothing", "write .* for all") });
    })
    .meta({ minLength: 1 });

/** Namespaces, or none of them where it is empty. */
export const namespaces = namesOf("namespace");

/** Namespaces, at least one: an empty expression would match nothing and so collect nothing. */
export const someNamespaces = notEmpty("namespace");

/** Nodes, at least one. */
export const someNodes = notEmpty("node");

/**
 * A Loki tenant. Loki's own list of characters; `|` would name several tenants, which a push must not.
 * Source: grafana/dskit tenant/tenant.go
 */
export const tenant = text("a tenant such as production").regex(/^(?!\.{1,2}$)[A-Za-z0-9!\-_.*'()]{1,150}$/, {
  error: ({ input }) =>
    message(`${shown(input)} is not a tenant that Loki accepts`, "use up to 150 letters, digits and ! - _ . * ' ( )"),
});

// A version, which has a digit, or a digest; and never the tag `latest`.
const versioned = "^(?=[^@]*:[^/@]*\\d[^/@]*$|.*@)(?!.*:latest(@|$))";

/** A container image with an explicit version; `latest` would let two nodes run two collectors. */
export const image = checkedText("an image such as docker.io/grafana/alloy:v1.18.1", (value, refuse) => {
  const remedy = "write registry/repository:version, such as docker.io/grafana/alloy:v1.18.1";
  const parsed = parseImage(value);
  if (!parsed) refuse(`${shown(value)} is not an image reference`, remedy);
  else if (parsed.tag === "latest") refuse("names `latest`, which changes without a preview", remedy);
  else if (parsed.tag === "" && parsed.digest === "") refuse("names no version, which means `latest`", remedy);
  else if (!/\d/.test(parsed.tag) && parsed.digest === "")
    refuse(`names ${shown(parsed.tag)}, which is not a version and changes without a preview`, remedy);
}).meta({ takes: "an image with a version or a digest", pattern: imageForm.source.replace("^", versioned) });

/** The hostPath directory of the write-ahead log: of its own, and not among the node's files. See node-path.ts. */
export const storagePath = checkedText("a directory such as /var/lib/alloy", (value, refuse) => {
  const problem = storagePathProblem(value);
  if (problem) refuse(`${shown(value)} ${problem}`, "use a directory of its own, such as /var/lib/alloy");
}).meta({
  pattern:
    "^/(var/(lib|local|mnt)|srv|data|mnt)(/[A-Za-z0-9._-]+)*/[A-Za-z0-9._-]*[Aa]lloy[A-Za-z0-9._-]*(/[A-Za-z0-9._-]+)*$",
});

/** A path in a KV v2 mount, without the `data/` that only the HTTP interface knows. */
export const vaultPath = checkedText("a path such as detectviz/production/alloy", (value, refuse) => {
  if (!/^[^/\s?#%]+(\/[^/\s?#%]+)*$/.test(value))
    refuse(`${shown(value)} is not a path in Vault`, "write it without spaces, and without slashes at the ends");
  else if (/[*+"\\{}]|(^|\/)\.{1,2}(\/|$)/.test(value))
    refuse(
      `${shown(value)} names more than one path, or another than it says`,
      "write the one path that is meant, without + * { } quotes or dots alone: Vault's policies read them as patterns",
    );
  else if (/^(data|metadata)\//.test(value))
    refuse("begins with a word of Vault's HTTP interface", "leave out data/ or metadata/: the program adds it");
}).meta({ pattern: '^(?!(data|metadata)/)(?!(.*/)?[.]{1,2}(/|$))[^/\\s?#%*+"\\\\{}]+(/[^/\\s?#%*+"\\\\{}]+)*$' });
