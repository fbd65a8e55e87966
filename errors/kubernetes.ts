import { causeOf, inStackFile, type ErrorPlace, type KnownError } from "./known-error";

/** A stack without `alloy:kubernetes.context` goes by the kubeconfig's current one. */
const contextOf = ({ context }: ErrorPlace): string =>
  context === undefined ? "the kubeconfig's current context" : `context ${context}`;

const kubectl = ({ context }: ErrorPlace): string =>
  context === undefined ? "kubectl" : `kubectl --context ${context}`;

/**
 * Why nobody can speak to the cluster. In this order: a kubeconfig that cannot be read and credentials that are refused
 * are "unreachable" to the plugin too.
 */
export const clusterErrors: KnownError[] = [
  {
    pattern: /context was not found for specified context: ([^\s,\]]+)|context "([^"\n]+)" does not exist/,
    cannotTell: true,
    toProblem: (match, place) =>
      inStackFile(
        place,
        "alloy:kubernetes.context",
        `the kubeconfig has no context ${match[1] ?? match[2] ?? ""}`,
        "write one that `kubectl config get-contexts` lists, or point KUBECONFIG at the right file",
      ),
  },
  {
    pattern: /invalid configuration: no configuration has been provided/,
    cannotTell: true,
    toProblem: () => ({
      file: "the environment",
      key: "KUBECONFIG",
      problem: "there is no kubeconfig: neither in this variable nor in ~/.kube/config",
      remedy: "export KUBECONFIG with the file that knows your cluster",
    }),
  },
  {
    pattern: /server has asked for the client to provide credentials/,
    cannotTell: true,
    toProblem: (_, place) =>
      inStackFile(
        place,
        "alloy:kubernetes.context",
        `the API server of ${contextOf(place)} does not accept the kubeconfig's credentials`,
        "they have usually expired: log in to the cluster again",
      ),
  },
  {
    pattern: /cluster is unreachable: ([^\n]*)|"https?:\/\/[^"\s]*\/apis?\/[^"\s]*": ([^\n]+)/,
    cannotTell: true,
    toProblem: (match, place) =>
      inStackFile(
        place,
        "alloy:kubernetes.context",
        `the API server of ${contextOf(place)} cannot be reached (${causeOf(match[1] ?? match[2])})`,
        `check whether \`${kubectl(place)} version\` answers; KUBECONFIG says which file is read`,
      ),
  },
];

/** What the API server says of an object. The plugin and the engine put their own words in front. */
export const objectErrors: KnownError[] = [
  {
    pattern: /resource 'podmonitors\.monitoring\.coreos\.com' does not exist|no matches for kind "PodMonitor"/,
    toProblem: (_, place) =>
      inStackFile(
        place,
        "alloy:selfMonitoring",
        "is on, but the cluster has no PodMonitor kind (the Prometheus Operator is not installed)",
        "install kube-prometheus-stack first, or set alloy:selfMonitoring: { enabled: false }",
      ),
  },
  {
    pattern: /resource '([^'/]+)\/([^'/]+)' does not exist/,
    toProblem: ([, namespace = "", name = ""], place) =>
      inStackFile(
        place,
        "alloy:network",
        `the cluster has no ${name} in namespace ${namespace}, from which the NetworkPolicy would be made`,
        "correct the URL that names it, or state what it leads to in alloy:network.destinations",
      ),
  },
  {
    pattern: /resource '([^']+)' does not exist/,
    toProblem: ([, name = ""], place) =>
      inStackFile(
        place,
        "alloy:namespace",
        `there is no namespace ${name}, and managed: false says that somebody else makes it`,
        "have it made first, or set managed: true",
      ),
  },
  {
    pattern: /namespaces "([^"]+)" already exists/,
    toProblem: ([, name = ""], place) =>
      inStackFile(
        place,
        "alloy:namespace",
        `the namespace ${name} exists already and is not this stack's; nothing else was created`,
        `write alloy:namespace: { name: ${name}, managed: false } to use it as it is (the usual case if GitOps owns it)`,
      ),
  },
  {
    // Of the whole cluster: another team's Alloy is as likely as an earlier one of this namespace.
    pattern: /(clusterrole(?:binding)?s)(?:\.[a-z.0-9]+)? "([^"]+)" already exists/,
    toProblem: ([, kind = "", name = ""], place) =>
      inStackFile(
        place,
        "alloy:names.clusterRole",
        `${kind} ${name} exists already and is not this stack's; an Alloy of any namespace may run with it`,
        `write another name, such as alloy:names: { clusterRole: ${name}-logs }. If this stack is to replace that Alloy, npx alloyctl adopt STACK says whose it is`,
      ),
  },
  {
    pattern: /([a-z]+)(?:\.[a-z.0-9]+)? "([^"]+)" already exists/,
    toProblem: ([, kind = "an object", name = ""], place) =>
      inStackFile(
        place,
        "",
        `${kind} ${name} exists already and is not this stack's`,
        "npx alloyctl adopt STACK says whose it is, and takes it over if that one lets go; beside it a second Alloy needs a namespace of its own (alloy:namespace)",
      ),
  },
  {
    pattern: /([a-z]+)\S* "?([^"\s]*)"? is forbidden: user "([^"]+)"[^\n]*attempting to grant RBAC permissions/,
    toProblem: ([, , , user = ""], place) =>
      inStackFile(
        place,
        "alloy:kubernetes.context",
        `${user} may not give the collectors permissions that it does not have itself`,
        "use a context that may (cluster-admin, or the verb escalate on clusterroles)",
      ),
  },
  {
    pattern: /is forbidden: User "([^"]+)" cannot (\S+) resource "([^"]+)"/,
    cannotTell: true,
    toProblem: ([, user = "", verb = "", resource = ""], place) =>
      inStackFile(
        place,
        "alloy:kubernetes.context",
        `${user} may not ${verb} ${resource} in this cluster`,
        "use a context that may, or have the right granted",
      ),
  },
  {
    // The plugin puts the same words in front of what the API server answers to a change: see refused-changes.ts.
    pattern: /failed to fully initialize or become live: ([^\n]*timed out waiting[^\n]*|context deadline exceeded)/,
    toProblem: ([, cause = ""], place) =>
      inStackFile(
        place,
        "alloy:rollout.timeout",
        `not every node runs the new collector yet (${cause})`,
        "kubectl get pods -A -l app.kubernetes.io/name=alloy says which; correct that and run up again, allow more time, or leave nodes out that are not Ready (alloy:rollout.await: ready)",
      ),
  },
];
