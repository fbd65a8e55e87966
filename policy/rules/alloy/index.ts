import { takesOver } from "../../../kit/taking-over";
import type { Pipeline } from "../../../pipeline/compose";
import { credentialFiles } from "../../../pipeline/credential-files";
import type { PipelineNeeds } from "../../../pipeline/needs";
import { vaultTokenFile } from "../../../pipeline/vault";
import { canaryTarget } from "../../../settings/canary/schema";
import { destinationOf, hostAndPort } from "../../../settings/network/destination";
import { canaryCredential, canaryPort, collectorUid, httpPort, names } from "../../../settings/names";
import type { Settings } from "../../../settings/schema";
import { exceptionKey, podExceptionKey, type Exception, type PodException } from "../../exceptions";
import type { Rule, RuleConfig } from "../../rule";
import { collectorArguments } from "./arguments";
import { collectorBinding } from "./binding";
import { canaryShape } from "./canary";
import { completeStack } from "./complete";
import { metricsOfAlerts } from "./expected/alerts";
import { expectedStack } from "./expected/stack";
import { expectedFields } from "./fields";
import { grantedEqualsNeeded } from "./granted-equals-needed";
import { collectorImage } from "./image";
import { knownBugsOf } from "./known-bugs";
import { collectorMounts } from "./mounts";
import { namespaceProtected } from "./namespace-protected";
import { collectorTraffic, type Traffic } from "./network";
import { oneCollector } from "./one-collector";
import { pipelineAddresses, type Addresses } from "./pipeline-addresses";
import { pipelineComponents } from "./pipeline-components";
import { pipelineSecrets, type CredentialPlaces } from "./pipeline-secrets";
import { podMonitorSelects } from "./pod-monitor";
import { differences, prepareStorageShape, type PrepareStorage } from "./prepare-storage";
import { joinsLogGroups, logDirectories, readsOnlyLogs, type ReadPaths } from "./read-paths";
import { expectedResources } from "./resources";
import { collectorToken } from "./token";
import type { CanaryWorkload, Workload } from "./workload";

function prepareStorage(settings: Settings): PrepareStorage {
  return {
    daemonSet: names.daemonSet,
    container: names.prepareContainer,
    image: settings.image,
    directory: settings.wal.path,
    group: collectorUid,
  };
}

/** What of their node the collectors of these settings may read. */
export function readPathsOf(settings: Settings, { readPaths }: Pick<PipelineNeeds, "readPaths">): ReadPaths {
  const allowed = readPaths.filter(({ path }) => logDirectories.includes(path));
  return {
    collector: { namespace: settings.namespace.name, daemonSet: names.daemonSet },
    container: names.container,
    ...(allowed.some(({ path }) => path === "/var/log/pods") && { before: names.forgetContainer }),
    storage: settings.wal.path,
    paths: allowed.map(({ path }) => path),
    groups: [...new Set(allowed.map(({ group }) => group))].sort((a, b) => a - b),
  };
}

/** The canary that the settings ask for; undefined where they ask for none. */
export function canaryOf(settings: Settings): CanaryWorkload | undefined {
  const { canary, namespace } = settings;
  if (!canary.enabled) return undefined;
  const { host, port, tls } = canaryTarget(settings);
  return {
    namespace: namespace.name,
    daemonSet: names.canary,
    serviceAccount: names.canary,
    container: names.canary,
    image: canary.image,
    address: `${host}:${port}`,
    tls,
    secretName: canary.secretName,
    credential: canaryCredential(settings),
  };
}

/** What `alloy:network` allows the collectors, read from the pipeline's needs and not from the policy's own text. */
export function trafficOf(settings: Settings, needs: PipelineNeeds, collector: Workload): Traffic {
  return {
    ...collector,
    ...scrapersOf(settings),
    port: httpPort,
    needs: destinationsOf(settings, needs.egress),
    resolvers: settings.network.dns,
  };
}

