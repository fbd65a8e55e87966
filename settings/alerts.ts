import { z } from "zod";

import * as field from "./fields";
import type { Settings } from "./schema";

/** `alloy:alerts`: rules for Prometheus about the collectors, made where `selfMonitoring` is on. */
export const alerts = z
  .strictObject({
    enabled: field.flag.default(true).meta({
      description:
        "Creates a PrometheusRule with alerts that are computed from these settings. Without `selfMonitoring` there is none.",
      ifWrong: "Off: lines can be lost for days, and nobody is told.",
    }),
    labels: field.kubernetesLabels.default({ release: "kube-prometheus-stack" }).meta({
      description: "Labels by which the Prometheus Operator finds the PrometheusRule.",
      ifWrong: "Labels that no Prometheus selects: no alert is ever evaluated. `preview` and `up` warn of it.",
    }),
    runbooks: field.runbookUrl.default("https://github.com/detectviz/alloy/blob/main/docs/runbooks").meta({
      description: "Where the runbooks are: each alert links to `NAME.md` below it.",
      ifWrong: "The links lead nowhere. What they mean are the pages in docs/runbooks of this repository.",
    }),
    kubeStateMetrics: field.flag.default(true).meta({
      description: "Whether Prometheus scrapes kube-state-metrics, which knows how many nodes lack a collector.",
      ifWrong: "On without it: the alert AlloyNodeWithoutCollector can never fire.",
    }),
  })
  .prefault({})
  .meta({ description: "Alerts about the collectors, for the Prometheus Operator." });

/** Whether a stack has alerts: rules about metrics that nobody scrapes would be silent for ever. */
export const hasAlerts = ({ alerts, selfMonitoring }: Pick<Settings, "alerts" | "selfMonitoring">): boolean =>
  alerts.enabled && selfMonitoring.enabled;
