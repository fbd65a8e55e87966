import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { promisify } from "node:util";

import { UserError } from "../../../kit/user-error";
import { fakeMachine, type FakeMachine } from "./toolchain-fakes";

describe("toolchain: Debian packages", () => {
  let machine: FakeMachine;
  beforeEach(async () => {
    machine = await fakeMachine();
  });
  afterEach(() => machine.remove());

  /** apt that has shellcheck and libselinux1; unpacking a package gives its one file. */
  async function fakeApt(version: string): Promise<void> {
    await machine.script("apt-get", [': > "$2_1_amd64.deb"']);
    await machine.script("apt-cache", [
      'case "$3" in shellcheck) echo "shellcheck"; echo "  Depends: libc6"; echo "  Depends: libselinux1";; esac',
    ]);
    await machine.script("dpkg-deb", [
      'case "$2" in',
      `shellcheck_*) /bin/mkdir -p "$3/usr/bin"; f="$3/usr/bin/shellcheck"; echo "#!/bin/sh" > "$f"; echo 'echo shellcheck ${version} "$@"' >> "$f"; /bin/chmod 755 "$f";;`,
      'libselinux1_*) /bin/mkdir -p "$3/lib/x"; : > "$3/lib/x/libselinux.so.1";;',
      "esac",
    ]);
  }

  it("takes the program out of the package when the machine has its libraries", async () => {
    await fakeApt("0.9.0");
    await machine.script("ldd", ['echo "  libselinux.so.1 => /lib/libselinux.so.1 (0x1)"']);
    const { shellcheck } = await machine.ensure(["shellcheck"]);
    assert.deepEqual([shellcheck.origin, shellcheck.version], ["debian", "0.9.0"]);
    assert.deepEqual((await fs.readdir(path.dirname(shellcheck.path))).sort(), [".recipe", "shellcheck"]);
  });

  it("brings libraries along that the machine lacks, without an environment that children inherit", async () => {
    await fakeApt("0.9.0");
    const loader = await machine.script("ld-linux-fake.so.2", [
      '[ "$1" = --library-path ] && [ -e "$2/libselinux.so.1" ] || exit 127',
      'shift 2; exec "$@" "LD=$LD_LIBRARY_PATH"',
    ]);
    await machine.script("ldd", [
      'case "$LD_LIBRARY_PATH" in */lib/x) at=/found;; *) at="not found";; esac',
      'echo "	libselinux.so.1 => $at"',
      `echo "	${loader} (0x1)"`,
    ]);
    machine.env["PATH"] += ":/usr/bin:/bin"; // the script in front needs dirname and readlink, as on a real machine
    await machine.script("shellcheck", ["exit 1"]); // whatever this machine has
    const { shellcheck } = await machine.ensure(["shellcheck"]);
    const { stdout } = await promisify(execFile)(shellcheck.path, ["--two words"], { env: machine.env });
    assert.equal(stdout, "shellcheck 0.9.0 --two words LD=\n");
  });

  it("uses whatever accepted version the machine's Debian has, also from the cache", async () => {
    await fakeApt("0.11.2");
    await machine.script("ldd", ["exit 1"]);
    assert.deepEqual((await machine.ensure(["shellcheck"])).shellcheck.version, "0.11.2");
    const { shellcheck } = await machine.ensure(["shellcheck"]);
    assert.deepEqual([shellcheck.origin, shellcheck.version], ["cache", "0.11.2"]);
  });

  it("refuses a version that is not accepted", async () => {
    await fakeApt("0.3.1");
    await machine.script("ldd", ["exit 1"]);
    await assert.rejects(
      machine.ensure(["shellcheck"]),
      /what was made is 0\.3\.1, needed is >=0\.8\.0 <1\.0\.0\n.*install shellcheck/,
    );
  });

  it("names the libraries that are nowhere to be had", async () => {
    await fakeApt("0.9.0");
    await machine.script("ldd", ['echo "	libodd.so.9 => not found"']);
    await assert.rejects(machine.ensure(["shellcheck"]), (error: Error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /needs libraries that neither this machine nor its packages have: libodd\.so\.9/);
      return true;
    });
  });

  it("says what to install on a machine without apt", async () => {
    await assert.rejects(machine.ensure(["nginx", "shellcheck"]), (error: Error) => {
      assert.ok(error instanceof UserError);
      assert.equal(error.problems.length, 2);
      assert.match(
        error.message,
        /apt-get is not on PATH\n +→ install nginx \(>=1\.18\.0 <2\.0\.0\) and put it on PATH/,
      );
      return true;
    });
  });
});
