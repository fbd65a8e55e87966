import type { KubernetesClient } from "../cluster/kubernetes-client";
import { names } from "../../settings/names";

/** What is read of an event: the old kind of event counts, the new one has a series. */
export interface KubeEvent {
  metadata?: { name?: string; uid?: string; creationTimestamp?: string };
  involvedObject?: { kind?: string; name?: string; uid?: string };
  reason?: string;
  message?: string;
  type?: string;
  count?: number;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  series?: { count?: number; lastObservedTime?: string };
}

/** When it was last seen, in milliseconds since 1970, by the clock of the cluster; 0 if it says nothing. */
export function seenAt({ series, lastTimestamp, eventTime, metadata }: KubeEvent): number {
  const time = series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata?.creationTimestamp;
  const parsed = time === undefined ? NaN : Date.parse(time);
  return Number.isNaN(parsed) ? 0 : parsed;
}

/** Warnings about one object, the newest first. */
export const warningsAbout = (events: readonly KubeEvent[], uid: string | undefined): KubeEvent[] =>
  events
    .filter(({ type = "Warning", involvedObject }) => type !== "Normal" && involvedObject?.uid === uid)
    .sort((a, b) => seenAt(b) - seenAt(a));

/** An event's message without what differs from one pod to the next, so that the same refusal reads the same. */
export function messageOf({ message = "" }: KubeEvent): string {
  return message
    .trim()
    .replace(/^\(combined from similar events\): /, "")
    .replace(/^Error creating: /, "")
    .replace(/^pods "[^"]*" is forbidden: /, "");
}

/**
 * The Warning events of the collectors' DaemonSet and of the pods of their namespace; empty if nobody may read them: they
 * only say why.
 */
export async function readEvents(cluster: KubernetesClient, namespace: string): Promise<KubeEvent[]> {
  const ask = (selector: string): Promise<KubeEvent[]> =>
    cluster
      .list<KubeEvent>(`/api/v1/namespaces/${namespace}/events?fieldSelector=${encodeURIComponent(selector)}`)
      .catch(() => []);
  const found = await Promise.all([
    ask(`type=Warning,involvedObject.kind=DaemonSet,involvedObject.name=${names.daemonSet}`),
    ask("type=Warning,involvedObject.kind=Pod"),
  ]);
  return found.flat();
}
