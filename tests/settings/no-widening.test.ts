import assert from "node:assert/strict";

import { certificatesProblem } from "../../pipeline/certificates";
import { UserError } from "../../kit/user-error";
import { settingsOf, vaultValues, type StackValues } from "../support/settings";

/** What the settings say of these values, empty where they take them. */
function complaint(values: StackValues): string {
  try {
    settingsOf(values);
    return "";
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.problems.map(({ key, problem }) => `${key} ${problem}`).join("\n");
  }
}

describe("settings do not widen what a collector gets", () => {
  for (const path of [
    "/opt/cni/bin",
    "/opt/alloy/wal",
    "/etc/kubernetes/manifests",
    "/usr/local/alloy",
    "/var/log/alloy",
  ])
    it(`no directory ${path}, from which a node may start what lies there`, () => {
      assert.match(complaint({ wal: { path } }), /alloy:wal\.path .*(below a directory for data|belongs to the node)/);
    });

  for (const path of ["/var/lib/alloy", "/srv/alloy", "/data/alloy", "/mnt/disk1/alloy", "/var/mnt/alloy"])
    it(`a directory ${path}, where data lies`, () => assert.equal(complaint({ wal: { path } }), ""));

  for (const path of ["detectviz/*", "detectviz/+/alloy", "detectviz/../other", "./alloy", 'a" { }'])
    it(`no path ${path} in Vault, which its policies read as more`, () => {
      const credentials = { mode: "vault", loki: "basic" };
      assert.match(complaint({ vault: { ...vaultValues, path }, credentials }), /alloy:vault\.path/);
    });

  it("no password over http but inside of the cluster", () => {
    const credentials = { mode: "existing", loki: "basic", prometheus: "bearer" };
    const loki = (url: string): string => complaint({ credentials, lokiUrl: `${url}/loki/api/v1/push` });
    for (const url of ["http://loki.example.com", "http://loki.com", "http://203.0.113.7", "http://10.0.0.7:3100"])
      assert.match(loki(url), /alloy:lokiUrl is http, and a credential goes there/, url);
    for (const url of [
      "https://loki.example.com",
      "http://loki",
      "http://loki.monitoring:3100",
      "http://loki.monitoring.svc",
      "http://loki.monitoring.svc.cluster.local",
      "http://127.0.0.1:3100",
      "http://[::1]:3100",
    ])
      assert.equal(loki(url), "", url);
    const plain = { mode: "none" };
    assert.equal(complaint({ credentials: plain, lokiUrl: "http://loki.example.com/loki/api/v1/push" }), "");
    const address = "http://vault.example.com:8200";
    assert.match(
      complaint({ credentials: { mode: "vault", loki: "basic" }, vault: { ...vaultValues, address } }),
      /alloy:vault\.address is http/,
    );
  });

  it("no file as Vault's CA that holds more than certificates", () => {
    const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    assert.equal(certificatesProblem(`# our CA\n${pem}\n${pem}`), undefined);
    assert.match(certificatesProblem("") ?? "", /no certificate/);
    const key = "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n";
    assert.match(certificatesProblem(pem + key) ?? "", /a key beside/);
    assert.match(certificatesProblem(`${pem}${"A".repeat(80)}`) ?? "", /more than certificates/);
  });
});