/** The same for the canary, which calls Loki and nobody else. */
export function canaryTrafficOf(settings: Settings, { namespace, daemonSet }: CanaryWorkload): Traffic {
  const needs = destinationsOf(settings, [canaryTarget(settings)]);
  return {
    namespace,
    daemonSet,
    ...scrapersOf(settings),
    port: canaryPort,
    needs,
    resolvers: settings.network.dns,
  };
}

function destinationsOf(settings: Settings, called: readonly { host: string; port: number }[]): Traffic["needs"] {
  return called.map(({ host, port }) => ({ host, destination: destinationOf(host, port, settings) }));
}

function scrapersOf(settings: Settings): Pick<Traffic, "scrapeCidrs" | "scrapeNamespace"> {
  const { host, port } = hostAndPort(settings.prometheusUrl);
  const prometheus = destinationOf(host, port, settings);
  const hasPods = prometheus.kind === "pods" || prometheus.kind === "service";
  return {
    scrapeCidrs: settings.network.scrapeCidrs,
    ...(settings.selfMonitoring.enabled && hasPods && { scrapeNamespace: prometheus.namespace }),
  };
}

/** Whom the settings let the pipeline speak to; not read from its sections, which would only say it again. */
export function addressesOf({ lokiUrl, prometheusUrl, vault, proxy, extraSections }: Settings): Addresses {
  const named = [vault?.address, proxy?.url].filter((url) => url !== undefined);
  const urls = [lokiUrl, prometheusUrl, ...named].map(hostAndPort);
  const own = extraSections.flatMap(({ needs }) => needs.egress);
  return { hosts: [...urls, ...own].map(({ host, port }) => `${host}:${port}`.toLowerCase()) };
}

/** Where the credentials of these settings lie, and to which URL each belongs. */
export function credentialPlacesOf(settings: Settings): CredentialPlaces {
  return {
    files: [...Object.values(credentialFiles(settings)).map(({ path }) => path), vaultTokenFile],
    authorities: {
      ...(settings.lokiCaFile !== undefined && { loki: "/etc/alloy/loki-ca.crt" }),
      ...(settings.prometheusCaFile !== undefined && { prometheus: "/etc/alloy/prometheus-ca.crt" }),
    },
    urls: { loki: settings.lokiUrl, prometheus: settings.prometheusUrl },
  };
}

/**
 * The closed world: what the stack of these settings may hold, as a list. The other rules below look for single faults
 * and do not know the list, so that one who changes it still meets them.
 */
export function closedWorld(settings: Settings, pipeline: Pipeline): Rule[] {
  const stack = expectedStack(settings, pipeline);
  return [expectedResources(stack), expectedFields(stack), completeStack(stack)];
}

/** The rules for a stack that holds the collectors of these settings and nothing else. */
export function alloyRules(settings: Settings, pipeline: Pipeline): Rule[] {
  return [...closedWorld(settings, pipeline), ...collectorRules(settings, pipeline)];
}

/** The rules that know what collectors look like, for a stack that may hold other workloads, too. */
export function collectorRules(settings: Settings, { needs }: Pipeline): Rule[] {
  const namespace = settings.namespace.name;
  const collector = { namespace, daemonSet: names.daemonSet };
  const canary = canaryOf(settings);
  const place = { namespace, configMap: names.configMap, key: names.configKey };
  const traffic = collectorTraffic(
    trafficOf(settings, needs, collector),
    canary === undefined ? undefined : canaryTrafficOf(settings, canary),
  );
  return [
    grantedEqualsNeeded(place, names.container),
    collectorBinding(
      { namespace, serviceAccount: names.serviceAccount, clusterRole: settings.names.clusterRole },
      canary,
    ),
    collectorToken(names.container),
    collectorMounts({
      secretName: settings.credentials.secretName,
      files: needs.files,
      container: names.container,
      canary,
    }),
    readsOnlyLogs(readPathsOf(settings, needs), place),
    collectorArguments(names.container, needs.stability, settings.proxy?.url),
    collectorImage(settings.image, canary),
    pipelineComponents(place),
    pipelineAddresses(place, addressesOf(settings)),
    pipelineSecrets(place, credentialPlacesOf(settings)),
    knownBugsOf(settings.image, names.container, place),
    prepareStorageShape(prepareStorage(settings)),
    oneCollector(collector, canary, readPathsOf(settings, needs).before === undefined ? 1 : 2),
    ...(canary === undefined ? [] : [canaryShape(canary)]),
    ...(settings.selfMonitoring.enabled ? [podMonitorSelects(collector, canary, metricsOfAlerts(settings))] : []),
    ...(settings.network.enabled ? [traffic] : []),
    namespaceProtected,
  ];
}

