import assert from "node:assert/strict";

import { explainError, type ErrorPlace } from "../../errors/explain-error";
import { eachIsExplained, type KnownCases } from "./each-is-explained";

/**
 * What a state, a login or a whole object is refused with. Those of the engine were recorded with 3.259; the public
 * thread is named beside the others.
 */
const place: ErrorPlace = { stackFile: "Pulumi.prod.yaml", context: "prod" };

const unreachable = (cause: string): string =>
  `error: configured Kubernetes cluster is unreachable: unable to load schema information from the API server: ${cause}`;
const refused = (cause: string): string =>
  `error: resource monitoring/alloy was not successfully created by the Kubernetes API server: ${cause}`;

const cases: KnownCases = {
  lock: {
    text: "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.\n  file:///state/.pulumi/locks/organization/alloy/prod/abc.json?no_tmp_dir=true: created by runner@ci-1 (pid 4711) at 2026-11-30T20:00:00Z\n",
    says: /^another run has locked the stack \(runner@ci-1 \(pid 4711\), since 2026-11-30T20:00:00Z\).*changed nothing$/,
    remedy: /pulumi cancel --stack prod$/,
    open: true,
  },
  // DefangLabs/defang#385: an object store, in a log with times before each line.
  "lock in S3": {
    text: "2024-05-16T13:41:20-07:00 cd pulumi error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.\n      s3://state?region=us-west-2&awssdk=v2/.pulumi/locks/organization/cd/prod1/ec3a6b52.json: created by root@ip-10-0-42-235 (pid 478) at 2024-05-16T20:31:35Z",
    says: /\(root@ip-10-0-42-235 \(pid 478\), since 2024-05-16T20:31:35Z\)/,
    remedy: /wait until that run has ended/,
    open: true,
  },
  // pulumi/pulumi#9148: older words, and nobody named.
  "lock of an older engine": {
    text: "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or manually delete the lock file(s).",
    says: /^another run has locked the stack, and this one has changed nothing$/,
    remedy: /pulumi cancel --stack prod$/,
    open: true,
  },
  // pulumi/pulumi#1077 and the Cloud's words of today.
  "update in progress": {
    text: "error: [409] Conflict: Another update is currently in progress.\nTo learn more about possible reasons and resolution, visit https://www.pulumi.com/docs/troubleshooting/#conflict",
    says: /another update of the stack is in progress/,
    remedy: /pulumi cancel --stack prod$/,
    open: true,
  },
  // pulumi/pulumi#5377.
  "pending operations": {
    text: "error: the current deployment has 1 resource(s) with pending operations:\n  * urn:pulumi:prod::alloy::detectviz:alloy:Alloy$kubernetes:apps/v1:DaemonSet::alloy-collectors-daemon-set, interrupted while creating\n\nThese resources are in an unknown state",
    says: /does not know what became of DaemonSet alloy-collectors-daemon-set \(creating\); this run has changed nothing/,
    remedy: /pulumi refresh --stack prod/,
    open: true,
  },
  "broken state": {
    text: "error: The Pulumi CLI encountered a snapshot integrity error. This is a bug!\nError:   snapshot integrity failure; refusing to use it: child resource urn:pulumi:prod::alloy::a:b:C::x refers to missing parent",
    says: /state contradicts itself/,
    remedy: /stack export --stack prod .*pulumi state repair --stack prod/,
    open: true,
  },
  "ESC without Pulumi Cloud": {
    text: "error: getting stack configuration: opening environment: backend vm does not support environments; Pulumi ESC environments require the Pulumi Cloud backend, use `pulumi login` without arguments to log into the Pulumi Cloud backend",
    file: "Pulumi.prod.yaml: environment",
    says: /only Pulumi Cloud has those/,
    remedy: /under config:/,
    open: true,
  },
  "token of Pulumi Cloud": {
    text: "error: [401] Unauthorized: No credentials provided or are invalid.",
    file: "the environment: PULUMI_ACCESS_TOKEN",
    says: /not accepted/,
    remedy: /pulumi login/,
    open: true,
  },
  "credentials' command is missing": {
    text: unreachable(
      'Get "https://ABC.gr7.eu-central-1.eks.amazonaws.com/openapi/v2?timeout=32s": getting credentials: exec: executable aws not found',
    ),
    file: "Pulumi.prod.yaml: alloy:kubernetes.context",
    says: /^context prod of the kubeconfig gets its credentials from the command aws, which is not installed here$/,
    remedy: /^install aws/,
    open: true,
  },
  // pulumi/pulumi-kubernetes#2377 is about this command; the words are client-go's.
  "credentials' command is missing, another system's words": {
    text: unreachable(
      'Get "https://34.1.2.3/openapi/v2": getting credentials: exec: fork/exec /usr/lib/gke-gcloud-auth-plugin: no such file or directory',
    ),
    says: /the command \/usr\/lib\/gke-gcloud-auth-plugin, which is not installed/,
    remedy: /^install /,
    open: true,
  },
  "credentials' login has expired": {
    text: unreachable(
      'Get "https://ABC.gr7.eu-central-1.eks.amazonaws.com/openapi/v2": getting credentials: exec: executable aws failed with exit code 255',
    ),
    says: /^the command aws from which context prod of the kubeconfig gets its credentials failed \(exit code 255\)$/,
    remedy: /aws sso login/,
    open: true,
  },
  // pulumi/pulumi-kubernetes#4212.
  "credentials' command, without its name": {
    text: unreachable("command terminated with exit code 1"),
    says: /^the command from which context prod .* failed \(exit code 1\)$/,
    remedy: /log in again/,
    open: true,
  },
  "credentials' version": {
    text: unreachable(
      'Get "https://a": getting credentials: exec plugin is configured to use API version client.authentication.k8s.io/v1alpha1, plugin returned version client.authentication.k8s.io/v1beta1',
    ),
    says: /another version .*client\.authentication\.k8s\.io\/v1alpha1/,
    remedy: /update-kubeconfig/,
    open: true,
  },
  "auth provider that is gone": {
    text: unreachable('no Auth Provider found for name "gcp"'),
    says: /the auth provider gcp, which Kubernetes has taken away/,
    remedy: /^install gke-gcloud-auth-plugin/,
    open: true,
  },
  quota: {
    text: refused(
      'secrets "alloy-credentials" is forbidden: exceeded quota: compute, requested: count/secrets=1, used: count/secrets=10, limited: count/secrets=10',
    ),
    says: /^the ResourceQuota compute .* no room for secrets alloy-credentials: count\/secrets: 1 wanted, 10 of 10 used$/,
    remedy: /quota raised/,
  },
  // ministryofjustice/cloud-platform#590, of another kind: several resources at once.
  "quota of several resources": {
    text: 'Error creating: configmaps "alloy-config" is forbidden: exceeded quota: namespace-quota, requested: limits.cpu=1,limits.memory=2Gi, used: limits.cpu=6,limits.memory=12Gi, limited: limits.cpu=6,limits.memory=12Gi',
    says: /limits\.cpu: 1 wanted, 6 of 6 used; limits\.memory: 2Gi wanted, 12Gi of 12Gi used$/,
    remedy: /make room/,
  },
  // operate-first/support#359: inside of JSON.
  "quota inside of JSON": {
    text: JSON.stringify({
      message:
        'persistentvolumeclaims "storage" is forbidden: exceeded quota: custom, requested: requests.storage=50Gi, used: requests.storage=59Gi, limited: requests.storage=60Gi',
    }),
    says: /custom .* persistentvolumeclaims storage: requests\.storage: 50Gi wanted, 59Gi of 60Gi used$/,
    remedy: /quota raised/,
  },
  roleRef: {
    text: refused(
      'ClusterRoleBinding.rbac.authorization.k8s.io "alloy" is invalid: roleRef: Invalid value: rbac.RoleRef{APIGroup:"rbac.authorization.k8s.io", Kind:"ClusterRole", Name:"alloy"}: cannot change roleRef',
    ),
    says: /^the ClusterRoleBinding alloy binds another role/,
    remedy: /kubectl --context prod delete clusterrolebinding alloy/,
  },
  "immutable field": {
    text: refused(
      'DaemonSet.apps "alloy" is invalid: spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{"a":"b"}}: field is immutable',
    ),
    says: /^the DaemonSet alloy exists with another spec\.selector/,
    remedy: /alloyctl adopt/,
  },
  "too large": {
    text: refused('ConfigMap "alloy-config" is invalid: []: Too long: must have at most 1048576 bytes'),
    says: /^ConfigMap alloy-config is larger than Kubernetes takes \(1048576 bytes\)$/,
    remedy: /shorten/,
  },
  "several managers": {
    text: 'error: Apply failed with 2 conflicts: conflicts with "kubectl-rollout" using apps/v1: .spec.template.metadata.annotations.kubectl.kubernetes.io/restartedAt\nconflicts with "argocd-controller" using apps/v1:\n- .spec.a\n- .spec.b\nconflicts with "argocd-controller" using apps/v1: .spec.c',
    says: /^kubectl-rollout and argocd-controller change the same fields of an object of this stack$/,
    remedy: /if one is a program .*kubectl rollout restart/,
  },
};

describe("known errors: states, logins, and objects that are refused", () => {
  eachIsExplained(cases, place);

  it("an engine that only warns of pending operations has failed for another reason", () => {
    const warning =
      "warning: Attempting to deploy or update resources with 1 pending operations from previous deployment.\n  * urn:pulumi:prod::alloy::kubernetes:apps/v1:DaemonSet::x, interrupted while creating\n";
    assert.equal(explainError(warning, place), undefined);
  });
});
