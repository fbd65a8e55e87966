import * as os from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

import { Listr, PRESET_TIMER } from "listr2";

import { pathWithout, prepareEngine, sandboxStack, type Engine } from "../sandbox/engine";
import { recoverInterrupted } from "../sandbox/engine-recovery";
import { saveState, stopSandbox, withSandboxLock } from "../sandbox/lifecycle";
import { startNodeAgent } from "../sandbox/node-agent/start";
import { sandboxPaths } from "../sandbox/paths";
import { installStandIns, type InstalledPlugin } from "../sandbox/plugins/install";
import { listProcesses, refuseStarts, type ProcessRecord } from "../sandbox/processes";
import { gatherEvidence, judge, type Claim, type Evidence } from "../sandbox/proof";
import { sandboxTools, startServers, type Servers } from "../sandbox/servers";
import { ensureTools, type Tools } from "../sandbox/toolchain/ensure";
import { collectorsReady } from "./collectors-ready";
import { runCommand } from "./command";
import { checkStack, placeOf, runEngine } from "./engine-run";
import { readPlan, type EngineSummary } from "./engine-summary";
import { printSummary } from "./start-summary";

/** What the steps hand on to each other. */
interface Context {
  tools?: Tools;
  servers?: Servers;
  plugins?: InstalledPlugin[];
  engine?: Engine;
  deployed?: EngineSummary;
  evidence?: Evidence;
}

const proofLines = 3_000;
const proofRate = 1_500;

/**
 * `npm start`: a whole platform on this machine, the stack `local` deployed to it by the Pulumi CLI with the policy
 * pack, and the proof that its lines arrive. The servers stay; `npm run sandbox:down` stops them.
 */
runCommand("start", [], async () => {
  const paths = sandboxPaths();
  const settings = checkStack(sandboxStack);
  const before = (await listProcesses(paths)).map(({ pid, startTime }) => `${pid} ${startTime}`);
  const builds = new AbortController();
  const claims = await withSandboxLock(paths, async () => {
    const interrupted = stopOnInterrupt(async () => {
      builds.abort();
      refuseStarts();
      const ours = ({ pid, startTime }: ProcessRecord): boolean => !before.includes(`${pid} ${startTime}`);
      // What was being started at that moment is recorded a moment later: look until there is nothing twice in a row.
      for (let quiet = 0; quiet < 2; await sleep(250)) {
        quiet = (await stopSandbox(paths, ours)).length === 0 ? quiet + 1 : 0;
      }
    });
    try {
      return await runSteps();
    } finally {
      interrupted.dispose();
    }
  });
  if (claims.some(({ holds }) => !holds)) process.exitCode = 1;

  async function runSteps(): Promise<Claim[]> {
    const seconds: Record<string, number> = {};
    const context: Context = {};
    const step = (title: string, work: (tell: (text: string) => void) => Promise<void>) => ({
      title,
      task: async (_: unknown, task: { output: string }): Promise<void> => {
        const started = Date.now();
        await work((text) => (task.output = text));
        seconds[title] = (Date.now() - started) / 1000;
      },
    });
    const steps = [
      step("tools: from PATH, the cache, or built", async (tell) => {
        context.tools = await ensureTools(sandboxTools, (tool, text) => tell(`${tool}: ${text}`), {
          signal: builds.signal,
          // A shell with sandbox:env has the sandbox's own links in front.
          env: { ...process.env, PATH: pathWithout(paths.bin) },
        });
      }),
      step("servers: Kubernetes, OpenBao, Loki, Prometheus", async (tell) => {
        const [servers, plugins] = await Promise.all([
          startServers(paths, need(context.tools), tell),
          installStandIns(paths.bin),
        ]);
        Object.assign(context, { servers, plugins });
        await startNodeAgent({ paths, tools: need(context.tools), log: tell });
      }),
      step("engine: backend, stack, policy pack", async (tell) => {
        const { cluster, vault, loki, prometheus } = need(context.servers);
        const { context: name, kubeconfig } = cluster;
        context.engine = await prepareEngine({
          paths,
          tools: need(context.tools),
          addresses: {
            context: name,
            kubeconfig,
            vault,
            lokiPushUrl: loki.pushUrl,
            prometheusWriteUrl: prometheus.writeUrl,
          },
        });
        for (const line of await recoverInterrupted(context.engine, kubeconfig)) tell(line);
        const urls = { Loki: loki.url, Prometheus: prometheus.url, Kubernetes: cluster.server, OpenBao: vault.address };
        await saveState(paths, need(context.tools), need(context.plugins), urls, context.engine);
      }),
      step("pulumi preview with the policy pack", async () => {
        await runLocal(need(context.engine), "preview", ["--diff=false"]);
      }),
      step("pulumi up with the policy pack", async () => {
        const result = await runLocal(need(context.engine), "up", ["--yes", "--skip-preview"]);
        context.deployed = readPlan(result.output);
      }),
      step("collectors: one on every node, ready", async (tell) => {
        await collectorsReady(paths, need(context.servers).cluster.nodes, tell);
      }),
      step(`proof: ${proofLines} lines from the pods to Loki, metrics to Prometheus`, async () => {
        context.evidence = await gatherEvidence({
          paths,
          servers: need(context.servers),
          settings,
          lines: proofLines,
          ratePerSecond: proofRate,
          timeoutMs: 60_000,
        });
      }),
    ];
    await new Listr(steps, {
      // Its own would end the process at once, and what was started would stay.
      registerSignalListeners: false,
      rendererOptions: { timer: PRESET_TIMER, collapseSubtasks: false },
      fallbackRendererOptions: { timer: PRESET_TIMER },
    }).run();

    const evidence = need(context.evidence);
    const judged = judge(evidence, settings);
    await printSummary({ paths, tenant: settings.lokiTenant, evidence, claims: judged, seconds, ...complete(context) });
    return judged;
  }

  async function runLocal(engine: Engine, command: "preview" | "up", flags: string[]) {
    const { pulumi, env, policyPack, configFile } = engine;
    const call = { pulumi, env, policyPack, configFile, stack: sandboxStack };
    const result = await runEngine(call, command, flags, placeOf(sandboxStack, settings), true);
    if (result.exitCode !== 0) throw new Error(`pulumi ${command} failed:\n${result.output}`);
    return result;
  }
});

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a step ran before the one that it needs");
  return value;
}

function complete({ tools, servers, plugins, deployed }: Context) {
  return { tools: need(tools), servers: need(servers), plugins: need(plugins), deployed: need(deployed) };
}

/** On Ctrl-C: stops what this run has started, then ends with the exit code that shells expect. */
function stopOnInterrupt(stop: () => Promise<void>): { dispose: () => void } {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    // npm hands on what the terminal has sent already.
    if (stopping) return;
    stopping = true;
    console.error(`\n${signal}: stopping what this run has started…`);
    void stop().then(
      () => process.exit(128 + os.constants.signals[signal]),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    dispose: () => {
      for (const signal of signals) process.removeListener(signal, onSignal);
    },
  };
}
