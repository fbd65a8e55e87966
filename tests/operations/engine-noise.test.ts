import assert from "node:assert/strict";

import { NoiseFilter } from "../../operations/engine/noise";

const deprecated =
  "vault:kv/getSecretV2:getSecretV2 verification warning: Deprecated Resource: Deprecated. Please use new Ephemeral KVV2 Secret resource `vault_kv_secret_v2` instead";
const ambient = "warning: using pulumi-resource-kubernetes from $PATH at /usr/local/bin/pulumi-resource-kubernetes";

/** A preview as the engine 3.259 prints it without a terminal. */
const preview = (diagnostics: string): string => `Previewing update (local):
@ previewing update.........
    pulumi:pulumi:Stack alloy-local running warning: ${deprecated}
@ previewing update.....
    pulumi:pulumi:Stack alloy-local  1 warning
Policies:
    ✅ alloy@v0.1.0 (local: /checkout/policy-pack)

${diagnostics}Resources:
    22 unchanged
`;

/** What is shown of an output that comes in pieces of this length. */
function filtered(text: string, length = text.length): string {
  const filter = new NoiseFilter();
  let shown = "";
  for (let i = 0; i < text.length; i += length) shown += filter.write(text.slice(i, i + length));
  return shown + filter.end();
}

const note =
  "left out above: 1 warning that getSecretV2 is deprecated; Pulumi has nothing else yet (docs/decisions/0072-reads-by-getsecretv2.md)\n";

describe("the engine's output without what nobody can act on", () => {
  const stack = "  pulumi:pulumi:Stack (alloy-local):\n";

  for (const length of [1, 7, 10_000])
    it(`leaves the known warning out with its headings, and says so, in pieces of ${length}`, () => {
      const text = preview(`Diagnostics:\n${stack}    warning: ${deprecated}\n\n`);
      const expected = preview("").replace(/^.*running warning.*\n/m, "");
      assert.equal(filtered(text, length), expected + note);
    });

  it("keeps every other warning under its heading", () => {
    const other = "    warning: alloy:logLevel is debug\n";
    for (const lines of [other + `    warning: ${deprecated}\n`, `    warning: ${deprecated}\n` + other])
      assert.equal(
        filtered(`Diagnostics:\n${stack}${lines}\nResources:\n`),
        `Diagnostics:\n${stack}${other}\nResources:\n${note}`,
      );
  });

  it("takes the heading of one resource away and not that of the next, nor of the one before", () => {
    const pod = "  kubernetes:core/v1:Secret (alloy-secret):\n    error: refused\n\n";
    const noisy = `${stack}    warning: ${deprecated}\n\n`;
    for (const groups of [pod + noisy, noisy + pod])
      assert.equal(filtered(`Diagnostics:\n${groups}Resources:\n`), `Diagnostics:\n${pod}Resources:\n${note}`);
  });

  it("names each plugin from PATH once", () => {
    const line = `    pulumi:pulumi:Stack alloy-local running ${ambient}\n`;
    const text = `${line}Diagnostics:\n${stack}${`    ${ambient}\n`.repeat(8)}\nResources:\n    1 unchanged\n`;
    assert.equal(
      filtered(text),
      "Resources:\n    1 unchanged\nfrom PATH: pulumi-resource-kubernetes, /usr/local/bin/pulumi-resource-kubernetes\n",
    );
  });

  it("changes nothing of an output without such lines, whatever is in it", () => {
    const text = `${preview("Diagnostics:\n  a:b (c):\n    error: x\n\n    more\n\n  d:e (f):\n    error: y\n\n").replace(/^.*running warning.*\n/m, "")}Outputs:\n    image: "x"`;
    assert.equal(filtered(text), `${text}\n`);
    assert.equal(filtered(""), "");
  });

  it("shows at once that the engine is alive, and nothing twice", () => {
    const filter = new NoiseFilter();
    assert.equal(filter.write("@ updating"), "@ updating");
    assert.equal(filter.write("..."), "...");
    assert.equal(filter.write(".\n    half a"), ".\n");
    assert.equal(filter.write(" line\n"), "    half a line\n");
    assert.equal(filter.end(), "");
  });
});
