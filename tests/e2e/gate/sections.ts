import assert from "node:assert/strict";

import { parseMetrics } from "../../../kit/metrics-text";
import { nodeNames } from "../../../packages/sandbox/servers/cluster/nodes";
import { readCollector } from "../../../packages/sandbox/proof/collector-counts";
import { labelsOf, queryRange } from "../../../packages/sandbox/servers/loki";
import { instantQuery } from "../../../packages/sandbox/servers/prometheus";
import { waitUntil } from "../../../packages/sandbox/process/waiting";
import { gateTenant, limit, spaces, type GatedStack } from "../support/gate";
import { listPods } from "../support/pods";
import { sandbox, stackObjects, type LiveObject } from "../support/sandbox";

const chattyLines = 2_000;

const trace = [
  "2026-01-02 10:00:00 level=error order failed",
  "java.lang.IllegalStateException: no stock",
  "\tat shop.Orders.place(Orders.java:42)",
];
const afterTrace = "2026-01-02 10:00:01 level=info order placed";

const login = "level=warn login password=hunter2 token=abc.def card 4111 1111 1111 1111";

interface Role extends LiveObject {
  rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
}

interface DaemonSet extends LiveObject {
  spec: { template: { spec: { containers: { env: { name: string }[] }[] } } };
}

const asked = async (query: string): Promise<{ labels: Record<string, string>; line: string }[]> => {
  const { loki } = await sandbox().servers();
  const streams = await queryRange(loki, gateTenant, query, { limit: 5_000 });
  return streams.flatMap(({ labels, lines }) => lines.map(({ line }) => ({ labels, line })));
};

/** How many containers of these pods are read; written apart from the program's own count. */
async function containersThere(): Promise<number> {
  const pods = await listPods();
  return pods
    .filter(
      ({ metadata }) => /^(gate-.+|monitoring)$/.test(metadata.namespace) && metadata.namespace !== spaces.excluded,
    )
    .filter(({ metadata }) => metadata.annotations?.["detectviz.io/collect-logs"] !== "false")
    .flatMap(({ spec }) => [...spec.containers, ...(spec.initContainers ?? [])]).length;
}

