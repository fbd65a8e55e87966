import { stringAttribute, type Block } from "../../../pipeline/language";

/** One thing that a collector may ask of the Kubernetes API. */
export interface Permission {
  /** API group, empty for the core group. */
  group: string;
  resource: string;
  verb: string;
}

/** What the pipeline's text says about permissions. */
export interface Needed {
  permissions: Permission[];
  /** Why the answer may be incomplete: each must be reported, since a missing permission shows nowhere. */
  problems: string[];
}

const grant = (group: string, resource: string, ...verbs: string[]): Permission[] =>
  verbs.map((verb) => ({ group, resource, verb }));

const watched = (group: string, resource: string): Permission[] => grant(group, resource, "list", "watch");

/** Granted by the platform whatever the pipeline holds. Source: the platform's specification of Alloy, 1.5. */
export const specified: readonly Permission[] = [...watched("", "nodes"), ...watched("", "services")];

// Source: prometheus/discovery/kubernetes/kubernetes.go (v0.312.0, which Alloy 1.18.1 uses), one informer a resource.
const discoveryRoles: Record<string, Permission[]> = {
  pod: watched("", "pods"),
  node: watched("", "nodes"),
  service: watched("", "services"),
  ingress: watched("networking.k8s.io", "ingresses"),
  endpoints: [...watched("", "endpoints"), ...watched("", "services"), ...watched("", "pods")],
  endpointslice: [...watched("discovery.k8s.io", "endpointslices"), ...watched("", "services"), ...watched("", "pods")],
};

// attach_metadata; source as above (newNodeInformer, newNamespaceInformer and so on).
const attached: Record<string, Permission[]> = {
  node: watched("", "nodes"),
  namespace: watched("", "namespaces"),
  deployment: watched("apps", "replicasets"),
  job: watched("batch", "jobs"),
  cronjob: watched("batch", "jobs"),
};

function discovery(block: Block): Needed {
  const role = stringAttribute(block, "role");
  const byRole = role === undefined ? undefined : discoveryRoles[role];
  if (byRole === undefined)
    return { permissions: [], problems: ["its role is not one of Alloy's, written as plain text"] };
  const needed: Needed = { permissions: [...byRole], problems: [] };
  for (const metadata of block.blocks.filter(({ name }) => name === "attach_metadata")) {
    for (const [name, expression] of metadata.attributes) {
      if (expression.length === 1 && expression[0]?.text === "false") continue;
      const permissions = attached[name];
      if (permissions) needed.permissions.push(...permissions);
      else needed.problems.push(`attach_metadata.${name} has no entry in the table`);
    }
  }
  return needed;
}

type Entry = Permission[] | ((block: Block) => Needed);

/**
 * Components that ask the Kubernetes API for something. Paths are those of grafana/alloy v1.18.1.
 */
export const componentPermissions: Readonly<Record<string, Entry>> = {
  "discovery.kubernetes": discovery,
  // internal/component/loki/source/kubernetes/kubetail/tailer.go: GetLogs (188), Pods.Get (502).
  "loki.source.kubernetes": [...grant("", "pods/log", "get"), ...grant("", "pods", "get")],
  // internal/component/loki/source/kubernetes_events/event_controller.go: an informer of core/v1 events.
  "loki.source.kubernetes_events": watched("", "events"),
  // internal/component/remote/kubernetes/kubernetes.go: Secrets.Get (172), ConfigMaps.Get (183).
  "remote.kubernetes.secret": grant("", "secrets", "get"),
  "remote.kubernetes.configmap": grant("", "configmaps", "get"),
  // docs/sources/reference/components/…, the ClusterRole in each page.
  "loki.rules.kubernetes": [
    ...grant("", "namespaces", "get", "list", "watch"),
    ...grant("monitoring.coreos.com", "prometheusrules", "get", "list", "watch"),
  ],
  "mimir.rules.kubernetes": [
    ...grant("", "namespaces", "get", "list", "watch"),
    ...grant("monitoring.coreos.com", "prometheusrules", "get", "list", "watch"),
  ],
  "mimir.alerts.kubernetes": [
    ...grant("", "namespaces", "get", "list", "watch"),
    ...grant("monitoring.coreos.com", "alertmanagerconfigs", "get", "list", "watch"),
  ],
};

/**
 * Components and configuration blocks that never speak to the Kubernetes API: none of their packages imports a
 * Kubernetes client (searched in internal/component of v1.18.1). What is in neither list is reported, never guessed.
 */
const withoutPermissions: readonly RegExp[] = [
  /^(logging|tracing|http|livedebugging|argument|export)$/,
  /^local\.(file|file_match)$/,
  /^remote\.(http|s3|vault)$/,
  /^discovery\.(relabel|process|docker|dns|file|http)$/,
  /^loki\.(echo|enrich|process|relabel|secretfilter|write)$/,
  /^loki\.source\.(api|docker|file|gelf|heroku|journal|kafka|syslog)$/,
  /^prometheus\.(echo|enrich|receive_http|relabel|remote_write|scrape)$/,
  /^prometheus\.write\.queue$/,
  /^prometheus\.exporter\.\w+$/,
  /^pyroscope\.(enrich|java|receive_http|relabel|scrape|write)$/,
  /^otelcol\.(auth|storage|connector)\.\w+$/,
  /^otelcol\.exporter\.(debug|file|kafka|loki|otlp|otlphttp|prometheus)$/,
  /^otelcol\.processor\.(attributes|batch|filter|groupbyattrs|interval|memory_limiter|probabilistic_sampler|span|tail_sampling|transform)$/,
  /^otelcol\.receiver\.(filelog|jaeger|kafka|loki|otlp|prometheus|syslog|zipkin)$/,
];

/** Blocks whose inside holds components again. */
const containers = ["declare", "foreach", "template"];

/** What the components of a pipeline need, each permission once. */
export function neededBy(blocks: readonly Block[], custom: ReadonlySet<string> = declared(blocks)): Needed {
  const needed: Needed = { permissions: [], problems: [] };
  const add = ({ permissions, problems }: Needed, block?: Block): void => {
    needed.permissions.push(...permissions);
    needed.problems.push(
      ...problems.map((problem) => (block ? `line ${block.line}: ${block.name}: ${problem}` : problem)),
    );
  };
  for (const block of blocks) {
    const entry = Object.hasOwn(componentPermissions, block.name) ? componentPermissions[block.name] : undefined;
    if (typeof entry === "function") add(entry(block), block);
    else if (entry) add({ permissions: entry, problems: [] });
    else if (containers.includes(block.name)) add(neededBy(block.blocks, custom));
    else if (!custom.has(block.name) && !withoutPermissions.some((form) => form.test(block.name)))
      add({ permissions: [], problems: ["what it asks of the Kubernetes API is not in the pack's table"] }, block);
  }
  return { permissions: unique(needed.permissions), problems: needed.problems };
}

// A component that the pipeline declares itself: its inside has been counted where it is declared.
function declared(blocks: readonly Block[]): Set<string> {
  return new Set(
    blocks.flatMap((block) => [
      ...(block.name === "declare" ? [block.label] : []),
      ...(containers.includes(block.name) ? declared(block.blocks) : []),
    ]),
  );
}

/** `get pods/log`, with the group where there is one. */
export function describePermission({ group, resource, verb }: Permission): string {
  return `${verb} ${resource}${group === "" ? "" : `.${group}`}`;
}

export function unique(permissions: readonly Permission[]): Permission[] {
  return [...new Map(permissions.map((permission) => [describePermission(permission), permission])).values()];
}
