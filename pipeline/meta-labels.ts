/**
 * The name under which Prometheus' Kubernetes discovery gives a label or an annotation: every character that a metric's
 * label may not have becomes an underscore. Source: prometheus/util/strutil/strconv.go, SanitizeLabelName
 */
export function metaLabel(of: "pod_label" | "pod_annotation" | "node_label", name: string): string {
  return `__meta_kubernetes_${of}_${name.replace(/[^a-zA-Z0-9_]/g, "_")}`;
}
