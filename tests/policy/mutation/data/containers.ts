import type { Mutation } from "../mutation";
import { collector, containerSecured, containerWith, fields, pod, set, type Change } from "./fields";

const security = `${collector}.securityContext`;

/** The same mistake in the collector's container, a second one, an init container and an ephemeral one. */
function everywhere(field: string, value: unknown): Change[] {
  const bad = containerSecured({ [field]: value });
  return [
    [`${security}.${field}`, value],
    [`${pod}.containers[1]`, bad],
    [`${pod}.initContainers`, [bad]],
    [`${pod}.ephemeralContainers`, [bad]],
  ];
}

export const containerMutations: Mutation[] = [
  ...fields("container-privileged", "foreign", set, everywhere("privileged", true)),
  ...fields("container-privilege-escalation", "foreign", set, [
    ...everywhere("allowPrivilegeEscalation", true),
    [`${security}.allowPrivilegeEscalation`],
  ]),
  ...fields("container-capabilities", "foreign", set, [
    ...everywhere("capabilities", { drop: ["ALL"], add: ["SYS_ADMIN"] }),
    [`${security}.capabilities.drop`, ["NET_RAW"]],
    [`${security}.capabilities.add`, ["CHOWN"]],
    [`${security}.capabilities`],
  ]),
  // The exception is for prepare-storage in its exact shape and in no other place.
  ...fields("container-capabilities", "production", set, [
    [`${pod}.initContainers[1]`, containerSecured({ capabilities: {} })],
  ]),
  ...fields("container-non-root", "foreign", set, [
    ...everywhere("runAsNonRoot", false),
    [`${security}.runAsUser`, 0],
    [`${pod}.securityContext.runAsUser`, 0],
  ]),
  ...fields("container-non-root", "production", set, [
    [`${pod}.initContainers[1]`, containerSecured({ runAsUser: 0 })],
  ]),
  ...fields("container-read-only-root", "foreign", set, [
    ...everywhere("readOnlyRootFilesystem", false),
    [`${security}.readOnlyRootFilesystem`],
  ]),
  ...fields("container-seccomp", "foreign", set, [
    ...everywhere("seccompProfile", { type: "Unconfined" }),
    [`${pod}.securityContext.seccompProfile`],
    ['spec.template.metadata.annotations["seccomp.security.alpha.kubernetes.io/pod"]', "unconfined"],
  ]),
  ...fields("container-confinement", "foreign", set, [
    ...everywhere("procMount", "Unmasked"),
    [`${security}.appArmorProfile`, { type: "Unconfined" }],
    [`${pod}.securityContext.seLinuxOptions`, { type: "spc_t" }],
    [`${pod}.securityContext.windowsOptions`, { hostProcess: true }],
  ]),
  ...fields("container-probe-host", "foreign", set, [
    [`${collector}.readinessProbe.httpGet.host`, "169.254.169.254"],
    [`${collector}.livenessProbe`, { tcpSocket: { port: 80, host: "10.0.0.1" } }],
    [`${collector}.lifecycle`, { preStop: { httpGet: { port: 80, host: "10.0.0.1" } } }],
    [`${pod}.containers[1]`, containerWith({ startupProbe: { httpGet: { port: 80, host: "127.0.0.1" } } })],
  ]),
  ...fields("container-resources", "foreign", set, [
    [`${collector}.resources.limits.memory`],
    [`${collector}.resources.requests.cpu`],
    [`${collector}.resources.limits.cpu`, "4"],
    [`${collector}.resources.limits.memory`, "8Gi"],
    [`${pod}.initContainers`, [containerWith({ resources: {} })]],
    [`${pod}.containers[1]`, containerWith({ resources: { limits: { cpu: "1", memory: "1Gi" } } })],
  ]),
  ...fields("image-version", "foreign", set, [
    [`${collector}.image`, "docker.io/grafana/alloy:latest"],
    [`${collector}.image`, "docker.io/grafana/alloy"],
    [`${collector}.image`, "docker.io/grafana/alloy:stable"],
    [`${collector}.image`, "docker.io/grafanalabs/alloy:v1.18.1"],
    [`${pod}.initContainers`, [containerWith({ image: "busybox" })]],
    [`${pod}.ephemeralContainers`, [containerWith({ image: "docker.io/library/busybox:1.36" })]],
    [`${pod}.volumes[9]`, { name: "code", image: { reference: "docker.io/grafana/plugins" } }],
  ]),
];
