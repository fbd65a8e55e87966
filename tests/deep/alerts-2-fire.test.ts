import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import type { AlertName } from "../../alerts/table";
import { repoRoot } from "../../kit/repo-root";
import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { names } from "../../settings/names";
import { collectorsReady } from "../../packages/sandbox/start/collectors-ready";
import { givePodsLogBack, takeAwayPodsLog } from "../e2e/support/pods-log";
import { sandbox, stackObjects, type LiveObject } from "../e2e/support/sandbox";
import { History } from "./monitoring/history";
import { removeOperator, runOperator, writeCertificates } from "./monitoring/operator";
import { assertWorked, runRunbook } from "./monitoring/runbook";
import { FireStack, halt, killVault } from "./monitoring/stack";
import { Watcher } from "./monitoring/watcher";

/**
 * Every `for` is divided by this, so that 15 minutes become 15 seconds. Nothing else of the rules is changed: what looks
 * back over 10 minutes does so here, too, and the test waits for it.
 */
const factor = 60;
const minute = 60_000;

const [node1, node2, node3] = nodeNames;

/** Alerts that `status` cannot name, with what it shows in their place. */
const shownInstead: Partial<Record<AlertName, AlertName>> = { AlloyVaultNotRead: "AlloyComponentUnhealthy" };

