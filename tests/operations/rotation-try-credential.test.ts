import assert from "node:assert/strict";
import * as http from "node:http";
import type { AddressInfo } from "node:net";

import { parseMetrics } from "../../kit/metrics-text";
import { deliveriesIn, namedValues } from "../../operations/rotation/deliveries";
import { tryCredential, type PreflightTarget } from "../../operations/rotation/try-credential";
import { serviceOf } from "../../operations/rotation/route-to-backend";

describe("the request that tries a credential out", () => {
  let server: http.Server;
  let status: number;
  let seen: { headers: http.IncomingHttpHeaders; body: Buffer };
  let url: string;

  before(async () => {
    server = http.createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        seen = { headers: request.headers, body: Buffer.concat(parts) };
        response.writeHead(status).end("words of the server");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/push`;
  });
  after(() => new Promise((resolve) => server.close(resolve)));

  const loki = (): PreflightTarget => ({
    backend: "loki",
    url,
    headers: { "X-Scope-OrgID": "production" },
  });
  const user = { username: "ü", password: "p:w" };

  for (const [code, outcome] of [
    [204, "accepted"],
    [200, "accepted"],
    [400, "accepted"],
    [422, "accepted"],
    [401, "refused"],
    [403, "refused"],
    [404, "unreachable"],
    [429, "unreachable"],
    [502, "unreachable"],
  ] as const)
    it(`${code} means ${outcome}`, async () => {
      status = code;
      assert.deepEqual(await tryCredential(loki(), "basic", user), { outcome, said: String(code) });
    });

  it("pushes no line and no sample, as this user of this tenant", async () => {
    status = 204;
    await tryCredential(loki(), "basic", user);
    assert.equal(seen.body.toString("utf8"), '{"streams":[]}');
    assert.equal(seen.headers["x-scope-orgid"], "production");
    assert.equal(seen.headers.authorization, `Basic ${Buffer.from("ü:p:w").toString("base64")}`);
    await tryCredential({ ...loki(), backend: "prometheus", headers: {} }, "bearer", { token: "abc" });
    assert.deepEqual([...seen.body], [0]);
    assert.equal(seen.headers["content-encoding"], "snappy");
    assert.equal(seen.headers.authorization, "Bearer abc");
    assert.equal(seen.headers["x-scope-orgid"], undefined);
  });

  it("says the network's own words where nobody answers", async () => {
    const away = { ...loki(), url: "http://127.0.0.1:1/push" };
    const { outcome, said } = await tryCredential(away, "basic", user);
    assert.equal(outcome, "unreachable");
    assert.match(said, /ECONNREFUSED/);
  });
});

describe("the way to it", () => {
  it("knows a Service by its name, in its forms", () => {
    const gateway = { name: "loki-gateway", namespace: "logging" };
    for (const host of ["loki-gateway.logging", "loki-gateway.logging.svc", "loki-gateway.logging.svc.cluster.local"])
      assert.deepEqual(serviceOf(host, "monitoring"), gateway, host);
    assert.deepEqual(serviceOf("loki-gateway", "logging"), gateway);
    for (const host of ["loki.example.com", "10.0.0.1", "loki.logging.svc.other.zone"])
      assert.equal(serviceOf(host, "monitoring"), undefined, host);
  });
});

describe("what collectors say of their deliveries", () => {
  it("counts what Loki took, what was tried again and what was given up", () => {
    const text = [
      'loki_write_request_duration_seconds_count{host="h",status_code="204"} 7',
      'loki_write_request_duration_seconds_count{host="h",status_code="401"} 2',
      'loki_write_batch_retries_total{host="h",tenant="t"} 3',
      'loki_write_dropped_entries_total{reason="ingester_error"} 5',
    ].join("\n");
    assert.deepEqual(deliveriesIn(parseMetrics(text), "loki"), { succeeded: 7, retried: 3, lost: 5 });
  });

  it("finds the user in what Alloy's UI is told, at any depth", () => {
    const value = (text: string): unknown => ({ type: "string", value: text });
    const told = { arguments: [{ name: "endpoint", body: [{ name: "username", value: value("tenant-2") }] }] };
    assert.deepEqual(namedValues(told, "username"), ["tenant-2"]);
    assert.deepEqual(namedValues(told, "password"), []);
  });
});
