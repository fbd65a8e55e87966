import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { forgetRotatedContainer } from "../../components/pod/forget-rotated";

describe("forget-rotated", () => {
  let folder: string;
  let log: string;
  let positions: string;
  let logs: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "forget-rotated-"));
    logs = path.join(folder, "logs");
    log = path.join(logs, "shop_web_uid", "web", "0.log");
    positions = path.join(folder, "a storage", "loki.source.file.pods", "positions.yml");
    fs.mkdirSync(path.dirname(log), { recursive: true });
    fs.mkdirSync(path.dirname(positions), { recursive: true });
    fs.writeFileSync(log, "x".repeat(100));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const entry = (file: string, offset: number): string =>
    `  ? path: ${file}\n    labels: '{app="a''b"}'\n  : "${offset}"\n`;

  /** Saves positions, so many seconds ago. */
  function save(text: string, secondsAgo = 0): void {
    fs.writeFileSync(positions, text, { mode: 0o600 });
    const then = Date.now() / 1000 - secondsAgo;
    fs.utimesSync(positions, then, then);
  }

  function run(): { status: number | null; stderr: string; text: string; files: string[] } {
    const { command = [] } = forgetRotatedContainer("image", path.join(folder, "a storage"), []);
    const [shell = "", ...args] = command as string[];
    assert.equal(args.pop(), "/var/log/pods");
    const { status, stderr } = spawnSync(shell, [...args, logs], { encoding: "utf8" });
    const text = fs.existsSync(positions) ? fs.readFileSync(positions, "utf8") : "";
    return { status, stderr, text, files: fs.readdirSync(path.dirname(positions)) };
  }

  it("refuses a node that does not let the logs be listed, in words, and changes nothing", () => {
    save(`positions:\n${entry(log, 1000)}`);
    logs = path.join(folder, "not there");
    const { status, stderr, text } = run();
    assert.equal(status, 1);
    assert.match(
      stderr,
      /not there of this node may not be read by user \d+ of the groups [\d ]+\n.*alloy:logs\.source/,
    );
    assert.equal(text, `positions:\n${entry(log, 1000)}`);
  });

  it("leaves everything as it is where nothing was rotated", () => {
    const text = `positions:\n${entry(log, 100)}${entry(`${log}.gone`, 7)}`;
    save(text);
    assert.deepEqual(run(), { status: 0, stderr: "", text, files: ["positions.yml"] });
    assert.equal((fs.statSync(positions).mode & 0o777).toString(8), "600");
  });

  it("has a file read from its beginning that is shorter than its position, and no other", () => {
    const other = path.join(path.dirname(log), "1.log");
    fs.writeFileSync(other, "x".repeat(200));
    save(`positions:\n${entry(log, 101)}${entry(other, 150)}`);
    const { status, stderr, text } = run();
    assert.equal(status, 0);
    assert.equal(text, `positions:\n${entry(log, 0)}${entry(other, 150)}`);
    assert.match(stderr, /0\.log was rotated while no collector ran/);
  });

  it("has a longer file read from its beginning if another was renamed since, by the time of the renaming", () => {
    save(`positions:\n${entry(log, 50)}`, 120);
    // Written long before the positions were saved, and renamed just now.
    const rotated = `${log}.20260102-030405`;
    fs.writeFileSync(rotated, "x".repeat(300));
    fs.utimesSync(rotated, 1, 1);
    assert.equal(run().text, `positions:\n${entry(log, 0)}`);
  });

  it("lets a file be that was rotated while the collector ran", () => {
    fs.writeFileSync(`${log}.20260102-030405.gz`, "x");
    // A file's time of renaming cannot be set, so the positions are saved later.
    save(`positions:\n${entry(log, 50)}`, -3600);
    assert.equal(run().text, `positions:\n${entry(log, 50)}`);
  });

  it("follows a link, as Docker's files are, and finds the file that Docker renamed", () => {
    const real = path.join(folder, "docker", "id", "id-json.log");
    fs.mkdirSync(path.dirname(real), { recursive: true });
    fs.writeFileSync(real, "x".repeat(100));
    fs.rmSync(log);
    fs.symlinkSync(real, log);
    save(`positions:\n${entry(log, 50)}`, 120);
    assert.equal(run().text, `positions:\n${entry(log, 50)}`);
    save(`positions:\n${entry(log, 50)}`, 120);
    fs.writeFileSync(`${real}.1`, "x");
    assert.equal(run().text, `positions:\n${entry(log, 0)}`);
  });

  it("does nothing without positions, and nothing to what it cannot read", () => {
    assert.deepEqual(run(), { status: 0, stderr: "", text: "", files: [] });
    for (const text of [
      "positions: {}\n",
      "\0\0\0",
      `positions:\n  ? path: ${log}\n    lab`,
      `positions:\n  : "x"\n`,
    ]) {
      save(text);
      const { status, text: after } = run();
      assert.equal(status, 0);
      assert.equal(after, text, JSON.stringify(text));
    }
  });
});
