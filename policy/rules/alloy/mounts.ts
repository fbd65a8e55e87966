/**
 * @severity high
 * @link https://kubernetes.io/docs/concepts/security/secrets-good-practices/#restrict-secret-access-to-specific-containers
 */
import type { FileNeed } from "../../../pipeline/needs";
import { onContainers, onPods, type ContainerRef } from "../../pods";
import type { ResourceRule } from "../../rule";
import { asArray, asObject, at, eachItem, isAbsent, text } from "../../values";
import { isWorkload, type CanaryWorkload } from "./workload";

/** The one Secret of the stack, the keys of it that the pipeline reads, and the container that runs it. */
export interface CredentialMounts {
  secretName: string;
  files: readonly FileNeed[];
  container: string;
  /** Reads its credential from the environment, since loki-canary reads no file. */
  canary?: CanaryWorkload;
}

export function collectorMounts({ secretName, files, container, canary }: CredentialMounts): ResourceRule {
  const keys = files.map(({ secretKey }) => secretKey);
  return {
    name: "alloy-mounts",
    description: "A collector mounts the credential files that its pipeline reads, and no other Secret.",
    severity: "high",
    remediation: "Mount only the keys that the pipeline's sections name as files that they need.",
    url: "https://kubernetes.io/docs/concepts/security/secrets-good-practices/#restrict-secret-access-to-specific-containers",
    checks: [
      onPods((pod, report) =>
        eachItem(pod.spec["volumes"], `${pod.path}.volumes`, report, (item, path) => {
          const { secret } = asObject(item);
          if (isAbsent(secret)) return;
          if (keys.length === 0) report.violation(`${path}.secret`, "mounts a Secret, and the pipeline reads none");
          else if (asObject(secret)["secretName"] !== secretName)
            report.violation(`${path}.secret.secretName`, "is not the Secret of this stack");
          else if (asArray(asObject(secret)["items"]).length === 0)
            report.violation(`${path}.secret.items`, "is missing, which mounts every key");
          else
            eachItem(asObject(secret)["items"], `${path}.secret.items`, report, (entry, entryPath) => {
              if (!keys.includes(text(asObject(entry)["key"])))
                report.violation(`${entryPath}.key`, "is a key that the pipeline does not read");
            });
        }),
      ),
      onPods((pod, report) =>
        eachItem(pod.spec["volumes"], `${pod.path}.volumes`, report, (item, path) =>
          eachItem(at(item, "projected", "sources"), `${path}.projected.sources`, report, (source, sourcePath) => {
            if (!isAbsent(asObject(source)["secret"]))
              report.violation(`${sourcePath}.secret`, "mounts a Secret through a projected volume");
          }),
        ),
      ),
      onPods((pod, report) =>
        eachItem(pod.spec["volumes"], `${pod.path}.volumes`, report, (item, path) => {
          if (!isAbsent(asObject(item)["csi"]))
            report.violation(`${path}.csi`, "is filled by a driver, with Secrets that are named elsewhere");
        }),
      ),
      onPods((pod, report) => {
        const secrets = new Set<string>();
        eachItem(pod.spec["volumes"], `${pod.path}.volumes`, report, (item) => {
          if (!isAbsent(asObject(item)["secret"])) secrets.add(text(asObject(item)["name"]));
        });
        for (const position of ["initContainers", "containers", "ephemeralContainers"]) {
          eachItem(pod.spec[position], `${pod.path}.${position}`, report, (ref, path) => {
            if (asObject(ref)["name"] === container && position === "containers") return;
            eachItem(asObject(ref)["volumeMounts"], `${path}.volumeMounts`, report, (mount, mountPath) => {
              if (secrets.has(text(asObject(mount)["name"])))
                report.violation(mountPath, "mounts a Secret into another container");
            });
          });
        }
      }),
      onContainers((ref, report) =>
        eachItem(ref.container["env"], `${ref.path}.env`, report, (item, path) => {
          if (!isAbsent(at(item, "valueFrom", "secretKeyRef")) && !isCanaryCredential(ref, item, canary))
            report.violation(
              `${path}.valueFrom.secretKeyRef`,
              "puts a Secret into the environment",
              "Mount it as a file.",
            );
        }),
      ),
      onContainers((ref, report) =>
        eachItem(ref.container["envFrom"], `${ref.path}.envFrom`, report, (_, path) =>
          report.violation(path, "brings in variables that are not named", "Name each variable in env."),
        ),
      ),
    ],
  };
}

/** Exactly the keys of exactly the Secret that `alloy:canary` names, in the canary's one container. */
function isCanaryCredential({ pod, position, name }: ContainerRef, item: unknown, canary?: CanaryWorkload): boolean {
  if (canary?.secretName === undefined || !isWorkload(pod.object, canary)) return false;
  if (position !== "containers" || name !== canary.container) return false;
  const ref = asObject(at(item, "valueFrom", "secretKeyRef"));
  const variable = text(asObject(item)["name"]);
  return (
    ref["name"] === canary.secretName &&
    canary.credential.some((one) => one.name === variable && one.key === ref["key"])
  );
}
