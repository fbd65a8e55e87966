import type { Host } from "../host";
import { sleep } from "../http";
import type { KubernetesClient } from "./client";
import { asError, isNotFound } from "./errors";
import type { Gvk } from "./kinds";
import type { KubernetesObject } from "./objects";
import { annotation } from "./objects";
import { awaitSeconds, podProblem, readiness } from "./readiness";

/** The object is there but did not get where it should. `object` is how it was seen last. */
export class AwaitError extends Error {
  constructor(
    message: string,
    public readonly object: KubernetesObject,
    public readonly reasons: string[],
  ) {
    super(message);
    this.name = "AwaitError";
  }
}

export interface AwaitContext {
  client: KubernetesClient;
  host: Host;
  signal: AbortSignal;
  urn: string;
  gvk: Gvk;
  /** Seconds, from `customTimeouts`; 0 for the default. */
  timeout: number;
}

const SKIP = "pulumi.com/skipAwait";
const TIMED_OUT = "timed out waiting for the condition";
const PODS: Gvk = { group: "", version: "v1", kind: "Pod" };

/** Polling starts quickly, since most objects are there at once, and slows down to spare the server. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2000;

/** Waits until the object is ready, showing its progress beside the resource. */
export async function untilReady(context: AwaitContext, object: KubernetesObject): Promise<KubernetesObject> {
  const { client, host, urn, gvk } = context;
  const defaultSeconds = awaitSeconds(gvk.kind);
  if (defaultSeconds === undefined || annotation(object, SKIP) === "true") return object;
  const { namespace, name = "" } = object.metadata ?? {};
  let latest = object;
  let problems: string[] = [];
  await poll(
    context,
    defaultSeconds,
    object,
    () => latest,
    () => problems,
    async () => {
      latest = await client.get(gvk, namespace, name);
      const state = readiness(latest);
      if (state.ready) return true;
      problems = gvk.kind === "Pod" ? [podProblem(latest) ?? state.message] : await podProblems(client, latest);
      host.status(urn, [state.message, ...problems.slice(0, 1)].join(" "));
      return false;
    },
  );
  host.status(urn, "");
  return latest;
}

/** The question that a refresh asks: ready now, or not. */
export async function readyNow(context: AwaitContext, object: KubernetesObject): Promise<KubernetesObject> {
  const applies = awaitSeconds(context.gvk.kind) !== undefined && annotation(object, SKIP) !== "true";
  if (!applies || readiness(object).ready) return object;
  const message = `Resource '${object.metadata?.name ?? ""}' was created but failed to initialize`;
  throw new AwaitError(message, object, [readiness(object).message, ...(await podProblems(context.client, object))]);
}

/** Waits until the object is gone. */
export async function untilDeleted(context: AwaitContext, object: KubernetesObject): Promise<void> {
  const { client, host, urn, gvk } = context;
  if (annotation(object, SKIP) === "true") return;
  const { namespace, name = "", uid } = object.metadata ?? {};
  let latest = object;
  const defaultSeconds = gvk.kind === "DaemonSet" || gvk.kind === "Deployment" ? 600 : 300;
  await poll(
    context,
    defaultSeconds,
    object,
    () => latest,
    () => stuckOn(latest),
    async () => {
      try {
        latest = await client.get(gvk, namespace, name);
      } catch (error) {
        if (isNotFound(error)) return true;
        throw error;
      }
      // Somebody made a new one of the same name: ours is gone.
      if (uid !== undefined && latest.metadata?.uid !== uid) return true;
      const phase = (latest["status"] as { phase?: string } | undefined)?.phase;
      host.status(urn, `${gvk.kind} ${JSON.stringify(name)} still exists${phase === undefined ? "" : ` (${phase})`}`);
      return false;
    },
  );
  host.status(urn, "");
}

function stuckOn(object: KubernetesObject): string[] {
  const finalizers = object.metadata?.finalizers ?? [];
  return finalizers.length === 0 ? [] : [`finalizers might be preventing deletion (${finalizers.join(", ")})`];
}

async function poll(
  { signal, timeout }: AwaitContext,
  defaultSeconds: number,
  object: KubernetesObject,
  latest: () => KubernetesObject,
  reasons: () => string[],
  done: () => Promise<boolean>,
): Promise<void> {
  const annotated = Number(annotation(object, "pulumi.com/timeoutSeconds"));
  const seconds = timeout > 0 ? timeout : annotated > 0 ? annotated : defaultSeconds;
  const deadline = Date.now() + seconds * 1000;
  for (let pause = FIRST_PAUSE_MS; !(await done()); pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    const left = deadline - Date.now();
    if (left <= 0) throw new AwaitError(TIMED_OUT, latest(), reasons());
    try {
      await sleep(Math.min(pause, left), signal);
    } catch {
      // Only a cancelled operation wakes the sleep.
      const name = JSON.stringify(latest().metadata?.name ?? "");
      throw new AwaitError(`Resource operation was cancelled for ${name}`, latest(), reasons());
    }
  }
}

/** What keeps the object's pods from being ready. */
async function podProblems(client: KubernetesClient, owner: KubernetesObject): Promise<string[]> {
  const spec = (owner["spec"] ?? {}) as { selector?: { matchLabels?: Record<string, string> } };
  const labels = Object.entries(spec.selector?.matchLabels ?? {});
  if (labels.length === 0) return [];
  try {
    const pods = await client.list(
      PODS,
      owner.metadata?.namespace,
      labels.map(([key, value]) => `${key}=${value}`).join(","),
    );
    return [...new Set(pods.flatMap((pod) => podProblem(pod) ?? []))];
  } catch (error) {
    // The pods only explain the wait; whoever may not list them still learns that it is not over.
    return [`the pods cannot be listed: ${asError(error).message}`];
  }
}
