import { inStackFile } from "../known-error";
import { quoted, type KnownCause } from "./known-cause";

/** Every resource that LimitRange judges by a plain amount. */
const amounts = "(?:cpu|memory|ephemeral-storage)";

/**
 * What ResourceQuota and LimitRange say. Source: k8s.io/apiserver pkg/quota/v1 and plugin/pkg/admission/limitranger, in
 * their own words.
 */
export const quotaCauses: KnownCause[] = [
  {
    pattern: /insufficient quota to match these scopes: (\[[^\n"]*\])/,
    lasts: true,
    toProblem: ([, scopes = ""], place) => {
      const classes = /PriorityClass In \[([^\]]+)\]/.exec(scopes)?.[1]?.split(" ");
      return inStackFile(
        place,
        "alloy:pod.priorityClassName",
        classes === undefined
          ? `the cluster takes such pods only where a ResourceQuota admits them, and the namespace has none with the scopes ${quoted(scopes)}`
          : `the cluster takes pods of the class ${classes.join(" or ")} only where a ResourceQuota admits them, and the namespace has none (GKE does so everywhere but in kube-system)`,
        `write a PriorityClass of your own (kubectl create priorityclass alloy --value=1000000), or have a ResourceQuota made in the namespace with hard: { pods: 1G } and the scopeSelector ${classes === undefined ? quoted(scopes) : `{ matchExpressions: [{ scopeName: PriorityClass, operator: In, values: [${classes.join(", ")}] }] }`}`,
      );
    },
  },
  {
    pattern: new RegExp(`exceeded quota: ([^,\\s]+), requested: (\\S+), used: (\\S+), limited: ([^\\s"\\\\]+)`),
    lasts: true,
    toProblem: ([, name = "", requested = "", used = "", limited = ""], place) =>
      inStackFile(
        place,
        /cpu|memory/.test(requested) ? "alloy:resources" : "alloy:namespace",
        `the ResourceQuota ${name} of the namespace has no room for one more collector: it asks for ${requested}, and of ${limited} there is ${used} in use`,
        `have the quota raised to one collector a node${/cpu|memory/.test(requested) ? ", or lower what each asks for" : ""}, or name another namespace in alloy:namespace`,
      ),
  },
  {
    pattern: /failed quota: ([^:\s]+): must specify ([^\n"\\]+)/,
    lasts: true,
    toProblem: ([, name = "", what = ""], place) =>
      inStackFile(
        place,
        "alloy:resources",
        `the ResourceQuota ${name} of the namespace counts what the collectors do not state: ${quoted(what)}`,
        "the collectors state requests and limits of cpu and memory: for anything else have a LimitRange with a default made in the namespace, or name another one in alloy:namespace",
      ),
  },
  {
    pattern: new RegExp(
      `(?:^|is forbidden: )\\[?((?:maximum|minimum) ${amounts} usage per (?:Container|Pod) is [^\\n"\\\\\\]]+|${amounts} max limit to request ratio per (?:Container|Pod) is [^\\n"\\\\\\]]+)`,
    ),
    lasts: true,
    toProblem: ([, rule = ""], place) =>
      inStackFile(
        place,
        "alloy:resources",
        `a LimitRange of the namespace does not allow what the collectors ask for: ${quoted(rule)}`,
        "write requests and limits that it allows; if it is about the init container prepare-storage (10m and 16Mi, at most 100m and 64Mi), set alloy:wal.prepare: none, or have the LimitRange changed",
      ),
  },
];
