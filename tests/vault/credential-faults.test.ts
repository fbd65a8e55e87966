import assert from "node:assert/strict";

import { credentialText, type CredentialSource } from "../../vault/read";
import { basic, bearer, mtls, refusal, where } from "../support/credential-source";

describe("a credential that no server would accept", () => {
  const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  const key = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n";
  const parts = { cert: pem, key, ca: pem };
  const user = { username: "alloy", password: "hidden-pw" };
  const cases: [title: string, source: CredentialSource, data: Record<string, string>, field: string, says: RegExp][] =
    [
      // guerzon/vaultwarden#154, exekube/exekube#44: a value from a file or from echo.
      [
        "a line break behind a password",
        basic,
        { ...user, password: "hidden\n" },
        "password",
        /line break at its end, .*password=@FILE keeps/,
      ],
      ["a line break of Windows", basic, { ...user, password: "hidden\r\n" }, "password", /line break at its end/],
      [
        "a line break before a password",
        basic,
        { ...user, password: "\nhidden" },
        "password",
        /begins with a line break/,
      ],
      ["a byte order mark", basic, { ...user, password: "\ufeffhidden" }, "password", /byte order mark/],
      ["a line break behind a user's name", basic, { ...user, username: "hidden\n" }, "username", /line break/],
      [
        "a colon in a user's name",
        basic,
        { ...user, username: "hidden:alloy" },
        "username",
        /a colon .*for the password/,
      ],
      [
        "a space behind a user's name",
        basic,
        { ...user, username: "hidden " },
        "username",
        /a space at one of its ends/,
      ],
      [
        "the word Bearer",
        bearer,
        { token: "Bearer hidden" },
        "token",
        /the word Bearer, and Alloy writes Bearer itself/,
      ],
      ["a whole header", bearer, { token: "Authorization: Bearer hidden" }, "token", /the word Authorization:/],
      ["the word of another scheme", bearer, { token: "Basic aGlkZGVu" }, "token", /the word Basic/],
      ["a line break in a token", bearer, { token: "hid\nden" }, "token", /which no token has/],
      ["a line break behind a token", bearer, { token: "hidden\n" }, "token", /line break at its end/],
      [
        "a certificate once more in base64",
        mtls,
        { ...parts, cert: Buffer.from(pem).toString("base64") },
        "cert",
        /once more in base64/,
      ],
      ["a certificate in DER", mtls, { ...parts, ca: "MIIBhidden" }, "ca", /holds no certificate in PEM/],
      ["a certificate for a key", mtls, { ...parts, key: pem }, "key", /holds no key in PEM/],
      [
        "a key with a passphrase",
        mtls,
        { ...parts, key: key.replaceAll("PRIVATE", "ENCRYPTED PRIVATE") },
        "key",
        /with a passphrase/,
      ],
      [
        "an old key with a passphrase",
        mtls,
        {
          ...parts,
          key: "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nhidden\n-----END RSA PRIVATE KEY-----\n",
        },
        "key",
        /with a passphrase/,
      ],
      ["PEM on one line", mtls, { ...parts, cert: pem.replaceAll("\n", " ") }, "cert", /has lost its line breaks/],
    ];
  for (const [title, source, data, field, says] of cases)
    it(`is refused, without a word of it: ${title}`, () => {
      const { problems, message } = refusal(source, data);
      assert.deepEqual(
        problems.map((problem) => problem.key),
        [`${where}: ${field}`],
      );
      assert.match(problems[0]?.problem ?? "", says);
      assert.match(problems[0]?.remedy ?? "", new RegExp(`vault kv patch -mount=secret .*${field}=`));
      assert.doesNotMatch(message, /hidden|MIIB|aGlk|LS0t/);
    });

  it("is accepted with anything else in it", () => {
    for (const password of ["a:b", " a b ", "Bearer x", "tab\there", "line\nbreak", "p\u00e4ss"])
      assert.deepEqual(JSON.parse(credentialText(basic, { username: "team/alloy@x", password })), {
        username: "team/alloy@x",
        password,
      });
    assert.equal(credentialText(bearer, { token: "bearer-of.news==" }), "bearer-of.news==");
  });

  it("names the keys that are there if one is missing: they are probably meant", () => {
    assert.match(
      refusal(basic, { user: "hidden", pass: "hidden" }).problems[0]?.problem ?? "",
      /^this key is missing \(there are pass, user\)$/,
    );
  });
});
