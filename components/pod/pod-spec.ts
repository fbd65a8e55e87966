import * as path from "node:path";

import type * as k8s from "@pulumi/kubernetes";

import { configDirectory } from "../../pipeline/certificates";
import { credentialsDirectory } from "../../pipeline/credential-files";
import type { PipelineNeeds } from "../../pipeline/needs";
import { collectorUid, commonLabels, configChecksumAnnotation, httpPort, names } from "../../settings/names";
import { sumOutage } from "../../settings/outage-sum";
import { identityMarks } from "../../settings/prometheus/identity";
import type { Settings } from "../../settings/schema";
import { acknowledgingCommand } from "./acknowledged/command";
import { unprivileged } from "./container-security";
import { podEnv } from "./environment";
import { forgetRotatedContainer, readsRotatedLogs } from "./forget-rotated";
import { nodeChoice } from "./node-choice";
import { prepareStorageContainer } from "./prepare-storage";

/** A pod template without an Output in it, so that policies see every field at preview. */
export type PodTemplate = k8s.types.input.core.v1.PodTemplateSpec;

type PodSpec = k8s.types.input.core.v1.PodSpec;
type Volume = k8s.types.input.core.v1.Volume;
type VolumeMount = k8s.types.input.core.v1.VolumeMount;

/** What the pod template is computed from. */
export interface PodTemplateInputs {
  settings: Settings;
  needs: PipelineNeeds;
  /** Changes whenever the text of config.alloy does. */
  configChecksum: string;
}

const serviceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

// As Kubernetes itself mounts them: an hour and a few seconds, renewed by the kubelet.
const tokenSeconds = 3607;

const readVolume = (at: number): string => `node-${at}`;

const tokenVolume = (at: number): string => `token-${at}`;

// loki.write drains for 15 s when it is told to stop; remote write and the HTTP server need some more.
const terminationGraceSeconds = 45;

/**
 * The collector's pod: one unprivileged container, and in front of it, where asked for, the init container that gives
 * the storage directory to the collector's user, and the one that looks for rotated logs. Env, credential files, the writable path and the directories that are
 * read are those that the pipeline needs and no others.
 */
export function podTemplate({ settings, needs, configChecksum }: PodTemplateInputs): PodTemplate {
  const { labels, annotations, seLinuxOptions } = settings.pod;
  const volumes = podVolumes(settings, needs);
  return {
    metadata: {
      labels: { ...labels, ...identityMarks(settings).podLabels, ...commonLabels(settings) },
      annotations: { ...annotations, [configChecksumAnnotation]: configChecksum },
    },
    spec: {
      serviceAccountName: names.serviceAccount,
      // Mounted by hand below, into the collector's container only.
      automountServiceAccountToken: false,
      priorityClassName: settings.pod.priorityClassName,
      ...(settings.pod.imagePullSecrets.length > 0 && {
        imagePullSecrets: settings.pod.imagePullSecrets.map((name) => ({ name })),
      }),
      ...nodeChoice(settings),
      terminationGracePeriodSeconds: terminationGraceSeconds,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: collectorUid,
        runAsGroup: collectorUid,
        fsGroup: collectorUid,
        ...(needs.readPaths.length > 0 && { supplementalGroups: groupsOf(needs) }),
        seccompProfile: { type: "RuntimeDefault" },
        ...(Object.keys(seLinuxOptions).length > 0 && { seLinuxOptions: { ...seLinuxOptions } }),
      },
      ...initContainers(settings, needs),
      containers: [collectorContainer(settings, needs)],
      volumes,
    },
  };
}

/** Reading takes a group and no capability: without root, a capability that passes over file modes has no effect. */
function groupsOf({ readPaths }: PipelineNeeds): number[] {
  return [...new Set(readPaths.map(({ group }) => group))].sort((a, b) => a - b);
}

const readDirectories = ({ readPaths }: PipelineNeeds): string[] => [...new Set(readPaths.map(({ path }) => path))];

/** What runs before the collector, in this order: the directory has to be its own before it can write there. */
function initContainers(settings: Settings, needs: PipelineNeeds): Pick<PodSpec, "initContainers"> {
  const { image, wal } = settings;
  const found = [
    ...(wal.prepare === "init" ? [prepareStorageContainer(image, wal.path, sumOutage(wal).diskBytes)] : []),
    ...(readsRotatedLogs(needs) ? [forgetRotatedContainer(image, wal.path, readMounts(needs))] : []),
  ];
  return found.length === 0 ? {} : { initContainers: found };
}

