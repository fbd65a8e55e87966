import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { findAlloy } from "../../operations/validation/find-alloy";
import { imageVersion, report, validatePipeline } from "../../operations/validation/validate-pipeline";
import { settingsOf } from "../support/settings";

describe("an Alloy that judges the pipeline", () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "validate-"));
    env = { PATH: path.join(folder, "bin"), ALLOY_CACHE: path.join(folder, "cache") };
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** A program with that version that answers `validate` with these words and this code; what it was called with. */
  function standIn(at: string, version: string, words = "", code = 0): string {
    const file = path.join(folder, at);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const script = [
      "#!/bin/sh",
      `if [ "$1" = --version ]; then echo "${version}"; exit 0; fi`,
      `echo "$@" > "${folder}/called"; env > "${folder}/env"; cp "$3" "${folder}/seen.alloy"`,
      `printf '%b' "${words}" | sed "s#CONFIG#$3#" >&2`,
      `exit ${code}`,
    ];
    fs.writeFileSync(file, script.join("\n"), { mode: 0o755 });
    return file;
  }

  const released = (version: string): string => `alloy, version v${version} (branch: HEAD)`;

  it("is the one on PATH, or one of the sandbox's cache, the image's version first", async () => {
    assert.equal(await findAlloy("1.18.1", env), undefined);
    const built = standIn("cache/tools/alloy-1.18.1/alloy", released("1.18.1"));
    assert.deepEqual(await findAlloy("1.18.1", env), { file: built, version: "1.18.1", partial: true });
    const download = standIn("cache/released/alloy-1.18.1/alloy-linux-amd64", released("1.18.1"));
    assert.deepEqual(await findAlloy("1.18.1", env), { file: download, version: "1.18.1", partial: false });
    const onPath = standIn("bin/alloy", released("1.17.0"));
    assert.equal((await findAlloy("1.18.1", env))?.file, download);
    assert.equal((await findAlloy("1.17.0", env))?.file, onPath);
    assert.equal((await findAlloy(undefined, env))?.file, onPath);
  });

  it("is no other program of that name", async () => {
    standIn("bin/alloy", "Alloy Analyzer 6.2.0");
    assert.equal(await findAlloy("1.18.1", env), undefined);
  });

  it("is given the whole text, the stability that it needs, and no credential", async () => {
    standIn("bin/alloy", released("1.18.1"));
    process.env["VALIDATE_TEST_TOKEN"] = "hidden";
    const lines = await validatePipeline(settingsOf(), env);
    delete process.env["VALIDATE_TEST_TOKEN"];
    assert.deepEqual(lines, ["alloy 1.18.1 has read the pipeline and accepts it"]);
    assert.match(
      fs.readFileSync(path.join(folder, "called"), "utf8"),
      /^validate --stability\.level=generally-available \S+config\.alloy\n$/,
    );
    assert.match(fs.readFileSync(path.join(folder, "seen.alloy"), "utf8"), /loki\.source\.kubernetes "pods"/);
    assert.doesNotMatch(fs.readFileSync(path.join(folder, "env"), "utf8"), /hidden/);
    const config = /\S+config\.alloy/.exec(fs.readFileSync(path.join(folder, "called"), "utf8"))?.[0] ?? "";
    assert.ok(!fs.existsSync(path.dirname(config)));
  });

  it("that refuses it ends the preview, with the line and the section", async () => {
    standIn(
      "bin/alloy",
      released("1.18.1"),
      "Error: CONFIG:40:1: unknown attribute\\n\\nError: validation failed\\n",
      1,
    );
    await assert.rejects(validatePipeline(settingsOf(), env), (error: Error) => {
      assert.match(
        error.message,
        /config\.alloy: line 40 \(discovery\)\n {4}alloy 1\.18\.1 refuses it: unknown attribute\n {4}→ /,
      );
      return true;
    });
  });

  it("of another version than the image only warns", async () => {
    standIn("bin/alloy", released("1.17.0"), "Error: CONFIG:2:1: unknown block\\nError: validation failed\\n", 1);
    const [warning] = await validatePipeline(settingsOf(), env);
    assert.match(
      warning ?? "",
      /^warning: config\.alloy: line 2: alloy 1\.17\.0 refuses it: unknown block \(the image is 1\.18\.1\)$/,
    );
    standIn("bin/alloy", released("1.17.0"));
    assert.match((await validatePipeline(settingsOf(), env)).join(), /accepts it \(the image is 1\.18\.1\)$/);
  });

  it("that is not there, or cannot answer, is told", async () => {
    assert.match((await validatePipeline(settingsOf(), env)).join(), /was not read by an Alloy: there is none on PATH/);
    standIn("bin/alloy", released("1.8.0"), "Error: unknown command validate\\n", 1);
    assert.match(
      (await validatePipeline(settingsOf(), env)).join(),
      /was not read by an Alloy: .*unknown command validate/,
    );
  });

  it("of the sandbox's own build says nothing of components that it lacks", () => {
    const output =
      'Error: config.alloy:3:1: cannot find the definition of component name "loki.secretfilter"\nError: validation failed';
    const alloy = { file: "/a", version: "1.18.1" };
    const verdict = { said: "no", output } as const;
    const lines = report(verdict, { ...alloy, partial: true }, "1.18.1", { text: "" });
    assert.match(lines.join(), /not read by a whole Alloy: the sandbox's lacks "loki\.secretfilter"/);
    assert.throws(
      () => report(verdict, { ...alloy, partial: false }, "1.18.1", { text: "" }),
      /cannot find the definition/,
    );
  });

  it("knows the version of an image by its tag", () => {
    assert.equal(imageVersion("docker.io/grafana/alloy:v1.18.1"), "1.18.1");
    assert.equal(imageVersion("docker.io/grafana/alloy:v1.18.1-boringcrypto"), "1.18.1");
    assert.equal(imageVersion(`docker.io/grafana/alloy@sha256:${"a".repeat(64)}`), undefined);
  });
});
