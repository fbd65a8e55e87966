import { Listr, PRESET_TIMER } from "listr2";

import {
  checkpointFile,
  pathWithout,
  offerPlugins,
  prepareBackend,
  prepareEngine,
  sandboxStack,
  type Engine,
} from "../engine/engine";
import { recoverInterrupted } from "../engine/recovery";
import { saveEngine, saveState } from "./lifecycle";
import { findIsolation } from "../node-agent/isolation";
import { startNodeAgent } from "../node-agent/start";
import { gatherOwnEvidence, judgeOwn } from "../proof/own-cluster";
import { ownerMarks } from "../../../kit/process-marks";
import type { SandboxPaths } from "../paths";
import { downloadPlugins } from "../stand-ins/download";
import { installStandIns, type InstalledPlugin } from "../stand-ins/install";
import { gatherEvidence, isFresh, judge, type Claim, type Evidence } from "../proof/proof";
import { describeRetained, findRetained, hasNamespace, type Retained } from "./existing-objects";
import { startServers, toolsBeside, type Servers } from "../servers/servers";
import { together } from "../toolchain/carry-out";
import { ensureTools, type Tools } from "../toolchain/ensure";
import { createWorkloadPods } from "../workload/start";
import { UserError } from "../../../kit/user-error";
import type { Settings } from "../../../settings/schema";
import { silentOnceStopped } from "./interrupt";
import { collectorsReady } from "./collectors-ready";
import { placeOf, runEngine } from "../../../operations/engine/run";
import { failureReasons, type EnginePlan } from "../../../operations/engine/plan";
import type { OwnPlaces } from "../own-cluster/places";
import { printSummary } from "./summary";

/** What a start works on. */
export interface StartOptions {
  paths: SandboxPaths;
  settings: Settings;
  /** The user's own cluster, where one was named; undefined for the sandbox's. */
  own: OwnPlaces | undefined;
  /** Aborted when the person stops this run: it ends a build of a tool, and failures are not reported any more. */
  signal: AbortSignal;
}

/** What the steps hand on to each other. */
interface Context {
  tools?: Tools;
  servers?: Servers;
  plugins?: InstalledPlugin[];
  engine?: Engine;
  retained?: Retained;
  /** See {@link isFresh}; looked at before anything is deployed. */
  fresh?: boolean;
  deployed?: EnginePlan;
  proven?: { claims: Claim[]; sample: Evidence["sample"] };
}

const proofLines = 3_000;
const proofRate = 1_500;
const proofTimeoutMs = 60_000;

/**
 * Everything that `npm start` does once the place is checked and locked: one step after the other for whoever watches,
 * and within a step side by side whatever does not wait for each other. Prints the summary.
 */
