import { podTemplate } from "../../components/pod/pod-spec";
import { errorText } from "../../kit/error-text";
import { UserError } from "../../kit/user-error";
import { composePipeline } from "../../pipeline/compose";
import { names } from "../../settings/names";
import { KubeError, kubePath, type KubernetesClient, type KubeObject } from "../cluster/kubernetes-client";
import type { StackContext } from "../stack-context";
import { judgeAdmission, type AdmissionFindings } from "./judge";
import { rehearsePod } from "./rehearse";

type DaemonSet = KubeObject & { status?: { currentNumberScheduled?: number } };

/**
 * Looks whether the cluster would admit the collectors' pods: one of them is tried out in their namespace, and the labels
 * of a namespace that is not ours are read. Three requests, at most four. What may not be looked at is said in one line.
 */
export async function lookAtAdmission({ settings, cluster, place, home }: LookContext): Promise<AdmissionFindings> {
  const { name } = settings.namespace;
  try {
    const [namespace, daemonSet] = await Promise.all([
      ifAllowed(cluster.find(kubePath({ apiVersion: "v1", kind: "Namespace", name }))),
      ifAllowed(
        cluster.find<DaemonSet>(
          kubePath({ apiVersion: "apps/v1", kind: "DaemonSet", namespace: name, name: names.daemonSet }),
        ),
      ),
    ]);
    const missing = namespace === "not there";
    // The engine says that, too, and nothing is to be tried.
    if (missing && !settings.namespace.managed) return { problems: [], warnings: [] };
    const triedIn = missing ? "default" : name;
    const template = podTemplate({
      settings,
      needs: composePipeline(settings, home).needs,
      configChecksum: "rehearsal",
    });
    const owner = typeof daemonSet === "string" ? undefined : daemonSet;
    const rehearsal = await rehearsePod(cluster, triedIn, plainTemplate(template), owner?.metadata.uid);
    const hasPods = (owner?.status?.currentNumberScheduled ?? 0) > 0;
    const look = { namespace: typeof namespace === "string" ? undefined : namespace, triedIn, rehearsal, hasPods };
    return judgeAdmission(settings, look, place);
  } catch (error) {
    // A pipeline that cannot be composed is the program's to report, and a cluster that is away the engine's.
    if (error instanceof UserError) return { problems: [], warnings: [] };
    const [reason = ""] = errorText(error).split("\n");
    return { problems: [], warnings: [`warning: it was not tried how ${name} admits a pod (${reason})`] };
  }
}

/** What of a stack's context is needed. */
export type LookContext = Pick<StackContext, "settings" | "place" | "home"> & { cluster: KubernetesClient };

/**
 * The same for a preview.
 *
 * @returns warnings
 * @throws UserError if the pods would be refused whoever creates them
 */
export async function admissionWarnings(context: LookContext): Promise<string[]> {
  const { problems, warnings } = await lookAtAdmission(context);
  if (problems.length > 0) throw new UserError(problems);
  return warnings;
}

/** An object that may not be read says nothing; the deployment itself may not need to read it. */
async function ifAllowed<T>(asked: Promise<T | undefined>): Promise<T | "not there" | "not allowed"> {
  try {
    return (await asked) ?? "not there";
  } catch (error) {
    if (error instanceof KubeError && error.code === 403) return "not allowed";
    throw error;
  }
}

/** The template is plain data, which the types of the engine's inputs cannot say. */
const plainTemplate = (template: unknown): { metadata?: { labels?: Record<string, string> }; spec?: object } =>
  JSON.parse(JSON.stringify(template)) as { spec?: object };
