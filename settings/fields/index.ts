import { RE2JS } from "re2js";
import { z } from "zod";

import { checkedText, text } from "./basic";
import { message, shown, valueKind } from "./wording";
import { storagePathProblem } from "./node-path";
import { parseDuration, parseImage, parseQuantity } from "../../kit/units";

export * from "./basic";
export * from "./url";
export { message } from "./wording";

/** The kinds of value that stack config holds. Each message says what is wrong and what to write instead. */

// Alloy calls time.ParseDuration, which ends here: 2^63 nanoseconds.
const longest = 9_223_372_036_854;

/** A Go duration of at least this. */
export const durationFrom = (least: string) =>
  checkedText("a duration such as 30s, 15m or 1h", (value, refuse) => {
    const milliseconds = parseDuration(value);
    if (milliseconds === undefined || milliseconds > longest)
      refuse(
        `${shown(value)} is not a duration`,
        /^\d+d$/.test(value)
          ? "days are no unit here, write hours: 24h"
          : "write a number with the unit ms, s, m or h, such as 30s or 1h30m",
      );
    else if (milliseconds < (parseDuration(least) ?? 0))
      refuse(`${shown(value)} is too short`, `write ${least} or more, such as 30s, 15m or 1h`);
  });

/** A Go duration of a second or more. */
export const duration = durationFrom("1s");

/** How long an outage may be: retries are this divided by 30s, and Alloy takes 0 retries for "never give up". */
export const outage = durationFrom("1m");

/**
 * A duration that Prometheus reads, too: whole numbers, the larger unit first.
 * Source: the pattern of `interval` in the PodMonitor's CRD
 */
export const scrapeInterval = duration.superRefine((value, context) => {
  if (parseDuration(value) !== undefined && !/^(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$/.test(value))
    context.addIssue({
      code: "custom",
      message: message(
        `${shown(value)} is not a duration that Prometheus takes`,
        "use whole numbers, the larger unit first: 1m30s",
      ),
    });
});

/** A Kubernetes quantity above zero; YAML's plain numbers become text. */
export const quantity = z
  .union([z.string(), z.number().transform(String)], {
    error: ({ input }) => message(`is ${valueKind(input)} where a quantity belongs`, "write 250m or 512Mi"),
  })
  .refine((value) => (parseQuantity(value) ?? 0) > 0, {
    error: ({ input }) =>
      message(
        `${shown(input)} is not a Kubernetes quantity above zero`,
        "write CPU as 250m or 1, memory as 512Mi or 1Gi (there is no mb)",
      ),
  });

const within = (least: number, most: number, problem: (value: string) => string, remedy: string) =>
  quantity.refine(
    (value) => {
      const amount = parseQuantity(value);
      return amount === undefined || amount <= 0 || (amount >= least && amount <= most);
    },
    { error: ({ input }) => message(problem(shown(input)), remedy) },
  );

/** CPU in cores: a thousandth or more, and less than any node has. `512Mi` here is memory in the wrong place. */
export const cpu = within(
  1e-3,
  1024,
  (value) => `${value} is not an amount of CPU`,
  "write 250m (a quarter core) or 1",
);

/** Memory in bytes, a mebibyte or more: `512m` would be half a byte and `512` would be bytes. */
export const memory = within(
  2 ** 20,
  2 ** 50,
  (value) => `${value} is not an amount of memory (m means a thousandth, no unit means bytes)`,
  "write 512Mi or 1Gi",
);

/**
 * A regular expression that Alloy's engine, RE2, compiles: JavaScript's own engine accepts and refuses other ones.
 * Relabel rules match it against the whole value, as `^(?:…)$`.
 */
export const re2 = checkedText("a regular expression such as worker-.*", (value, refuse) => {
  try {
    RE2JS.compile(value);
    RE2JS.compile(`^(?:${value})$`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    refuse(
      `${shown(value)} is not a regular expression that Alloy takes (${shown(reason)})`,
      /^\*|[^.)\]\\]\*$/.test(value)
        ? "it looks like a shell pattern: write .* for anything"
        : "use RE2 syntax, which has no look-ahead and no back-reference: https://github.com/google/re2/wiki/Syntax",
    );
  }
});

