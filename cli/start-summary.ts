import { readAgentStatus } from "../sandbox/node-agent/agent-status";
import type { SandboxPaths } from "../sandbox/paths";
import type { InstalledPlugin } from "../sandbox/plugins/install";
import type { Claim, Evidence } from "../sandbox/proof";
import { sandboxTools, type Servers } from "../sandbox/servers";
import type { Tools } from "../sandbox/toolchain/ensure";
import { describeChanges, type EngineSummary } from "./engine-summary";

/** Everything that the summary of `npm start` tells. */
export interface StartSummary {
  paths: SandboxPaths;
  tools: Tools;
  plugins: InstalledPlugin[];
  servers: Servers;
  deployed: EngineSummary;
  tenant: string;
  evidence: Evidence;
  claims: Claim[];
  /** Title of each step to the seconds it took. */
  seconds: Record<string, number>;
}

/** Prints what was started from what, what was deployed, what was proven, and where to look. */
export async function printSummary(summary: StartSummary): Promise<void> {
  const agent = await readAgentStatus(summary.paths);
  const sections = [
    heading("Tools", toolLines(summary.tools)),
    heading("Plugins", pluginLines(summary.plugins)),
    heading("Deployed", [
      `stack local: ${describeChanges(summary.deployed)}`,
      `policies passed: ${summary.deployed.packs.join(", ") || "none"}`,
      ...(agent?.pods ?? []).map(
        ({ node, name, pid, restarts }) => `${node}: pod ${name}, pid ${pid ?? "none"}, ${restarts} restarts`,
      ),
    ]),
    heading("Proof", summary.claims.map(claimLine)),
    heading("One line as Loki has it", sampleLines(summary)),
    heading("Look around", [
      ...(agent?.pods ?? []).map(({ node, uiUrl }) => `Alloy on ${node}: ${uiUrl ?? "not listening"}`),
      ...(summary.tools.alloy.origin === "path" ? [] : [withoutPages]),
      `Loki: ${summary.servers.loki.url} (header X-Scope-OrgID: ${summary.tenant})`,
      `Prometheus: ${summary.servers.prometheus.url}`,
      `Kubernetes: KUBECONFIG=${summary.servers.cluster.kubeconfig}`,
    ]),
    heading(
      "Seconds",
      Object.entries(summary.seconds).map(([title, seconds]) => `${seconds.toFixed(1).padStart(7)}  ${title}`),
    ),
  ];
  console.log(`\n${sections.join("\n")}`);
  console.log("The servers keep running. npm run sandbox:status, sandbox:env, sandbox:down.");
}

// The pages' sources need a newer Node to build; what they show is behind these addresses all the same.
const withoutPages = "  (built here, so without the UI's pages: /metrics, /api/v0/web/components, /-/ready)";

function heading(title: string, lines: readonly string[]): string {
  return [title, ...lines.map((line) => `  ${line}`), ""].join("\n");
}

// One line an origin: sixteen lines of tools would hide what matters.
function toolLines(tools: Tools): string[] {
  const byOrigin = new Map<string, string[]>();
  for (const name of sandboxTools) {
    const { origin, version } = tools[name];
    byOrigin.set(origin, [...(byOrigin.get(origin) ?? []), `${name} ${version}`]);
  }
  return [...byOrigin].map(([origin, names]) => `${origin}: ${names.join(", ")}`);
}

function pluginLines(plugins: readonly InstalledPlugin[]): string[] {
  return plugins.map(({ name, version, origin }) =>
    origin === "stand-in"
      ? `${name} ${version}: a stand-in of this repository, not the official plugin`
      : `${name} ${version}: official, from the ${origin}`,
  );
}

function claimLine({ claim, holds, seen }: Claim): string {
  return `${holds ? "✔" : "✘ FAILED:"} ${claim} (${seen})`;
}

function sampleLines({ evidence, tenant }: StartSummary): string[] {
  if (evidence.sample === undefined) return ["none"];
  const { labels, line } = evidence.sample;
  const text = Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(" ");
  return [`tenant ${tenant}: ${text}`, line];
}