/** The role in the cloud that the settings give the collectors, as the annotation of their ServiceAccount has it. */
const cloudRoles = ({ prometheusIdentity: { aws, azure } = {} }: Settings): string[] =>
  [aws?.roleArn, azure?.clientId].filter((role) => role !== undefined);

/**
 * Whether a directory of the node may be given to the collector's user: one of its own, where data lies. The settings ask
 * the same; here it is written down once more, so that a change there gives nothing away.
 * Source: https://refspecs.linuxfoundation.org/FHS_3.0/fhs/, /srv, /mnt, /var/lib, /var/local
 */
function isDataDirectory(path: string): boolean {
  const [, name = ""] = /^\/(?:var\/(?:lib|local|mnt)|srv|data|mnt)\/([\w.-]+)(?:\/[\w.-]+)*$/.exec(path) ?? [];
  const ofTheNode =
    /^(\.*|kubelet.*|containerd.*|containers|docker.*|crio.*|cni|calico|cilium|etcd|rancher|k0s|k3s|microk8s|dbus|systemd|dpkg|rpm|apt|snapd|cloud|sudo|pam|NetworkManager|nfs|misc|private)$/i;
  return name !== "" && !ofTheNode.test(name) && !/\/\.{1,2}(\/|$)/.test(path);
}

/** Where the stack may write: the collectors' namespace, and those in which somebody's sidecar looks. */
function namespacesOf({ namespace, dashboard, selfMonitoring, dataSource, ruler }: Settings): string[] {
  const isOn = [dashboard.enabled && selfMonitoring.enabled, dataSource.enabled, ruler.enabled];
  const others = [dashboard, dataSource, ruler].filter((_, at) => isOn[at]);
  return [...new Set([namespace.name, ...others.flatMap((one) => one.namespace ?? [])])];
}

/** What the settings of a stack imply for the generic rules, by rule. A user's policy configuration overrides it. */
export function alloyRuleConfig(settings: Settings, needs: PipelineNeeds): Record<string, RuleConfig> {
  const shape = prepareStorage(settings);
  const exception: Exception = (ref) => ref.name === shape.container && differences(ref, shape).length === 0;
  const rootOnce: RuleConfig = settings.wal.prepare === "init" ? { [exceptionKey]: exception } : {};
  const read = readPathsOf(settings, needs);
  const readsLogs: PodException = (pod) => joinsLogGroups(pod, read);
  return {
    "container-non-root": { ...rootOnce, [podExceptionKey]: readsLogs },
    "container-capabilities": rootOnce,
    "pod-host-path": { allowed: [...needs.writablePaths.filter(isDataDirectory), ...read.paths] },
    "pod-priority-class": { allowed: [settings.pod.priorityClassName] },
    "service-account-cloud-role": { allowed: cloudRoles(settings) },
    "namespace-explicit": { allowed: namespacesOf(settings) },
    // No context is asked of a local stack: the sandbox's kubeconfig has one cluster.
    "provider-explicit": { ambient: settings.kubernetes === undefined },
    // `up --restore` and `adopt` take over what is theirs, for one run.
    "kubernetes-patch": { takeOver: takesOver(process.env) },
    // A hostPath passes no stricter profile; audit and warn still name everything beside it.
    "namespace-pod-security": { enforce: "privileged" },
  };
}
