import { composePipeline } from "../../pipeline/compose";
import { AlloySyntaxError } from "../../pipeline/language";
import { reReads, type ReRead } from "../../pipeline/lines-sent-again";
import { names } from "../../settings/names";
import { kubePath, type KubeObject } from "../cluster/kubernetes-client";
import { collectedContainers, countedPod, type CountedPod } from "../collectors/collected-containers";
import type { StackContext } from "../stack-context";

/**
 * The warning that `up` would make the collectors read containers again that they have read already, or `undefined`.
 * It compares the ConfigMap in the cluster with the pipeline that the settings make.
 */
export async function linesSentAgainWarning({ settings, cluster }: StackContext): Promise<string | undefined> {
  const place = { apiVersion: "v1", kind: "ConfigMap", namespace: settings.namespace.name, name: names.configMap };
  const deployed = await cluster
    .find<KubeObject & { data?: Record<string, string> }>(kubePath(place))
    .then((object) => object?.data?.[names.configKey], asError);
  if (deployed === undefined) return undefined;
  const found = deployed instanceof Error ? deployed : compare(deployed, composePipeline(settings).text);
  if (found instanceof Error)
    return `warning: could not look whether containers would be read again (${firstLine(found)})`;
  if (found.length === 0) return undefined;
  // Without the right to list, the warning goes without its number.
  const pods = await cluster
    .listParts<CountedPod, CountedPod>("/api/v1/pods", (pod) => countedPod(pod, settings.logs.optOutAnnotation))
    .catch(() => undefined);
  return linesSentAgainText(found, pods === undefined ? undefined : collectedContainers(pods, settings).length);
}

/** The warning's text; `containers` is undefined where nobody could count them. */
export function linesSentAgainText(found: readonly ReRead[], containers: number | undefined): string {
  const reasons = found.map(({ source, reason }) => `${source} ${reason}`).join("; ");
  const count = containers === undefined ? "every container" : `up to ${containers} containers`;
  return (
    `warning: ${count} will be read again from the first line that the kubelet still has, and sent twice: ${reasons}. ` +
    "Positions are kept by the source's name and its targets' labels. Keep both as they are, or expect the burst."
  );
}

// What lies in the cluster may have been written by hand.
function compare(deployed: string, next: string): ReRead[] | Error {
  try {
    return reReads(deployed, next);
  } catch (error) {
    if (error instanceof AlloySyntaxError) return new Error(`the deployed pipeline: ${error.message}`);
    throw error;
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

const firstLine = ({ message }: Error): string => message.split("\n")[0] ?? "";
