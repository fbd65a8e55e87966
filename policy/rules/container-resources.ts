/**
 * @severity medium
 * @link https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
 */
import { onContainers } from "../pods";
import { quantity } from "../quantity";
import type { Rule } from "../rule";
import { asObject, at, isAbsent } from "../values";

const kinds = ["requests", "limits"] as const;
const measures = ["cpu", "memory"] as const;

export const containerResources: Rule = {
  name: "container-resources",
  description: "Every container says what it needs and what it may take at most, in CPU and memory.",
  severity: "medium",
  remediation: "Set resources.requests and resources.limits for cpu and memory.",
  url: "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
  configSchema: {
    properties: {
      maxCpu: { type: "string", description: "Ceiling of limits.cpu, such as 2. Default: none." },
      maxMemory: { type: "string", description: "Ceiling of limits.memory, such as 2Gi. Default: none." },
    },
  },
  checks: [
    ...kinds.flatMap((kind) =>
      measures.map((measure) =>
        onContainers(({ container, path, position }, report) => {
          // The API gives an ephemeral container no field for them: it lives on what the pod has left.
          if (position === "ephemeralContainers") return;
          const value = at(container, "resources", kind, measure);
          const field = `${path}.resources.${kind}.${measure}`;
          if (isAbsent(value)) report.violation(field, "is missing");
          else if (!((quantity(value) ?? 0) > 0)) report.violation(field, "is not a quantity above 0");
        }),
      ),
    ),
    ...measures.map((measure) =>
      onContainers(({ container, path }, report, config) => {
        const ceiling = quantity(config[measure === "cpu" ? "maxCpu" : "maxMemory"]);
        if (ceiling === undefined) return;
        const limit = quantity(asObject(at(container, "resources", "limits"))[measure]);
        if (limit !== undefined && limit > ceiling)
          report.violation(`${path}.resources.limits.${measure}`, "is above the ceiling that this rule is given");
      }),
    ),
  ],
};
