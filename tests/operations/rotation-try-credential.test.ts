import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";

import { parseMetrics } from "../../kit/metrics-text";
import { UserError } from "../../kit/user-error";
import { deliveriesIn, namedValues } from "../../operations/rotation/deliveries";
import { tryCredential, type PreflightTarget } from "../../operations/rotation/try-credential";
import { routeTo, serviceOf, wayTo } from "../../operations/rotation/route-to-backend";

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
  it("is what the URL says, whatever a name would lead to from here", () => {
    for (const url of [
      "https://loki.example.com/push",
      "https://loki-gateway.monitoring.svc/push",
      "http://localhost:3100/push",
      "http://127.0.0.1:3100/push",
      "http://[::1]:3100/push",
    ])
      assert.equal(wayTo(url, "monitoring"), "direct", url);
    const gateway = { name: "loki-gateway", namespace: "monitoring" };
    for (const host of ["loki-gateway", "loki-gateway.monitoring.svc", "LOKI-gateway.monitoring.svc.cluster.local"])
      assert.deepEqual(wayTo(`http://${host}:80/push`, "monitoring"), gateway, host);
    // Each of these could be answered by whoever runs the network of a café; "localhost." and its kin by a search list.
    for (const host of ["loki.example.com", "loki.monitoring.svc.other.zone", "localhost.example.com", "x.y.z"])
      assert.equal(wayTo(`http://${host}/push`, "monitoring"), "none", host);
  });

  it("is none for a name over http that is no Service, and nothing is sent", async () => {
    await assert.rejects(routeTo("http://loki.example.com/push", { namespace: "monitoring", env: {} }), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /http:\/\/loki\.example\.com.*only the DNS of this machine.*write https/s);
      return true;
    });
  });

  it("leads to a Service through the API server, even if its name is known here", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-kubectl-"));
    try {
      const kubectl = path.join(folder, "kubectl");
      const answer = 'echo "$@" > "${0}.asked"; echo "Forwarding from 127.0.0.1:4711 -> 80"; exec sleep 60';
      fs.writeFileSync(kubectl, `#!/bin/sh\n${answer}\n`, { mode: 0o755 });
      const env = { PATH: `${folder}${path.delimiter}${process.env["PATH"] ?? ""}` };
      // Every resolver knows it.
      const route = await routeTo("http://localhost.monitoring.svc/push", { context: "c", namespace: "a", env });
      route.close();
      assert.equal(route.url, "http://127.0.0.1:4711/push");
      assert.equal(route.how, "through the API server, to Service monitoring/localhost");
      assert.equal(
        fs.readFileSync(`${kubectl}.asked`, "utf8"),
        "port-forward --namespace monitoring service/localhost :80 --context c\n",
      );
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

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
