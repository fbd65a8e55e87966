import { z } from "zod";

import * as field from "./fields";
import { shown, wrongType } from "./fields/wording";
import { moreAnnotations, moreLabels } from "./pod/metadata";
import { nodeAffinity, tolerations, virtualNodes } from "./pod/nodes";
import { seLinuxOptions } from "./pod/selinux";

/** Settings that are objects with defaults for every key: an object that is left out is the same as `{}`. */

/** `alloy:resources`: CPU and memory of the collector, on every node. */
export const resources = field
  .resourcesOf({ cpu: "100m", memory: "256Mi" }, { cpu: "500m", memory: "512Mi" })
  .meta({ description: "CPU and memory of the collector on every node." });

/** `alloy:metrics`: the node's own metrics. */
export const metrics = z
  .strictObject({
    enabled: field.flag.default(true).meta({
      description: "Sends the node's CPU, memory, load, disk and pressure figures to Prometheus.",
      ifWrong: "Off while `logs.enabled` is off, too: refused, because nothing would be collected.",
    }),
    // What Alloy itself calls them, and not what a kube-prometheus-stack calls those of its own node-exporter.
    job: field.labelValue.default("integrations/unix").meta({
      description:
        "Label `job` of those metrics. Write `node-exporter` if Alloy replaces the node-exporter of a kube-prometheus-stack.",
      ifWrong: "`node-exporter` while one runs as well: rules and dashboards count every node twice.",
    }),
    scrapeInterval: field.scrapeInterval.default("60s").meta({
      description: "How often the metrics are read. Below 5s they are also sent that often.",
      ifWrong: "Too short: more samples, more CPU and more disk, without better figures.",
    }),
  })
  .prefault({})
  .meta({ description: "The node's own metrics." });

/** `alloy:selfMonitoring`: the collector's own metrics, for the Prometheus Operator. */
export const selfMonitoring = z
  .strictObject({
    enabled: field.flag.default(true).meta({
      description: "Creates a PodMonitor for the collectors' own metrics. It needs the Prometheus Operator.",
      ifWrong: "On without the Operator: the update fails, because the cluster does not know PodMonitor.",
    }),
    labels: field.kubernetesLabels.default({ release: "kube-prometheus-stack" }).meta({
      description: "Labels by which the Prometheus Operator finds the PodMonitor.",
      ifWrong: "Labels that no Prometheus selects: nobody reads the metrics. `preview` and `up` warn of it.",
    }),
    scrapeInterval: field.scrapeInterval.default("60s").meta({
      description: "How often Prometheus reads the collectors' own metrics.",
      ifWrong: "Too short: more samples, without better figures.",
    }),
  })
  .prefault({})
  .meta({ description: "The collectors' own metrics, for the Prometheus Operator." });

/** `alloy:rollout`: how a changed configuration reaches the nodes. */
export const rollout = z
  .strictObject({
    maxUnavailable: z
      .union([z.number(), z.string()], {
        error: ({ input }) => field.message(wrongType(input, "a count or a percentage"), "write 1, or 10%"),
      })
      .refine((value) => /^[1-9]\d*$|^([1-9]\d?|100)%$/.test(String(value)), {
        error: ({ input }) =>
          field.message(`${shown(input)} is neither a count above zero nor a percentage`, "write 1, or 10%"),
      })
      .default("10%")
      .meta({
        takes: "a count or a percentage",
        minimum: 1,
        multipleOf: 1,
        pattern: "^[1-9]\\d*$|^([1-9]\\d?|100)%$",
        description: "How many nodes may be without a collector while a new configuration rolls out.",
        ifWrong: "Too many: a bad configuration stops that many collectors at once. Too few: a rollout takes long.",
      }),
    await: field.choice(["ready", "all", "none"]).default("ready").meta({
      description:
        "Which nodes `up` waits for. `ready`: the nodes that are Ready; the others are named and left out. `all`: every node; the engine itself waits. `none`: no node.",
      ifWrong:
        "`all` while a node is down: the update ends with an error after `timeout`. `none`: nobody notices a collector that does not start.",
    }),
    timeout: field.duration.default("10m").meta({
      description: "How long `up` waits until those nodes run the new configuration.",
      ifWrong: "Too short: the update is reported as failed although the rollout goes on.",
    }),
  })
  .prefault({})
  .meta({ description: "How a changed configuration reaches the nodes." });

