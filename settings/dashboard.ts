import { z } from "zod";

import * as field from "./fields";
import { moreAnnotations } from "./pod/metadata";
import type { Settings } from "./schema";

/** `alloy:dashboard`: a dashboard about the collectors, made where `selfMonitoring` is on. */
export const dashboard = z
  .strictObject({
    enabled: field.flag.default(true).meta({
      description:
        "Creates a ConfigMap with a dashboard that is computed from these settings. Without `selfMonitoring` there is none.",
      ifWrong: "On without a Grafana that reads ConfigMaps: nobody sees it. `preview` and `up` warn of it.",
    }),
    namespace: field.objectName.optional().meta({
      description: "Namespace of the ConfigMap: one in which the sidecar of Grafana looks.",
      otherwise: "`namespace.name`",
      ifWrong: "A namespace in which the sidecar does not look: nobody sees the dashboard.",
    }),
    labels: field.kubernetesLabels.default({ grafana_dashboard: "1" }).meta({
      description: "Labels by which the sidecar of Grafana finds the ConfigMap.",
      ifWrong: "Labels that no sidecar looks for: nobody sees the dashboard. `preview` and `up` warn of it.",
    }),
    annotations: moreAnnotations.default({}).meta({
      description:
        "Annotations of the ConfigMap, such as `grafana_folder: Alloy`, if the sidecar takes the folder from it.",
      ifWrong: "An annotation that the sidecar does not read: the dashboard is in the general folder.",
    }),
  })
  .prefault({})
  .meta({ description: "A dashboard about the collectors, for the sidecar of Grafana's chart." });

/** Whether a stack has a dashboard: one of metrics that nobody scrapes would be empty. */
export const hasDashboard = ({ dashboard, selfMonitoring }: Pick<Settings, "dashboard" | "selfMonitoring">): boolean =>
  dashboard.enabled && selfMonitoring.enabled;
