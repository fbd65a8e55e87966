import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";

import { parse } from "yaml";

import { repoRoot } from "../../../kit/repo-root";
import { describePlaces } from "../own-cluster/question";
import { checkStack } from "../../../operations/engine/run";
import { stackConfigText } from "../../../operations/sandbox-door";
import { stackValues } from "../engine/engine";
import { describeRetained, findRetained, type Retained } from "../start/existing-objects";

const settings = checkStack("local");
const seedPath = "detectviz/local/alloy/loki";

describe("what is there before the stack makes it", () => {
  let folder = "";
  let server: http.Server;
  let known: string[] = [];
  beforeEach(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), "retained-"));
    known = [];
    server = http.createServer((request, response) => {
      response.writeHead(known.includes(request.url ?? "") ? 200 : 404).end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
    await fs.rm(folder, { recursive: true, force: true });
  });

  async function find(there: { namespace: boolean; secret: boolean }, resources?: object[]): Promise<Retained> {
    const file = path.join(folder, "local.json");
    if (resources !== undefined)
      await fs.writeFile(file, JSON.stringify({ version: 3, checkpoint: { latest: { resources } } }));
    known = there.secret ? [`/v1/secret/metadata/${seedPath}`] : [];
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return findRetained(file, settings, {
      hasNamespace: (name) => Promise.resolve(name === "monitoring" && there.namespace),
      vault: { address, token: "t" },
    });
  }
  const both = { namespace: true, secret: true };
  const ours = [
    { type: "kubernetes:core/v1:Namespace" },
    { type: "vault:kv/secretV2:SecretV2", inputs: { name: seedPath } },
  ];

  it("is nothing in an empty cluster and Vault", async () =>
    assert.deepEqual(await find({ namespace: false, secret: false }), { namespace: false, credentials: false }));

  it("is what pulumi destroy keeps: the namespace, and the credential in Vault", async () =>
    assert.deepEqual(await find(both, []), { namespace: true, credentials: true }));

  it("is found where there has never been a stack", async () =>
    assert.deepEqual(await find(both), { namespace: true, credentials: true }));

  it("is not what the stack itself has made: it goes on to own that", async () =>
    assert.deepEqual(await find(both, ours), { namespace: false, credentials: false }));

  it("is a namespace that the stack has only read, so that a second start says the same", async () => {
    const read = { type: "kubernetes:core/v1:Namespace", external: true };
    assert.equal((await find(both, [read])).namespace, true);
  });

  it("is a credential although the stack holds another secret, such as the gateway's line", async () => {
    const gateway = { type: "vault:kv/secretV2:SecretV2", inputs: { name: `${seedPath}-gateway` } };
    assert.equal((await find(both, [gateway])).credentials, true);
  });

  it("is told, and goes into the sandbox's copy of the stack's config alone", async () => {
    const source = await fs.readFile(path.join(repoRoot, "Pulumi.local.yaml"), "utf8");
    const retained = { namespace: true, credentials: true };
    const addresses = {
      context: "c",
      kubeconfig: undefined,
      vault: { address: "http://v", token: "t" },
      lokiPushUrl: "http://l/loki/api/v1/push",
      prometheusWriteUrl: "http://p/api/v1/write",
    };
    const config = (text: string): Record<string, Record<string, unknown>> =>
      (parse(text) as { config: Record<string, Record<string, unknown>> }).config;
    const changed = config(stackConfigText(source, undefined, stackValues({ ...addresses, retained })));
    assert.equal(changed["alloy:namespace"]?.["managed"], false);
    assert.equal(changed["alloy:credentials"]?.["seed"], false);
    assert.equal(changed["alloy:credentials"]?.["mode"], "secret");
    const usual = config(stackConfigText(source, undefined, stackValues(addresses)));
    assert.equal(usual["alloy:namespace"], undefined);
    assert.equal(usual["alloy:credentials"]?.["seed"], true);
    assert.match(
      describeRetained(retained, settings).join("\n"),
      /namespace monitoring was there.*\n.*in Vault at det/,
    );
    assert.deepEqual(describeRetained({ namespace: false, credentials: false }, settings), []);
  });
});

describe("the question before a cluster of the user's is touched", () => {
  const cluster = { kubeconfig: "", context: "kind-kind", server: "https://k", version: "v1.37.2", nodes: ["a", "b"] };
  const standIn = [{ name: "kubernetes", version: "4", origin: "stand-in" as const, path: "/bin/x" }];

  it("says what would be made, and what is started here and how far that reaches", () => {
    const text = describePlaces(
      {
        given: { cluster },
        target: { context: "kind-kind", vault: undefined },
        retained: { namespace: false, credentials: false },
      },
      settings,
      standIn,
    ).join("\n");
    assert.match(text, /to context kind-kind: https:\/\/k, v1\.37\.2, 2 nodes\./);
    assert.match(text, /Namespace monitoring would be created\./);
    assert.match(text, /a Vault that is started here/);
    assert.match(
      text,
      /Loki and Prometheus would be started here, on 127\.0\.0\.1: .*Yours: --loki URL, --prometheus URL\./,
    );
    assert.match(text, /Stand-ins of this repository would do it, in place of the official plugins kubernetes\./);
  });

  it("says what is there already and would be used", () => {
    const given = {
      cluster,
      loki: { url: "http://l", pushUrl: "" },
      prometheus: { url: "http://p", writeUrl: "" },
    };
    const target = { context: "kind-kind", vault: "http://v" };
    const text = (credentials: boolean): string =>
      describePlaces({ given, target, retained: { namespace: true, credentials } }, settings, []).join("\n");
    assert.match(text(true), /Namespace monitoring is there already: it would be used as it is/);
    assert.match(text(true), /The credential would be the one that is in Vault at http:\/\/v, path detectviz/);
    assert.match(text(false), /A first password would be written to Vault at http:\/\/v, path detectviz/);
    assert.match(text(false), /Pulumi's official plugins would do it\./);
    assert.doesNotMatch(text(false), /started here/);
  });
});
