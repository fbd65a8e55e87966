/**
 * What people meet, word for word. Recorded with engine 3.259, API server 1.37.2 and OpenBao 2.7.2; where the plugin's
 * own words matter, those of the official plugins are beside them, with the public thread or source they are from.
 */

const invoke =
  "invocation of vault:kv/getSecretV2:getSecretV2 returned an error: invoking vault:kv/getSecretV2:getSecretV2: 1 error occurred:\n\t* ";
const lookup = `${invoke}failed to lookup token, err=`;
const lookupUrl = "http://127.0.0.1:8200/v1/auth/token/lookup-self";

/** What the read of one credential fails with. */
export const vaultMessages = {
  missing: `${invoke}no secret found at "secret/data/detectviz/test/alloy/loki"\n\n`,
  sealed: `${lookup}Error making API request.\n\nURL: GET ${lookupUrl}\nCode: 503. Errors:\n\n* Vault is sealed\n\n`,
  refused: `${lookup}Get "${lookupUrl}": dial tcp 127.0.0.1:8200: connect: connection refused\n\n`,
  noHost: `${lookup}Get "http://vault.example.internal:8200/v1/auth/token/lookup-self": dial tcp: lookup vault.example.internal: no such host\n\n`,
  // A server that answers nothing for a minute, terraform-provider-vault.
  frozen: `${lookup}context deadline exceeded\n\n`,
  reset: `${lookup}Get "${lookupUrl}": read tcp 127.0.0.1:50728->127.0.0.1:8200: read: connection reset by peer\n\n`,
  untrusted: `${lookup}Get "https://127.0.0.1:8200/v1/auth/token/lookup-self": tls: failed to verify certificate: x509: certificate signed by unknown authority\n\n`,
  // Go's net/http, and Node's words for the same.
  plainHttp: `${lookup}Get "https://127.0.0.1:8200/v1/auth/token/lookup-self": http: server gave HTTP response to HTTPS client\n\n`,
  plainHttpStandIn: `${lookup}Get "https://127.0.0.1:8200/v1/auth/token/lookup-self": write EPROTO 80ACC6A9E37F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/openssl/openssl/ssl/record/ssl3_record.c:350:\n\n\n`,
  notVault: `${lookup}Error making API request.\n\nURL: GET ${lookupUrl}\nCode: 404. Errors:\n\n* 404 page not found\n\n`,
  webPage: `${lookup}invalid character '<' looking for beginning of value\n\n`,
  noToken: `${invoke}no vault token set on Client\n\n`,
  wrongToken: `${lookup}Error making API request.\n\nURL: GET ${lookupUrl}\nCode: 403. Errors:\n\n* permission denied\n\n`,
  // HashiCorp's Vault since 1.16.
  invalidToken: `${lookup}Error making API request.\n\nURL: GET ${lookupUrl}\nCode: 403. Errors:\n\n* 2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n\n\n`,
  policy: `${invoke}error reading secret "secret/data/detectviz/test/alloy/loki" from Vault: Error making API request.\n\nURL: GET http://127.0.0.1:8200/v1/secret/data/detectviz/test/alloy/loki\nCode: 403. Errors:\n\n* 1 error occurred:\n\t* permission denied\n\n\n\n`,
  writePolicy: `error creating KVV2 secret: Error making API request.\n\nURL: PUT http://127.0.0.1:8200/v1/secret/data/detectviz/test/alloy/loki\nCode: 403. Errors:\n\n* 1 error occurred:\n\t* permission denied\n\n`,
  deletePolicy: `error deleting from Vault: Error making API request.\n\nURL: DELETE http://127.0.0.1:8200/v1/sys/policies/acl/alloy-test-cluster.0123abcd\nCode: 403. Errors:\n\n* 1 error occurred:\n\t* permission denied\n\n`,
  // seed, where the path holds a version already; OpenBao 2.7.2.
  seeded: `error creating KVV2 secret: Error making API request.\n\nURL: PUT http://127.0.0.1:8200/v1/secret/data/detectviz/test/alloy/loki\nCode: 400. Errors:\n\n* check-and-set parameter did not match the current version\n\n`,
  noVersion: `${invoke}no secret found at "secret/data/detectviz/test/alloy/loki?version=7"\n\n`,
  keysPolicy: `invocation of vault:kv/getSecretSubkeysV2:getSecretSubkeysV2 returned an error: invoking vault:kv/getSecretSubkeysV2:getSecretSubkeysV2: 1 error occurred:\n\t* error reading subkeys from Vault, err=Error making API request.\n\nURL: GET http://127.0.0.1:8200/v1/secret/subkeys/detectviz/test/alloy/loki\nCode: 403. Errors:\n\n* 1 error occurred:\n\t* permission denied\n\n\n\n`,
  cancelled: `${lookup}the operation was cancelled\n\n`,
} as const;

const diagnostics = (resource: string, ...lines: string[]): string =>
  [
    "Previewing update (test):",
    " +  pulumi:pulumi:Stack alloy-test create ",
    " +  pulumi:providers:vault vault create ",
    " +  pulumi:providers:kubernetes kubernetes create ",
    "Diagnostics:",
    `  ${resource}:`,
    ...lines.map((line) => `    ${line}`),
    "",
    "  pulumi:pulumi:Stack (alloy-test):",
    "    error: preview failed",
    "",
  ].join("\n");

const kindRead = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition (alloy-pod-monitor-kind)";
const unreachableRead =
  'error: Preview failed: failed to read resource state due to unreachable cluster. If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"';
