/** The part of a pod's spec that decides to which nodes a DaemonSet sends it. */
export interface Placement {
  nodeSelector?: Record<string, string>;
  affinity?: {
    nodeAffinity?: {
      requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms?: { matchExpressions?: Requirement[] }[] };
    };
  };
}

interface Requirement {
  key: string;
  operator: string;
  values?: string[];
}

/**
 * Whether a node with these labels gets a pod: all of the selector, and all of one term. Taints are not looked at, since a
 * node's metadata does not have them. Source: kubernetes.io, Assigning Pods to Nodes
 */
export function isPlacedOn(
  { nodeSelector = {}, affinity }: Placement,
  labels: Readonly<Record<string, string>>,
): boolean {
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return (
    Object.entries(nodeSelector).every(([key, value]) => labels[key] === value) &&
    (terms.length === 0 ||
      terms.some(({ matchExpressions = [] }) => matchExpressions.every((requirement) => fulfils(requirement, labels))))
  );
}

/** Whether labels meet one requirement of a node affinity, or of a label selector, which knows no Gt and Lt. */
export function fulfils(
  { key, operator, values = [] }: Requirement,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return Number(value) > Number(values[0]);
    case "Lt":
      return Number(value) < Number(values[0]);
    default:
      return false;
  }
}
