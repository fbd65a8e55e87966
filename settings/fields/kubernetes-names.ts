import { z } from "zod";

import { text } from "./basic";
import { message, shown, wrongType } from "./wording";

/** Names and labels of Kubernetes objects. */

/** A Kubernetes object name: DNS-1123 label. */
export const objectName = text("a name such as monitoring")
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, {
    error: ({ input }) =>
      message(`${shown(input)} is not a Kubernetes object name`, "use up to 63 lower-case letters, digits and dashes"),
  })
  .meta({ takes: "the name of a Kubernetes object" });

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

/** The form of a label's or an annotation's name. */
export const metadataNameForm =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** The name of a label or an annotation. Source: kubernetes.io, Labels and Selectors, syntax and character set */
export const metadataName = text("a name such as example.com/team")
  .regex(metadataNameForm, {
    error: ({ input }) =>
      message(`${shown(input)} is not the name of a label or annotation`, "write it as team, or example.com/team"),
  })
  .meta({ takes: "the name of a label or annotation, such as example.com/team" });

// Those that the pipeline sets itself, and the one that Loki adds.
const ownStreamLabels = ["namespace", "app", "component", "job", "cluster", "node", "service_name"];

/** Stream labels in Loki, each with the Kubernetes label that it is taken from. */
export const streamLabels = z
  .record(
    z
      .string()
      .regex(/^[a-z][a-z0-9_]*$/, {
        error: message("is not the name of a stream label", "use lower-case letters, digits and underscores"),
      })
      .refine((name) => !ownStreamLabels.includes(name), {
        error: message("is a label that the pipeline sets itself", "choose another name"),
      })
      .meta({ not: { enum: ownStreamLabels } }),
    metadataName,
  )
  .meta({ takes: "an object: name in Loki to Kubernetes label, such as `team: example.com/team`" });

/** Labels of a Kubernetes object. Source: kubernetes.io, Labels and Selectors, syntax and character set */
export const kubernetesLabels = z
  .record(
    z.string().regex(metadataNameForm, {
      error: message("is not the name of a label", "write it as release, or example.com/release"),
    }),
    z.union([labelValue, z.literal("")], {
      error: ({ input }) =>
        typeof input === "string"
          ? message(`${shown(input)} cannot be used as a label's value`, labelRemedy)
          : message(wrongType(input, "text"), "put it in quotes"),
    }),
  )
  .meta({ takes: "an object: name of the label to its value, such as `release: kube-prometheus-stack`" });
