import type { Mutation } from "../mutation";
import { collector, config, containerWith, fields, pipelineText, pod, set } from "./fields";

/** In the pipeline's text, the first is replaced by the second. */
const written = (rule: string, from: string, to: string): Mutation => ({
  rule,
  base: "log-files",
  edits: [{ object: config, field: pipelineText, replace: [from, to] }],
});

const before = `${pod}.initContainers[1]`;

/** Where the node's logs stand among the volumes, and in the collector's mounts. */
const [logs, journal] = [2, 3];

/** What reads files of the node, changed behind the settings' back. */
export const logFileMutations: Mutation[] = [
  ...fields("alloy-read-paths", "log-files", set, [
    [`${collector}.volumeMounts[${logs}].readOnly`],
    [`${collector}.volumeMounts[${logs}].readOnly`, false],
    [`${collector}.volumeMounts[${logs}].subPath`, "kube-system_etcd"],
    [`${collector}.volumeMounts[${logs}].mountPropagation`, "Bidirectional"],
    [`${pod}.volumes[${logs}].hostPath.type`, "DirectoryOrCreate"],
    [`${pod}.volumes[${journal}].hostPath.type`],
    [`${before}.volumeMounts[1].readOnly`, false],
    [`${pod}.containers[1]`, containerWith({ volumeMounts: [{ name: "node-0", mountPath: "/logs", readOnly: true }] })],
    // Fewer groups and no root: what nobody but this rule and the closed world minds.
    [`${pod}.securityContext.supplementalGroups`, [4]],
    [`${pod}.securityContext.supplementalGroups[2]`, 999],
  ]),
  ...fields("pod-host-path", "log-files", set, [
    [`${pod}.volumes[${logs}].hostPath.path`, "/var/log"],
    [`${pod}.volumes[${journal}].hostPath.path`, "/var/lib/docker/containers"],
  ]),
  ...fields("container-non-root", "log-files", set, [
    [`${pod}.securityContext.supplementalGroups`, [0]],
    [`${pod}.securityContext.supplementalGroups[2]`, 0],
    [`${pod}.securityContext.runAsGroup`, 0],
    [`${pod}.securityContext.runAsUser`, 0],
  ]),
  ...fields("container-capabilities", "log-files", set, [
    [`${collector}.securityContext.capabilities.add`, ["DAC_READ_SEARCH"]],
  ]),
  ...fields("alloy-one-collector", "log-files", set, [[`${pod}.initContainers[2]`, containerWith({})]]),
  ...fields("alloy-fields", "log-files", set, [
    [`${before}.command[2]`, "true"],
    [`${before}.command[4]`, "/var/log/pods"],
    [`${before}.securityContext.readOnlyRootFilesystem`, false],
    [before],
    [`${collector}.volumeMounts[${logs}].mountPath`, "/logs"],
  ]),
  written("alloy-read-paths", '= "/var/log/pods/${1}', '= "/var/log/pods/../${1}'),
  written("alloy-read-paths", '= "/var/log/pods/${1}', '= "/etc/alloy-credentials/${1}'),
  written("alloy-read-paths", '"([^/]+)/([^/]+)/([0-9a-f-]{32,36})/([^/]+)"', '"([^/]+)/([^/]+)/(.+)/([^/]+)"'),
  written(
    "alloy-read-paths",
    "targets    = discovery.relabel.pods.output",
    'targets    = [{__path__ = "/etc/passwd"}]',
  ),
  written("alloy-read-paths", 'path          = "/var/log/journal"', 'path          = "/run/log/journal"'),
  written(
    "alloy-pipeline-components",
    'loki.source.file "pods" {',
    'loki.source.file "pods" {\n\ttail_from_end = true',
  ),
];
