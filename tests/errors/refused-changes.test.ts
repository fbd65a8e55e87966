import assert from "node:assert/strict";

import { explainError, type ErrorPlace } from "../../errors/explain-error";
import { eachIsExplained, type KnownCases } from "./each-is-explained";

/** What is refused although the object is there: the state in its bucket, and a change of an object. */
const place: ErrorPlace = { stackFile: "Pulumi.prod.yaml", context: "prod" };

const refused = (cause: string): string =>
  `error: resource monitoring/alloy was not successfully created by the Kubernetes API server: ${cause}`;

/** Of a refused change, too, the plugin says that the object failed to become live (provider.go, Update). */
const changed = (cause: string): string =>
  `error: 1 error occurred:\n    \t* the Kubernetes API server reported that "monitoring/alloy" failed to fully initialize or become live: ${cause}\n`;

const states: KnownCases = {
  // pulumi/pulumi-hugo#4146, on Windows.
  "state in a bucket that one may not read": {
    text: 'error: read ".pulumi\\meta.yaml": blob (key ".pulumi/meta.yaml") (code=Unknown): AccessDenied: Access Denied\n        status code: 403\n',
    file: "the environment: PULUMI_BACKEND_URL",
    says: /does not let you at \.pulumi\/meta\.yaml \(AccessDenied: Access Denied status code: 403\)$/,
    remedy: /list, read, write and delete objects/,
    open: true,
  },
  // pulumi/pulumi#12534.
  "state in a bucket that one may not write": {
    text: 'error: write ".pulumi/Pulumi.yaml": blob (key ".pulumi/Pulumi.yaml") (code=Unknown): AccessDenied: Access Denied\n        status code: 403, request id: ***, host id: ***',
    says: /does not let you at \.pulumi\/Pulumi\.yaml/,
    remedy: /use its key if it is encrypted$/,
    open: true,
  },
  // pulumi/docs#19350 names this one beside AccessDenied.
  "state in a bucket, and no login": {
    text: 'error: read ".pulumi/meta.yaml": blob (key ".pulumi/meta.yaml") (code=Unknown): MissingRegion: could not find region configuration',
    says: /you are not logged in to its cloud \(MissingRegion/,
    remedy: /^log in to that cloud/,
    open: true,
  },
  "no login at all": {
    text: "error: unable to check if bucket s3://state is accessible: NoCredentialProviders: no valid providers in chain. Deprecated.",
    says: /you are not logged in to its cloud \(NoCredentialProviders/,
    remedy: /^log in to that cloud/,
    open: true,
  },
  // pulumi/pulumi#11482; the rest of the words as in fluxcd/kustomize-controller#673.
  "a key of KMS that one may not use": {
    text: "error: getting secrets manager: secrets (code=Unknown): AccessDeniedException: The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
    file: "Pulumi.prod.yaml: secretsprovider",
    says: /stack's secrets stay closed \(The ciphertext refers/,
    remedy: /kms:Decrypt/,
    open: true,
  },
};

const changes: KnownCases = {
  // A token of a workflow that lives shorter than the run, as in a public post-mortem.
  "credentials that expire during the run": {
    text: changed("Unauthorized"),
    file: "Pulumi.prod.yaml: alloy:kubernetes.context",
    says: /they expired during the run$/,
    remedy: /live longer than alloy:rollout\.timeout$/,
    open: true,
  },
  "a change that a policy refuses": {
    text: changed(
      "daemonsets.apps \"alloy\" is forbidden: ValidatingAdmissionPolicy 'require-owner' with binding 'require-owner' denied request: label owner is required",
    ),
    file: "Pulumi.prod.yaml: alloy:pod.labels",
    says: /^the cluster's ValidatingAdmissionPolicy require-owner .*: label owner is required$/,
    remedy: /^write the label/,
  },
  "a change that a webhook refuses": {
    text: changed(
      'admission webhook "validation.gatekeeper.sh" denied the request: [host-path] HostPath volume is not allowed',
    ),
    file: "Pulumi.prod.yaml: alloy:wal.path",
    says: /^the webhook validation\.gatekeeper\.sh, .*: \[host-path\] HostPath volume is not allowed$/,
    remedy: /directory that is allowed/,
  },
  // tektoncd/pipeline#3164, bank-vaults/bank-vaults#1441.
  "a change for which the webhooks take too long": {
    text: changed(
      'Internal error occurred: admission plugin "MutatingAdmissionWebhook" failed to complete mutation in 13s',
    ),
    file: "the cluster: MutatingAdmissionWebhook",
    says: /did not all answer in time \(no mutation in 13s\)$/,
    remedy: /nothing is wrong with the stack/,
  },
  "a change that another plugin refuses": {
    text: changed('daemonsets.apps "alloy" is forbidden: tolerations of every taint are not permitted here'),
    file: "Pulumi.prod.yaml: alloy:pod.tolerations",
    says: /^the cluster does not allow this change of daemonsets alloy: tolerations of every taint/,
    remedy: /write the taints/,
  },
  "a new object that another plugin refuses": {
    text: refused('configmaps "alloy-config" is forbidden: the platform team says no'),
    says: /^the cluster does not allow this change of configmaps alloy-config: the platform team says no$/,
    remedy: /ask whoever owns that policy/,
  },
  "a change with a field that the API server does not take": {
    text: changed('DaemonSet.apps "alloy" is invalid: spec.template.spec.containers[0].image: Required value'),
    says: /^the API server does not take the DaemonSet alloy: spec\.template\.spec\.containers\[0\]\.image: Required value$/,
    remedy: /alloyctl render/,
  },
  "a change beside another one": {
    text: changed(
      'Operation cannot be fulfilled on daemonsets.apps "alloy": the object has been modified; please apply your changes to the latest version and try again',
    ),
    says: /^somebody else changed daemonsets alloy at the same moment$/,
    remedy: /^run up again/,
    open: true,
  },
};

describe("known errors: a state that cannot be read", () => eachIsExplained(states, place));

describe("known errors: a change that is refused", () => {
  eachIsExplained(changes, place);

  it("only what timed out is a rollout that takes long", () => {
    const late = explainError(changed("timed out waiting for the condition"), place);
    assert.equal(late?.key, "alloy:rollout.timeout");
    for (const { text } of Object.values(changes))
      assert.notEqual(explainError(text, place)?.key, "alloy:rollout.timeout");
  });
});
