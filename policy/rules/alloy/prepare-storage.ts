/**
 * @severity high
 * @link https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
 */
import { isDeepStrictEqual } from "node:util";

import { isKind } from "../../kubernetes";
import { onContainers, type ContainerRef } from "../../pods";
import type { ResourceRule } from "../../rule";
import { asArray, asObject, at, isAbsent, isObject, text, type Plain } from "../../values";

/** What the shape depends on. */
export interface PrepareStorage {
  /** Name of the DaemonSet and of the init container. */
  daemonSet: string;
  container: string;
  image: string;
  /** The storage directory, on the node and in the container. */
  directory: string;
  /** The collector's group; uid 0 with gid 0 could not look into what a first run gave away. */
  group: number;
}

const fields = [
  "name",
  "image",
  "command",
  "resources",
  "securityContext",
  "volumeMounts",
  // Which text the status of the pod has: its own log's end, or none.
  "terminationMessagePolicy",
];

/**
 * In what a container differs from the one that may run as root with CHOWN: the paths below the container. The
 * script's own text is not compared: it can reach nothing but the storage directory. No token, no other volume, no
 * environment, a read-only root and no capability but CHOWN; what it does is reviewed where it is written.
 */
export function differences(ref: ContainerRef, expected: PrepareStorage): string[] {
  const { container, pod } = ref;
  const found: string[] = [];
  const expect = (holds: boolean, path: string): void => {
    if (!holds) found.push(path);
  };
  const { object } = pod;
  expect(isKind(object, "apps", "DaemonSet") && at(object.props, "metadata", "name") === expected.daemonSet, "");
  expect(ref.position === "initContainers" && ref.index === 0, "");
  for (const field of Object.keys(container)) expect(fields.includes(field) || isAbsent(container[field]), field);
  expect(container["name"] === expected.container, "name");
  expect(container["image"] === expected.image, "image");
  const words = container["terminationMessagePolicy"];
  expect(isAbsent(words) || words === "FallbackToLogsOnError", "terminationMessagePolicy");
  const command = copy(container["command"]);
  const script = asArray(command)[2];
  expect(typeof script === "string" && script !== "", "command[2]");
  expect(same(command, ["/bin/sh", "-c", script, expected.container, expected.directory]), "command");
  for (const path of securityDifferences(asObject(container["securityContext"]), expected.group))
    found.push(`securityContext.${path}`);
  const volume = text(at(asArray(container["volumeMounts"])[0], "name"));
  expect(same(copy(container["volumeMounts"]), [{ name: volume, mountPath: expected.directory }]), "volumeMounts");
  expect(mountsDirectory(pod.spec, volume, expected.directory), "volumeMounts[0].name");
  return found;
}

function securityDifferences(security: Plain, group: number): string[] {
  const expected: Plain = {
    runAsNonRoot: false,
    runAsUser: 0,
    runAsGroup: group,
    privileged: false,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"], add: ["CHOWN"] },
  };
  const optional = ["privileged"];
  return [...new Set([...Object.keys(expected), ...Object.keys(security)])].filter((field) => {
    const value = copy(security[field]);
    return isAbsent(value) ? field in expected && !optional.includes(field) : !same(value, expected[field]);
  });
}

function mountsDirectory(spec: Plain, name: string, directory: string): boolean {
  const volume = asArray(spec["volumes"]).find((one) => at(one, "name") === name);
  return at(volume, "hostPath", "path") === directory;
}

// Compared are copies: the engine's values are proxies, which are equal to nothing.
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from(value, copy);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.keys(value).map((key) => [key, copy(value[key])]));
}

const same = (a: unknown, b: unknown): boolean => isDeepStrictEqual(a, b);

/** Says in what a container of that name differs; without it only the rules it then breaks would be named. */
export function prepareStorageShape(expected: PrepareStorage): ResourceRule {
  return {
    name: "alloy-prepare-storage",
    description: "The init container that gives the storage directory away has exactly the shape that is allowed.",
    severity: "high",
    remediation: "Restore the shape, or set alloy:wal.prepare to none and let the nodes provision the directory.",
    url: "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
    checks: [
      onContainers((ref, report) => {
        if (ref.name !== expected.container) return;
        for (const difference of differences(ref, expected)) {
          const path = difference === "" ? ref.path : `${ref.path}.${difference}`;
          report.violation(path, "is not as it is in the one container that may run as root");
        }
      }),
    ],
  };
}
