import assert from "node:assert/strict";

import { apr1, htpasswdLine, htpasswdUser, isLineOf } from "../../vault/htpasswd";

describe("a line of htpasswd", () => {
  // openssl passwd -apr1 -salt SALT PASSWORD (OpenSSL 3.0.19)
  const recorded: [password: string, salt: string, hash: string][] = [
    ["a", "x", "$apr1$x$16j9.5e7KiXmuYFAYpPJM/"],
    ["password", "hfT7jp2q", "$apr1$hfT7jp2q$two3QJlp/Qr/L8kifGFHF1"],
    ["0123456789abcdef", "./AZaz09", "$apr1$./AZaz09$3kWSQajnZ3g/Rs/7GEX6J/"],
    ["0123456789abcdefg", "./AZaz09", "$apr1$./AZaz09$A7Vra7yWWmLVrjeFwTwea."],
    ["K3vV9mPz0QxYb7RtLw2NcD5fGh8JsA1eUo4iTyZq", "abcdefgh", "$apr1$abcdefgh$DfIlVJNsfzNZCXo2ur/Zi0"],
    ["ünï-çødé", "saltsalt", "$apr1$saltsalt$r9dMRKZEIOLKyt9/FOdWj/"],
  ];
  for (const [password, salt, hash] of recorded)
    it(`has the hash that openssl gives: ${password.length} characters`, () =>
      assert.equal(apr1(password, salt), hash));

  const password = "0123456789abcdefghijABCDEFGHIJ0123456789";

  it("has a salt of its own each time, so that equal passwords do not look equal", () => {
    const lines = Array.from({ length: 50 }, () => htpasswdLine("production", password));
    assert.equal(new Set(lines).size, 50);
    for (const line of lines) {
      assert.match(line, /^production:\$apr1\$[./0-9A-Za-z]{8}\$[./0-9A-Za-z]{22}$/);
      assert.equal(htpasswdUser(line), "production");
    }
  });

  it("is known again by its user and password, and by no others", () => {
    const line = htpasswdLine("production", password);
    assert.ok(isLineOf(line, "production", password));
    for (const [user, word] of [
      ["production", `${password}x`],
      ["production", ""],
      ["other", password],
      ["productio", password],
      ["production:", password],
      ["", password],
    ] as const)
      assert.ok(!isLineOf(line, user, word), `${user} ${word}`);
  });

  it("of another kind is nobody's", () => {
    for (const line of [
      "",
      "production",
      "production:",
      "production:$2y$05$abc",
      "production:$apr1$$x",
      "production:x",
    ])
      assert.ok(!isLineOf(line, "production", password), line);
  });
});
