import assert from "node:assert/strict";

import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import type { JsonObject } from "../../packages/sandbox/servers/cluster/kube-api";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { copyCheckout } from "../e2e/support/checkout";
import { run } from "../e2e/support/command";
import { changeConfig } from "../e2e/support/config";
import { Load, type Side } from "../e2e/support/counted-load";
import { deployOld, foreignObjects, oldAlloy, removeObjects, versionsOf, withoutStack } from "../e2e/support/old-alloy";
import { sandbox, stackObjects, type LiveObject } from "../e2e/support/sandbox";
import { exportStack } from "../e2e/support/state";

const byOld: Side = (labels) => labels.includes('environment="production"');
const byNew: Side = (labels) => labels.includes('cluster="detectviz-local"');
const linesBefore = 600;
const perSecond = 120;
/** More than one container has: any number of doubles is right. */
const linesAtMost = 1_000_000;

let load: Load;
let old: JsonObject[];
let putBack: () => Promise<void>;

/** Fails where one line was lost on any node, or a container had more doubles than this among the new streams. */
function assertNothingLost(doublesOfOne: number, side: Side = byNew): void {
  for (const node of nodeNames) {
    const { written, lost } = load.tally(side, node);
    assert.ok(written > 0, `nothing was written on ${node}`);
    assert.equal(lost, 0, `${lost} of ${written} lines of ${node} were lost`);
  }
  const most = load.tally(side).doublesOfOne;
  assert.ok(most <= doublesOfOne, `one container had ${most} lines sent again`);
}

async function allArrived(side: Side): Promise<void> {
  await waitUntil(
    "every line arrives",
    // A loss shows in what is asserted afterwards, with the numbers.
    () => Promise.resolve(load.arrived(side) === load.ledger.total || `${load.arrived(side)} of ${load.ledger.total}`),
    { timeoutMs: 300_000, intervalMs: 500 },
  );
}

/** Runs a command of ours while lines are written, until every collector has been replaced. */
async function underLoad(work: () => Promise<{ exitCode: number; output: string }>): Promise<void> {
  const before = (await sandbox().agent()).pods.map(({ uid }) => uid);
  const stop = load.begin(perSecond);
  try {
    const { exitCode, output } = await work();
    assert.equal(exitCode, 0, output);
    await sandbox().newCollectors(before);
  } finally {
    await stop();
  }
}

