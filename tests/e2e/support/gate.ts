import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "../../../kit/repo-root";
import { nodeNames } from "../../../packages/sandbox/servers/cluster/nodes";
import { PushGate } from "../../../packages/sandbox/servers/push-gate";
import type { PushedStream } from "../../../packages/sandbox/servers/push-request";
import { vaultCall } from "../../../packages/sandbox/servers/vault";
import type { CommandResult } from "./command";
import { changeConfig, type ConfigValues } from "./config";
import { makeNamespaces, PlayedPod, removeNamespaces } from "./pods";
import { sandbox } from "./sandbox";
import { exampleSections } from "../../support/settings";

/** The tenant of these tests: what they do to lines is not seen by others. */
export const gateTenant = "gate";

/** Namespaces of these tests. */
export const spaces = {
  shop: "gate-shop",
  limited: "gate-limited",
  many: "gate-many",
  excluded: "gate-excluded",
  /** Not among those that are included. */
  beside: "beside-the-gate",
} as const;

/** What a container of {@link spaces.limited} may write. */
export const limit = { linesPerSecond: 10, burst: 100 } as const;

/** Asks for a permission that no section of ours needs, and uses it. */
const ingressSection = `// What a section of the user's own may need beyond ours.
discovery.kubernetes "ingresses" {
	role = "ingress"
}
`;

/**
 * The sandbox's stack with everything on that may be done to lines, and with a gate in front of Loki that counts them,
 * asks for the password and plays outages. Deployed once for all tests of the folder `gate`.
 */
export class GatedStack {
  /** What Loki has taken, one entry a stream of a push. */
  readonly taken: PushedStream[] = [];
  /** Hears of the same as it comes. */
  onTaken: ((streams: PushedStream[]) => void) | undefined;
  readonly pods = new Map<string, PlayedPod>();
  private running: PushGate | undefined;
  private nodeLocal: http.Server | undefined;
  private folder: string | undefined;
  private putBack: (() => Promise<void>) | undefined;
  private up: CommandResult | undefined;

  /** The pods first, then `npx alloyctl up`. */
  async deploy(): Promise<void> {
    const { loki, vault } = await sandbox().servers();
    this.running = await PushGate.start({
      port: 0,
      upstream: loki.pushUrl,
      basicAuth: await passwordOf(vault),
      onTaken: (streams) => {
        this.taken.push(...streams);
        this.onTaken?.(streams);
      },
    });
    await makeNamespaces(Object.values(spaces));
    await this.makePods();
    this.putBack = await changeConfig(await this.settings());
    this.up = await sandbox().npm("up", ["local", "--yes"]);
    assert.equal(this.up.exitCode, 0, this.up.output);
  }

  /** Everything as it was. */
  async restore(): Promise<void> {
    this.running?.setMode({ kind: "pass" });
    for (const pod of this.pods.values()) pod.close();
    await removeNamespaces(Object.values(spaces));
    if (this.putBack !== undefined) {
      await this.putBack();
      const up = await sandbox().npm("up", ["local", "--yes", "--force"]);
      assert.equal(up.exitCode, 0, up.output);
    }
    await this.running?.close();
    this.nodeLocal?.close();
    if (this.folder !== undefined) await fs.rm(this.folder, { recursive: true, force: true });
  }

  get gate(): PushGate {
    assert.ok(this.running, "the gate is not started");
    return this.running;
  }

  /** What `npx alloyctl up` said. */
  get firstUp(): CommandResult {
    assert.ok(this.up, "nothing is deployed");
    return this.up;
  }

  pod(name: string): PlayedPod {
    const pod = this.pods.get(name);
    assert.ok(pod, `there is no pod ${name}`);
    return pod;
  }

  /** The lines that Loki has taken, of streams whose labels have this text in them: `namespace="gate-shop"`. */
  lines(labels: string): string[] {
    return this.taken
      .filter((stream) => stream.labels.includes(labels))
      .flatMap(({ entries }) => entries.map(({ line }) => line));
  }

  private async makePods(): Promise<void> {
    const add = async (name: string, namespace: string, at: number, more: Partial<PodWords> = {}): Promise<void> => {
      const { labels, annotations } = { labels: { "app.kubernetes.io/name": name }, ...more };
      const node = nodeNames[at] ?? nodeNames[0];
      this.pods.set(name, await PlayedPod.create({ namespace, name, node, labels, annotations }));
    };
    // Those that are not collected come first: where the others are targets, these have been passed over.
    await add("opted-out", spaces.shop, 1, { annotations: { "detectviz.io/collect-logs": "false" } });
    await add("excluded", spaces.excluded, 1);
    await add("beside", spaces.beside, 1);
    await add("orders", spaces.shop, 1, {
      labels: {
        "app.kubernetes.io/name": "orders",
        "app.kubernetes.io/component": "java",
        "example.com/team": "payments",
      },
    });
    for (const at of nodeNames.keys()) await add(`web-${at + 1}`, spaces.shop, at);
    await add("chatty", spaces.limited, 2);
  }

  private async settings(): Promise<ConfigValues> {
    this.nodeLocal = http.createServer((_request, response) => {
      response.setHeader("content-type", "text/plain; version=0.0.4");
      response.end("node_local_answers_total 42\n");
    });
    const listening = this.nodeLocal;
    await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
    const { port } = listening.address() as AddressInfo;
    this.folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-sections-"));
    const [nodeLocalFile, ingressFile] = ["node-local.alloy", "ingresses.alloy"].map((name) =>
      path.join(this.folder ?? "", name),
    ) as [string, string];
    // Of the examples one names a port, and all nodes of the sandbox are this machine.
    const example = await fs.readFile(path.join(repoRoot, "examples/sections/node-local-target.alloy"), "utf8");
    assert.match(example, /:9253"/);
    await fs.writeFile(nodeLocalFile, example.replace(':9253"', `:${port}"`));
    await fs.writeFile(ingressFile, ingressSection);
    return [
      [["alloy:lokiTenant"], gateTenant],
      [["alloy:lokiUrl"], `http://127.0.0.1:${this.gate.port}/loki/api/v1/push`],
      [
        ["alloy:logs"],
        {
          includeNamespaces: "gate-.+|monitoring",
          excludeNamespaces: spaces.excluded,
          podLabels: { team: "example.com/team" },
          nodeLabels: { zone: "topology.kubernetes.io/zone" },
          rateLimits: [{ namespaces: spaces.limited, ...limit }],
        },
      ],
      [
        ["alloy:extraSections"],
        [
          ...exampleSections.filter(({ entry }) => entry !== undefined),
          {
            file: nodeLocalFile,
            needs: { env: ["NODE_IP", "NODE_NAME"], egress: [{ host: "127.0.0.1", port }] },
          },
          {
            file: ingressFile,
            needs: { permissions: [{ group: "networking.k8s.io", resource: "ingresses", verbs: ["list", "watch"] }] },
          },
        ],
      ],
      // All nodes at once: these tests are not about the order of a rollout.
      [["alloy:rollout"], { timeout: "2m", maxUnavailable: "100%" }],
    ];
  }
}

interface PodWords {
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** What the stack's own credential is: collectors that send another are turned away. */
async function passwordOf(vault: { address: string; token: string }): Promise<{ username: string; password: string }> {
  const { data } = (await vaultCall(vault, "GET", "secret/data/detectviz/local/alloy/loki")) as {
    data: { data: { username: string; password: string } };
  };
  return { username: data.data.username, password: data.data.password };
}
