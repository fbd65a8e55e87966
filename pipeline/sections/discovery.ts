import { metaLabel } from "../meta-labels";
import { noNeeds } from "../needs";
import { apiServer, part, variables, type Section } from "../section";

/** Which containers a collector reads, and the labels that their streams have. */
export const discovery: Section = {
  name: "discovery",
  isOn: (settings) => settings.logs.enabled,
  content: ({ logs }) => ({
    values: { includeNamespaces: logs.includeNamespaces },
    parts: {
      exclude_namespaces:
        logs.excludeNamespaces === ""
          ? ""
          : part("exclude-namespaces", { values: { excludeNamespaces: logs.excludeNamespaces } }),
      attach_metadata: hasEntries(logs.nodeLabels) ? part("attach-node", {}) : "",
      opt_out:
        logs.optOutAnnotation === ""
          ? ""
          : part("opt-out", { values: { optOutLabel: metaLabel("pod_annotation", logs.optOutAnnotation) } }),
      more_labels: [...labelRules("pod_label", logs.podLabels), ...labelRules("node_label", logs.nodeLabels)].join(
        "\n",
      ),
      log_path: logs.source === "files" ? part("log-path", {}) : "",
    },
  }),
  needs: ({ logs }) => ({
    ...noNeeds,
    env: [variables.nodeName, { name: "NODE_SELECTOR", why: "which nodes' pods are collected" }],
    permissions: [
      ...(hasEntries(logs.nodeLabels)
        ? [{ group: "", resource: "nodes", verbs: ["list", "watch"], why: "discovery.kubernetes, labels of nodes" }]
        : []),
      {
        group: "",
        resource: "pods",
        verbs: ["list", "watch"],
        why: "discovery.kubernetes, role pod, of this node only",
      },
    ],
    egress: [apiServer],
  }),
};

const hasEntries = (labels: Readonly<Record<string, string>>): boolean => Object.keys(labels).length > 0;

/** One rule a label, in the order of their names, so that the same settings make the same text. */
function labelRules(of: "pod_label" | "node_label", labels: Readonly<Record<string, string>>): string[] {
  return Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([streamLabel, name]) => part("stream-label", { values: { sourceLabel: metaLabel(of, name), streamLabel } }));
}