/** The same, where an empty one would match nothing and so collect nothing. */
export const selector = re2.superRefine((value, context) => {
  if (value === "")
    context.addIssue({ code: "custom", message: message("is empty, which matches nothing", "write .* for all") });
});

/** A Kubernetes object name: DNS-1123 label. */
export const objectName = text("a name such as monitoring").regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, {
  error: ({ input }) =>
    message(`${shown(input)} is not a Kubernetes object name`, "use up to 63 lower-case letters, digits and dashes"),
});

/** A PriorityClass, or nothing for the cluster's own default. Source: kubernetes.io, DNS-1123 subdomain */
export const priorityClass = text("the name of a PriorityClass, or an empty text").regex(
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)?$/,
  { error: ({ input }) => message(`${shown(input)} is not a PriorityClass`, "write its name, or an empty text") },
);

const labelRemedy =
  "use up to 63 letters, digits, dots, dashes and underscores, beginning and ending with a letter or digit";

/** A value that becomes a label in Loki, Prometheus and Kubernetes. */
export const labelValue = text("a name such as detectviz-prod").regex(
  /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
  { error: ({ input }) => message(`${shown(input)} cannot be used as a label's value`, labelRemedy) },
);

const metadataNameForm =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** The name of a label or an annotation. Source: kubernetes.io, Labels and Selectors, syntax and character set */
export const metadataName = text("a name such as example.com/team").regex(metadataNameForm, {
  error: ({ input }) =>
    message(`${shown(input)} is not the name of a label or annotation`, "write it as team, or example.com/team"),
});

// Those that the pipeline sets itself, and the one that Loki adds.
const ownStreamLabels = ["namespace", "app", "component", "job", "cluster", "node", "service_name"];

/** Stream labels in Loki, each with the Kubernetes label that it is taken from. */
export const streamLabels = z.record(
  z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/, {
      error: message("is not the name of a stream label", "use lower-case letters, digits and underscores"),
    })
    .refine((name) => !ownStreamLabels.includes(name), {
      error: message("is a label that the pipeline sets itself", "choose another name"),
    }),
  metadataName,
);

/** Labels of a Kubernetes object. Source: kubernetes.io, Labels and Selectors, syntax and character set */
export const kubernetesLabels = z.record(
  z
    .string()
    .regex(
      /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
      { error: message("is not the name of a label", "write it as release, or example.com/release") },
    ),
  z.union([labelValue, z.literal("")], {
    error: ({ input }) =>
      typeof input === "string"
        ? message(`${shown(input)} cannot be used as a label's value`, labelRemedy)
        : message(`is ${valueKind(input)} where text belongs`, "put it in quotes"),
  }),
);

/**
 * A Loki tenant. Loki's own list of characters; `|` would name several tenants, which a push must not.
 * Source: grafana/dskit tenant/tenant.go
 */
export const tenant = text("a tenant such as production").refine(
  (value) => /^[A-Za-z0-9!\-_.*'()]{1,150}$/.test(value) && value !== "." && value !== "..",
  {
    error: ({ input }) =>
      message(`${shown(input)} is not a tenant that Loki takes`, "use up to 150 letters, digits and ! - _ . * ' ( )"),
  },
);

/** A container image with an explicit version; `latest` would let two nodes run two collectors. */
export const image = checkedText("an image such as docker.io/grafana/alloy:v1.18.1", (value, refuse) => {
  const remedy = "write registry/repository:version, such as docker.io/grafana/alloy:v1.18.1";
  const parsed = parseImage(value);
  if (!parsed) refuse(`${shown(value)} is not an image reference`, remedy);
  else if (parsed.tag === "latest") refuse("names `latest`, which changes without a preview", remedy);
  else if (parsed.tag === "" && parsed.digest === "") refuse("names no version, which means `latest`", remedy);
  else if (!/\d/.test(parsed.tag) && parsed.digest === "")
    refuse(`names ${shown(parsed.tag)}, which is no version and changes without a preview`, remedy);
});

/** The hostPath directory of the write-ahead log: of its own, and not among the node's files. See node-paths.ts. */
export const storagePath = checkedText("a directory such as /var/lib/alloy", (value, refuse) => {
  const problem = storagePathProblem(value);
  if (problem) refuse(`${shown(value)} ${problem}`, "use a directory of its own, such as /var/lib/alloy");
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
});
