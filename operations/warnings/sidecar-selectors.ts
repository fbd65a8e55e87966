/** The part of a Deployment or a StatefulSet that says what its sidecars look for. */
export interface Workload {
  metadata: { name: string; namespace?: string };
  spec?: { template?: { spec?: { containers?: Container[] } } };
}

interface Container {
  name: string;
  image?: string;
  env?: { name: string; value?: string }[];
}

/** What the stack would create for a sidecar. */
export interface SidecarPlan {
  /** Whose sidecar: as a person calls it. */
  reader: "Grafana" | "Loki";
  kind: "ConfigMap" | "Secret";
  namespace: string;
  labels: Readonly<Record<string, string>>;
}

/**
 * Why no sidecar of these workloads would read the object, or `undefined` where one does. A sidecar looks for one label, with
 * one value or any, in its own namespace unless it is told others. Pure.
 * Source: https://github.com/kiwigrid/k8s-sidecar, README, configuration environment variables
 */
export function unreadReason(found: readonly Workload[], plan: SidecarPlan): string | undefined {
  const { reader, kind } = plan;
  if (found.length === 0) return `the cluster has no ${reader} with the labels of its chart`;
  const sidecars = found.flatMap(({ metadata, spec }) =>
    (spec?.template?.spec?.containers ?? [])
      .filter(({ image = "" }) => image.includes("k8s-sidecar"))
      .map((container) => ({ container, home: metadata.namespace ?? "", of: metadata.name })),
  );
  const places = found.map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`);
  if (sidecars.length === 0) return `${places.join(", ")} runs without a sidecar that reads ${kind}s`;
  const reasons = sidecars.map(({ container, home, of }) => {
    const env = (name: string): string => container.env?.find((one) => one.name === name)?.value ?? "";
    const name = `${home}/${of} (${container.name})`;
    const [label, value, resource] = [env("LABEL"), env("LABEL_VALUE"), env("RESOURCE").toLowerCase()];
    if (resource !== "" && resource !== "both" && resource !== kind.toLowerCase()) return `${name} reads no ${kind}s`;
    const ours = plan.labels[label];
    if (ours === undefined || (value !== "" && ours !== value))
      return `${name} looks for ${label}${value === "" ? "" : `=${value}`}, which ours does not have`;
    const namespaces = env("NAMESPACE") === "" ? [home] : env("NAMESPACE").split(",");
    if (!namespaces.includes("ALL") && !namespaces.includes(plan.namespace))
      return `${name} looks in ${namespaces.join(", ")} only, and not in ${plan.namespace}`;
    return undefined;
  });
  return reasons.includes(undefined) ? undefined : reasons.join("; ");
}
