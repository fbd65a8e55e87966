import assert from "node:assert/strict";

import { labelsOf } from "../../../packages/sandbox/servers/loki";
import { waitUntil } from "../../../packages/sandbox/process/waiting";
import { gateTenant, spaces, type GatedStack } from "../support/gate";
import { listPods, PlayedPod, type LivePod } from "../support/pods";
import { sandbox } from "../support/sandbox";

const rollouts = 10;
const replicas = 3;
const containers = ["app", "proxy"] as const;
const linesOfOne = 5;

const deployments = `/apis/apps/v1/namespaces/${spaces.many}/deployments`;
const labels = { "app.kubernetes.io/name": "rolled" };
const roundAnnotation = "example.com/round";

/** What Loki has of a Deployment before any rollout, and after each. */
export interface RolledOut {
  /** One text a stream. */
  streams: string[][];
  /** Names of all pods that have written. */
  pods: Set<string>;
}

/** Rolls a Deployment out ten times. Each pod writes, and nothing goes on before its lines have arrived. */
export async function rollOutTenTimes(stack: GatedStack): Promise<RolledOut> {
  await sandbox().api.request("POST", deployments, { body: deployment });
  const result: RolledOut = { streams: [], pods: new Set() };
  for (let round = 0; round <= rollouts; round++) {
    if (round > 0)
      await sandbox().api.request("PATCH", `${deployments}/rolled`, {
        type: "application/merge-patch+json",
        body: { spec: { template: { metadata: { annotations: { [roundAnnotation]: String(round) } } } } },
      });
    const texts = (await Promise.all((await podsOf(round)).map(write))).flat();
    await waitUntil(
      `the lines of round ${round} arrive`,
      () => {
        const arrived = containers.map((container) => new Set(stack.lines(`job="${spaces.many}/${container}"`)));
        const missing = texts.filter((text) => !arrived.every((seen) => seen.has(text)));
        return Promise.resolve(missing.length === 0 || `${missing.length} of ${texts.length} are missing`);
      },
      { timeoutMs: 180_000, intervalMs: 250 },
    );
    for (const text of texts) result.pods.add(text.split(" ")[1] ?? "");
    const { loki } = await sandbox().servers();
    const found = await labelsOf(loki, gateTenant, `{namespace="${spaces.many}", app="rolled"}`);
    result.streams.push(found.map((stream) => JSON.stringify(Object.entries(stream).sort())).sort());
  }
  return result;
}

/** Streams after ten rollouts number the same as before. */
export function rolledOut(finished: () => Promise<RolledOut>): void {
  it("has the streams that it had before", async () => {
    const { streams, pods } = await finished();
    const [before = []] = streams;
    assert.equal(before.length, containers.length, before.join("\n"));
    assert.equal(streams.length, rollouts + 1);
    for (const [round, after] of streams.entries()) assert.deepEqual(after, before, `after ${round} rollouts`);
    assert.equal(pods.size, replicas * (rollouts + 1), "each round had pods of its own");
  });
}

const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "rolled", labels },
  spec: {
    replicas,
    strategy: { type: "Recreate" },
    selector: { matchLabels: labels },
    template: {
      metadata: { labels, annotations: { [roundAnnotation]: "0" } },
      spec: {
        // Each node has streams of its own: pods that move would make some as well.
        nodeSelector: { "kubernetes.io/hostname": "node-2" },
        terminationGracePeriodSeconds: 0,
        containers: containers.map((name) => ({ name, image: "demo.invalid/played-by-the-sandbox:1" })),
      },
    },
  },
};

/** The pods of a round: all of them run, and none of another is left. */
async function podsOf(round: number): Promise<LivePod[]> {
  let found: LivePod[] = [];
  await waitUntil(
    `the pods of round ${round} run`,
    async () => {
      found = await listPods("app.kubernetes.io/name=rolled");
      const fit = found.filter(
        ({ metadata, status }) =>
          metadata.annotations?.[roundAnnotation] === String(round) && status.phase === "Running",
      );
      return (fit.length === replicas && found.length === replicas) || `${fit.length} of ${found.length}`;
    },
    { timeoutMs: 180_000 },
  );
  return found;
}

/** Has both containers of a pod write the same lines, and gives these. */
async function write({ metadata: { namespace, name, uid }, spec }: LivePod): Promise<string[]> {
  const pod = await PlayedPod.play({ namespace, name, uid, node: spec.nodeName ?? "" }, containers);
  const lines = Array.from({ length: linesOfOne }, (_unused, at) => `level=info ${name} ${at}`);
  pod.write(...lines);
  pod.close();
  return lines;
}
