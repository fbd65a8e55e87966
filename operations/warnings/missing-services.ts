import { composePipeline } from "../../pipeline/compose";
import { canaryTarget } from "../../settings/canary/schema";
import { destinationOf } from "../../settings/network/destination";
import { UserError, type Problem } from "../../kit/user-error";
import { nearest } from "../../kit/nearest";
import type { Settings } from "../../settings/schema";
import type { KubeObject } from "../cluster/kubernetes-client";
import type { StackContext } from "../stack-context";

/** A Service of the cluster. */
export interface ServiceName {
  namespace: string;
  name: string;
}

/**
 * The hosts of the pipeline that are no Service of the cluster although the NetworkPolicy needs one, each with the name
 * that was most likely meant. The engine says only that a resource does not exist: a program cannot list.
 */
export function missingServices(settings: Settings, services: readonly ServiceName[], stackFile: string): Problem[] {
  const { egress } = composePipeline(settings).needs;
  // With the same host and port as the pipeline's it would be reported twice.
  const asked = settings.canary.enabled && settings.canary.address !== undefined ? [canaryTarget(settings)] : [];
  return [...egress, ...asked].flatMap(({ host, port }) => {
    const found = destinationOf(host, port, settings);
    if (found.kind !== "service") return [];
    if (services.some(({ namespace, name }) => namespace === found.namespace && name === found.name)) return [];
    const beside = services.filter(({ namespace }) => namespace === found.namespace).map(({ name }) => name);
    const elsewhere = services.filter(({ name }) => name === found.name).map(({ namespace }) => namespace);
    const near = nearest(found.name, beside);
    return {
      file: stackFile,
      key: "alloy:network",
      problem: `the cluster has no Service ${found.name} in namespace ${found.namespace}, which this stack sends to (${host})`,
      remedy: [
        ...(near === undefined ? [] : [`did you mean ${near}?`]),
        ...(elsewhere.length === 0 ? [] : [`there is one in ${elsewhere.join(", ")}.`]),
        `Correct the URL, or state what the host leads to: alloy:network.destinations: { ${host}: { cidrs: […] } }`,
      ].join(" "),
    };
  });
}

/**
 * Refuses a stack whose NetworkPolicy would be made from Services that are not there. Where the cluster cannot be asked
 * the engine is left to say so.
 *
 * @throws UserError with every Service that is missing
 */
export async function checkServices({ settings, cluster, file }: StackContext): Promise<void> {
  if (!settings.network.enabled) return;
  // Not allowed to list, or no cluster there: reading one by one, as the engine does, may be allowed.
  const services = await cluster
    .listParts("/api/v1/services", ({ metadata: { name, namespace = "" } }: KubeObject) => ({ name, namespace }))
    .catch(() => undefined);
  if (services === undefined) return;
  const problems = missingServices(settings, services, file);
  if (problems.length > 0) throw new UserError(problems);
}
