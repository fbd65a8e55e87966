/**
 * @severity high
 * @link https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken
 */
import { isKind, onObjects, pathIn } from "../../kubernetes";
import { eachContainer, onPods, type PodRef } from "../../pods";
import type { Report, ResourceRule } from "../../rule";
import { asArray, asObject, eachItem, guarded, isAbsent, text } from "../../values";

/** Only this container may hold a token. */
export function collectorToken(container: string): ResourceRule {
  return {
    name: "alloy-token",
    description: "Only the collector's container holds a token of the Kubernetes API, and a short-lived one.",
    severity: "high",
    remediation: "Set automountServiceAccountToken to false and mount the projected token where it is used.",
    url: "https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken",
    checks: [
      onPods((pod, report) => {
        if (pod.spec["automountServiceAccountToken"] !== false)
          report.violation(`${pod.path}.automountServiceAccountToken`, "is not false: every container gets a token");
      }),
      onObjects(
        (object) => isKind(object, "", "ServiceAccount"),
        (object, report) => {
          if (object.props["automountServiceAccountToken"] !== false)
            report.violation(pathIn(object, "automountServiceAccountToken"), "is not false", "Set it to false.");
        },
      ),
      // Kubernetes fills it with a token that never expires.
      onObjects(
        (object) => isKind(object, "", "Secret"),
        (object, report) => {
          if (object.props["type"] === "kubernetes.io/service-account-token")
            report.violation(pathIn(object, "type"), "makes a token that lives for ever", "Take this Secret out.");
        },
      ),
      onPods((pod, report) => {
        const tokens = tokenVolumes(pod, report);
        eachContainer(pod, report, (ref) => {
          if (ref.name === container && ref.position === "containers") return;
          eachItem(ref.container["volumeMounts"], `${ref.path}.volumeMounts`, report, (item, path) => {
            if (tokens.has(text(asObject(item)["name"])))
              report.violation(path, "mounts a token into another container");
          });
        });
      }),
    ],
  };
}

// A token that lives longer than an hour or so is found in a backup long after.
const longest = 7200;

function tokenVolumes(pod: PodRef, report: Report): Set<string> {
  const found = new Set<string>();
  eachItem(pod.spec["volumes"], `${pod.path}.volumes`, report, (volume, volumePath) => {
    const { name, projected } = asObject(volume);
    const sources = asArray(asObject(projected)["sources"]);
    eachItem(sources, `${volumePath}.projected.sources`, report, (source, path) => {
      const { serviceAccountToken } = asObject(source);
      if (isAbsent(serviceAccountToken)) return;
      found.add(text(name));
      guarded(report, () => {
        const { expirationSeconds } = asObject(serviceAccountToken);
        // The API server's own default is an hour.
        if (!isAbsent(expirationSeconds) && !(typeof expirationSeconds === "number" && expirationSeconds <= longest))
          report.violation(
            `${path}.serviceAccountToken.expirationSeconds`,
            "makes a token that lives long",
            `Set it to at most ${longest}.`,
          );
      });
    });
  });
  return found;
}
