import { z } from "zod";

import * as field from "./fields";
import { ifValid, refuse } from "./cross-field-check";

const rateLimit = z
  .strictObject({
    namespaces: field.someNamespaces.meta({
      description: "Namespaces that the limit applies to, to each of them separately.",
      ifWrong: "A pattern that matches nothing limits nothing.",
    }),
    linesPerSecond: field.count.meta({
      description: "Lines per second that such a namespace may write on one node.",
      ifWrong: "Too low: lines are dropped. `loki_process_dropped_lines_by_label_total` counts them.",
    }),
    burst: field.count.meta({
      description: "Lines that may arrive at once before the limit applies.",
      ifWrong: "Too low: lines that come in bursts are dropped although the average is within the limit.",
    }),
  })
  .meta({ description: "A limit on the lines of some namespaces." });

/** `alloy:logs`: which pods' lines are collected. */
export const logs = z
  .strictObject({
    enabled: field.flag.default(true).meta({
      description: "Sends the logs of containers to Loki.",
      ifWrong: "Off while `metrics.enabled` is off, too: refused, because nothing would be collected.",
    }),
    source: field.choice(["kubernetes", "files"]).default("kubernetes").meta({
      description:
        "Where lines are read: through the Kubernetes API (`kubernetes`), or from the nodes' log files (`files`, docs/log-files.md).",
      ifWrong:
        "`files` on nodes that do not let the collector's user read them: it reads no line. After a change every container is read again from its first line.",
    }),
    fileFormat: field.choice(["cri", "docker"]).default("cri").meta({
      description:
        "With `source: files`: what the container runtime writes. `cri` is containerd and CRI-O, `docker` is Docker with cri-dockerd.",
      ifWrong: "`docker` on nodes without Docker: the pods do not start. `cri` on nodes with Docker: no line is read.",
    }),
    structuredMetadata: field.flag.default(true).meta({
      description: "Sends pod and container beside each line instead of in its labels.",
      ifWrong: "On for a tenant that does not allow structured metadata: Loki answers 400 and the lines are lost.",
    }),
    includeNamespaces: field.someNamespaces.default(".*").meta({
      description: "Namespaces whose pods are collected.",
      ifWrong: "A pattern that matches too little: those lines never reach Loki, and nothing reports it.",
    }),
    excludeNamespaces: field.namespaces.default("").meta({
      description: "Namespaces that are left out. Empty: none.",
      ifWrong: "A pattern that matches too much: those lines never reach Loki, and nothing reports it.",
    }),
    optOutAnnotation: field.metadataName.or(z.literal("")).default("detectviz.io/collect-logs").meta({
      takes: "the name of an annotation, or an empty text",
      description: 'A pod with this annotation and the value "false" is not collected. Empty: no pod can opt out.',
      ifWrong: "Misspelt: pods that opt out are collected all the same.",
    }),
    podLabels: field.streamLabels.default({}).meta({
      description: "More stream labels: the name in Loki, and the label of the pod that it is taken from.",
      ifWrong: "A label with one value per pod makes one stream per pod: Loki becomes slow and refuses streams.",
    }),
    nodeLabels: field.streamLabels.default({}).meta({
      description: "More stream labels, taken from labels of the pod's node.",
      ifWrong: "A name that is in `podLabels`, too, is refused. A label that no node has stays empty.",
    }),
    maxLine: field.lineLength.optional().meta({
      description:
        "Longest line that is sent. A longer one is cut there and ends with ` [cut]`; `loki_process_truncated_fields_total` counts it. Write what Loki's `max_line_size` is (256Ki if nobody has set it).",
      otherwise: "nothing is cut, and Loki refuses a line that is longer than it takes",
      ifWrong: "Less than Loki takes: the ends of long lines are missing. More: Loki refuses the line, and it is lost.",
    }),
    rateLimits: z.array(rateLimit).default([]).meta({
      takes: "a list of limits",
      description: "Limits on the lines of namespaces. What exceeds a limit is dropped and counted.",
      ifWrong: "Too low: lines are dropped. `loki_process_dropped_lines_by_label_total` counts them.",
    }),
  })
  .superRefine(
    ({ podLabels, nodeLabels }, context) => {
      for (const name of Object.keys(podLabels).filter((label) => Object.hasOwn(nodeLabels, label)))
        refuse(context, `nodeLabels.${name}`, "is in podLabels, too", "remove one of them");
    },
    ifValid(["podLabels"], ["nodeLabels"]),
  )
  .superRefine(
    ({ source, fileFormat }, context) => {
      if (source === "kubernetes" && fileFormat !== "cri")
        refuse(
          context,
          "fileFormat",
          "is about files, and lines are read through the Kubernetes API",
          "remove it, or set source: files",
        );
    },
    ifValid(["source"], ["fileFormat"]),
  )
  .prefault({})
  .meta({ description: "Which pods' lines are collected, and with which labels." });