/** `alloy:kubernetes`: the cluster. */
export const kubernetes = z
  .strictObject({
    context: field.name("the name of a kubeconfig context, such as detectviz-prod").meta({
      description: "Context of the kubeconfig. The kubeconfig's path never enters Pulumi's state.",
      ifWrong:
        "A context that the kubeconfig does not have: nothing is deployed. A context of another cluster: it deploys there.",
    }),
  })
  .optional()
  .meta({
    description: "The cluster that the stack is deployed to.",
    otherwise: "required unless `environment` is `local`, where the current context is used",
  });

/** `alloy:namespace`: where everything is. */
export const namespace = z
  .strictObject({
    name: field.objectName.default("monitoring").meta({
      description: "Namespace of every object of this program.",
      ifWrong:
        "A changed name replaces every object. A namespace of the cluster itself, such as kube-system, is refused.",
    }),
    managed: field.flag.default(true).meta({
      description:
        "`false`: the namespace exists and belongs to somebody else. The program reads it and never changes it.",
      ifWrong:
        "`true` for a namespace that exists: the update fails. `false` for one that does not exist: it fails, too.",
    }),
  })
  .prefault({})
  .meta({ description: "The namespace of every object." });

/** `alloy:pod`: what the cluster asks of pods. */
export const pod = z
  .strictObject({
    priorityClassName: field.priorityClass.default("system-node-critical").meta({
      description: "PriorityClass of the collectors. Empty: the cluster's default.",
      ifWrong:
        "A class that does not exist: no pod is created. The cluster's default: a full node evicts the collector.",
    }),
    imagePullSecrets: z.array(field.objectName).default([]).meta({
      takes: "a list of names",
      description: "Secrets in the namespace with the password of a private registry.",
      ifWrong: "A Secret that does not exist: the image cannot be pulled, and the pods do not start.",
    }),
    labels: moreLabels.default({}).meta({
      description: "Labels of the pods, beside `labels`. A change replaces the pods.",
      ifWrong:
        "Without a label that an admission policy requires no pod is created. A label of the program's own is refused.",
    }),
    annotations: moreAnnotations.default({}).meta({
      description: "Annotations of the pods. A change replaces the pods.",
      ifWrong:
        "A service mesh, an autoscaler or an admission policy does what the annotation says. The policy pack refuses those that loosen what confines a pod.",
    }),
    tolerations,
    nodeAffinity,
    virtualNodes,
    seLinuxOptions,
    ipFamily: field.choice(["IPv4", "IPv6"]).default("IPv4").meta({
      description:
        "Family of the nodes' own addresses: how the variable NODE_IP_IN_URL is written for sections of your own. Everything else takes both families by itself.",
      ifWrong: "`IPv4` where nodes have IPv6 addresses: a section that puts a port behind the address asks nobody.",
    }),
  })
  .prefault({})
  .meta({ description: "What the cluster asks of the pods of the collectors and of the canary." });

/** `alloy:names`: what objects of the whole cluster are called, where another Alloy has the usual name. */
export const objectNames = z
  .strictObject({
    clusterRole: field.objectName.default("alloy").meta({
      description:
        "Name of the ClusterRole and of its ClusterRoleBinding. Write another, such as `alloy-logs`, if another Alloy of the cluster has this one: every other object is in `namespace.name`, and needs no name of its own.",
      ifWrong:
        "A name that another Alloy has: the update fails, because the object exists. A changed name: both objects are made anew before the old ones go, and no permission is missing in between.",
    }),
  })
  .prefault({})
  .meta({ description: "What objects of the whole cluster are called." });
