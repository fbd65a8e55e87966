/**
 * @severity high
 * @link https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#opt-out-of-api-credential-automounting
 */
import { isKind, nameOf, namespaceOf, objectsOf, pathIn, type KubernetesObject } from "../kubernetes";
import { podOf, type PodRef } from "../pods";
import type { Report, StackRule } from "../rule";
import { at, eachItem, guarded, isAbsent, text, texts } from "../values";

export const podTokenAutomount: StackRule = {
  name: "pod-token-automount",
  description: "No container is given a token of the Kubernetes API unasked, and no token lives for ever.",
  severity: "high",
  remediation:
    "Set it to false, and mount a projected token in the one container that calls the API; or list the ServiceAccount in this rule's `allowed`.",
  url: "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#opt-out-of-api-credential-automounting",
  configSchema: {
    properties: {
      allowed: {
        type: "array",
        items: { type: "string" },
        description: "ServiceAccounts whose pods call the Kubernetes API from every container. Default: none.",
      },
    },
  },
  defaults: { allowed: [] },
  // Of the whole stack, since a pod that says nothing is given what its ServiceAccount says.
  stackCheck: (resources, reportOn, config) => {
    const objects = objectsOf(resources, reportOn);
    const allowed = texts(config["allowed"]);
    const accounts = objects.filter((object) => isKind(object, "", "ServiceAccount"));
    const without = new Set<string>();
    for (const account of accounts)
      guarded(reportOn(account.resource), () => {
        if (account.props["automountServiceAccountToken"] === false) without.add(keyOf(account, nameOf(account)));
        else if (!isAbsent(account.props["automountServiceAccountToken"]) && !allowed.includes(nameOf(account)))
          reportOn(account.resource).violation(
            pathIn(account, "automountServiceAccountToken"),
            "gives a token to every pod that does not say otherwise",
          );
      });
    for (const object of objects) {
      const pod = podOf(object);
      const report = reportOn(object.resource);
      if (pod !== undefined)
        guarded(report, () => {
          if (!isWithout(pod, without, allowed))
            report.violation(`${pod.path}.automountServiceAccountToken`, "is not false: every container gets a token");
          lookForLongTokens(pod, report);
        });
      else if (isKind(object, "", "Secret"))
        guarded(report, () => {
          if (
            /^(kubernetes\.io\/service-account-token|bootstrap\.kubernetes\.io\/token)$/.test(
              text(object.props["type"]),
            )
          )
            report.violation(
              pathIn(object, "type"),
              "makes a token that lives for ever",
              "Take this Secret out: a pod's projected token is renewed by itself.",
            );
        });
    }
  },
};

const keyOf = (object: KubernetesObject, account: string): string => `${namespaceOf(object)}/${account}`;

// The pod's own value wins over its ServiceAccount's, which may be made by somebody else.
function isWithout(pod: PodRef, without: ReadonlySet<string>, allowed: readonly string[]): boolean {
  const own = pod.spec["automountServiceAccountToken"];
  if (own === false) return true;
  const account = text(pod.spec["serviceAccountName"]);
  if (allowed.includes(account)) return true;
  return isAbsent(own) && without.has(keyOf(pod.object, account));
}

/** A day: what is longer is found in a backup. An API server bounds it only where it is told to. */
const longest = 86_400;

function lookForLongTokens(pod: PodRef, report: Report): void {
  eachItem(pod.spec["volumes"], `${pod.path}.volumes`, report, (volume, volumePath) =>
    eachItem(at(volume, "projected", "sources"), `${volumePath}.projected.sources`, report, (source, path) => {
      const seconds = at(source, "serviceAccountToken", "expirationSeconds");
      if (typeof seconds === "number" && seconds > longest)
        report.violation(
          `${path}.serviceAccountToken.expirationSeconds`,
          "makes a token that lives for more than a day",
          `Set it to at most ${longest}: the kubelet renews it.`,
        );
    }),
  );
}
