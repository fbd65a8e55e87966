import assert from "node:assert/strict";

import { judgePlugin, type PluginName } from "../../plugins/plugin-versions";

const wanted = { kubernetes: "4.34.2", random: "4.21.2", vault: "7.8.0" };

const judge = (name: PluginName, version: string, onPath = true) =>
  judgePlugin({ name, path: `/opt/bin/pulumi-resource-${name}`, version, onPath }, wanted);

describe("versions of plugins", () => {
  for (const [name, version] of [
    ["kubernetes", "4.29.0"],
    ["kubernetes", "v4.29.0"],
    ["kubernetes", "4.34.2"],
    ["kubernetes", "4.99.1"],
    ["kubernetes", "4.34.2+dirty"],
    ["kubernetes", "4.35.0-alpha.1733"],
    ["random", "4.0.0"],
    ["random", "4.21.2"],
    ["vault", "7.8.0"],
  ] as const)
    it(`${name} ${version} is accepted`, () => assert.equal(judge(name, version), undefined));

  for (const [version, why] of [
    ["4.28.9", "the last before"],
    ["4.25.0", "what the Go module proxy has"],
    ["3.30.2", "another major version, too"],
    ["4.29.0-rc.1", "a release candidate comes before its release"],
    ["4.0.0-alpha.0+dev", "a build by hand"],
  ] as const)
    it(`kubernetes ${version} takes over what exists (${why}): it is refused by name, with what to do`, () => {
      const problem = judge("kubernetes", version);
      assert.equal(problem?.file, "/opt/bin/pulumi-resource-kubernetes");
      assert.equal(
        problem.problem,
        `the kubernetes plugin is version ${version}: below 4.29 it takes over an object that exists already, without a word, and a destroy deletes it`,
      );
      assert.match(problem.remedy, /^take it off PATH, .* pulumi plugin install resource kubernetes 4\.34\.2;/);
      assert.match(problem.remedy, /PULUMI_IGNORE_AMBIENT_PLUGINS=true$/);
    });

  for (const [name, version, major] of [
    ["kubernetes", "5.0.0", 4],
    ["kubernetes", "5.0.0-alpha.1", 4],
    ["random", "5.1.0", 4],
    ["vault", "6.7.0", 7],
    ["vault", "8.0.0", 7],
  ] as const)
    it(`${name} ${version} is not what the program is written for`, () =>
      assert.match(
        judge(name, version)?.problem ?? "",
        new RegExp(`is version ${version}, and the program is written for major version ${major}$`),
      ));

  for (const version of ["", "dev", "latest", "4.34", "nothing (it does not answer)"])
    it(`${JSON.stringify(version)} is no version, and is refused for it`, () =>
      assert.match(judge("kubernetes", version)?.problem ?? "", /says .* when it is asked for its version, so nobody/));

  it("elsewhere than on PATH the remedy is to install another, and nothing else", () =>
    assert.equal(judge("kubernetes", "4.25.0", false)?.remedy, "pulumi plugin install resource kubernetes 4.34.2"));
});
