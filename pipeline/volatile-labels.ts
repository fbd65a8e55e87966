import type { StreamLabel } from "./stream-labels";

/** What a label's value is made from, and why a stream must not be indexed by it. */
const volatileSources: readonly (readonly [RegExp, string])[] = [
  [/^__meta_kubernetes_pod_(name|uid|ip|container_id)$/, "has one value a pod"],
  [/^__address__$/, "has one value a pod"],
  [/^__meta_kubernetes_pod_controller_name$/, "has one value a rollout"],
  [
    /^__meta_kubernetes_pod_label_(pod_template_hash|controller_revision_hash|pod_template_generation)$/,
    "has one value a rollout",
  ],
  [
    /^__meta_kubernetes_pod_label_((batch_kubernetes_io_)?(job_name|controller_uid)|statefulset_kubernetes_io_pod_name)$/,
    "has one value a pod or a run",
  ],
  [/^__meta_kubernetes_pod_(phase|ready)$/, "changes while the pod lives"],
  [/^__meta_kubernetes_(pod|node|namespace)_annotation/, "may change while the pod lives"],
];

/** Names that say the same, wherever the value comes from; written as {@link joined} writes them. */
const volatileNames: Readonly<Record<string, string>> = {
  instance: "has one value a container",
  containerid: "has one value a container",
  pod: "has one value a pod",
  podname: "has one value a pod",
  poduid: "has one value a pod",
  podip: "has one value a pod",
  uid: "has one value a pod",
  podtemplatehash: "has one value a rollout",
  controllerrevisionhash: "has one value a rollout",
  requestid: "has one value a request",
  reqid: "has one value a request",
  correlationid: "has one value a request",
  spanid: "has one value a request",
  traceid: "has one value a request",
  traceparent: "has one value a request",
  transactionid: "has one value a request",
  sessionid: "has one value a session",
  connectionid: "has one value a connection",
  userid: "has one value a user",
  customerid: "has one value a user",
  clientip: "has one value a user",
  remoteaddr: "has one value a user",
  messageid: "has one value a line",
  eventid: "has one value a line",
  batchid: "has one value a run",
};

/** The last word of a name that comes out of a line, and what its values are. A person's `database_port` is a port. */
const volatileWords: Readonly<Record<string, string>> = {
  ...each("has one value a request", "uuid", "guid", "nonce"),
  ...each("has nearly as many values as there are lines", "ms", "millis", "us", "ns", "duration", "latency", "elapsed"),
  ...each("has nearly as many values as there are lines", "timestamp", "ts", "offset", "sequence", "seq", "bytes"),
  ...each("has nearly as many values as there are lines", "msg", "message", "stacktrace", "body", "payload"),
  ...each("has one value a user", "ip", "addr", "address", "email", "port", "useragent"),
  ...each("has one value a process", "pid", "tid", "thread"),
  ...each("has one value a request", "url", "uri", "path", "query", "referer", "referrer"),
};

/** Names out of a line whose values are few. Whatever is not here may be many, and a preview says so. */
const smallNames: ReadonlySet<string> = new Set([
  ...[
    "level",
    "severity",
    "loglevel",
    "lvl",
    "detectedlevel",
    "stream",
    "logger",
    "format",
    "kind",
    "type",
    "category",
  ],
  ...[
    "env",
    "environment",
    "app",
    "application",
    "service",
    "servicename",
    "component",
    "job",
    "namespace",
    "container",
  ],
  ...[
    "cluster",
    "node",
    "region",
    "zone",
    "team",
    "tier",
    "tenant",
    "method",
    "status",
    "statuscode",
    "code",
    "protocol",
  ],
  ...[
    "facility",
    "source",
    "version",
    "tenantid",
    "orgid",
    "clusterid",
    "region",
    "outcome",
    "result",
    "action",
    "module",
  ],
]);

/**
 * Why a stream must not be indexed by a label, as the rest of a sentence; undefined for one that may. Names are compared
 * without case and separators: `traceId`, `TraceID`, `trace-id` and `trace_id` are one.
 */
export function volatility({ name, sources }: StreamLabel): string | undefined {
  const own = byName(name);
  if (own !== undefined) return own;
  for (const source of sources) {
    const found = volatileSources.find(([form]) => form.test(source));
    if (found !== undefined) return found[1];
    const inLine = keyInLine(source);
    if (inLine === undefined) continue;
    // The label's own name counts, too: `values = { ip = "remote" }`.
    const why = byName(inLine) ?? byLastWord(inLine) ?? byLastWord(name);
    if (why !== undefined) return why;
  }
  return undefined;
}

/** Whether a label comes out of a line and nobody can tell how many values it has. */
export function maybeVolatile(label: StreamLabel): boolean {
  if (volatility(label) !== undefined) return false;
  const inLine = label.sources.flatMap((source) => keyInLine(source) ?? []);
  return inLine.length > 0 && ![label.name, ...inLine].some((name) => smallNames.has(joined(name)));
}

const keyInLine = (source: string): string | undefined =>
  source.startsWith("line:") ? source.slice("line:".length) : undefined;

const joined = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

const byName = (name: string): string | undefined =>
  Object.hasOwn(volatileNames, joined(name)) ? volatileNames[joined(name)] : undefined;

function byLastWord(name: string): string | undefined {
  const last = wordsOf(name).at(-1) ?? "";
  if (Object.hasOwn(volatileWords, last)) return volatileWords[last];
  // `pg_trace_id`, `httpRequestId`: its last two words are one of the names.
  return byName(wordsOf(name).slice(-2).join(""));
}

/** `pgDurationMs`, `pg_duration_ms` and `PGDurationMS` are three words: pg, duration, ms. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}

function each(why: string, ...words: string[]): Record<string, string> {
  return Object.fromEntries(words.map((word) => [word, why]));
}
