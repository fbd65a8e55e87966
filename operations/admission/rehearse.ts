import { KubeError, type KubernetesClient } from "../cluster/kubernetes-client";
import { names } from "../../settings/names";

/** What is needed of a pod template. */
export interface RehearsedTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: object;
}

/** What a namespace's admission said to one pod that was only tried out. */
export type Rehearsal =
  | { answer: "admitted" }
  | { answer: "refused"; message: string }
  /** Nobody may ask, or what would judge the pod cannot judge one that is only tried out. */
  | { answer: "not tried"; reason: string };

// The controller's own pods have one. It is not looked at whether the owner exists before the garbage collector comes by.
const noUid = "00000000-0000-0000-0000-000000000000";

/**
 * Sends one pod of a template with `dryRun=All`: every plugin of the API server's admission judges it, and nothing is
 * created. It is sent by the person who deploys; plugins that look at who asks may judge the DaemonSet's controller
 * otherwise.
 *
 * @param ownerUid uid of the DaemonSet; left out if there is none yet
 * @throws Error if the API server cannot be reached
 */
export async function rehearsePod(
  cluster: KubernetesClient,
  namespace: string,
  { metadata = {}, spec = {} }: RehearsedTemplate,
  ownerUid: string = noUid,
): Promise<Rehearsal> {
  const pod = (more: object): unknown => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName: `${names.daemonSet}-`,
      namespace,
      labels: metadata.labels,
      annotations: metadata.annotations,
      // Policies of many clusters refuse a pod that has no controller.
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "DaemonSet", name: names.daemonSet, uid: ownerUid, controller: true },
      ],
    },
    spec: { ...spec, ...more },
  });
  const send = async (more: object): Promise<Rehearsal> => {
    try {
      const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
      await cluster.request("POST", path, { value: pod(more), type: "application/json" });
      return { answer: "admitted" };
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      return answerOf(error);
    }
  };
  const first = await send({});
  // Before the first deployment the ServiceAccount is not there, and what comes behind it is not asked.
  return first.answer === "refused" && /error looking up service account/.test(first.message)
    ? send({ serviceAccountName: "default" })
    : first;
}

/** What an answer of status 400 and above means. Pure. */
export function answerOf({ code, message }: Pick<KubeError, "code" | "message">): Rehearsal {
  const said = message.replace(/^POST \S+: \d+ /, "");
  const user = /^pods is forbidden: User "([^"]+)" cannot create resource "pods"/.exec(said)?.[1];
  if (user !== undefined) return { answer: "not tried", reason: `${user} may not create pods there` };
  if (code === 404) return { answer: "not tried", reason: "the namespace is not there yet" };
  const blind = /admission webhook "([^"]+)" does not support dry run/.exec(said)?.[1];
  if (blind !== undefined) return { answer: "not tried", reason: `the webhook ${blind} does not support dryRun` };
  const busy = code === 401 || code === 429 || code >= 502;
  return busy ? { answer: "not tried", reason: said } : { answer: "refused", message: said };
}
