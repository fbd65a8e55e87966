import type { KubeObject } from "../cluster/kubernetes-client";
import { objectName, type Declared, type Obstacle, type TakenOver } from "./objects";

type Rule = { apiGroups?: string[]; resources?: string[]; verbs?: string[]; nonResourceURLs?: string[] };

/** A subject of a binding. */
export interface Subject {
  kind: string;
  namespace?: string;
  name: string;
}

/** A RoleBinding or a ClusterRoleBinding of the cluster, as far as it is read. */
export interface RoleUse {
  kind: "RoleBinding" | "ClusterRoleBinding";
  namespace?: string;
  name: string;
  role: { kind: string; name: string };
  subjects: Subject[];
}

/**
 * Where the resources that an Alloy asks for are. A chart's role multiplies groups with resources, and most of the
 * products exist nowhere: `watch networking.k8s.io/secrets`. Source: `kubectl api-resources`
 */
const home: Record<string, readonly string[]> = {
  ...Object.fromEntries(
    ["configmaps", "secrets", "endpoints", "namespaces", "nodes", "pods", "services", "serviceaccounts"].map((name) => [
      name,
      [""],
    ]),
  ),
  events: ["", "events.k8s.io"],
  endpointslices: ["discovery.k8s.io"],
  ingresses: ["networking.k8s.io", "extensions"],
  replicasets: ["apps", "extensions"],
};

/** What a reader has to see first. */
const grave = /^(\*|secrets|configmaps|nodes\/proxy|serviceaccounts|pods\/(exec|attach|portforward))/;

/** What the collectors lose and gain by the role that the program declares, resource by resource; pure. */
export function permissionChanges(live: KubeObject, wanted: Declared): string[] {
  const [before, after] = [permissionsOf(live), permissionsOf(wanted)];
  const [lost, gained] = [without(before, after), without(after, before)];
  return [
    ...(lost !== "" ? [`permissions taken away: ${lost}`] : []),
    ...(gained !== "" ? [`permissions added: ${gained}`] : []),
  ];
}

/** Resource or URL to its verbs. */
function permissionsOf(object: { [field: string]: unknown }): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { apiGroups = [], resources = [], verbs = [], nonResourceURLs = [] } of (object["rules"] ??
    []) as Rule[]) {
    const named = resources.flatMap((resource) =>
      apiGroups
        .filter((group) => home[resource.split("/")[0] ?? ""]?.includes(group) ?? true)
        .map((group) => (group === "" || home[resource] !== undefined ? resource : `${group}/${resource}`)),
    );
    for (const name of [...named, ...nonResourceURLs]) found.set(name, new Set([...(found.get(name) ?? []), ...verbs]));
  }
  return found;
}

function without(
  all: ReadonlyMap<string, ReadonlySet<string>>,
  minus: ReadonlyMap<string, ReadonlySet<string>>,
): string {
  const byVerbs = new Map<string, string[]>();
  for (const [name, verbs] of all) {
    const left = [...verbs].filter((verb) => minus.get(name)?.has(verb) !== true).sort();
    if (left.length > 0) byVerbs.set(left.join("/"), [...(byVerbs.get(left.join("/")) ?? []), name]);
  }
  const order = (name: string): string => (grave.test(name) ? `0${name}` : `1${name}`);
  const groups = [...byVerbs].map(([verbs, names]) => ({
    verbs,
    names: names.sort((a, b) => order(a).localeCompare(order(b))),
  }));
  return groups
    .sort((a, b) => order(a.names[0] ?? "").localeCompare(order(b.names[0] ?? "")))
    .map(({ verbs, names }) => `${verbs} ${names.join(", ")}`)
    .join("; ");
}

/**
 * Who else has the permissions that the program would change: a binding that gives the role to others, a role that is
 * put together from others or is a part of them; pure.
 *
 * @param account the collectors' ServiceAccount
 */
export function permissionObstacles(
  { resource, live }: TakenOver,
  uses: readonly RoleUse[],
  account: { namespace: string; name: string },
): Obstacle[] {
  const { kind, metadata } = resource.inputs as Declared;
  if (kind === "ClusterRoleBinding") return bindingObstacles(live, resource.inputs as Declared, account);
  if (kind !== "ClusterRole") return [];
  const what = objectName(kind, metadata);
  const others = uses.filter(
    ({ kind: bound, name, role }) =>
      role.kind === "ClusterRole" &&
      role.name === metadata.name &&
      !(bound === "ClusterRoleBinding" && name === metadata.name),
  );
  const strangers = others.flatMap((use) => {
    const whom = use.subjects.filter((subject) => !isAccount(subject, account, use.namespace));
    return whom.length === 0 ? [] : [`${objectName(use.kind, use)} gives it to ${whom.map(subjectName).join(", ")}`];
  });
  const parts = Object.keys(live.metadata.labels ?? {}).filter((label) => label.startsWith(aggregateTo));
  return [
    ...(strangers.length > 0
      ? [{ problem: `${what} has other users: ${strangers.join("; ")}`, remedy: theirPermissions }]
      : []),
    ...(live["aggregationRule"] !== undefined
      ? [
          {
            problem: `${what} is put together from other roles (aggregationRule): the cluster would go on changing it`,
            remedy: ownName,
          },
        ]
      : []),
    ...(parts.length > 0
      ? [
          {
            problem: `${what} is a part of other roles (${parts.join(", ")}): whoever has those would lose permissions`,
            remedy: ownName,
          },
        ]
      : []),
  ];
}

const aggregateTo = "rbac.authorization.k8s.io/aggregate-to-";
const ownName = "leave it as it is, and write another name for ours: alloy:names: { clusterRole: NAME }";
const theirPermissions = `they would lose permissions: ${ownName}`;

function bindingObstacles(
  live: KubeObject,
  wanted: Declared,
  account: { namespace: string; name: string },
): Obstacle[] {
  const subjects = ((live["subjects"] ?? []) as Subject[]).filter((subject) => !isAccount(subject, account));
  const held = live["roleRef"] as { kind?: string; name?: string } | undefined;
  const asked = wanted["roleRef"] as { kind: string; name: string };
  const what = objectName("ClusterRoleBinding", wanted.metadata);
  if (subjects.length > 0) {
    const elsewhere = subjects.some(({ namespace }) => namespace !== account.namespace);
    return [
      {
        problem: `${what} binds ${subjects.map(subjectName).join(", ")}, which is not ${elsewhere ? `of the namespace ${account.namespace}` : `ServiceAccount ${account.namespace}/${account.name}`}`,
        remedy: `it is left as it is: ${theirPermissions}`,
      },
    ];
  }
  if (held !== undefined && (held.kind !== asked.kind || held.name !== asked.name))
    return [
      {
        problem: `${what} gives ${held.kind ?? ""} ${held.name ?? ""}, and the API server lets nobody change which role a binding gives`,
        remedy: ownName,
      },
    ];
  return [];
}

const subjectName = ({ kind, namespace, name }: Subject): string =>
  `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;

const isAccount = (
  { kind, namespace, name }: Subject,
  account: { namespace: string; name: string },
  bindingNamespace?: string,
): boolean =>
  kind === "ServiceAccount" && name === account.name && (namespace ?? bindingNamespace) === account.namespace;
