import assert from "node:assert/strict";

import { apr1, htpasswdLine, htpasswdUser } from "../../vault/htpasswd";

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

  it("is the same for the same user and password, and another for another", () => {
    const line = htpasswdLine("production", "0123456789abcdefghijABCDEFGHIJ0123456789");
    assert.equal(line, htpasswdLine("production", "0123456789abcdefghijABCDEFGHIJ0123456789"));
    assert.match(line, /^production:\$apr1\$[./0-9A-Za-z]{8}\$[./0-9A-Za-z]{22}$/);
    assert.notEqual(
      line.split(":")[1],
      htpasswdLine("other", "0123456789abcdefghijABCDEFGHIJ0123456789").split(":")[1],
    );
    assert.equal(htpasswdUser(line), "production");
  });
});
