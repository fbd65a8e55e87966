import { inStackFile } from "../known-error";
import { quote, quoted, type KnownCause } from "./known-cause";
import { quotaCauses } from "./quota";
import { settingFor } from "./setting-for";

/** Behind a webhook's reason the engine's output goes on with words of its own. */
const untilNextPart = String.raw`([\s\S]*?)(?=\n\s*(?:error|warning|Diagnostics|Resources|Policies|---)|$)`;

/**
 * Why the API server creates no pod, or not the DaemonSet itself: each plugin of its admission in its own words. They come
 * from the engine, from the DaemonSet's FailedCreate events, and from the rehearsal of a preview. What the program makes
 * of them must not match again: the engine prints it, too.
 */
export const admissionCauses: KnownCause[] = [
  ...quotaCauses,
  {
    pattern: new RegExp(`violates PodSecurity ${quote}([a-z]+):([^"\\\\]+)${quote}: ([^\\n]+)`),
    lasts: true,
    toProblem: ([, level = "", , reason = ""], place) =>
      inStackFile(
        place,
        "alloy:namespace",
        `Pod Security level ${level}, which holds for the namespace, refuses the collectors: ${quoted(reason)}`,
        "have the namespace labelled pod-security.kubernetes.io/enforce: privileged (the label also overrides a level that the cluster sets for all, as on Talos), or name one that has it",
      ),
  },
  {
    pattern: /unable to validate against any security context constraint: ([^\n]*)/,
    lasts: true,
    toProblem: ([, reason = ""], place) =>
      inStackFile(
        place,
        "alloy:namespace",
        `no SecurityContextConstraint of OpenShift that the ServiceAccount alloy may use allows the collectors: ${constraints(reason)}`,
        "have it allowed one with hostPath, user 473 and, for prepare-storage, root with CHOWN: oc adm policy add-scc-to-user privileged -z alloy -n NAMESPACE",
      ),
  },
  {
    pattern:
      /(?:PodSecurityPolicy: unable to admit pod|unable to validate against any pod security policy): ([^\n]*)|(no providers available to validate pod request)/,
    lasts: true,
    toProblem: ([, reason, none = ""], place) =>
      inStackFile(
        place,
        "alloy:namespace",
        `no PodSecurityPolicy that the ServiceAccount alloy may use allows the collectors (${quoted(reason ?? none.replace("validate pod request", "judge a pod"))})`,
        "have a policy with hostPath bound to it; Kubernetes 1.25 and later have none of these policies",
      ),
  },
  {
    pattern: new RegExp(
      `admission webhook ${quote}([^"\\\\]*gke\\.io)${quote} denied the request:?([^\\n]*autogke[^\\n]*)`,
    ),
    lasts: true,
    toProblem: ([, webhook = "", reason = ""], place) =>
      inStackFile(
        place,
        "alloy:kubernetes.context",
        `GKE Autopilot (${webhook}) refuses the collectors: ${quoted(reason)}`,
        "Autopilot lets no workload of a user write to a directory of the node, where the collectors keep their positions: use a GKE Standard cluster, or have a WorkloadAllowlist made for this pod (docs/platforms.md)",
      ),
  },
  {
    pattern: new RegExp(
      `admission webhook ${quote}([^"\\\\]+)${quote} denied the request(?: without explanation)?:?${untilNextPart}`,
    ),
    lasts: true,
    toProblem: ([, webhook = "", reason = ""], place) => {
      const { key, remedy } = settingFor(reason);
      const said = quoted(reason);
      return inStackFile(
        place,
        key,
        `the webhook ${webhook}, a policy of the cluster, refuses the collectors: ${said === "" ? "it gives no reason" : said}`,
        remedy,
      );
    },
  },
  {
    pattern: /ValidatingAdmissionPolicy '([^']+)' with binding '([^']+)' denied request: ([^\n]*)/,
    lasts: true,
    toProblem: ([, policy = "", binding = "", reason = ""], place) => {
      const broken = /resulted in error|compilation error/.test(reason);
      const { key, remedy } = settingFor(reason);
      return inStackFile(
        place,
        broken ? "" : key,
        `the cluster's ValidatingAdmissionPolicy ${policy} (binding ${binding}) refuses the collectors: ${quoted(reason)}`,
        broken
          ? "the policy's own expression fails for these pods, and its failurePolicy is Fail: whoever owns the policy has to mend it"
          : remedy,
      );
    },
  },
  {
    pattern: new RegExp(
      `failed calling webhook ${quote}([^"\\\\]+)${quote}: (?:failed to call webhook: )?(?:Post (?:${quote})?([^"\\\\\\s]+?)(?:${quote})?: )?([^\\n]*)`,
    ),
    toProblem: ([, webhook = "", url = "", cause = ""]) => ({
      file: "the cluster",
      key: webhook,
      problem: `the API server asks this webhook about every such object, and it gives no answer (${quoted(cause)})`,
      remedy: `nothing is wrong with the stack: look at the webhook's own server${serverOf(url)}, then run up again`,
    }),
  },
  {
    // k8s.io/apiserver pkg/admission/metrics and plugin/webhook: all webhooks together have no time left.
    pattern: new RegExp(`admission plugin ${quote}([^"\\\\]+)${quote} failed to complete ([^\\n]*)`),
    toProblem: ([, plugin = "", what = ""]) => ({
      file: "the cluster",
      key: plugin,
      problem: `the cluster's webhooks did not all answer in time (no ${quoted(what)})`,
      remedy:
        "nothing is wrong with the stack: look at the servers of the webhooks (kubectl get mutatingwebhookconfigurations,validatingwebhookconfigurations names them), then run up again",
    }),
  },
  {
    pattern: /no PriorityClass with name ([^\s"\\]+) was found/,
    lasts: true,
    toProblem: ([, name = ""], place) =>
      inStackFile(
        place,
        "alloy:pod.priorityClassName",
        `the cluster has no PriorityClass ${name}`,
        "write one that `kubectl get priorityclass` lists; every cluster has system-node-critical",
      ),
  },
  {
    pattern: /pods with (\S+) priorityClass is not permitted in (\S+) namespace/,
    lasts: true,
    toProblem: ([, name = "", namespace = ""], place) =>
      inStackFile(
        place,
        "alloy:pod.priorityClassName",
        `before 1.17 Kubernetes allows ${name} in kube-system only, and not in ${namespace}`,
        "write a PriorityClass of your own: kubectl create priorityclass alloy --value=1000000",
      ),
  },
  {
    pattern: new RegExp(
      `error looking up service account ([^:\\s]+): serviceaccount ${quote}[^"\\\\]+${quote} not found`,
    ),
    toProblem: ([, account = ""]) => ({
      file: "the cluster",
      key: account,
      problem: "this ServiceAccount is not there, and without it the collectors' pods are not created",
      remedy: "if somebody has deleted it, run up again with --restore",
    }),
  },
  {
    pattern: /image policy webhook backend denied one or more images:? ?([^\n]*)/,
    lasts: true,
    toProblem: ([, reason = ""], place) =>
      inStackFile(
        place,
        "alloy:image",
        `the cluster's image policy refuses the image${quoted(reason) === "" ? "" : `: ${quoted(reason)}`}`,
        "write an image that it allows, best with its digest",
      ),
  },
  {
    pattern: /unable to create new content in namespace ([^\s"\\]+) because it is being terminated/,
    lasts: true,
    toProblem: ([, name = ""], place) =>
      inStackFile(
        place,
        "alloy:namespace",
        `the namespace ${name} is being deleted`,
        "wait until it is gone, then run up again; `kubectl get namespace -o yaml` names what it waits for",
      ),
  },
  {
    pattern:
      /\.spec\.template\.([A-Za-z.[\]0-9="-]+): field not declared in schema|unknown field ${quote}spec\.template\.([^"\\]+)/,
    lasts: true,
    toProblem: ([, declared, unknown = ""], place) =>
      inStackFile(
        place,
        "alloy:kubernetes.context",
        `the API server does not know the field ${declared ?? unknown} of a pod: it is older than this program needs`,
        "use a cluster with Kubernetes 1.29 or later",
      ),
  },
];

/** Of what OpenShift says the parts that name a field; the rest lists constraints that the account may not use. */
function constraints(reason: string): string {
  const fields = reason
    .replaceAll('\\"', '"')
    .match(/\.?(?:spec|initContainers|containers)\S*: Invalid value: (?:\[\]\w+\{[^}]*\}|"[^"]*"|\w+): [^,\]]+/g);
  return quoted(fields === null ? reason : [...new Set(fields)].join("; "));
}

/** `https://kyverno-svc.kyverno.svc:443/validate` is a Service; anything else is named as it is. */
function serverOf(url: string): string {
  if (url === "") return "";
  const [, service, namespace] = /^https:\/\/([^.:/]+)\.([^.:/]+)\.svc[.:/]/.exec(url) ?? [];
  return service === undefined || namespace === undefined
    ? ` at ${url.split("?")[0] ?? url}`
    : ` (kubectl -n ${namespace} get pods,endpoints; it is behind the Service ${service})`;
}
