/**
 * @severity medium
 * @link https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
 */
import { parseQuantity } from "../../kit/units";
import { onContainers } from "../pods";
import type { Rule } from "../rule";
import { asObject, at, isAbsent } from "../values";

const measures = ["cpu", "memory"] as const;

// A CPU limit is a choice: without it a container takes what nobody else wants, and is never slowed down for nothing.
// Memory that is not bounded is taken from others. Source: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
const demanded = ["requests.cpu", "requests.memory", "limits.memory"] as const;

export const containerResources: Rule = {
  name: "container-resources",
  description: "Every container says what it needs, in CPU and memory, and how much memory it may take at most.",
  severity: "medium",
  remediation: "Set resources.requests for cpu and memory, and resources.limits for memory.",
  url: "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
  configSchema: {
    properties: {
      maxCpu: { type: "string", description: "Ceiling of limits.cpu, such as 2; demands one. Default: none." },
      maxMemory: { type: "string", description: "Ceiling of limits.memory, such as 2Gi. Default: none." },
    },
  },
  checks: [
    onContainers(({ pod, container, path, position }, report, config) => {
      // The API gives an ephemeral container no field for them: it lives on what the pod has left.
      if (position === "ephemeralContainers") return;
      const wanted = parseQuantity(config["maxCpu"]) === undefined ? demanded : [...demanded, "limits.cpu"];
      const isSaid = (field: string): boolean =>
        // Of the pod as a whole, since Kubernetes 1.32: its containers then share it.
        !isAbsent(at(container, "resources", ...field.split("."))) ||
        !isAbsent(at(pod.spec, "resources", ...field.split(".")));
      // One line a container, whatever is missing: forty are not read.
      const missing = wanted.filter((field) => !isSaid(field));
      const [first, ...more] = missing;
      if (first === undefined) return;
      if (more.length === 0) report.violation(`${path}.resources.${first}`, "is missing");
      else report.violation(`${path}.resources`, `says nothing of ${missing.join(", ")}`);
    }),
    ...["requests", "limits"].flatMap((kind) =>
      measures.map((measure) =>
        onContainers(({ container, path }, report) => {
          const value = at(container, "resources", kind, measure);
          if (!isAbsent(value) && !((parseQuantity(value) ?? 0) > 0))
            report.violation(`${path}.resources.${kind}.${measure}`, "is not a quantity above 0");
        }),
      ),
    ),
    ...measures.map((measure) =>
      onContainers(({ container, path }, report, config) => {
        const ceiling = parseQuantity(config[measure === "cpu" ? "maxCpu" : "maxMemory"]);
        if (ceiling === undefined) return;
        const limit = parseQuantity(asObject(at(container, "resources", "limits"))[measure]);
        if (limit !== undefined && limit > ceiling)
          report.violation(`${path}.resources.limits.${measure}`, "is above the ceiling that this rule is given");
      }),
    ),
  ],
};
