import type { AlloyArgs } from "@detectviz/alloy";

/** What the collectors do: index.ts deploys them, and policy/index.ts knows by it what they may do. */
export const collectors: AlloyArgs = {
  clusterName: "example-cluster",
  lokiTenant: "example",
  environment: "staging",
  logs: { excludeNamespaces: "kube-.*" },
  // The path starts in the folder of Pulumi.yaml.
  extraSections: [{ file: "sections/level.alloy", entry: "loki.process.level" }],
};
