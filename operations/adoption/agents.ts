/** What of a workload shows which collector it runs. */
export interface AgentParts {
  images: string[];
  /** Of all containers: commands and arguments. */
  args: string[];
  /** Folders of the node. */
  hostPaths: string[];
}

/** Whether a collector reads what our collectors read. */
export type Reads = "yes" | "no" | "unknown";

/** Collectors by the last part of their image's name, whatever registry or mirror it comes from. */
const byImage: [name: string, image: RegExp][] = [
  ["Alloy", /(^|[-_/])alloy([-_](fips|hardened|boringcrypto|ubi\d*))?$/],
  ["Grafana Agent", /(^|[-_/])grafana[-_/]agent$/],
  ["Promtail", /(^|[-_/])promtail([-_][a-z\d]+)?$/],
  ["Fluent Bit", /(^|[-_/])fluent-?bit(-plugin-loki)?$/],
  ["Fluentd", /(^|[-_/])fluentd(-[a-z-]+)?$/],
  ["Vector", /(^|[-_/])vector$/],
  ["Filebeat", /(^|[-_/])filebeat(-oss|-wolfi)?$/],
  ["OpenTelemetry Collector", /(^|[-_/])(opentelemetry|otel|otc)-?collector(-contrib|-k8s)?$/],
  ["Logging operator's Fluent Bit", /(^|[-_/])logging-operator\/fluent-?bit$/],
];

/** Which collector it runs, by its images or, where those have names of their own, its arguments; pure. */
export function agentOf({ images, args }: AgentParts): string | undefined {
  for (const image of images) {
    const repository = image.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
    const found = byImage.find(([, pattern]) => pattern.test(repository));
    if (found !== undefined) return found[0];
  }
  if (args.includes("run") && args.some((arg) => /\.(alloy|river)$|^--storage\.path\b/.test(arg))) return "Alloy";
  return undefined;
}

const logFolder = /^\/(var\/?$|$|var\/log(\/|$)|var\/lib\/(docker|containerd|containers)(\/|$))/;

/**
 * Whether it reads pods' logs; pure. Alloy says so in its configuration. The others read files of the node, and cannot
 * without a mount of the folder in which these lie.
 *
 * @param config the text of its configuration, undefined where none was found
 */
export function readsPodLogs(agent: string, { hostPaths }: AgentParts, config: string | undefined): Reads {
  const mounts = hostPaths.some((path) => logFolder.test(path));
  if (agent !== "Alloy" && agent !== "Grafana Agent") return mounts ? "yes" : "no";
  if (config === undefined) return mounts ? "yes" : "unknown";
  const code = config.replace(/^\s*(\/\/|#).*$/gm, "");
  if (/\bloki\.source\.(kubernetes|podlogs)\b/.test(code)) return "yes";
  if (/\bloki\.source\.file\b/.test(code)) return mounts ? "yes" : "no";
  if (mounts && /\bscrape_configs\s*:/.test(code) && /\bclients\s*:/.test(code)) return "yes"; // the agent's static mode
  return /\bremotecfg\b|\bimport\.(git|http|file|string)\b/.test(code) ? "unknown" : "no";
}
