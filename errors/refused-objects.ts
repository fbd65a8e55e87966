import { inStackFile, type ErrorPlace, type KnownError } from "./known-error";

const kubectl = ({ context }: ErrorPlace): string =>
  context === undefined ? "kubectl" : `kubectl --context ${context}`;

/**
 * What the API server refuses of a whole object that is no pod. In the engine's JSON quotes have a backslash before them.
 * Source of the words: k8s.io/kubernetes plugin/pkg/admission/resourcequota, pkg/apis/rbac/validation,
 * pkg/apis/core/validation
 */
export const refusedObjects: KnownError[] = [
  {
    pattern:
      /\b(?!pods )([a-z]+)(?:\.[a-z.0-9]+)? \\?"([^"\\]*)\\?" is forbidden: exceeded quota: ([^,\s]+), requested: (\S+), used: (\S+), limited: ([^\s"\\]+)/,
    toProblem: ([, kind = "", name = "", quota = "", requested = "", used = "", limited = ""], place) =>
      inStackFile(
        place,
        "alloy:namespace",
        `the ResourceQuota ${quota} of the namespace leaves no room for ${kind} ${name}: ${sums(requested, used, limited)}`,
        "have the quota raised, make room in the namespace, or name another one",
      ),
  },
  {
    pattern: /(?:(ClusterRoleBinding|RoleBinding)[\w.]* \\?"([^"\\]+)\\?" is invalid: )?[^\n]*cannot change roleRef/,
    toProblem: ([, kind = "ClusterRoleBinding", name = "alloy"], place) =>
      inStackFile(
        place,
        "",
        `the ${kind} ${name} binds another role, and Kubernetes lets nobody change which`,
        `look whose it is; if nobody needs it: ${kubectl(place)} delete ${kind.toLowerCase()} ${name}, then run up again`,
      ),
  },
  {
    pattern:
      /([A-Z][A-Za-z]+)[\w.]* \\?"([^"\\]+)\\?" is invalid: (spec\.\S+): Invalid value: [^\n]*field is immutable/,
    toProblem: ([, kind = "", name = "", field = ""], place) =>
      inStackFile(
        place,
        "",
        `the ${kind} ${name} exists with another ${field}, which Kubernetes lets nobody change`,
        "it was made by another program or an older version: npx alloyctl adopt STACK says whether it can be taken over; otherwise delete it, then run up again",
      ),
  },
  {
    pattern:
      /(?:([A-Z][A-Za-z]+)[\w.]* \\?"([^"\\]+)\\?" is invalid: )?\S*: Too long: (?:must have at most|may not be more than) (\d+)(?: bytes)?|[Rr]equest entity too large: limit is (\d+)/,
    toProblem: ([, kind = "an object", name = "", most, limit], place) =>
      inStackFile(
        place,
        "alloy:extraSections",
        `${[kind, name].filter(Boolean).join(" ")} is larger than Kubernetes takes (${most ?? limit ?? ""} bytes)`,
        "shorten the sections, or give one of them to a second stack",
      ),
  },
  {
    pattern: /Apply failed with \d+ conflicts?: (conflicts? with [\s\S]*)/,
    toProblem: ([, list = ""], place) => {
      const managers = [
        ...new Set([...list.matchAll(/conflicts? with \\?"([^"\\]+)\\?"/g)].map((match) => match[1] ?? "")),
      ];
      const one = managers.length === 1;
      const restarted = managers.includes("kubectl-rollout") ? " (kubectl-rollout is a `kubectl rollout restart`)" : "";
      return inStackFile(
        place,
        "",
        `${managers.join(" and ")} ${one ? "changes" : "change"} the same fields of an object of this stack`,
        `if ${one ? "it is a program" : "one is a program"} (ArgoCD?), stop it from managing them; npx alloyctl up STACK --restore puts back a change by hand${restarted}`,
      );
    },
  },
];

/** `count/secrets=1 wanted, 10 of 10 used`, one for each resource. */
function sums(requested: string, used: string, limited: string): string {
  const inUse = amounts(used);
  const most = amounts(limited);
  return [...amounts(requested)]
    .map(([name, amount]) => `${name}: ${amount} wanted, ${inUse.get(name) ?? "?"} of ${most.get(name) ?? "?"} used`)
    .join("; ");
}

const amounts = (text: string): Map<string, string> =>
  new Map(
    text.split(",").map((pair) => {
      const at = pair.lastIndexOf("=");
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
