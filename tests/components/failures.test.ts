import assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { recordProgram } from "../../operations/recording/record-program";
import { UserError } from "../../kit/user-error";
import { program } from "../../program";
import { configOf, vaultValues } from "../support/settings";

/** Runs the program alone, with mocks that declare everything and refuse every read. */
async function runWith(config: Record<string, string>): Promise<unknown> {
  const declared: string[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        declared.push(type);
        return { id: `${name}-id`, state: inputs as Record<string, unknown> };
      },
      call: ({ token }) => {
        throw new Error(`unexpected call of ${token}`);
      },
    },
    "alloy",
    "test",
  );
  pulumi.runtime.setAllConfig(config, []);
  try {
    await program();
    return undefined;
  } catch (error) {
    assert.deepEqual(declared, [], "something was declared before the settings were read");
    return error;
  }
}

describe("a stack with wrong settings", () => {
  it("ends with everything that is wrong, as a message without a stack, before anything is declared", async () => {
    const error = await runWith({ "alloy:clusterName": "x", "alloy:lokiTenat": "y", "kubernetes:context": "z" });
    assert.ok(pulumi.RunError.isInstance(error), String(error));
    for (const key of ["alloy:lokiTenat", "alloy:environment", "kubernetes:context"])
      assert.match(error.message, new RegExp(`Pulumi\\.test\\.yaml: ${key}`));
  });

  it("is a UserError to the commands", async () => {
    await assert.rejects(recordProgram({ stack: "test", config: {} }), UserError);
  });

  // The program hands the engine a RunError; whoever runs a command has to get what it stands for.
  for (const [title, values, says] of [
    ["a section that is not there", { extraSections: [{ file: "gone.alloy" }] }, /gone\.alloy/],
    [
      "a CA file that is not there",
      {
        lokiUrl: "https://loki.example.com/loki/api/v1/push",
        vault: { ...vaultValues, caFile: "gone.pem" },
        credentials: { mode: "vault", loki: "basic" },
      },
      /alloy:vault\.caFile\n +cannot be read/,
    ],
  ] as const)
    it(`is a UserError to the commands where the program itself finds ${title}`, async () => {
      const error: unknown = await recordProgram({ stack: "test", config: configOf(values) }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, says);
    });
});

describe("the recorder", () => {
  it("runs the same stack twice with the same result", async () => {
    const config = configOf();
    assert.deepEqual(await recordProgram({ stack: "test", config }), await recordProgram({ stack: "test", config }));
  });
});