const readMounts = (needs: PipelineNeeds): { name: string; mountPath: string; readOnly: true }[] =>
  readDirectories(needs).map((mountPath, at) => ({ name: readVolume(at), mountPath, readOnly: true }));

function collectorContainer(settings: Settings, needs: PipelineNeeds): k8s.types.input.core.v1.Container {
  const { requests, limits } = settings.resources;
  return {
    name: names.container,
    image: settings.image,
    ...(needs.acknowledged !== undefined && { command: acknowledgingCommand(settings.wal.path, needs.acknowledged) }),
    args: [
      "run",
      path.posix.join(configDirectory, names.configKey),
      `--storage.path=${settings.wal.path}`,
      // All addresses: Prometheus scrapes the pod's own address. The UI is on it too, without a password.
      `--server.http.listen-addr=0.0.0.0:${httpPort}`,
      `--stability.level=${needs.stability}`,
      "--disable-reporting",
      "--server.http.enable-pprof=false",
      "--server.http.disable-support-bundle",
    ],
    env: podEnv(settings, needs),
    ports: [{ name: names.portName, containerPort: httpPort, protocol: "TCP" }],
    // The last words of one that does not start are then in the pod's status, which `up` shows.
    terminationMessagePolicy: "FallbackToLogsOnError",
    resources: { requests: { ...requests }, limits: { ...limits } },
    securityContext: unprivileged,
    // Ready once the configuration has been loaded. Not /-/healthy: that is 500 while a single component is unwell,
    // as they all are when Loki is away, and a restart would only lose what waits in memory.
    readinessProbe: { httpGet: { path: "/-/ready", port: names.portName }, periodSeconds: 5, timeoutSeconds: 3 },
    livenessProbe: {
      httpGet: { path: "/-/ready", port: names.portName },
      initialDelaySeconds: 60,
      periodSeconds: 30,
      timeoutSeconds: 10,
      failureThreshold: 6,
    },
    volumeMounts: podMounts(needs),
  };
}

function podVolumes(settings: Settings, needs: PipelineNeeds): Volume[] {
  return [
    { name: "config", configMap: { name: names.configMap } },
    ...needs.writablePaths.map((hostPath) => ({
      name: "storage",
      hostPath: { path: hostPath, type: "DirectoryOrCreate" },
    })),
    // A node without the directory says so, and the pod does not start: an empty one would look like a node without logs.
    ...readDirectories(needs).map((hostPath, at) => ({
      name: readVolume(at),
      hostPath: { path: hostPath, type: "Directory" },
    })),
    ...(needs.files.length === 0
      ? []
      : [
          {
            name: "credentials",
            secret: {
              secretName: settings.credentials.secretName,
              defaultMode: 0o440,
              items: needs.files.map((file) => ({ key: file.secretKey, path: path.posix.basename(file.path) })),
            },
          },
        ]),
    ...needs.tokens.map((token, at) => ({
      name: tokenVolume(at),
      projected: {
        defaultMode: 0o440,
        sources: [
          {
            serviceAccountToken: {
              path: path.posix.basename(token.path),
              audience: token.audience,
              expirationSeconds: tokenSeconds,
            },
          },
        ],
      },
    })),
    ...(needs.permissions.length === 0
      ? []
      : [
          {
            name: "api-access",
            projected: {
              defaultMode: 0o440,
              sources: [
                { serviceAccountToken: { path: "token", expirationSeconds: tokenSeconds } },
                { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
                { downwardAPI: { items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }] } },
              ],
            },
          },
        ]),
  ];
}

function podMounts(needs: PipelineNeeds): VolumeMount[] {
  return [
    { name: "config", mountPath: configDirectory, readOnly: true },
    ...needs.writablePaths.map((mountPath) => ({ name: "storage", mountPath })),
    ...readMounts(needs),
    ...(needs.files.length === 0 ? [] : [{ name: "credentials", mountPath: credentialsDirectory, readOnly: true }]),
    ...needs.tokens.map((token, at) => ({
      name: tokenVolume(at),
      mountPath: path.posix.dirname(token.path),
      readOnly: true,
    })),
    ...(needs.permissions.length === 0
      ? []
      : [{ name: "api-access", mountPath: serviceAccountDirectory, readOnly: true }]),
  ];
}
