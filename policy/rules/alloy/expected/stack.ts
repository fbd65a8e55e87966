import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import type { Pipeline } from "../../../../pipeline/compose";
import { parseAlloy } from "../../../../pipeline/language";
import type { Settings } from "../../../../settings/schema";
import { neededBy } from "../component-permissions";
import { expectedAlerts } from "./alerts";
import { expectedAccess, expectedNamespace } from "./access";
import { expectedCanary } from "./canary";
import { awaitAnnotations, checksum, daemonSetSpec, expectedPodTemplate, type PipelineFacts } from "./collector-pod";
import { expectedDashboard } from "./dashboard";
import { component, kubernetesObject, type Expected, type ExpectedStack } from "./expected";
import { metadataOf, selectorOf } from "./labels";
import { expectedLokiReaders } from "./loki-readers";
import { expectedMonitor } from "./monitoring";
import { expectedNetworkPolicy } from "./network";
import { expectedProviders } from "./providers";
import { expectedCredentials } from "./vault";

/**
 * Written down here, and not taken from the components that make the resources: a test holds the two equal, so that
 * a change of either alone is seen.
 */
export function expectedStack(settings: Settings, pipeline: Pipeline): ExpectedStack {
  const blocks = parseAlloy(pipeline.text);
  const { permissions } = neededBy(blocks);
  const configHash = createHash("sha256").update(pipeline.text).digest("hex");
  const facts: PipelineFacts = {
    text: pipeline.text,
    files: filesOf(settings),
    variables: [...pipeline.text.matchAll(/\bsys\.env\("(\w+)"\)/g)].map(([, name = ""]) => name),
    stability: pipeline.needs.stability,
    // The platform grants some whatever the pipeline asks for, so there always is a token.
    asksApi: true,
  };
  return {
    resources: [
      ...expectedProviders(settings),
      component("Alloy", "alloy"),
      ...expectedNamespace(settings),
      ...expectedAccess(settings, permissions),
      ...expectedCredentials(settings),
      ...expectedPipeline(settings, facts),
      ...expectedNetwork(settings, pipeline),
      ...expectedCollectors(settings, facts),
      ...expectedSelfMonitoring(settings),
      ...expectedAlerts(settings, configHash),
      ...expectedDashboard(settings, configHash),
      ...expectedLokiReaders(settings),
      ...expectedCanary(settings),
    ],
    outputs: {
      clusterName: settings.clusterName,
      lokiTenant: settings.lokiTenant,
      image: settings.image,
      namespace: settings.namespace.name,
      daemonSet: "alloy",
      configChecksum: checksum(facts),
    },
  };
}

function expectedPipeline(settings: Settings, { text, files }: PipelineFacts): Expected[] {
  const part = component("PipelineConfig", "alloy-pipeline");
  return [
    part,
    kubernetesObject(
      "v1",
      "ConfigMap",
      { name: "alloy-pipeline-config-map" },
      { metadata: metadataOf(settings, "alloy-config"), data: { "config.alloy": text, ...files } },
    ),
  ];
}

function expectedNetwork(settings: Settings, { needs }: Pipeline): Expected[] {
  if (!settings.network.enabled) return [];
  const part = component("CollectorNetwork", "alloy-network");
  const place = { name: "alloy-network-policy" };
  return [part, expectedNetworkPolicy(settings, "alloy", 12345, needs.egress, place)];
}

function expectedCollectors(settings: Settings, facts: PipelineFacts): Expected[] {
  const part = component("CollectorDaemonSet", "alloy-collectors");
  return [
    part,
    kubernetesObject(
      "apps/v1",
      "DaemonSet",
      { name: "alloy-collectors-daemon-set" },
      {
        metadata: { ...metadataOf(settings, "alloy"), ...awaitAnnotations(settings) },
        spec: daemonSetSpec(settings, selectorOf("alloy"), expectedPodTemplate(settings, facts)),
      },
    ),
  ];
}

function expectedSelfMonitoring(settings: Settings): Expected[] {
  if (!settings.selfMonitoring.enabled) return [];
  const part = component("SelfMonitoring", "alloy-self-monitoring");
  return [part, expectedMonitor(settings, "alloy", { name: "alloy-self-monitoring-pod-monitor" })];
}

// From this file to the folder of Pulumi.yaml, from which the settings' paths start.
const repository = path.join(__dirname, "../../../..");

/** CAs beside the pipeline: Vault's, Loki's, Prometheus'. One that cannot be read is the program's to report. */
function filesOf(settings: Settings): Record<string, string> {
  const { credentials, vault, logs, metrics, lokiCaFile, prometheusCaFile } = settings;
  const wanted = [
    ["vault-ca.crt", credentials.mode === "vault" ? vault?.caFile : undefined],
    ["loki-ca.crt", logs.enabled ? lokiCaFile : undefined],
    ["prometheus-ca.crt", metrics.enabled ? prometheusCaFile : undefined],
  ] as const;
  const files: Record<string, string> = {};
  for (const [key, file] of wanted) {
    if (file === undefined) continue;
    try {
      files[key] = fs.readFileSync(path.resolve(repository, file), "utf8");
    } catch {
      continue;
    }
  }
  return files;
}
