import assert from "node:assert/strict";
import { containsUnknown, Secret, UNKNOWN } from "../../stand-ins/values";
import { failure } from "./plugin-client";
import { GET, SECRET, VaultBench } from "./vault-bench";
import type { Subject } from "./support";
import { closedPort, fixedAnswer } from "./support";

import { authContract } from "./vault-auth";
import { vaultTroubles } from "./vault-errors";
import { kvContract } from "./vault-kv";

/** What a vault plugin does, on a real Vault (or OpenBao) with KV v2 at `secret/`. */
export function vaultContract(subject: () => Subject | undefined): void {
  const bench = new VaultBench(subject);
  before(async function () {
    // No official plugin on this machine: plugins.test.ts says where that is a failure.
    if (!bench.exists) return this.skip();
    await bench.open();
  });
  after(() => bench.close());

  kvContract(bench);
  authContract(bench);
  vaultTroubles(bench);

  describe("a Vault that does not serve", () => {
    it("lets a preview pass that reads nothing: the server is asked at the first read and not before", async () => {
      const away = await bench.start({ address: `http://127.0.0.1:${await closedPort()}` }, "any");
      try {
        const inputs = (await away.check(SECRET, { mount: "secret", name: bench.prefix, dataJson: new Secret("{}") }))
          .inputs;
        assert.equal((await away.create(SECRET, inputs, { preview: true })).id, "");
      } finally {
        away.stop();
      }
    });

    it("says that nobody listens, within seconds", async () => {
      const port = await closedPort();
      const away = await bench.start({ address: `http://127.0.0.1:${port}` }, "any");
      try {
        const started = Date.now();
        const error = await failure(away.invoke(GET, { mount: "secret", name: bench.prefix }));
        assert.match(error.message, new RegExp(`dial tcp 127\\.0\\.0\\.1:${port}: connect: connection refused`));
        assert.ok(Date.now() - started < 20_000);
      } finally {
        away.stop();
      }
    });

    it("says that the token is refused, and does not show it", async () => {
      const stranger = await bench.start({ address: bench.servers.vaultAddress }, "no-such-token");
      try {
        const error = await failure(stranger.invoke(GET, { mount: "secret", name: bench.prefix }));
        assert.match(error.message, /failed to lookup token, err=Error making API request\./);
        assert.match(error.message, /Code: 403\. Errors:\s+\* .*permission denied/s);
        assert.doesNotMatch(error.message, /no-such-token/);
      } finally {
        stranger.stop();
      }
    });

    it("says that there is no token", async () => {
      const anonymous = await bench.start({ address: bench.servers.vaultAddress }, undefined);
      try {
        const error = await failure(anonymous.invoke(GET, { mount: "secret", name: bench.prefix }));
        assert.match(error.message, /no vault token set on Client/);
      } finally {
        anonymous.stop();
      }
    });

    it("says that Vault is sealed", async () => {
      const sealed = await fixedAnswer(503, { errors: ["Vault is sealed"] });
      const reader = await bench.start({ address: sealed.url }, "any");
      try {
        const error = await failure(reader.invoke(GET, { mount: "secret", name: bench.prefix }));
        assert.match(error.message, /Code: 503\. Errors:\s+\* Vault is sealed/);
      } finally {
        reader.stop();
        sealed.stop();
      }
    });
  });

  it("makes a child token unless told not to, and works with it", async () => {
    const parent = await bench.start(
      { address: bench.servers.vaultAddress, skipChildToken: "false" },
      bench.servers.vaultToken,
    );
    try {
      const error = await failure(parent.invoke(GET, { mount: "secret", name: `${bench.prefix}/never` }));
      assert.match(error.message, /no secret found/);
    } finally {
      parent.stop();
    }
  });

  it("does not read while an input is unknown: the engine skips the invoke, and creates show unknowns", async () => {
    const inputs = (
      await bench.plugin.check(SECRET, { mount: "secret", name: bench.prefix, dataJson: new Secret(UNKNOWN) })
    ).inputs;
    const { state } = await bench.plugin.create(SECRET, inputs, { preview: true });
    assert.ok(containsUnknown(state["dataJson"]));
  });

  it("prints no stacks", () => {
    assert.doesNotMatch(bench.plugin.output.join(""), /\n\s+at /);
  });
}
