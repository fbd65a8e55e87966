import { readAgentStatus } from "../node-agent/agent-status";
import type { SandboxPaths } from "../paths";
import type { InstalledPlugin } from "../stand-ins/install";
import type { Claim, Evidence } from "../proof/proof";
import type { Servers } from "../servers/servers";
import { readStatus, type PodStatus } from "../status/read-status";
import type { Source } from "../toolchain/context";
import type { Tools } from "../toolchain/ensure";
import { changesText, type EnginePlan } from "../../../operations/engine/plan";

/** Everything that the summary of `npm start` tells. */
export interface StartSummary {
  paths: SandboxPaths;
  tools: Tools;
  plugins: InstalledPlugin[];
  servers: Servers;
  deployed: Pick<EnginePlan, "changes" | "packs">;
  /** What was there already and is used as it is, in words. */
  retained: readonly string[];
  tenant: string;
  /** The cluster is the user's: there is no node agent, and the pods are theirs to look at. */
  own: boolean;
  sample: Evidence["sample"];
  claims: Claim[];
  /** Title of each step to the seconds it took. */
  seconds: Record<string, number>;
}

/** Prints what was started from what, what was deployed, what was proven, and where to look. */
export async function printSummary(summary: StartSummary): Promise<void> {
  const { own, servers } = summary;
  const pods = own ? [] : ((await readAgentStatus(summary.paths))?.pods ?? []);
  const failed = summary.claims.some(({ holds }) => !holds);
  const sections = [
    heading("Tools", toolLines(summary.tools)),
    heading("Plugins", pluginLines(summary.plugins)),
    heading("Deployed", [
      `stack local${own ? ` to context ${servers.cluster.context}` : ""}: ${changesText(summary.deployed)}`,
      ...summary.retained,
      `policies passed: ${summary.deployed.packs.join(", ") || "none"}`,
      ...pods.map(
        ({ node, name, pid, restarts }) => `${node}: pod ${name}, pid ${pid ?? "none"}, ${restarts} restarts`,
      ),
    ]),
    heading("Proof", summary.claims.map(claimLine)),
    ...(failed && !own ? [heading("What the collectors say", await askCollectors(summary.paths))] : []),
    heading("One line as Loki has it", sampleLines(summary)),
    heading("Look around", [
      ...pods.map(({ node, uiUrl }) => `Alloy on ${node}: ${uiUrl ?? "not listening"}`),
      ...(own || summary.tools.alloy.source !== "built" ? [] : [withoutPages]),
      `Loki: ${servers.loki.url} (header X-Scope-OrgID: ${summary.tenant})`,
      `Prometheus: ${servers.prometheus.url}`,
      own ? `Kubernetes: --context ${servers.cluster.context}` : `Kubernetes: KUBECONFIG=${servers.cluster.kubeconfig}`,
    ]),
    heading(
      "Seconds",
      Object.entries(summary.seconds).map(([title, seconds]) => `${seconds.toFixed(1).padStart(7)}  ${title}`),
    ),
  ];
  console.log(`\n${sections.join("\n")}`);
  console.log(
    own
      ? 'What was deployed stays. To take it away: eval "$(npm run --silent sandbox:env)" && pulumi destroy; then npm run sandbox:down.'
      : "The servers keep running. npm run sandbox:status, sandbox:env, sandbox:down.",
  );
}

// The pages' sources need a newer Node to build; what they show is behind these addresses all the same.
const withoutPages = "  (built here, so without the UI's pages: /metrics, /api/v0/web/components, /-/ready)";

function heading(title: string, lines: readonly string[]): string {
  return [title, ...lines.map((line) => `  ${line}`), ""].join("\n");
}

const sources: Record<Source, string> = {
  path: "from PATH",
  download: "as released",
  built: "built here",
  pypi: "from PyPI",
  debian: "from Debian",
};

// One line an origin: sixteen lines of tools would hide what matters.
function toolLines(tools: Tools): string[] {
  const byOrigin = new Map<string, string[]>();
  for (const { name, origin, source, version } of Object.values(tools)) {
    const where = origin === "cache" ? `${origin}, ${sources[source]}` : sources[source];
    byOrigin.set(where, [...(byOrigin.get(where) ?? []), `${name} ${version}`]);
  }
  return [
    ...[...byOrigin].map(([origin, names]) => `${origin}: ${names.join(", ")}`),
    ...(tools.alloy?.source === "built"
      ? ["this Alloy is our build: it has the components of the pipeline and no others"]
      : []),
  ];
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

// What was proven and what not is printed even where nobody can say why.
function askCollectors(paths: SandboxPaths): Promise<string[]> {
  return readStatus(paths).then(
    ({ pods, trouble }) => complaints(pods, trouble),
    (error: unknown) => [`they could not be asked (${String(error)}): npm run sandbox:status`],
  );
}

/** Why a proof may have failed, in the collectors' own words. */
export function complaints(
  pods: readonly Pick<PodStatus, "node" | "lastError" | "errors" | "log">[],
  trouble?: string,
): string[] {
  const agent = trouble === undefined ? [] : [`the node agent: ${trouble}`];
  if (pods.length === 0) return [...agent, "no collector runs: npm run sandbox:status"];
  const said = pods.flatMap(({ node, lastError, errors, log }) => {
    const texts = lastError === undefined ? errors : [lastError, ...errors];
    const own = texts.length === 0 ? [`nothing that it logged as an error; its log: ${log}`] : texts;
    return own.map((text) => `${node}: ${text}`);
  });
  return [...agent, ...said];
}

function sampleLines({ sample, tenant }: StartSummary): string[] {
  if (sample === undefined) return ["none"];
  const { labels, line } = sample;
  const text = Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(" ");
  return [`tenant ${tenant}: ${text}`, line];
}
