import assert from "node:assert/strict";

import * as fc from "fast-check";

import { compareVersions, findVersion, formatVersion, satisfies, type Version } from "../toolchain/ranges";

describe("toolchain: versions and ranges", () => {
  const outputs: [text: string, version: string][] = [
    ["v3.259.0", "3.259.0"],
    ["Kubernetes v1.37.2", "1.37.2"],
    ["Client Version: v1.32.4-dispatcher\nKustomize Version: v5.5.0", "1.32.4"],
    ["etcd Version: 3.7.3\nGit SHA: Not provided\nGo Version: go1.26.8", "3.7.3"],
    ["kwok version v0.8.0 go1.26.8 (linux/amd64)", "0.8.0"],
    ["OpenBao v2.7.2 (9e0a0d3c3504), committed 2026-10-26T20:32:27Z", "2.7.2"],
    ["alloy, version v1.18.1 (branch: , revision: unknown)", "1.18.1"],
    ["prometheus, version 2.42.0+ds (branch: debian/sid)", "2.42.0"],
    ["nginx version: nginx/1.22.1", "1.22.1"],
    ["bubblewrap 0.8.0", "0.8.0"],
    ["go version go1.26 linux/amd64", "1.26.0"],
  ];
  for (const [text, version] of outputs) {
    it(`finds ${version} in "${text.split("\n")[0]}"`, () => {
      const found = findVersion(text);
      assert.equal(found && formatVersion(found), version);
    });
  }

  it("finds none in a text without a version", () => {
    assert.equal(findVersion("dirty build of main, 5 files"), undefined);
  });

  it("takes both ends of a range as they are written", () => {
    const range = ">=1.37.0 <1.38.0";
    assert.equal(satisfies([1, 37, 0], range), true);
    assert.equal(satisfies([1, 37, 99], range), true);
    assert.equal(satisfies([1, 38, 0], range), false);
    assert.equal(satisfies([1, 36, 99], range), false);
  });

  it("refuses a range that it would misread", () => {
    for (const range of ["", "^1.2.3", ">=1.2", ">=1.2.3 || <1.0.0", ">= 1.2.3"]) {
      assert.throws(() => satisfies([1, 2, 3], range), /not a version range/, range);
    }
  });

  it("orders versions by number, not by text", () => {
    assert.ok(compareVersions([1, 9, 0], [1, 10, 0]) < 0);
    const version = fc.tuple(fc.nat(50), fc.nat(50), fc.nat(50));
    fc.assert(
      fc.property(version, version, (a: Version, b: Version) => {
        const below = satisfies(a, `<${formatVersion(b)}`);
        assert.equal(below, compareVersions(a, b) < 0);
        assert.equal(satisfies(a, `>=${formatVersion(b)}`), !below);
      }),
    );
  });
});