describe("a way in and a way out, under load", () => {
  before(async () => {
    await withoutStack();
    load = await Load.start("load-adoption");
    old = await oldAlloy(load.pushUrl);
    // The stack collects what this file writes, and the namespace in which the old collectors and the new are.
    putBack = await changeConfig([
      [["alloy:lokiUrl"], load.pushUrl],
      [["alloy:logs"], { includeNamespaces: "load-.+|monitoring" }],
      // Three nodes one after the other, on a machine that does other work as well.
      [["alloy:rollout"], { timeout: "10m", await: "ready" }],
    ]);
    for (const object of foreignObjects) await sandbox().api.apply(object);
    await deployOld(old);
  });

  after(async () => {
    await putBack();
    // Given back at the end: the old objects are nobody's but this file's.
    const wayBack = { apiVersion: "v1", kind: "Secret", metadata: { name: "alloy-adoption", namespace: "monitoring" } };
    await removeObjects([...foreignObjects, ...old, wayBack]);
    const up = await sandbox().npm("up", ["local", "--yes"]);
    await load.stop();
    assert.equal(up.exitCode, 0, up.output);
  });

  describe("an Alloy that Kustomize has deployed", () => {
    let announced = 0;

    it("is looked at: the plan names everything and changes nothing, and counts what will be read again", async () => {
      await load.write(linesBefore, 1_000);
      await allArrived(byOld);
      const everything = [...old, ...foreignObjects];
      const [versions, { text }] = [await versionsOf(everything), await exportStack(sandbox())];

      const { exitCode, output } = await sandbox().alloyctl("adopt", ["local"]);
      assert.equal(exitCode, 0, output);
      for (const line of [
        /ServiceAccount monitoring\/alloy as alloy-access-service-account: imported/,
        /ClusterRole alloy as alloy-access-cluster-role: imported/,
        /ClusterRoleBinding alloy as alloy-access-cluster-role-binding: imported/,
        /DaemonSet monitoring\/alloy as alloy-collectors-daemon-set: deleted without its pods/,
        /Left alone .*\n( +\S+ \S+\n)* +ConfigMap monitoring\/alloy-config-7h2k9m5d8f\n/,
        /permissions taken away: .*secrets/,
        /labels that streams lose: .*environment/,
      ])
        assert.match(output, line);
      const [, containers, lines] = /(\d+) containers are read again .*: (\d+) lines/.exec(output) ?? [];
      announced = Number(lines);
      assert.deepEqual([Number(containers), announced], [load.containers, linesBefore], output);

      assert.deepEqual(await versionsOf(everything), versions);
      assert.equal((await exportStack(sandbox())).text, text);
    });

    it("is left as it is while one of the names is somebody else's", async () => {
      const labels = { "app.kubernetes.io/name": "billing" };
      const theirs = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "alloy-config", namespace: "monitoring", labels },
      };
      await sandbox().api.apply(theirs);
      const everything = [...old, ...foreignObjects, theirs];
      const [versions, { text }] = [await versionsOf(everything), await exportStack(sandbox())];
      const { exitCode, output } = await sandbox().alloyctl("adopt", ["local", "--apply", "--yes"]);
      assert.notEqual(exitCode, 0, output);
      assert.match(output, /ConfigMap monitoring\/alloy-config belongs to billing/);
      assert.match(output, /nothing was taken over/);
      assert.deepEqual(await versionsOf(everything), versions);
      assert.equal((await exportStack(sandbox())).text, text);
      await removeObjects([theirs]);
    });

    it("is taken over under load: nothing is lost, and read again is at least what was announced", async () => {
      const before = await versionsOf(old);
      const untouched = [...foreignObjects, ...old.filter(({ kind }) => kind === "ConfigMap")];
      const versions = await versionsOf(untouched);
      await underLoad(() => sandbox().alloyctl("adopt", ["local", "--apply", "--yes"]));
      await allArrived(byNew);

      // The new collectors begin with the first line of each container: each line comes once from them.
      assertNothingLost(0);
      const [again, since] = [load.takenByBoth(byOld, byNew), load.ledger.total - linesBefore];
      assert.ok(since > 0 && again >= announced, `${again} lines were read again, ${announced} announced`);
      assert.ok(
        again <= announced + since,
        `${again} lines were read again: more than there were, ${announced + since}`,
      );

      assert.deepEqual(await versionsOf(untouched), versions);
      const uid = (versions: Record<string, string>, name: string): string => versions[name]?.split(" ")[0] ?? "";
      const after = await versionsOf(old);
      for (const name of ["ServiceAccount monitoring/alloy", "ClusterRole /alloy", "ClusterRoleBinding /alloy"])
        assert.equal(uid(after, name), uid(before, name), `${name} was made anew`);
      assert.notEqual(uid(after, "DaemonSet monitoring/alloy"), uid(before, "DaemonSet monitoring/alloy"));

      assert.deepEqual(Object.keys(await sandbox().deployed()), Object.keys(stackObjects));
      for (const place of Object.values(stackObjects))
        assert.doesNotMatch(
          JSON.stringify((await sandbox().get(place)).metadata),
          /argocd\.argoproj\.io\/tracking-id"?:"/,
        );
      const role = await sandbox().get<LiveObject & { rules: unknown }>(stackObjects.ClusterRole);
      assert.doesNotMatch(JSON.stringify(role.rules), /secrets|configmaps|proxy|nonResourceURLs/);
    });

    it("is there to take over only once: a second run changes nothing", async () => {
      const before = await sandbox().deployed();
      const { text } = await exportStack(sandbox());
      for (const flags of [[], ["--apply", "--yes"]]) {
        const { exitCode, output } = await sandbox().alloyctl("adopt", ["local", ...flags]);
        assert.equal(exitCode, 0, output);
        assert.match(output, /nothing to take over/);
      }
      assert.deepEqual(await sandbox().deployed(), before);
      assert.equal((await exportStack(sandbox())).text, text);
      const drift = await sandbox().alloyctl("drift", ["local"]);
      assert.equal(drift.exitCode, 0, drift.output);
    });
  });

  describe("a change that is backed out by git revert", () => {
    it("rolls the collectors forth and back under load: nothing is lost on any node, positions stay", async () => {
      const copy = await copyCheckout();
      const git = async (...args: string[]): Promise<void> => {
        const who = ["-c", "user.name=e2e", "-c", "user.email=e2e@localhost", "-c", "commit.gpgsign=false"];
        const { exitCode, output } = await run("git", ["-C", copy.folder, ...who, ...args]);
        assert.equal(exitCode, 0, output);
      };
      const pipeline = async (): Promise<unknown> =>
        (await sandbox().get<LiveObject & { data: unknown }>(stackObjects.ConfigMap)).data;
      const up = (): Promise<void> => underLoad(() => sandbox().npm("up", ["local", "--yes"], { cwd: copy.folder }));
      const candidate = (labels: string): boolean => labels.includes('release="candidate"');
      try {
        await git("init", "--quiet");
        await git("add", "--all", "--", ".", ":!node_modules");
        await git("commit", "--quiet", "--message", "as deployed");
        const before = await pipeline();

        await copy.edit("pipeline/sections/logs.alloy", (text) =>
          text.replace(
            '\trule {\n\t\ttarget_label = "node"',
            '\trule {\n\t\ttarget_label = "release"\n\t\treplacement  = "candidate"\n\t}\n\n$&',
          ),
        );
        await git("commit", "--quiet", "--all", "--message", "a change of the pipeline");
        await up();
        await allArrived(byNew);
        assertNothingLost(1);
        for (const node of nodeNames)
          assert.ok(load.seen('release="candidate"', `node="${node}"`), `${node} has not changed`);

        await git("revert", "--no-edit", "HEAD");
        await up();
        await allArrived(byNew);
        assertNothingLost(2);
        assert.deepEqual(await pipeline(), before);
        const late = load.arrived(candidate);
        await load.write(linesBefore, 1_000);
        await allArrived(byNew);
        assert.equal(load.arrived(candidate), late, "the change is still in force somewhere");
        assertNothingLost(2);
      } finally {
        await copy.remove();
      }
    });
  });

  describe("an adoption that is given back", () => {
    it("loses nothing under load, and the old collectors run as they did", async () => {
      await underLoad(() => sandbox().alloyctl("adopt", ["local", "--give-back", "--yes"]));
      const everywhere: Side = () => true;
      await allArrived(everywhere);
      // What the new collectors have sent is read again by the old ones from their own positions on.
      assertNothingLost(linesAtMost, everywhere);
      const late = load.arrived(byOld);
      await load.write(linesBefore, 1_000);
      await waitUntil("the old collectors send", () => Promise.resolve(load.arrived(byOld) >= late + linesBefore), {
        timeoutMs: 120_000,
      });
      const set = await sandbox().get<LiveObject & { spec: unknown }>(stackObjects.DaemonSet);
      assert.match(JSON.stringify(set.spec), /alloy-config-7h2k9m5d8f/);
      for (const place of [stackObjects.ConfigMap, stackObjects.Secret, stackObjects.PodMonitor])
        assert.equal(await sandbox().find(place), undefined, `${place} is left`);
      const role = await sandbox().get<LiveObject & { rules: unknown }>(stackObjects.ClusterRole);
      assert.match(JSON.stringify(role.rules), /secrets/);
    });
  });
});
