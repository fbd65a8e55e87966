import type { PipelineNeeds } from "../../../pipeline/needs";
import { destinationOf, hostAndPort } from "../../../settings/destinations";
import { collectorUid, httpPort, names } from "../../../settings/names";
import type { Settings } from "../../../settings/schema";
import { exceptionKey, type Exception } from "../../exceptions";
import type { Rule, RuleConfig } from "../../rule";
import { collectorArguments } from "./arguments";
import { collectorBinding } from "./binding";
import { grantedEqualsNeeded } from "./granted-equals-needed";
import { collectorImage } from "./image";
import { knownBugsOf } from "./known-bugs";
import { collectorMounts } from "./mounts";
import { namespaceProtected } from "./namespace-protected";
import { collectorTraffic, type Traffic } from "./network";
import { oneCollector, type Collector } from "./one-collector";
import { podMonitorSelects } from "./pod-monitor";
import { differences, prepareStorageShape, type PrepareStorage } from "./prepare-storage";
import { collectorToken } from "./token";

function prepareStorage(settings: Settings): PrepareStorage {
  return {
    daemonSet: names.daemonSet,
    container: names.prepareContainer,
    image: settings.image,
    directory: settings.wal.path,
    group: collectorUid,
  };
}

/** What `alloy:network` allows the collectors, read from the pipeline's needs and not from the policy's own text. */
export function trafficOf(settings: Settings, needs: PipelineNeeds, collector: Collector): Traffic {
  const { host, port } = hostAndPort(settings.prometheusUrl);
  const prometheus = destinationOf(host, port, settings);
  const hasPods = prometheus.kind === "pods" || prometheus.kind === "service";
  return {
    ...collector,
    port: httpPort,
    needs: needs.egress.map((need) => ({
      host: need.host,
      destination: destinationOf(need.host, need.port, settings),
    })),
    scrapeCidrs: settings.network.scrapeCidrs,
    ...(settings.selfMonitoring.enabled && hasPods && { scrapeNamespace: prometheus.namespace }),
  };
}

/** The rules that know what a stack of collectors looks like, for the settings of one stack. */
export function alloyRules(settings: Settings, needs: PipelineNeeds): Rule[] {
  const namespace = settings.namespace.name;
  const collector = { namespace, daemonSet: names.daemonSet };
  const place = { namespace, configMap: names.configMap, key: names.configKey };
  return [
    grantedEqualsNeeded(place, names.container),
    collectorBinding({ namespace, serviceAccount: names.serviceAccount, clusterRole: names.clusterRole }),
    collectorToken(names.container),
    collectorMounts({
      secretName: settings.credentials.secretName,
      files: needs.files,
      container: names.container,
    }),
    collectorArguments(names.container, needs.stability),
    collectorImage(settings.image),
    knownBugsOf(settings.image, names.container, place),
    prepareStorageShape(prepareStorage(settings)),
    oneCollector(collector),
    ...(settings.selfMonitoring.enabled ? [podMonitorSelects(collector)] : []),
    ...(settings.network.enabled ? [collectorTraffic(trafficOf(settings, needs, collector))] : []),
    namespaceProtected,
  ];
}

/** What the settings of a stack imply for the generic rules, by rule. A user's policy configuration overrides it. */
export function alloyRuleConfig(settings: Settings, needs: PipelineNeeds): Record<string, RuleConfig> {
  const shape = prepareStorage(settings);
  const exception: Exception = (ref) => ref.name === shape.container && differences(ref, shape).length === 0;
  const rootOnce: RuleConfig = settings.wal.prepare === "init" ? { [exceptionKey]: exception } : {};
  return {
    "container-non-root": rootOnce,
    "container-capabilities": rootOnce,
    "pod-host-path": { allowed: needs.writablePaths },
    "pod-priority-class": { allowed: [settings.pod.priorityClassName] },
    "namespace-explicit": { allowed: [settings.namespace.name] },
    // A hostPath passes no stricter profile; audit and warn still name everything beside it.
    "namespace-pod-security": { enforce: "privileged" },
  };
}
