import assert from "node:assert/strict";

import { checkoutStatus, sandbox } from "./support/sandbox";

describe("the checkout", () => {
  it("is as it was before the sandbox was started", async () => {
    assert.equal(await checkoutStatus(), sandbox().checkoutBefore);
  });
});
