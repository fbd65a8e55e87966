import type { Problem } from "../settings/errors";

/** Where an error came from, for the words of its explanation. */
export interface ErrorPlace {
  /** The stack's file, `Pulumi.production.yaml`. */
  stackFile: string;
  vault?: { address: string; mount: string; path: string };
  context?: string;
}

interface KnownError {
  /** Matches the message as the provider or the engine words it; its groups go to `explain`. */
  pattern: RegExp;
  explain: (match: RegExpMatchArray, place: ErrorPlace) => Problem;
}

const vaultAt = (place: ErrorPlace): string => `Vault at ${place.vault?.address ?? "the address in alloy:vault"}`;

/**
 * What Vault, the Kubernetes API and the engine say, and what it means to the person who runs the program. Each
 * message was recorded from the real thing: tests/unit/known-errors.test.ts holds the recordings.
 */
const knownErrors: KnownError[] = [
  {
    pattern: /no secret found at "?([^"\s]+)"?/,
    explain: (match, place) => ({
      file: vaultAt(place),
      key: match[1] ?? "",
      problem: "holds no secret at this path",
      remedy: `write it once (vault kv put -mount=${place.vault?.mount ?? "MOUNT"} PATH username=… password=…), or set alloy:credentials.seed: true to have a first password made up`,
    }),
  },
  {
    pattern: /Vault is sealed/i,
    explain: (_, place) => ({
      file: vaultAt(place),
      key: "",
      problem: "is sealed and answers nobody",
      remedy: "unseal it (vault operator unseal), then run the same command again",
    }),
  },
  {
    pattern:
      /(?:auth\/token\/lookup-self|lookup token|vault)[\s\S]*?(?:bad token|invalid token|Code: 403|permission denied)/i,
    explain: (_, place) => ({
      file: vaultAt(place),
      key: "VAULT_TOKEN",
      problem: "refuses the token in VAULT_TOKEN: it is wrong, has expired, or its policy does not allow this path",
      remedy: `log in again (vault login), or give the token's policy read on ${place.vault ? `${place.vault.mount}/data/${place.vault.path}/*` : "the path"} and on auth/token/lookup-self`,
    }),
  },
  {
    pattern: /no vault token (?:set|found)|missing client token/i,
    explain: (_, place) => ({
      file: vaultAt(place),
      key: "VAULT_TOKEN",
      problem: "was asked without a token",
      remedy: "export VAULT_TOKEN (vault print token), or log in with vault login",
    }),
  },
  {
    pattern:
      /(?:\/v1\/|vault)[\s\S]*?(connection refused|no such host|i\/o timeout|context deadline exceeded|Client\.Timeout)/i,
    explain: (match, place) => ({
      file: vaultAt(place),
      key: `${place.stackFile}: alloy:vault.address`,
      problem: `cannot be reached (${match[1] ?? ""})`,
      remedy: "start it or mend the address; nothing was read from it",
    }),
  },
  {
    pattern: /podmonitors\.monitoring\.coreos\.com[\s\S]*?not found|no matches for kind "PodMonitor"/i,
    explain: (_, place) => ({
      file: place.stackFile,
      key: "alloy:selfMonitoring",
      problem: "is on, but the cluster has no PodMonitor kind (the Prometheus Operator is not installed)",
      remedy: "install kube-prometheus-stack first, or set alloy:selfMonitoring: { enabled: false }",
    }),
  },
  {
    pattern: /namespaces "([^"]+)" already exists/,
    explain: (match, place) => ({
      file: place.stackFile,
      key: "alloy:namespace",
      problem: `the namespace ${match[1] ?? ""} exists already and is not this stack's; nothing else was created`,
      remedy: `write alloy:namespace: { name: ${match[1] ?? "NAME"}, managed: false } to use it as it is (the usual case where GitOps owns it)`,
    }),
  },
  {
    pattern: /([a-z]+)(?:\.[a-z.0-9]+)? "([^"]+)" already exists/,
    explain: (match, place) => ({
      file: place.stackFile,
      key: "",
      problem: `${match[1] ?? "an object"} ${match[2] ?? ""} exists already and is not this stack's`,
      remedy: "somebody else deploys Alloy here (ArgoCD?): take that away first, or import the object (pulumi import)",
    }),
  },
  {
    pattern:
      /cluster is unreachable|(?:dial tcp|connect)[\s\S]*?(?:connection refused|ECONNREFUSED|no such host|i\/o timeout)/i,
    explain: (_, place) => ({
      file: `Kubernetes, context ${place.context ?? "(current)"}`,
      key: "",
      problem: "the API server cannot be reached",
      remedy: "look whether `kubectl --context NAME version` answers; KUBECONFIG says which file is read",
    }),
  },
  {
    pattern: /context "([^"]+)" does not exist|no context exists with the name:? "?([^"\s]+)"?/i,
    explain: (match, place) => ({
      file: place.stackFile,
      key: "alloy:kubernetes.context",
      problem: `the kubeconfig has no context ${match[1] ?? match[2] ?? ""}`,
      remedy: "write one that `kubectl config get-contexts` lists, or point KUBECONFIG at the right file",
    }),
  },
  {
    pattern: /no stack named '([^']+)' found/,
    explain: (match) => ({
      file: "the Pulumi backend",
      key: "",
      problem: `there is no stack ${match[1] ?? ""}`,
      remedy: `create it once: pulumi stack init ${match[1] ?? "NAME"}`,
    }),
  },
];

/** The explanation of a message that is known, or `undefined`: then it is printed as it came. */
export function explainError(text: string, place: ErrorPlace): Problem | undefined {
  for (const { pattern, explain } of knownErrors) {
    const match = pattern.exec(text);
    if (match) return explain(match, place);
  }
  return undefined;
}