const unreachable = (cause: string): string =>
  diagnostics(kindRead, unreachableRead, `warning: configured Kubernetes cluster is unreachable: ${cause}`);
const notCreated = (type: string, message: string): string =>
  `error: resource "urn:pulumi:test::alloy::detectviz:alloy:Alloy$${type}::alloy-x" was not successfully created by the Kubernetes API server: ${message}`;

/** What a run of the engine prints, from its `Diagnostics`. */
export const clusterOutputs = {
  refused: unreachable(
    'unable to load schema information from the API server: Get "https://127.0.0.1:6443/version": dial tcp 127.0.0.1:6443: connect: connection refused',
  ),
  // https://github.com/pulumi/pulumi-kubernetes/issues/1544
  refusedOfficial: unreachable(
    'unable to load schema information from the API server: Get "https://1.2.3.4/openapi/v2?timeout=32s": dial tcp 1.2.3.4:443: connect: connection refused',
  ),
  // https://github.com/pulumi/pulumi-kubernetes/issues/881
  handshake: diagnostics(
    kindRead,
    "error: configured Kubernetes cluster is unreachable: unable to load schema information from the API server: Get https://35.227.186.103/openapi/v2?timeout=32s: net/http: TLS handshake timeout",
  ),
  lostOnTheWay: diagnostics(
    "kubernetes:core/v1:ConfigMap (alloy-pipeline-config-map)",
    notCreated(
      "kubernetes:core/v1:ConfigMap",
      'Get "https://127.0.0.1:6443/api/v1/namespaces/monitoring/configmaps/alloy-config": dial tcp 127.0.0.1:6443: connect: connection refused',
    ),
  ),
  noContext: unreachable(
    'unable to load Kubernetes client configuration from kubeconfig file: context "detectviz-prod" does not exist',
  ),
  // https://github.com/pulumi/pulumi-kubernetes/issues/1713
  noContextOfficial: unreachable(
    "unable to load Kubernetes client configuration from kubeconfig file. Make sure you have: \n\n \t • set up the provider as per https://www.pulumi.com/registry/packages/kubernetes/installation-configuration/ \n\n invalid configuration: [context was not found for specified context: detectviz-prod, cluster has no server defined]",
  ),
  noKubeconfig: unreachable(
    "unable to load Kubernetes client configuration from kubeconfig file: invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable",
  ),
  credentials: unreachable(
    "unable to load schema information from the API server: the server has asked for the client to provide credentials",
  ),
  untrusted: unreachable(
    'unable to load schema information from the API server: Get "https://127.0.0.1:6443/openapi/v2?timeout=32s": tls: failed to verify certificate: x509: certificate signed by unknown authority',
  ),
  noKind: diagnostics(kindRead, "error: Preview failed: resource 'podmonitors.monitoring.coreos.com' does not exist"),
  noMatch: diagnostics(
    "kubernetes:monitoring.coreos.com/v1:PodMonitor (alloy-self-monitoring-pod-monitor)",
    'error: no matches for kind "PodMonitor" in version "monitoring.coreos.com/v1"',
  ),
  noNamespace: diagnostics(
    "kubernetes:core/v1:Namespace (alloy-monitoring-existing)",
    "error: Preview failed: resource 'observability' does not exist",
  ),
  namespaceExists: diagnostics(
    "kubernetes:core/v1:Namespace (alloy-monitoring-namespace)",
    notCreated("kubernetes:core/v1:Namespace", 'namespaces "monitoring" already exists'),
  ),
  roleExists: diagnostics(
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole (alloy-access-cluster-role)",
    notCreated(
      "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
      'clusterroles.rbac.authorization.k8s.io "alloy" already exists',
    ),
  ),
  // Server-side apply; the managers' names shortened.
  conflict: diagnostics(
    "kubernetes:apps/v1:DaemonSet (alloy-collectors-daemon-set)",
    "error: Server-Side Apply field conflict detected. See https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources for troubleshooting help.",
    'The resource managed by field manager "pulumi-kubernetes-9b013652" had an apply conflict: Apply failed with 1 conflict: conflict with "argocd-controller": .spec.template.spec.containers[name="alloy"].image',
  ),
  forbidden: diagnostics(
    "kubernetes:core/v1:Namespace (alloy-kube-system)",
    'error: Preview failed: namespaces "kube-system" is forbidden: User "jane" cannot get resource "namespaces" in API group "" in the namespace "kube-system"',
  ),
  escalation: diagnostics(
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole (alloy-access-cluster-role)",
    notCreated(
      "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
      'clusterroles.rbac.authorization.k8s.io "alloy" is forbidden: user "jane" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n    {APIGroups:[""], Resources:["nodes"], Verbs:["list" "watch"]}',
    ),
  ),
  rollout: diagnostics(
    "kubernetes:apps/v1:DaemonSet (alloy-collectors-daemon-set)",
    "error: 1 error occurred:",
    '\t* resource "urn:pulumi:test::alloy::detectviz:alloy:Alloy$kubernetes:apps/v1:DaemonSet::alloy-x" was successfully created, but the Kubernetes API server reported that it failed to fully initialize or become live: timed out waiting for the condition',
  ),
} as const;

export const engineMessages = {
  noStack: "error: no stack named 'nowhere' found\n",
  wrongPassphrase: "error: getting stack configuration: get stack secrets manager: incorrect passphrase\n",
  noPassphrase:
    "error: getting stack configuration: get stack secrets manager: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables\n",
  noLogin: "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions\n",
  noBackend: 'error: unable to open state directory "file:///nowhere": stat /nowhere: no such file or directory\n',
} as const;
