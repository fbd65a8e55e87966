import { explainPodCause } from "../../errors/pods/explain-cause";
import { quoted } from "../../errors/pods/known-cause";
import type { ErrorPlace } from "../../errors/known-error";
import type { Problem } from "../../kit/user-error";
import type { Settings } from "../../settings/schema";
import type { KubeObject } from "../cluster/kubernetes-client";
import type { Rehearsal } from "./rehearse";

/** What a look at a cluster's admission has found, before anything is deployed. */
export interface AdmissionFindings {
  /** The pods would be refused whoever creates them. */
  problems: Problem[];
  /** Lines for a person: what may be refused, and what could not be tried. */
  warnings: string[];
}

/** What is judged. */
export interface AdmissionLook {
  /** The namespace as it is; undefined if it is not there, or nobody may read it. */
  namespace: KubeObject | undefined;
  /** Where the pod was tried: a namespace that is not there yet has no answer, and `default` stands in for it. */
  triedIn: string;
  rehearsal: Rehearsal;
  /** The stack's DaemonSet has pods in the namespace, which count in its quotas. */
  hasPods: boolean;
}

const enforceLabel = "pod-security.kubernetes.io/enforce";

/** Plugins that judge a pod whoever creates it, by texts of theirs. All others may look at the user, too. */
const judgesThePod =
  /violates PodSecurity|insufficient quota to match|exceeded quota|failed quota|usage per (?:Container|Pod) is|limit to request ratio|no PriorityClass with name|priorityClass is not permitted/;

/** Of these a pod tells in any namespace that has no rules of its own, such as `default`. */
const holdsEverywhere = /insufficient quota to match|no PriorityClass with name/;

/**
 * What a rehearsal means for a deployment. Pure.
 *
 * A namespace that the stack manages gets its Pod Security label by this very deployment, so the present one decides
 * nothing. A quota that is used up by the stack's own pods refuses one more, but not one in place of another.
 */
export function judgeAdmission(
  { namespace: { name, managed } }: Pick<Settings, "namespace">,
  look: AdmissionLook,
  place: ErrorPlace,
): AdmissionFindings {
  const labelled = managed ? undefined : labelProblem(name, look.namespace, place);
  const found = rehearsalFindings(name, managed, look, place);
  if (labelled === undefined) return found;
  // The label and the answer to the pod are then the same thing.
  const more = found.problems.filter(({ key }) => key !== labelled.key);
  return { problems: [labelled, ...more], warnings: found.warnings };
}

function labelProblem(name: string, namespace: KubeObject | undefined, place: ErrorPlace): Problem | undefined {
  const level = namespace?.metadata.labels?.[enforceLabel];
  if (level === undefined || level === "privileged") return undefined;
  return {
    file: place.stackFile,
    key: "alloy:namespace",
    problem: `${name} enforces Pod Security level ${level}, which allows no hostPath, and the collectors keep their positions in one`,
    remedy: `have it labelled ${enforceLabel}: privileged by whoever owns it, or name a namespace that has this label`,
  };
}

function rehearsalFindings(
  name: string,
  managed: boolean,
  { triedIn, rehearsal, hasPods }: AdmissionLook,
  place: ErrorPlace,
): AdmissionFindings {
  const nothing: AdmissionFindings = { problems: [], warnings: [] };
  if (rehearsal.answer === "not tried")
    return { problems: [], warnings: [`warning: it was not tried how ${name} admits a pod: ${rehearsal.reason}`] };
  const elsewhere = triedIn !== name;
  const unknownYet = elsewhere
    ? [`note: the namespace ${name} is not there yet, so how it admits a pod could not be tried`]
    : [];
  if (rehearsal.answer === "admitted") return { problems: [], warnings: unknownYet };
  const { message } = rehearsal;
  if (elsewhere && !holdsEverywhere.test(message)) return { problems: [], warnings: unknownYet };
  if (managed && /violates PodSecurity/.test(message)) return nothing;
  if (hasPods && /exceeded quota/.test(message)) return nothing;
  const cause = explainPodCause(message, place);
  if (cause !== undefined && judgesThePod.test(message)) return { problems: [cause.problem], warnings: [] };
  const caveat =
    "tried with dryRun=All as you; the DaemonSet's controller, which creates the pods, may be judged otherwise";
  if (cause === undefined)
    return { problems: [], warnings: [`warning: ${name} refuses such a pod (${caveat}): ${quoted(message)}`] };
  const { file, key, problem, remedy } = cause.problem;
  const where = [file, key].filter((part) => part !== "").join(": ");
  return { problems: [], warnings: [`warning: ${where}: ${problem} (${caveat})\n→ ${remedy}`] };
}
