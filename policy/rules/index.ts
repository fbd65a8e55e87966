import type { Rule } from "../rule";
import { containerCapabilities } from "./container-capabilities";
import { containerConfinement } from "./container-confinement";
import { containerNonRoot } from "./container-non-root";
import { containerPrivilegeEscalation } from "./container-privilege-escalation";
import { containerPrivileged } from "./container-privileged";
import { containerProbeHost } from "./container-probe-host";
import { containerReadOnlyRoot } from "./container-read-only-root";
import { containerResources } from "./container-resources";
import { containerSeccomp } from "./container-seccomp";
import { guardEffective } from "./guard-effective";
import { imageVersion } from "./image-version";
import { ingressAnnotations } from "./ingress-annotations";
import { kindAllowed } from "./kind-allowed";
import { kubernetesPatch } from "./kubernetes-patch";
import { kubernetesTyped } from "./kubernetes-typed";
import { monitorCredentials } from "./monitor-credentials";
import { namespaceExplicit } from "./namespace-explicit";
import { namespacePodSecurity } from "./namespace-pod-security";
import { objectEmbedded } from "./object-embedded";
import { packageAllowed } from "./package-allowed";
import { podAnnotations } from "./pod-annotations";
import { podDns } from "./pod-dns";
import { podHostNamespaces } from "./pod-host-namespaces";
import { podHostPath } from "./pod-host-path";
import { podHostPorts } from "./pod-host-ports";
import { podPriorityClass } from "./pod-priority-class";
import { podScheduling } from "./pod-scheduling";
import { podServiceAccount } from "./pod-service-account";
import { podSysctls } from "./pod-sysctls";
import { podTokenAutomount } from "./pod-token-automount";
import { podVolumeTypes } from "./pod-volume-types";
import { providerExplicit } from "./provider-explicit";
import { rbacBinding } from "./rbac-binding";
import { rbacNoAggregation } from "./rbac-no-aggregation";
import { rbacNoEscalation } from "./rbac-no-escalation";
import { rbacNoSecrets } from "./rbac-no-secrets";
import { rbacNoWildcard } from "./rbac-no-wildcard";
import { rbacRoleKnown } from "./rbac-role-known";
import { secretElsewhere } from "./secret-elsewhere";
import { secretLiteral } from "./secret-literal";
import { serviceAccountCloudRole } from "./service-account-cloud-role";
import { serviceExposure } from "./service-exposure";
import { storageVolumes } from "./storage-volumes";
import { workloadReadable } from "./workload-readable";

/** The rules for any stack on Kubernetes. They import nothing outside policy/. */
export const genericRules: readonly Rule[] = [
  rbacNoWildcard,
  rbacNoSecrets,
  rbacNoEscalation,
  rbacNoAggregation,
  rbacBinding,
  podServiceAccount,
  podTokenAutomount,
  podHostNamespaces,
  podHostPorts,
  podHostPath,
  podVolumeTypes,
  podSysctls,
  podPriorityClass,
  containerPrivileged,
  containerPrivilegeEscalation,
  containerCapabilities,
  containerNonRoot,
  containerReadOnlyRoot,
  containerSeccomp,
  containerConfinement,
  containerProbeHost,
  containerResources,
  imageVersion,
  secretLiteral,
  secretElsewhere,
  namespaceExplicit,
  namespacePodSecurity,
  kubernetesTyped,
  kubernetesPatch,
  providerExplicit,
  workloadReadable,
  rbacRoleKnown,
  serviceAccountCloudRole,
  podAnnotations,
  podDns,
  podScheduling,
  storageVolumes,
  serviceExposure,
  ingressAnnotations,
  guardEffective,
  monitorCredentials,
  packageAllowed,
  kindAllowed,
  objectEmbedded,
];
