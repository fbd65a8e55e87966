import { namespaceLabels } from "../../settings/names";
import type { Settings } from "../../settings/schema";
import { fulfils } from "../matching/placement";

/** Every Prometheus of the cluster that the Prometheus Operator runs. */
export const prometheusesPath = "/apis/monitoring.coreos.com/v1/prometheuses";

/** The part of the Prometheus Operator's Prometheus resource that decides which PodMonitors and rules it reads. */
export interface PrometheusResource {
  metadata?: { name?: string; namespace?: string };
  spec?: {
    podMonitorSelector?: LabelSelector | null;
    podMonitorNamespaceSelector?: LabelSelector | null;
    ruleSelector?: LabelSelector | null;
    ruleNamespaceSelector?: LabelSelector | null;
  };
}

/** Prometheus in agent mode has a kind of its own, with the same selectors. */
export const prometheusAgentsPath = "/apis/monitoring.coreos.com/v1alpha1/prometheusagents";

/** The VictoriaMetrics operator turns each PodMonitor into a VMPodScrape with its labels, and VMAgents select those. */
export const vmAgentsPath = "/apis/operator.victoriametrics.com/v1beta1/vmagents";

/** The part of a VMAgent that decides which of them it reads. */
export interface VmAgentResource {
  metadata?: { name?: string; namespace?: string };
  spec?: {
    selectAllByDefault?: boolean;
    podScrapeSelector?: LabelSelector | null;
    podScrapeNamespaceSelector?: LabelSelector | null;
  };
}

/**
 * A VMAgent in the shape of a Prometheus; pure. Where only one of its selectors is set, the other takes everything, but
 * for a missing namespace selector: that is the VMAgent's own namespace.
 * Source: https://docs.victoriametrics.com/operator/resources/vmagent/#scraping
 */
export function asPrometheus({ metadata, spec = {} }: VmAgentResource): PrometheusResource {
  const { podScrapeSelector, podScrapeNamespaceSelector, selectAllByDefault = false } = spec;
  const name = { metadata: { ...metadata, name: `${metadata?.name ?? ""} (VMAgent)` } };
  if (!podScrapeSelector && !podScrapeNamespaceSelector)
    return { ...name, spec: selectAllByDefault ? { podMonitorSelector: {}, podMonitorNamespaceSelector: {} } : {} };
  return {
    ...name,
    spec: {
      podMonitorSelector: podScrapeSelector ?? {},
      podMonitorNamespaceSelector: podScrapeNamespaceSelector ?? null,
    },
  };
}

/** A Kubernetes label selector. */
export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** What the stack would create. */
export interface MonitorPlan {
  kind: "PodMonitor" | "PrometheusRule";
  /** Labels of the object. */
  labels: Record<string, string>;
  /** The namespace that it will be in, and that namespace's labels. */
  namespace: string;
  namespaceLabels: Record<string, string>;
}

/** The namespace of what a stack would create, with the labels that it has or will have. */
export function monitoredNamespace(settings: Settings): Pick<MonitorPlan, "namespace" | "namespaceLabels"> {
  const { namespace } = settings;
  return {
    namespace: namespace.name,
    namespaceLabels: {
      "kubernetes.io/metadata.name": namespace.name,
      ...(namespace.managed ? namespaceLabels(settings) : {}),
    },
  };
}

/** Whether a set of labels matches a selector. Kubernetes' rule: an empty selector matches everything. */
export function matches(selector: LabelSelector, labels: Record<string, string>): boolean {
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return equal && (selector.matchExpressions ?? []).every((expression) => fulfils(expression, labels));
}

/**
 * Why no Prometheus of the cluster would read the object, or `undefined` where one does. A missing selector
 * selects nothing, a missing namespace selector only the Prometheus' own namespace (prometheus-operator, API
 * reference of PrometheusSpec).
 */
export function unselectedReason(found: readonly PrometheusResource[], plan: MonitorPlan): string | undefined {
  if (found.length === 0)
    return plan.kind === "PodMonitor"
      ? "the cluster has no Prometheus resource, nor a PrometheusAgent or a VMAgent, so none of them will read the PodMonitor until one is created"
      : `the cluster has no Prometheus resource, so nothing will read the ${plan.kind} until one is created`;
  const { kind } = plan;
  const reasons = found.map(({ metadata, spec }) => {
    const name = `${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`;
    const field = kind === "PodMonitor" ? "podMonitorSelector" : "ruleSelector";
    const selector = spec?.[field];
    const namespaces = kind === "PodMonitor" ? spec?.podMonitorNamespaceSelector : spec?.ruleNamespaceSelector;
    if (!selector) return `${name} selects no ${kind} at all (${field} is not set)`;
    if (!matches(selector, plan.labels))
      return `${name} selects ${kind}s with ${selectorText(selector)}, which ours does not have`;
    if (!namespaces && metadata?.namespace !== plan.namespace)
      return `${name} reads ${kind}s of its own namespace only`;
    if (namespaces && !matches(namespaces, plan.namespaceLabels))
      return `${name} reads namespaces with ${selectorText(namespaces)}, which ${plan.namespace} does not have`;
    return undefined;
  });
  return reasons.includes(undefined) ? undefined : reasons.join("; ");
}

function selectorText(selector: LabelSelector): string {
  const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values }) => `${key} ${operator}${values ? ` (${values.join(", ")})` : ""}`,
  );
  return [...labels, ...expressions].join(", ") || "any label";
}