describe("alerts that fire for real", function () {
  let stack: FireStack;
  let watcher: Watcher;
  let history: History;
  let vaultBack: (() => Promise<void>) | undefined;

  before(async () => {
    stack = await FireStack.deploy();
    watcher = await Watcher.start(await runOperator(await writeCertificates()));
    await stack.writeLines(60);
    await waitUntil(
      "every collector is scraped",
      async () => (await watcher.query('up{job="alloy"} == 1')).length === 3,
      {
        timeoutMs: 90_000,
        intervalMs: 1_000,
      },
    );
    await watcher.divideFor(factor);
    history = new History(watcher);
  });

  after(async () => {
    console.error(history?.table);
    await vaultBack?.();
    await history?.end();
    await watcher?.stop();
    await removeOperator();
    await stack?.restore();
  });

  /** The alerts fire, `status` names one of them with its page, and the page's commands work. */
  async function seen(wanted: readonly string[], node: string, timeoutMs = 3 * minute): Promise<void> {
    await history.fires(wanted, timeoutMs);
    for (const key of wanted) {
      const name = key.split(" ")[0] as AlertName;
      assert.match(history.runbookOf(key), new RegExp(`/docs/runbooks/${name}\\.md$`));
      assert.ok(fs.existsSync(path.join(repoRoot, "docs", "runbooks", `${name}.md`)), `${name} has no page`);
    }
    for (const name of new Set(wanted.map((key) => key.split(" ")[0] as AlertName))) {
      await statusNames(shownInstead[name] ?? name);
      assertWorked(await runRunbook(name, node));
    }
  }

  async function statusNames(name: AlertName): Promise<void> {
    await waitUntil(
      `status names ${name}`,
      async () => {
        const { exitCode, stdout, output } = await sandbox().alloyctl("status", ["local"]);
        return (exitCode === 1 && stdout.includes(`What to do: docs/runbooks/${name}.md`)) || output;
      },
      { timeoutMs: 2 * minute, intervalMs: 1_000 },
    );
    console.error(`        status names ${name}`);
  }

  it("a collector that does not answer", async () => {
    const { pid } = (await sandbox().agent()).pods.find(({ node }) => node === node2) ?? assert.fail("no collector");
    const halted = await collectorProcess(pid ?? 0);
    process.kill(halted, "SIGSTOP");
    try {
      await seen(["AlloyCollectorDown warning", "AlloyCollectorDown critical"], node2);
    } finally {
      process.kill(halted, "SIGCONT");
    }
  });

  it("a collector that is killed three times", async () => {
    for (let kill = 0; kill < 3; kill += 1) {
      const before = (await sandbox().agent()).pods.find(({ node }) => node === node3) ?? assert.fail("no collector");
      process.kill(await collectorProcess(before.pid ?? 0), "SIGKILL");
      await waitUntil(
        "it runs again and was scraped",
        async () => {
          const now = (await sandbox().agent()).pods.find(({ node }) => node === node3);
          const changes = await watcher.query(
            `changes(alloy_resources_process_start_time_seconds{job="alloy",node="${node3}"}[1h])`,
          );
          return (
            (now?.ready === true && now.restarts > before.restarts && (changes[0]?.value ?? 0) > kill) ||
            `restarts ${now?.restarts ?? 0}, seen ${changes[0]?.value ?? 0}`
          );
        },
        { timeoutMs: 3 * minute, intervalMs: 1_000 },
      );
    }
    await seen(["AlloyCollectorRestarting warning"], node3, minute);
  });

  it("Prometheus refuses samples", async () => {
    stack.write.refuseWith(400);
    try {
      await seen(["AlloyRemoteWriteFailing warning"], node1);
    } finally {
      stack.write.refuseWith(undefined);
    }
  });

  it("somebody breaks the ConfigMap, and a collector reads it", async () => {
    const whole = await sandbox().get<LiveObject & { data: Record<string, string> }>(stackObjects.ConfigMap);
    const text = whole.data[names.configKey] ?? assert.fail(`the ConfigMap has no ${names.configKey}`);
    const change = (data: string): Promise<unknown> =>
      sandbox().api.request("PATCH", stackObjects.ConfigMap, {
        type: "application/merge-patch+json",
        body: { data: { [names.configKey]: data } },
      });
    await change(`${text}\nthis is no block\n`);
    try {
      await reloadUntil(400);
      // Whoever has deployed the broken text is told by status that it is refused, not that it is another.
      await seen(["AlloyConfigNotLoaded critical"], node1);
      await history.fires(["AlloyConfigUnexpected warning"], 2 * minute);
    } finally {
      await change(text);
    }
    await reloadUntil(200);
    await history.resolved(["AlloyConfigNotLoaded critical", "AlloyConfigUnexpected warning"], 2 * minute);
  });

  it("no collector runs", async () => {
    const selector = (value: unknown): Promise<unknown> =>
      sandbox().api.request("PATCH", stackObjects.DaemonSet, {
        type: "application/merge-patch+json",
        body: { spec: { template: { spec: { nodeSelector: { nobody: value } } } } },
      });
    await selector("has-this-label");
    try {
      await seen(["AlloyAbsent critical"], node1);
    } finally {
      await selector(null);
    }
    await collectorsReady(sandbox().paths, nodeNames);
    await history.resolved(["AlloyAbsent critical"], 2 * minute);
  });

  it("Loki answers 401", async () => {
    stack.loki.setMode({ kind: "status", status: 401 });
    await seen(["AlloyCredentialRefused critical", "AlloyLinesDropped warning"], node1);
  });

  it("Loki answers 400", async () => {
    stack.loki.setMode({ kind: "status", status: 400 });
    await seen(["AlloyLokiRefusesBatches warning", "AlloyLinesDropped critical"], node1);
  });

  it("Vault stops: what depends on it is unhealthy at once", async () => {
    vaultBack = await killVault();
    await seen(["AlloyComponentUnhealthy warning"], node1);
  });

  it("Loki answers 500, then 429, and Prometheus hangs meanwhile", async () => {
    stack.loki.setMode({ kind: "status", status: 500 });
    await stack.writeLines(400);
    const goOn = await halt("prometheus");
    try {
      await seen(["AlloyLokiErrors warning"], node1);
      await seen(["AlloyRemoteWriteBehind warning"], node1, 5 * minute);
    } finally {
      goOn();
    }
    stack.loki.setMode({ kind: "status", status: 429 });
    await seen(["AlloyLokiNotTaking warning", "AlloyLokiNotTaking critical"], node1, 8 * minute);
    await seen(["AlloyQueueFilling warning"], node1, 8 * minute);
    await stack.writeLines(20);
    stack.loki.setMode({ kind: "pass" });
    await history.fires(["AlloyLinesLate warning"], 3 * minute);
    await history.resolved(["AlloyLokiNotTaking warning", "AlloyQueueFilling warning"], 6 * minute);
  });

  it("Vault is away for ten minutes, and comes back", async () => {
    await seen(["AlloyVaultNotRead warning"], node1, 12 * minute);
    await vaultBack?.();
    vaultBack = undefined;
    await history.resolved(["AlloyVaultNotRead warning", "AlloyComponentUnhealthy warning"], 4 * minute);
  });

  it("pods/log is taken away", async () => {
    await takeAwayPodsLog();
    try {
      await statusNames("AlloyNothingRead");
      await seen(["AlloyNothingRead warning"], node1, 25 * minute);
    } finally {
      await givePodsLogBack();
    }
    await stack.writeLines(20);
    await history.resolved(["AlloyNothingRead warning"], 3 * minute);
  });

  it("at least twelve alerts have fired, and all have resolved but the one that counts over an hour", async () => {
    const hour = "AlloyCollectorRestarting warning";
    const rest = history.fired.filter((one) => one !== hour);
    await history.resolved(rest, 20 * minute);
    console.error(history.table);
    assert.ok(history.names.length >= 12, history.names.join(", "));
  });

  it("that one, too", async function () {
    this.timeout(70 * minute);
    await history.resolved(["AlloyCollectorRestarting warning"], 65 * minute);
    const { exitCode, output } = await sandbox().alloyctl("status", ["local"]);
    assert.equal(exitCode, 0, output);
  });

  /** Has the collector of node 1 read its configuration again until it answers so: a changed ConfigMap takes a moment. */
  async function reloadUntil(status: number): Promise<void> {
    await waitUntil(
      `a reload is answered with ${status}`,
      async () => {
        const { uiUrl = "" } = (await sandbox().agent()).pods.find(({ node }) => node === node1) ?? {};
        const answer = await fetch(new URL("/-/reload", uiUrl), { method: "POST" });
        return answer.status === status || `${answer.status} ${await answer.text()}`;
      },
      { timeoutMs: 2 * minute, intervalMs: 2_000 },
    );
  }
});

/** The collector's own process below the sandbox's bubblewrap, whose pid the agent knows. */
async function collectorProcess(pid: number): Promise<number> {
  assert.ok(pid > 0, "the collector does not run");
  let current = pid;
  for (;;) {
    const text = await fs.promises.readFile(`/proc/${current}/task/${current}/children`, "utf8");
    const [child] = text.trim().split(" ").filter(Boolean).map(Number);
    if (child === undefined) return current;
    current = child;
  }
}