/** Sections of the user's own, labels, limits and who is collected: what each of them does to lines. */
export function sectionTests(stack: GatedStack): void {
  describe("the preview in front of it", () => {
    it("says how many containers will be read again, and by which labels", async () => {
      const found = /^warning: up to (\d+) containers will be read again .*$/m.exec(stack.firstUp.output);
      assert.ok(found, stack.firstUp.output);
      assert.match(
        found[0],
        /loki\.source\.kubernetes\.pods sets other labels than before on its targets \(team, zone\)/,
      );
      assert.equal(Number(found[1]), await containersThere());
    });

    it("says what the promise of the outage budget takes", () => {
      assert.match(stack.firstUp.output, /^outage budget 50m: .*; each node needs [\d.]+ MiB of disk$/m);
      assert.match(stack.firstUp.output, /^memory in an outage: about [\d.]+ MiB of a limit of 512Mi/m);
    });

    it("has nothing to say of other exporters and Prometheus, where there are none", () => {
      assert.doesNotMatch(stack.firstUp.output, /node-exporter runs as well|takes remote writes/);
    });

    it("is followed by a look at each collector's first lines", () => {
      assert.match(stack.firstUp.output, /^each of 3 collectors has sent lines$/m);
    });
  });

  describe("sections of the user's own", () => {
    before(async () => {
      const [orders, chatty] = [stack.pod("orders"), stack.pod("chatty")];
      for (const name of ["opted-out", "excluded", "beside"]) stack.pod(name).write(`level=info of ${name}`);
      orders.write(...trace, afterTrace);
      stack.pod("web-1").write(...trace, afterTrace);
      stack.pod("web-2").write(login);
      chatty.write(...Array.from({ length: chattyLines }, (_unused, at) => `level=info chatty ${at}`));
      stack.pod("web-3").write("level=debug beside the chatty one");
      // What waits for the next line of its entry comes last.
      await waitUntil(
        "the lines arrive",
        async () => {
          const texts = stack.lines(`namespace="${spaces.shop}"`);
          const missing = [afterTrace, "[card]", "beside the chatty one"].filter(
            (part) => !texts.some((text) => text.includes(part)),
          );
          const own = stack.lines('app="orders"').some((text) => text.includes(afterTrace));
          return Promise.resolve(
            (missing.length === 0 && own) || `missing: ${missing.join("; ") || "those of orders"}`,
          );
        },
        { timeoutMs: 120_000, intervalMs: 500 },
      );
    });

    it("were given what they declare and nothing more", async () => {
      const { rules } = await sandbox().get<Role>(stackObjects.ClusterRole);
      const granted = rules.flatMap(({ apiGroups, resources, verbs }) =>
        apiGroups.flatMap((group) => resources.flatMap((name) => verbs.map((verb) => `${group}/${name} ${verb}`))),
      );
      assert.deepEqual(granted.sort(), [
        "/nodes list",
        "/nodes watch",
        "/pods get",
        "/pods list",
        "/pods watch",
        "/pods/log get",
        "/services list",
        "/services watch",
        "networking.k8s.io/ingresses list",
        "networking.k8s.io/ingresses watch",
      ]);
      const { spec } = await sandbox().get<DaemonSet>(stackObjects.DaemonSet);
      assert.deepEqual(
        spec.template.spec.containers.flatMap(({ env }) => env.map(({ name }) => name)),
        [
          "CLUSTER_NAME",
          "HTTP2_PING_TIMEOUT_SECONDS",
          "HTTP2_READ_IDLE_TIMEOUT_SECONDS",
          "LOKI_TENANT",
          "NODE_IP",
          "NODE_NAME",
          "NODE_SELECTOR",
        ],
      );
    });

    it("run: each of their components is healthy", async () => {
      const ids = ["process.multiline", "process.redaction", "process.level"].map((name) => `loki.${name}`);
      ids.push("prometheus.scrape.node_local", "discovery.kubernetes.ingresses");
      for (const { uiUrl, node } of (await sandbox().agent()).pods)
        for (const id of ids) {
          const answer = await fetch(new URL(`/api/v0/web/components/${id}`, uiUrl));
          const { health } = (await answer.json()) as { health: { state: string; message: string } };
          assert.equal(health.state, "healthy", `${id} on ${node}: ${health.message}`);
        }
    });

    it("multiline: a stack trace is one entry, where the pod says that it is of that kind", async () => {
      const orders = (await asked(`{namespace="${spaces.shop}", app="orders"}`)).map(({ line }) => line);
      assert.deepEqual(orders.sort(), [trace.join("\n"), afterTrace]);
      const web = (await asked(`{namespace="${spaces.shop}", app="web-1"}`)).map(({ line }) => line);
      assert.deepEqual(web.sort(), [...trace, afterTrace].sort());
    });

    it("redaction: what is secret never leaves the node", async () => {
      const web = (await asked(`{namespace="${spaces.shop}", app="web-2"}`)).map(({ line }) => line);
      assert.deepEqual(web, ["level=warn login password=[redacted] token=[redacted] card [card]"]);
      for (const secret of ["hunter2", "abc.def", "4111 1111"])
        assert.ok(!stack.lines("").some((line) => line.includes(secret)), `${secret} was pushed`);
    });

    it("level: a stream a level, with no label of a container's own", async () => {
      const { loki } = await sandbox().servers();
      const streams = await labelsOf(loki, gateTenant, `{namespace="${spaces.shop}"}`);
      const levels = (app: string): (string | undefined)[] =>
        streams.flatMap((stream) => (stream["app"] === app ? [stream["level"]] : [])).sort();
      assert.deepEqual(levels("orders"), ["error", "info"]);
      assert.deepEqual(levels("web-2"), ["warn"]);
      assert.deepEqual(levels("web-3"), ["debug"]);
      for (const stream of streams) assert.ok(!("instance" in stream), JSON.stringify(stream));
    });

    it("node-local target: its metrics are in Prometheus, once a node", async () => {
      const { prometheus } = await sandbox().servers();
      const query = 'node_local_answers_total{job="node-local-dns",cluster="detectviz-local"}';
      await waitUntil(
        "the metrics arrive",
        async () => {
          const nodes = (await instantQuery(prometheus.url, query)).map(({ labels }) => labels["node"]).sort();
          return nodes.join() === nodeNames.join() || `from ${nodes.join(", ") || "none"}`;
        },
        { timeoutMs: 120_000, intervalMs: 1_000 },
      );
      for (const { value } of await instantQuery(prometheus.url, query)) assert.equal(value, 42);
    });
  });

  describe("labels that the settings name", () => {
    it("are in Loki: of the pod, and of its node", async () => {
      const { loki } = await sandbox().servers();
      const streams = await labelsOf(loki, gateTenant, `{namespace="${spaces.shop}"}`);
      for (const stream of streams) assert.equal(stream["zone"], (stream["node"] ?? "").replace("node", "sandbox"));
      const teams = streams.map(({ app = "", team = "none" }) => `${app} ${team}`);
      assert.deepEqual(
        [...new Set(teams)].sort(),
        ["orders payments", "web-1 none", "web-2 none", "web-3 none"],
        "only orders has the label",
      );
    });
  });

  describe("who is collected", () => {
    it("is no pod that opted out, of a namespace that is left out, or of one that is not included", async () => {
      const { pods } = await sandbox().agent();
      const targets = (await Promise.all(pods.map(readCollector))).flatMap(({ targets }) => targets);
      const names = targets.map(({ container }) => container);
      assert.ok(names.includes(`${spaces.shop}/orders:app`));
      for (const { container } of targets) assert.doesNotMatch(container, /opted-out|excluded|beside|^demo-|^kube-/);
      assert.deepEqual(
        stack.lines("").filter((line) => /of (?:opted-out|excluded|beside)$/.test(line)),
        [],
      );
    });
  });

  describe("a namespace that writes too much", () => {
    it("loses what is above its limit, to the line as the collector's counter says", async () => {
      const { pods } = await sandbox().agent();
      const { uiUrl } = pods.find(({ node }) => node === stack.pod("chatty").place.node) ?? {};
      const dropped = async (): Promise<number> => {
        const page = await (await fetch(new URL("/metrics", uiUrl))).text();
        return parseMetrics(page)
          .filter(({ name }) => name === "loki_process_dropped_lines_by_label_total")
          .filter(({ labels }) => Object.values(labels).includes(spaces.limited))
          .reduce((sum, { value }) => sum + value, 0);
      };
      let counts = { arrived: 0, lost: 0 };
      await waitUntil(
        "every line has arrived or is counted",
        async () => {
          counts = { arrived: stack.lines(`namespace="${spaces.limited}"`).length, lost: await dropped() };
          return counts.arrived + counts.lost === chattyLines || JSON.stringify(counts);
        },
        { timeoutMs: 60_000, intervalMs: 500 },
      );
      assert.ok(counts.arrived >= limit.burst, JSON.stringify(counts));
      assert.ok(counts.lost > 0, JSON.stringify(counts));
    });
  });
}
