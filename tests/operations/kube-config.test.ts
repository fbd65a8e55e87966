import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import * as os from "node:os";
import * as path from "node:path";

import { explainKubeAnswer } from "../../errors/kube-answer";
import { UserError } from "../../kit/user-error";
import { KubeError, KubernetesClient } from "../../operations/cluster/kubernetes-client";

const token = "not-for-anybody";

const kubeConfig = (server: string, user: object = { token }): string =>
  JSON.stringify({
    clusters: [{ name: "c", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "u", user }],
    contexts: [
      { name: "a", context: { cluster: "c", user: "u" } },
      { name: "without-cluster", context: { cluster: "nowhere", user: "u" } },
    ],
    "current-context": "a",
  });

describe("the kubeconfig of a stack", () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-kubeconfig-"));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  /** What a request is told, with this text as the kubeconfig. */
  async function told(text: string | undefined, context = "a"): Promise<string> {
    const file = path.join(folder, "config");
    if (text !== undefined) fs.writeFileSync(file, text);
    const client = KubernetesClient.forStack({ kubernetes: { context } }, { KUBECONFIG: file });
    const error: unknown = await client.request("GET", "/version").then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.cannotTell, true);
    assert.doesNotMatch(error.message, new RegExp(token), "a credential is printed");
    return error.message;
  }

  it("is reported if it is not there, no YAML, or names no server", async () => {
    assert.match(
      await told(undefined),
      /the kubeconfig: \S+config\n +cannot be read \(ENOENT.*\n +→ export KUBECONFIG/,
    );
    assert.match(await told(`users:\n  - name: u\n  token: ${token}\n bad`), /cannot be read \(/);
    assert.match(
      await told(kubeConfig("https://c:6443"), "without-cluster"),
      /names no API server for context without-/,
    );
  });

  it("never gives another cluster than the named one", async () => {
    assert.match(
      await told(kubeConfig("https://c:6443"), "b"),
      /has no context b, which alloy:kubernetes\.context names/,
    );
  });

  it("is reported if the command that gets a token is missing or fails", async () => {
    const exec = (command: string, args: string[] = []): string =>
      kubeConfig("https://127.0.0.1:1", {
        exec: { apiVersion: "client.authentication.k8s.io/v1", command, args, interactiveMode: "Never" },
      });
    assert.match(
      await told(exec("no-such-helper")),
      /context a\n +gives no way in: .*the command no-such-helper, which is not installed here\n +→ install no-such-helper/,
    );
    assert.match(await told(exec("false")), /gives no way in/);
  });

  for (const [title, user] of [
    ["kubectl proxy, which needs no credentials", {}],
    ["a gateway that wants a token", { token }],
  ] as const)
    it(`may name a server without TLS: ${title}`, async () => {
      let seen: string | undefined;
      const server = http.createServer((request, response) => {
        seen = request.headers.authorization;
        response.writeHead(200, { "content-type": "application/json" }).end('{"gitVersion":"v1.37.2"}');
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      try {
        const { port } = server.address() as { port: number };
        const file = path.join(folder, "config");
        // As these programs write it: nothing of TLS.
        const text = kubeConfig(`http://127.0.0.1:${port}`, user).replace(/,"insecure-skip-tls-verify":true/, "");
        fs.writeFileSync(file, text);
        const client = KubernetesClient.forStack({ kubernetes: { context: "a" } }, { KUBECONFIG: file });
        assert.deepEqual(await client.request("GET", "/version"), { gitVersion: "v1.37.2" });
        assert.equal(seen, "token" in user ? `Bearer ${token}` : undefined);
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
    });

  it("and a server that refuses: the answer is explained, whatever asked", async () => {
    const server = http.createServer((_, response) => {
      response.writeHead(403, { "content-type": "application/json" }).end('{"message":"pods is forbidden"}');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as { port: number };
      const file = path.join(folder, "config");
      fs.writeFileSync(file, kubeConfig(`http://127.0.0.1:${port}`, {}));
      const client = KubernetesClient.forStack({ kubernetes: { context: "a" } }, { KUBECONFIG: file });
      const error: unknown = await client.request("GET", "/x").catch((thrown: unknown) => thrown);
      assert.ok(error instanceof KubeError, String(error));
      const known = explainKubeAnswer(error);
      assert.match(
        known?.message ?? "",
        /the API server\n +GET \/x: 403 pods is forbidden\n +→ use a context that may/,
      );
      assert.equal(known?.cannotTell, true);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    assert.match(explainKubeAnswer(new KubeError(401, "no"))?.message ?? "", /log in to the cluster again/);
    assert.equal(explainKubeAnswer(new Error("x")), undefined);
  });
});
