import { quoted } from "./known-cause";

/** Why a node's logs cannot be read by way of the API server. */
export interface LogRefusal {
  problem: string;
  remedy: string;
}

interface KnownRefusal {
  /** HTTP status of the API server's answer; any if it is left out. */
  code?: number;
  pattern: RegExp;
  refusal: (match: RegExpMatchArray) => LogRefusal;
}

/**
 * What GET pods/log answers where the kubelet gives nothing. The API server hands the kubelet's answer on, or says how
 * the connection to port 10250 of the node has failed.
 */
const refusals: KnownRefusal[] = [
  {
    code: 405,
    pattern: /^/,
    refusal: () => ({
      problem: "the kubelet serves no logs (405): its debugging handlers are off",
      remedy: "set enableDebuggingHandlers: true in the kubelets' configuration; Bottlerocket had it off for a time",
    }),
  },
  {
    pattern: /remote error: tls: internal error|no serving certificate available/,
    refusal: () => ({
      problem: "the kubelet has no serving certificate (tls: internal error)",
      remedy:
        "approve its request: kubectl get csr lists those of kubernetes.io/kubelet-serving that are Pending, and kubectl certificate approve NAME ends that",
    }),
  },
  {
    pattern: /x509: [^\n"]*/,
    refusal: ([said]) => ({
      problem: `the API server does not trust the kubelet's certificate (${quoted(said)})`,
      remedy:
        "have kubelet certificates signed by the cluster (serverTLSBootstrap: true), with the node's addresses in them",
    }),
  },
  {
    pattern: /User "?([^"\s]+)"? cannot get resource "pods\/log"/,
    refusal: ([, user = ""]) => ({
      problem: `${user} may not read logs (get pods/log)`,
      remedy: "if the ClusterRole or its binding was changed by hand, run up again with --restore",
    }),
  },
  {
    pattern: /Forbidden \(user=([^,)]+), verb=\w+, resource=nodes, subresource/,
    refusal: ([, user = ""]) => ({
      problem: `the kubelet does not let the API server in (user ${user})`,
      remedy: "bind ClusterRole system:kubelet-api-admin to that user",
    }),
  },
  {
    pattern: /the server has asked for the client to provide credentials/,
    refusal: () => ({
      problem: "the kubelet does not accept the API server's own credentials (401)",
      remedy:
        "check the API server's --kubelet-client-certificate, and the kubelet's clientCAFile and authentication.webhook",
    }),
  },
  {
    pattern: /No agent available/i,
    refusal: () => ({
      problem: "the API server has no way to the node: its tunnel has no agent",
      remedy: "look at the konnectivity-agent's pods in kube-system, and whether they reach the control plane",
    }),
  },
  {
    pattern:
      /dial tcp ([^:\s]+|\[[^\]]+\]):(\d+): (?:connect: )?([^\n"]+)|(net\/http: [^\n"]+|context deadline exceeded)/,
    refusal: ([, host, port, cause = "", timeout]) => ({
      problem:
        host === undefined
          ? `the API server does not reach the kubelet (${quoted(timeout)})`
          : `the API server does not reach the kubelet at ${host}:${port} (${quoted(cause)})`,
      remedy:
        "let the control plane through to port 10250 of the nodes (firewall, security group, network policy of the host)",
    }),
  },
  {
    code: 404,
    pattern: /could not find the requested resource/,
    refusal: () => ({
      problem: "the kubelet serves no logs (404)",
      remedy: "check that its debugging handlers are on (enableDebuggingHandlers), and that the node is a real one",
    }),
  },
];

/** Explains an answer of status 400 and above to GET pods/log; what is not known is quoted. Pure. */
export function explainLogRefusal(code: number, message: string): LogRefusal {
  for (const { code: only, pattern, refusal } of refusals) {
    if (only !== undefined && only !== code) continue;
    const match = pattern.exec(message);
    if (match !== null) return refusal(match);
  }
  return {
    problem: `the API server does not give the node's logs (${code}: ${quoted(message)})`,
    remedy: "try kubectl logs with a pod of that node: what it needs to work, a collector needs, too",
  };
}
