import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { prepare } from "../../components/prepare";
import { repoRoot } from "../../kit/repo-root";
import { UserError } from "../../kit/user-error";
import { settingsOf, type StackValues } from "../support/settings";

const https = {
  lokiUrl: "https://loki.corp.internal/loki/api/v1/push",
  prometheusUrl: "https://mimir.corp.internal/api/v1/push",
};
const ca = fs.readFileSync(path.join(repoRoot, "tests", "support", "test-ca.pem"), "utf8");

describe("files of a CA of the company's own", () => {
  let folder: string;
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-ca-"));
    const files = {
      "root.pem": ca,
      "bundle.pem": `# company root\n${ca}\n# and its intermediate\n${ca}`,
      "windows.pem": ca.replaceAll("\n", "\r\n"),
      "key.pem": `${ca}-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEG\n-----END PRIVATE KEY-----\n`,
      "empty.pem": "",
      "ca.der": "0\u0082\u0003\u0015",
    };
    for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  const filesOf = (values: StackValues): Record<string, string> =>
    prepare(settingsOf({ ...https, ...values }), "Pulumi.test.yaml", folder).files;

  for (const name of ["root.pem", "bundle.pem", "windows.pem"])
    it(`stand beside the pipeline as they are: ${name}`, () => {
      const text = fs.readFileSync(path.join(folder, name), "utf8");
      assert.deepEqual(filesOf({ lokiCaFile: name }), { "loki-ca.crt": text });
    });

  it("are only those of what is switched on", () => {
    const both = { lokiCaFile: "root.pem", prometheusCaFile: "bundle.pem" };
    assert.deepEqual(Object.keys(filesOf(both)), ["loki-ca.crt", "prometheus-ca.crt"]);
    assert.deepEqual(Object.keys(filesOf({ ...both, metrics: { enabled: false } })), ["loki-ca.crt"]);
  });

  it("are refused all at once, with what is wrong and never with what they hold", () => {
    const bad = { lokiCaFile: "key.pem", prometheusCaFile: "gone.pem" };
    assert.throws(
      () => filesOf(bad),
      (error) => {
        assert.ok(error instanceof UserError);
        assert.deepEqual(
          error.problems.map(({ key }) => key),
          ["alloy:lokiCaFile", "alloy:prometheusCaFile"],
        );
        assert.match(error.problems[0]?.problem ?? "", /holds a key/);
        assert.match(error.problems[1]?.problem ?? "", /cannot be read .*ENOENT/);
        assert.doesNotMatch(error.message, /MIGHAgEA/);
        return true;
      },
    );
    for (const name of ["empty.pem", "ca.der"])
      assert.throws(() => filesOf({ lokiCaFile: name }), /holds no certificate in PEM/, name);
  });
});
