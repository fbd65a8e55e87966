import assert from "node:assert/strict";
import * as crypto from "node:crypto";
import * as path from "node:path";
import * as fs from "node:fs/promises";

import { readCollector } from "../../packages/sandbox/proof/collector-counts";
import { countLines } from "../../packages/sandbox/servers/loki";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { startWorkload, waitForWorkload } from "../../packages/sandbox/workload/start";
import { configChecksumAnnotation } from "../../settings/names";
import { atRest } from "./support/load";
import { sandbox, stackObjects, type LiveObject } from "./support/sandbox";

interface ConfigMap extends LiveObject {
  data: { "config.alloy": string };
}

interface DaemonSet extends LiveObject {
  spec: { template: { metadata: { annotations: Record<string, string> } } };
}

/** Containers of the workload on a node, each of which may have one line sent again. */
async function workloadContainers(): Promise<Map<string, number>> {
  const { containers } = await waitForWorkload(sandbox().paths, 30_000);
  const counts = new Map<string, number>();
  for (const { node } of containers) counts.set(node, (counts.get(node) ?? 0) + 1);
  return counts;
}

/** Waits until what is at rest is also what a collector would start from. */
async function answeredFor(): Promise<void> {
  const { nodes } = sandbox().paths;
  const since = Date.now();
  const pods = (await sandbox().agent()).pods;
  assert.ok(pods.length > 0);
  await waitUntil(
    "the positions are answered for",
    async () => {
      const files = pods.map(({ node }) =>
        path.join(nodes, node, "host/var/lib/alloy/loki.source.kubernetes.pods/positions.acknowledged.yml"),
      );
      const written = await Promise.all(files.map(async (file) => (await fs.stat(file)).mtimeMs));
      return written.every((at) => at > since) || `${written.filter((at) => at <= since).length} are older`;
    },
    { timeoutMs: 60_000, intervalMs: 500 },
  );
}

describe("a changed setting", () => {
  it("is none at first: npx alloyctl up changes nothing", async () => {
    const before = await sandbox().deployed();
    const up = await sandbox().npm("up", ["local", "--yes"]);
    assert.equal(up.exitCode, 0, up.output);
    assert.match(up.output, /^ +[1-9]\d* unchanged$/m);
    assert.doesNotMatch(up.output, /\d (?:created|updated|replaced|deleted)/);
    assert.deepEqual(await sandbox().deployed(), before);
  });

  it("reaches the ConfigMap in place and rolls the pods, which go on where they were", async () => {
    const { paths } = sandbox();
    // Thousands of lines on every node: a lost position would show.
    await startWorkload({ paths, lines: 900, ratePerSecond: 3_000 });
    const perNode = await workloadContainers();
    await atRest();
    await answeredFor();

    const configMap = await sandbox().get<ConfigMap>(stackObjects.ConfigMap);
    const daemonSet = await sandbox().get<DaemonSet>(stackObjects.DaemonSet);
    const pods = (await sandbox().agent()).pods;
    assert.match(configMap.data["config.alloy"], /level += "info"/);

    const set = await sandbox().shell("pulumi config set alloy:logLevel warn && pulumi up --yes --non-interactive");
    assert.equal(set.exitCode, 0, set.output);
    assert.match(set.output, /^ +~ 4 updated$/m);
    assert.doesNotMatch(set.output, /\d (?:created|replaced|deleted)/);
    await sandbox().newCollectors(pods.map(({ uid }) => uid));

    const changed = await sandbox().get<ConfigMap>(stackObjects.ConfigMap);
    assert.equal(changed.metadata.uid, configMap.metadata.uid, "the ConfigMap was replaced");
    assert.match(changed.data["config.alloy"], /level += "warn"/);
    const rolled = await sandbox().get<DaemonSet>(stackObjects.DaemonSet);
    assert.equal(rolled.metadata.uid, daemonSet.metadata.uid, "the DaemonSet was replaced");
    const checksum = (object: DaemonSet): string | undefined =>
      object.spec.template.metadata.annotations[configChecksumAnnotation];
    assert.notEqual(checksum(rolled), checksum(daemonSet));
    const text = changed.data["config.alloy"];
    assert.equal(checksum(rolled), crypto.createHash("sha256").update(text).digest("hex"));
    const now = (await sandbox().agent()).pods;
    assert.equal(now.length, pods.length);
    assert.deepEqual(
      now.filter(({ name }) => pods.some((pod) => pod.name === name)),
      [],
    );

    await atRest();
    for (const pod of now) {
      const positions = path.join(
        paths.nodes,
        pod.node,
        "host/var/lib/alloy/loki.source.kubernetes.pods/positions.yml",
      );
      assert.match(await fs.readFile(positions, "utf8"), /demo-/);
      const { sent } = await readCollector(pod);
      const again = sent - pod.linesLogged;
      assert.ok(again <= (perNode.get(pod.node) ?? 0), `${pod.node} has sent ${again} lines of the workload again`);
    }
  });

  it("loses nothing that is written afterwards, and sends nothing of it twice", async () => {
    const { paths } = sandbox();
    const { loki } = await sandbox().servers();
    const sent = async (): Promise<number> => {
      const { pods } = await sandbox().agent();
      const own = pods.reduce((sum, { linesLogged }) => sum + linesLogged, 0);
      return (await Promise.all(pods.map(readCollector))).reduce((sum, counts) => sum + counts.sent, 0) - own;
    };
    const found = (): Promise<number> => countLines(loki, "local", '{namespace=~"demo-.+"}');
    await atRest();
    const before = { sent: await sent(), found: await found() };
    await startWorkload({ paths, lines: 900, ratePerSecond: 3_000 });
    await waitForWorkload(paths, 30_000);
    await waitUntil(
      "the lines arrive",
      async () => (await found()) - before.found === 900 || `${(await found()) - before.found} found`,
      { timeoutMs: 60_000, intervalMs: 500 },
    );
    await atRest();
    assert.equal((await sent()) - before.sent, 900);
  });
});
