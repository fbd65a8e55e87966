import assert from "node:assert/strict";

import { Ledger } from "../../../bench/delivery/ledger";
import { Source } from "../../../bench/delivery/source";
import { labelsOf } from "../../../sandbox/loki";
import { waitUntil } from "../../../sandbox/waiting";
import { gateTenant, spaces, type GatedStack } from "../../support/e2e-gate";
import { listPods, PlayedPod, type LivePod } from "../../support/e2e-pods";
import { sandbox } from "../../support/e2e-sandbox";

const pods = 30;
const lines = 3_000;
const roundsMore = 10;
const linesOfOne = 5;

const deployment = `/apis/apps/v1/namespaces/${spaces.shop}/deployments`;
const rolledLabels = { "app.kubernetes.io/name": "rolled" };
const roundAnnotation = "example.com/round";

/** Each line once, and no stream more for a rollout. */
export function onceTests(stack: GatedStack): void {
  describe("three nodes with thirty pods", () => {
    const ledger = new Ledger(lines);
    let source: Source;

    before(() => {
      source = new Source(sandbox().api, sandbox().paths, ledger, "many");
      stack.onTaken = (streams) => ledger.takeStreams(streams);
    });

    after(async () => {
      stack.onTaken = undefined;
      await source.remove();
    });

    async function written(count: number): Promise<void> {
      await source.write(count, 1_000, new AbortController().signal);
      await waitUntil(
        "the lines arrive",
        () => Promise.resolve(ledger.arrived === ledger.total || `${ledger.arrived} of ${ledger.total}`),
        { timeoutMs: 120_000, intervalMs: 500 },
      );
    }

    it("push every line once", async () => {
      await source.add(spaces.many, pods);
      await written(lines);
      // A line that was sent twice would be before these.
      await written(pods * 10);
      const { written: all, lost, doubles } = ledger.tally();
      assert.deepEqual({ all, lost, doubles }, { all: lines + pods * 10, lost: 0, doubles: 0 });
      const streams = new Set(
        stack.taken.filter(({ labels }) => labels.includes(`"${spaces.many}"`)).map((s) => s.labels),
      );
      assert.equal(streams.size, 3, [...streams].join("\n"));
    });
  });

  describe("a Deployment that is rolled out ten times", () => {
    const names = new Set<string>();

    before(() =>
      sandbox().api.request("POST", deployment, {
        body: {
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: { name: "rolled", labels: rolledLabels },
          spec: {
            replicas: 3,
            strategy: { type: "Recreate" },
            selector: { matchLabels: rolledLabels },
            template: {
              metadata: { labels: rolledLabels, annotations: { [roundAnnotation]: "0" } },
              spec: {
                // Each node has streams of its own: pods that move would make some as well.
                nodeSelector: { "kubernetes.io/hostname": "node-2" },
                terminationGracePeriodSeconds: 0,
                containers: ["app", "proxy"].map((name) => ({ name, image: "demo.invalid/played-by-the-sandbox:1" })),
              },
            },
          },
        },
      }),
    );

    /** The pods of a round, all of them there and none of another. */
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
          return (fit.length === 3 && found.length === 3) || `${fit.length} of ${found.length}`;
        },
        { timeoutMs: 120_000 },
      );
      return found;
    }

    /** Has every container of a round write, and gives the streams that Loki has of all rounds. */
    async function streamsAfter(round: number): Promise<string[]> {
      const texts: string[] = [];
      for (const { metadata, spec } of await podsOf(round)) {
        const { namespace, name, uid } = metadata;
        names.add(name);
        const containers = spec.containers.map((container) => container.name);
        const pod = await PlayedPod.play({ namespace, name, uid, node: spec.nodeName ?? "" }, containers);
        const own = Array.from({ length: linesOfOne }, (_unused, at) => `level=info ${name} ${at}`);
        pod.write(...own);
        pod.close();
        texts.push(...own);
      }
      await waitUntil(
        `the lines of round ${round} arrive`,
        () => {
          const arrived = ["app", "proxy"].map(
            (container) => new Set(stack.lines(`job="${spaces.shop}/${container}"`)),
          );
          const missing = texts.filter((text) => !arrived.every((seen) => seen.has(text)));
          return Promise.resolve(missing.length === 0 || `${missing.length} of ${texts.length} are missing`);
        },
        { timeoutMs: 120_000, intervalMs: 250 },
      );
      const { loki } = await sandbox().servers();
      const streams = await labelsOf(loki, gateTenant, `{namespace="${spaces.shop}", app="rolled"}`);
      return streams.map((labels) => JSON.stringify(Object.entries(labels).sort())).sort();
    }

    it("has the streams that it had before", async () => {
      const before = await streamsAfter(0);
      assert.equal(before.length, 2, before.join("\n")); // one a container's name
      for (let round = 1; round <= roundsMore; round++) {
        await sandbox().api.request("PATCH", `${deployment}/rolled`, {
          type: "application/merge-patch+json",
          body: { spec: { template: { metadata: { annotations: { [roundAnnotation]: String(round) } } } } },
        });
        const now = await streamsAfter(round);
        assert.deepEqual(now, before, `after ${round} rollouts`);
      }
      assert.equal(names.size, 3 * (roundsMore + 1), "each round had pods of its own");
    });
  });
}