export async function runStart(options: StartOptions): Promise<Claim[]> {
  const { paths, settings, own } = options;
  const seconds: Record<string, number> = {};
  const context: Context = {};
  const given = own?.given ?? {};
  const step = (title: string, work: (tell: (text: string) => void) => Promise<void>) => ({
    title,
    task: async (_: unknown, task: { output: string }): Promise<void> => {
      const started = Date.now();
      await silentOnceStopped(options.signal, () => work((text) => (task.output = text)));
      seconds[title] = (Date.now() - started) / 1000;
    },
  });

  const steps = [
    step("tools: from PATH, the cache, downloaded, or built", async (tell) => {
      const say = (tool: string, text: string): void => tell(`${tool}: ${text}`);
      // A shell with sandbox:env has the sandbox's own links in front.
      const stop = new AbortController();
      const signal = AbortSignal.any([options.signal, stop.signal]);
      const how = { signal, env: { ...process.env, PATH: pathWithout(paths.bin) } };
      await together(stop, [
        downloadPlugins(paths.bin, say, how),
        ensureTools(toolsBeside(given), say, how).then((tools) => void (context.tools = tools)),
      ]);
      // The node agent needs it later; a machine that forbids it should say so before ten servers run.
      if (own === undefined) await findIsolation(need(context.tools).bwrap.path);
    }),
    step(
      `servers: ${own === undefined ? "Kubernetes, OpenBao, Loki, Prometheus" : "what was not named"}`,
      async (tell) => {
        const tools = need(context.tools);
        const [servers, plugins, base] = await Promise.all([
          startServers(paths, tools, tell, given),
          installStandIns(paths.bin),
          prepareBackend(paths, tools),
        ]);
        await offerPlugins(base, plugins);
        const { cluster, vault, loki, prometheus } = servers;
        const addresses = {
          context: cluster.context,
          kubeconfig: own === undefined ? cluster.kubeconfig : process.env["KUBECONFIG"],
          vault,
          lokiPushUrl: loki.pushUrl,
          prometheusWriteUrl: prometheus.writeUrl,
        };
        let engine = await prepareEngine(base, addresses);
        const urls = { Loki: loki.url, Prometheus: prometheus.url, Kubernetes: cluster.server, OpenBao: vault.address };
        await saveState(paths, tools, plugins, urls, engine);
        // On a cluster of the user's an object that exists may be somebody's: the engine then says what to do.
        if (own === undefined) for (const line of await recoverInterrupted(engine, cluster.kubeconfig)) tell(line);
        const retained = await findRetained(checkpointFile(paths.root), settings, {
          hasNamespace: (name) => own?.hasNamespace(name) ?? hasNamespace(cluster.kubeconfig, name),
          vault,
        });
        engine = await prepareEngine(base, { ...addresses, retained });
        await saveEngine(paths, engine);
        Object.assign(context, { servers, plugins, engine, retained });
      },
    ),
    step("pulumi preview with the policy pack", async (tell) => {
      await Promise.all([
        runLocal("preview", ["--diff=false"]),
        ...(own === undefined
          ? [startNodeAgent({ paths, tools: need(context.tools), log: tell }), createWorkloadPods(paths)]
          : []),
      ]);
      context.fresh = await isFresh(paths);
    }),
    step("pulumi up with the policy pack", async () => {
      context.deployed = await runLocal("up", ["--yes", "--skip-preview"]);
    }),
    own === undefined
      ? step("collectors: one on every node, ready", async (tell) => {
          await collectorsReady(paths, need(context.servers).cluster.nodes, tell);
        })
      : undefined,
    own === undefined
      ? step(`proof: ${proofLines} lines from the pods to Loki, metrics to Prometheus`, async () => {
          const evidence = await gatherEvidence({
            paths,
            servers: need(context.servers),
            settings,
            lines: proofLines,
            ratePerSecond: proofRate,
            fresh: need(context.fresh),
            timeoutMs: proofTimeoutMs,
          });
          context.proven = { claims: judge(evidence, settings), sample: evidence.sample };
        })
      : step("proof: lines of every node to Loki, metrics to Prometheus", async () => {
          const evidence = await gatherOwnEvidence({
            collectors: () => own.collectors(),
            ...need(context.servers),
            settings,
            timeoutMs: 2 * proofTimeoutMs,
          });
          context.proven = { claims: judgeOwn(evidence, settings), sample: evidence.sample };
        }),
  ].filter((wanted) => wanted !== undefined);

  await new Listr(steps, {
    // Its own would end the process at once, and what was started would stay.
    registerSignalListeners: false,
    rendererOptions: { timer: PRESET_TIMER, collapseSubtasks: false },
    fallbackRendererOptions: { timer: PRESET_TIMER },
  }).run();

  const { claims, sample } = need(context.proven);
  await printSummary({
    paths,
    own: own !== undefined,
    tenant: settings.lokiTenant,
    claims,
    sample,
    seconds,
    tools: need(context.tools),
    servers: need(context.servers),
    plugins: need(context.plugins),
    deployed: need(context.deployed),
    retained: describeRetained(need(context.retained), settings),
  });
  return claims;

  async function runLocal(command: "preview" | "up", flags: string[]): Promise<EnginePlan> {
    const { pulumi, env, policyPack, configFile } = need(context.engine);
    const call = {
      pulumi,
      env: { ...env, ...(await ownerMarks(paths.root)) },
      policyPack,
      configFile,
      stack: sandboxStack,
    };
    const result = await runEngine(call, command, flags, placeOf(sandboxStack, settings), { show: "none" });
    if (result.exitCode !== 0)
      throw UserError.of(
        `pulumi ${command}`,
        "",
        `failed. What it said:\n${failureReasons(result.plan).join("\n") || result.output.trimEnd()}`,
        "correct that, then run npm start again",
      );
    return result.plan;
  }
}

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a step ran before the one that it needs");
  return value;
}
