import { z } from "zod";

import * as field from "./fields";
import { shown, valueKind } from "./fields/wording";
import { brokenPromises } from "./outage-sum";
import { resourcesOf } from "./fields/resources";
import { reading, refuse } from "./cross-field-check";
import { formatDuration, parseDuration } from "../kit/units";

/**
 * The groups of settings that have defaults for every key. A group that is left out is the same as `{}`.
 */

/** Loki accepts a line until half of max_chunk_age (2h) behind its stream's newest. */
const lokiDefaultWindow = "1h";

/** CPU and memory of the collector, on every node. */
export const resources = resourcesOf({ cpu: "100m", memory: "256Mi" }, { cpu: "500m", memory: "512Mi" });

/** What the collector keeps on the node, and what it promises to survive with it. */
export const wal = z
  .strictObject({
    /** Directory on the node (hostPath) for positions and write-ahead logs; survives pods and reboots. */
    path: field.storagePath.default("/var/lib/alloy"),
    /** How long Loki may be away without a lost line, while the collector stays up. */
    outageBudget: field.outage.default("1h"),
    /** How far behind its stream's newest line Loki still takes one: half of its max_chunk_age. */
    lokiWindow: field.duration.default(lokiDefaultWindow),
    /** A write-ahead log for lines too. Off: measured, a restart during an outage loses less without it. */
    logs: field.flag.default(false),
    /** Who gives the directory to the collector's user: an init container, or `none` where nodes provision it. */
    prepare: field.choice(["init", "none"]).default("init"),
    /** Room that the directory has on every node. */
    disk: field.memory.default("1Gi"),
    /** containerLogMaxSize of the kubelets: how much of a container's log they serve. */
    kubeletLogSize: field.memory.default("10Mi"),
    /** What the promise is measured against. */
    load: z
      .strictObject({
        /** Lines a second that all containers of the busiest node write together. */
        nodeLinesPerSecond: field.count.default(100),
        /** The same for the busiest container. */
        containerLinesPerSecond: field.count.default(10),
        bytesPerLine: field.count.default(200),
      })
      .prefault({}),
  })
  .superRefine(
    ({ outageBudget, lokiWindow }, context) => {
      const budget = parseDuration(outageBudget) ?? 0;
      const window = parseDuration(lokiWindow) ?? 0;
      if (budget > window)
        refuse(
          context,
          "outageBudget",
          `promises ${outageBudget}, but Loki refuses lines more than ${formatDuration(window)} behind their stream's newest`,
          `lower it to ${formatDuration(window)}, or raise Loki's max_chunk_age and state half of it in alloy:wal.lokiWindow`,
        );
    },
    reading(["outageBudget"], ["lokiWindow"]),
  )
  .superRefine(
    (plan, context) => {
      // A budget beyond Loki's window is refused above; its sum would only say it twice.
      if ((parseDuration(plan.outageBudget) ?? 0) > (parseDuration(plan.lokiWindow) ?? 0)) return;
      for (const { key, problem, remedy } of brokenPromises(plan)) refuse(context, key, problem, remedy);
    },
    reading(["outageBudget"], ["lokiWindow"], ["logs"], ["disk"], ["kubeletLogSize"], ["load"]),
  )
  .prefault({});

/** Which pods' lines are collected. */
export const logs = z
  .strictObject({
    enabled: field.flag.default(true),
    /** pod and container beside each line instead of in its labels; off for a tenant that forbids it (400). */
    structuredMetadata: field.flag.default(true),
    /** Regular expression of namespaces whose pods are collected. */
    includeNamespaces: field.selector.default(".*"),
    /** Regular expression of namespaces that are left out; empty: none. */
    excludeNamespaces: field.re2.default(""),
    /** A pod with this annotation and the value "false" is not collected; empty: none is asked for. */
    optOutAnnotation: field.metadataName.or(z.literal("")).default("detectviz.io/collect-logs"),
    /** More stream labels: name in Loki to the pod label that it is taken from. */
    podLabels: field.streamLabels.default({}),
    /** The same from labels of the pod's node. */
    nodeLabels: field.streamLabels.default({}),
    /** Lines a second that a namespace may write on one node; what is more is dropped and counted. */
    rateLimits: z
      .array(
        z.strictObject({
          /** Regular expression of namespaces, each of which has the limit for itself. */
          namespaces: field.selector,
          linesPerSecond: field.count,
          /** Lines that may come at once. */
          burst: field.count,
        }),
      )
      .default([]),
  })
  .superRefine(
    ({ podLabels, nodeLabels }, context) => {
      for (const name of Object.keys(podLabels).filter((label) => Object.hasOwn(nodeLabels, label)))
        refuse(context, `nodeLabels.${name}`, "is in podLabels too", "take one of them away");
    },
    reading(["podLabels"], ["nodeLabels"]),
  )
  .prefault({});

/** The node's own metrics. */
export const metrics = z
  .strictObject({
    enabled: field.flag.default(true),
    /** Label `job` of the node's metrics: `node-exporter` where Alloy takes its place, other where both run. */
    job: field.labelValue.default("node-exporter"),
    scrapeInterval: field.scrapeInterval.default("60s"),
  })
  .prefault({});

/** The collector's own metrics, for the Prometheus Operator. */
export const selfMonitoring = z
  .strictObject({
    enabled: field.flag.default(true),
    /** Labels of the PodMonitor, by which the Prometheus Operator finds it. */
    labels: field.kubernetesLabels.default({ release: "kube-prometheus-stack" }),
    scrapeInterval: field.scrapeInterval.default("60s"),
  })
  .prefault({});

/** How a changed configuration reaches the nodes. */
export const rollout = z
  .strictObject({
    /** How many nodes may be without a collector while a new configuration rolls out: a number or a percentage. */
    maxUnavailable: z
      .union([z.number(), z.string()], {
        error: ({ input }) => field.message(`is ${valueKind(input)} where a count belongs`, "write 1, or 10%"),
      })
      .refine((value) => /^[1-9]\d*$|^([1-9]\d?|100)%$/.test(String(value)), {
        error: ({ input }) =>
          field.message(`${shown(input)} is neither a count above zero nor a percentage`, "write 1, or 10%"),
      })
      .default("10%"),
    /** Which nodes `up` waits for: those that are Ready (`npx alloyctl up` waits), all of them (the engine does), or none. */
    await: field.choice(["ready", "all", "none"]).default("ready"),
    /** How long `up` waits until those nodes run the new configuration. */
    timeout: field.duration.default("10m"),
  })
  .prefault({});
