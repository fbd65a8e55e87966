/**
 * @severity high
 * @link https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
 */
import { onContainers, onPods, podSecurityOf, securityOf } from "../pods";
import type { Report, Rule } from "../rule";
import { asObject, eachEntry, isAbsent, text, texts, type Plain } from "../values";

const seLinuxTypes = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

// Source: k8s.io/pod-security-admission/policy/check_{seLinuxOptions,appArmorProfile,windowsHostProcess,procMount}.go
function seLinux(security: Plain, path: string, report: Report): void {
  const { type, user, role } = asObject(security["seLinuxOptions"]);
  if (!isAbsent(type) && !seLinuxTypes.includes(String(type)))
    report.violation(`${path}.seLinuxOptions.type`, "is not a type for containers");
  if (!isAbsent(user) && user !== "") report.violation(`${path}.seLinuxOptions.user`, "is set");
  if (!isAbsent(role) && role !== "") report.violation(`${path}.seLinuxOptions.role`, "is set");
}

function appArmor(security: Plain, path: string, report: Report): void {
  const profile = security["appArmorProfile"];
  if (!isAbsent(profile) && !["RuntimeDefault", "Localhost"].includes(text(asObject(profile)["type"])))
    report.violation(`${path}.appArmorProfile.type`, "is neither RuntimeDefault nor Localhost");
}

function hostProcess(security: Plain, path: string, report: Report): void {
  const value = asObject(security["windowsOptions"])["hostProcess"];
  if (!isAbsent(value) && value !== false) report.violation(`${path}.windowsOptions.hostProcess`, "is not false");
}

const families = [seLinux, appArmor, hostProcess];

export const containerConfinement: Rule = {
  name: "container-confinement",
  description: "Nothing loosens the walls that the runtime puts around a container.",
  severity: "high",
  remediation: "Remove the field: the runtime's default is the safe one.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
  configSchema: {
    properties: {
      runtimeClasses: {
        type: "array",
        items: { type: "string" },
        description: "Runtime classes that pods may name, such as gvisor. Default: none but the node's own.",
      },
    },
  },
  defaults: { runtimeClasses: [] },
  checks: [
    onPods((pod, report, config) => {
      const { runtimeClassName } = pod.spec;
      if (isAbsent(runtimeClassName) || texts(config["runtimeClasses"]).includes(text(runtimeClassName))) return;
      report.violation(
        `${pod.path}.runtimeClassName`,
        "chooses another runtime, of which nothing here says how it confines",
        "Remove it, or list the class in this rule's `runtimeClasses`.",
      );
    }),
    ...families.map((look) => onPods((pod, report) => look(podSecurityOf(pod), `${pod.path}.securityContext`, report))),
    ...families.map((look) =>
      onContainers((ref, report) => look(securityOf(ref), `${ref.path}.securityContext`, report)),
    ),
    onContainers((ref, report) => {
      const { procMount } = securityOf(ref);
      if (!isAbsent(procMount) && procMount !== "Default")
        report.violation(`${ref.path}.securityContext.procMount`, "shows the container what /proc hides");
    }),
    onPods((pod, report) =>
      eachEntry(pod.metadata()["annotations"], `${pod.metadataPath}.annotations`, report, (value, path, key) => {
        if (!key.startsWith("container.apparmor.security.beta.kubernetes.io/")) return;
        if (!/^(|runtime\/default|localhost\/.+)$/.test(text(value)))
          report.violation(path, "is neither runtime/default nor a local profile");
      }),
    ),
  ],
};
