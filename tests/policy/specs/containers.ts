import { containerCapabilities } from "../../../policy/rules/container-capabilities";
import { containerConfinement } from "../../../policy/rules/container-confinement";
import { containerNonRoot } from "../../../policy/rules/container-non-root";
import { containerPrivilegeEscalation } from "../../../policy/rules/container-privilege-escalation";
import { containerPrivileged } from "../../../policy/rules/container-privileged";
import { containerProbeHost } from "../../../policy/rules/container-probe-host";
import { containerReadOnlyRoot } from "../../../policy/rules/container-read-only-root";
import { containerResources } from "../../../policy/rules/container-resources";
import { containerSeccomp } from "../../../policy/rules/container-seccomp";
import { imageVersion } from "../../../policy/rules/image-version";
import { happyPod } from "../happy";
import type { RuleSpec } from "../spec";

const first = "spec.containers[0]";
const security = `${first}.securityContext`;
const pod = "spec.securityContext";

export const containerSpecs: RuleSpec[] = [
  {
    rule: containerPrivileged,
    happy: happyPod,
    failures: [
      { field: `${security}.privileged`, set: true },
      { field: `${security}.privileged`, set: "true" },
      { field: "spec.initContainers[1].securityContext.privileged", set: true },
    ],
    inContainers: [{ field: "securityContext.privileged", set: true }],
    passes: [{ field: security }, { field: `${security}.privileged`, set: null }],
    unknown: [`${security}.privileged`, security, first],
  },
  {
    rule: containerPrivilegeEscalation,
    happy: happyPod,
    failures: [
      { field: `${security}.allowPrivilegeEscalation`, set: true },
      { field: `${security}.allowPrivilegeEscalation` },
      { field: security, says: `${security}.allowPrivilegeEscalation` },
    ],
    inContainers: [{ field: "securityContext.allowPrivilegeEscalation" }],
    passes: [{ field: `${security}.privileged` }],
    unknown: [`${security}.allowPrivilegeEscalation`, security],
  },
  {
    rule: containerCapabilities,
    happy: happyPod,
    failures: [
      { field: `${security}.capabilities.drop`, set: ["NET_RAW"] },
      { field: `${security}.capabilities.drop`, set: "ALL" },
      { field: `${security}.capabilities`, says: `${security}.capabilities.drop` },
      { field: `${security}.capabilities.add`, set: ["SYS_ADMIN"], says: `${security}.capabilities.add[0]` },
      { field: `${security}.capabilities.add`, set: "SYS_ADMIN" },
      {
        field: `${security}.capabilities.add`,
        set: ["NET_BIND_SERVICE", "CHOWN"],
        says: `${security}.capabilities.add[1]`,
        options: { config: { allowed: ["NET_BIND_SERVICE"] } },
      },
    ],
    inContainers: [
      { field: "securityContext.capabilities.drop" },
      { field: "securityContext.capabilities.add", set: ["CHOWN"] },
    ],
    passes: [
      { field: `${security}.capabilities.add`, set: [] },
      { field: `${security}.capabilities.add`, set: ["CHOWN"], options: { config: { allowed: ["CHOWN"] } } },
    ],
    unknown: [`${security}.capabilities.drop`, `${security}.capabilities.drop[0]`, `${security}.capabilities.add`],
  },
  {
    rule: containerNonRoot,
    happy: happyPod,
    failures: [
      { field: `${security}.runAsNonRoot`, set: false },
      { field: `${security}.runAsNonRoot`, set: "true" },
      { field: `${security}.runAsUser`, set: 0 },
      { field: `${security}.runAsUser`, set: "473" },
      { field: `${pod}.runAsUser`, set: 0 },
      { field: `${pod}.runAsNonRoot`, set: false },
    ],
    inContainers: [
      { field: "securityContext.runAsUser", set: 0 },
      { field: "securityContext.runAsNonRoot", set: false },
    ],
    passes: [
      // The pod's own value holds for a container without one, and the other way round.
      { field: security },
      { field: pod },
      { field: `${security}.runAsUser`, set: 1000 },
    ],
    unknown: [`${security}.runAsNonRoot`, `${security}.runAsUser`, `${pod}.runAsUser`, `${pod}.runAsNonRoot`],
  },
  {
    rule: containerReadOnlyRoot,
    happy: happyPod,
    failures: [
      { field: `${security}.readOnlyRootFilesystem`, set: false },
      { field: `${security}.readOnlyRootFilesystem` },
      { field: security, says: `${security}.readOnlyRootFilesystem` },
    ],
    inContainers: [{ field: "securityContext.readOnlyRootFilesystem" }],
    passes: [{ field: `${security}.privileged` }],
    unknown: [`${security}.readOnlyRootFilesystem`],
  },
  {
    rule: containerSeccomp,
    happy: happyPod,
    failures: [
      { field: `${security}.seccompProfile`, set: { type: "Unconfined" } },
      { field: `${security}.seccompProfile`, set: {} },
      { field: `${pod}.seccompProfile.type`, set: "Unconfined" },
      { field: `${pod}.seccompProfile`, says: `${security}.seccompProfile` },
      { field: 'metadata.annotations["seccomp.security.alpha.kubernetes.io/pod"]', set: "unconfined" },
    ],
    inContainers: [{ field: "securityContext.seccompProfile", set: { type: "Unconfined" } }],
    passes: [
      { field: `${security}.seccompProfile`, set: { type: "Localhost", localhostProfile: "a.json" } },
      { field: 'metadata.annotations["seccomp.security.alpha.kubernetes.io/pod"]', set: "runtime/default" },
    ],
    unknown: [`${security}.seccompProfile`, `${pod}.seccompProfile.type`, "metadata.annotations"],
  },
  {
    rule: containerConfinement,
    happy: happyPod,
    failures: [
      { field: `${security}.procMount`, set: "Unmasked" },
      { field: `${security}.seLinuxOptions`, set: { type: "spc_t" }, says: `${security}.seLinuxOptions.type` },
      { field: `${pod}.seLinuxOptions`, set: { user: "system_u" }, says: `${pod}.seLinuxOptions.user` },
      { field: `${pod}.seLinuxOptions`, set: { role: "system_r" }, says: `${pod}.seLinuxOptions.role` },
      { field: `${security}.appArmorProfile`, set: { type: "Unconfined" }, says: `${security}.appArmorProfile.type` },
      { field: `${pod}.windowsOptions`, set: { hostProcess: true }, says: `${pod}.windowsOptions.hostProcess` },
      { field: 'metadata.annotations["container.apparmor.security.beta.kubernetes.io/app"]', set: "unconfined" },
    ],
    inContainers: [
      { field: "securityContext.procMount", set: "Unmasked" },
      { field: "securityContext.appArmorProfile", set: { type: "Unconfined" } },
      { field: "securityContext.seLinuxOptions", set: { type: "spc_t" } },
      { field: "securityContext.windowsOptions", set: { hostProcess: true } },
    ],
    passes: [
      { field: `${security}.procMount`, set: "Default" },
      { field: `${pod}.seLinuxOptions`, set: { level: "s0:c123,c456" } },
      { field: 'metadata.annotations["container.apparmor.security.beta.kubernetes.io/app"]', set: "runtime/default" },
    ],
    unknown: [`${security}.procMount`, `${pod}.seLinuxOptions`, `${security}.appArmorProfile`, `${pod}.windowsOptions`],
  },
  {
    rule: containerProbeHost,
    happy: happyPod,
    failures: [
      { field: `${first}.livenessProbe`, set: { httpGet: { host: "a" } }, says: `${first}.livenessProbe.httpGet.host` },
      { field: `${first}.startupProbe`, set: { tcpSocket: { host: "a" } }, says: "startupProbe.tcpSocket.host" },
      { field: `${first}.lifecycle`, set: { preStop: { httpGet: { host: "a" } } }, says: "preStop.httpGet.host" },
    ],
    inContainers: [{ field: "readinessProbe", set: { httpGet: { host: "169.254.169.254" } } }],
    passes: [{ field: `${first}.livenessProbe`, set: { httpGet: { path: "/", port: 80 } } }, { field: first }],
    unknown: [`${first}.livenessProbe`, `${first}.lifecycle.postStart`],
  },
  {
    rule: containerResources,
    happy: happyPod,
    failures: [
      { field: `${first}.resources.requests.cpu` },
      { field: `${first}.resources.requests.memory` },
      { field: `${first}.resources.limits.cpu`, options: { config: { maxCpu: "2" } } },
      { field: `${first}.resources.limits.memory` },
      { field: `${first}.resources.limits.memory`, set: "512mb" },
      { field: `${first}.resources.limits.memory`, set: 0 },
      {
        field: `${first}.resources`,
        says: `${first}.resources says nothing of requests.cpu, requests.memory, limits.memory`,
      },
      { field: `${first}.resources.limits.cpu`, set: "4", options: { config: { maxCpu: "2000m" } } },
      { field: `${first}.resources.limits.memory`, set: "3Gi", options: { config: { maxMemory: "2Gi" } } },
    ],
    inContainers: [{ field: "resources.limits.memory", ephemeral: false }],
    passes: [
      // The API has no resources for an ephemeral container.
      { field: "spec.ephemeralContainers[0].resources" },
      { field: `${first}.resources.limits.cpu` },
      { field: `${first}.resources.limits.cpu`, set: 2, options: { config: { maxCpu: "2000m" } } },
    ],
    unknown: [`${first}.resources.limits.cpu`, `${first}.resources.requests.memory`, `${first}.resources`],
  },
  {
    rule: imageVersion,
    happy: happyPod,
    failures: [
      { field: `${first}.image`, set: "registry.example.com/team/app:latest" },
      { field: `${first}.image`, set: "registry.example.com/team/app:stable" },
      { field: `${first}.image`, set: "registry.example.com/team/app:latest-alpine" },
      { field: `${first}.image`, set: "registry.example.com:5000/team/app" },
      { field: `${first}.image`, set: "not an image" },
      { field: `${first}.image` },
      { field: `${first}.image`, set: 7 },
      { field: `${first}.image`, set: "a/b:1", options: { config: { digest: true, repositories: [] } } },
      { field: `${first}.image`, set: "nginx:1.2", options: { config: { repositories: ["registry.example.com"] } } },
      {
        field: `${first}.image`,
        set: "docker.io/grafana-fake/alloy:1",
        options: { config: { repositories: ["docker.io/grafana", "registry.example.com"] } },
      },
      { field: "spec.volumes[0].image", set: { reference: "a/b" }, says: "spec.volumes[0].image.reference" },
    ],
    inContainers: [{ field: "image", set: "a/b:latest" }, { field: "image" }],
    passes: [
      { field: `${first}.image`, set: `docker.io/grafana/alloy@sha256:${"a".repeat(64)}` },
      { field: `${first}.image`, set: `docker.io/grafana/alloy:stable@sha256:${"a".repeat(64)}` },
      { field: `${first}.image`, set: `docker.io/grafana/alloy:v1.18.1@sha256:${"a".repeat(64)}` },
      {
        field: `${first}.image`,
        set: "grafana/alloy:v1",
        options: { config: { repositories: ["docker.io/grafana/", "registry.example.com/team"] } },
      },
    ],
    unknown: [`${first}.image`, first],
  },
];
