import assert from "node:assert/strict";

import fc from "fast-check";

import { checkKeys, credentialText, heldIn } from "../../vault/read";
import { basic, bearer, mtls, refusal, refusalOf, where } from "../support/credential-source";

describe("a credential from Vault", () => {
  it("basic: user and password become one JSON object, in one file", () => {
    const text = credentialText(basic, { username: "alloy", password: 'a"b\\c\nd', other: "x" });
    assert.deepEqual(JSON.parse(text), { username: "alloy", password: 'a"b\\c\nd' });
  });

  it("basic: any text comes back from the file as it was", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1 }).filter((one) => one === one.trim());
    const name = text.filter((one) => !one.includes(":"));
    fc.assert(
      fc.property(name, text, (username, password) => {
        assert.deepEqual(JSON.parse(credentialText(basic, { username, password })), { username, password });
      }),
    );
  });

  it("bearer: the token is the file", () => {
    assert.equal(credentialText(bearer, { token: "abc" }), "abc");
  });

  it("mtls: certificate, key and CA become one JSON object", () => {
    const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    const key = "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n";
    const parts = { cert: pem, key, ca: `# issued by us\r\n${pem.replaceAll("\n", "\r\n")}` };
    assert.deepEqual(JSON.parse(credentialText(mtls, { ...parts, other: "x" })), parts);
  });

  it("names the version that was asked for, where it is deleted", () => {
    const [problem] = refusal({ ...basic, version: 4 }, {}).problems;
    assert.match(problem?.problem ?? "", /^version 4 of this secret is deleted/);
    assert.match(problem?.remedy ?? "", /-versions=4 .*alloy:credentials\.versions/);
  });

  // A soft-deleted version is no error to the provider: it has no data.
  for (const [title, data] of [
    ["undefined", undefined],
    ["empty", {}],
  ] as const)
    it(`is refused where the newest version is deleted: data ${title}`, () => {
      const [problem, ...more] = refusal(basic, data).problems;
      assert.deepEqual(more, []);
      assert.equal(problem?.key, where);
      assert.match(problem?.problem ?? "", /deleted or empty/);
      assert.match(problem?.remedy ?? "", /vault kv undelete -mount=secret .*detectviz\/test\/alloy\/loki/);
    });

  const faults: [title: string, value: unknown, problem: RegExp][] = [
    ["missing", undefined, /missing/],
    ["null", null, /missing/],
    ["empty", "", /empty or not text/],
    ["a number", 12345, /empty or not text/],
    ["an object", { inner: "hidden-value" }, /empty or not text/],
    ["a list", ["hidden-value"], /empty or not text/],
  ];
  for (const [title, value, expected] of faults) {
    for (const [source, key, others] of [
      [basic, "username", { password: "hidden-password" }],
      [basic, "password", { username: "hidden-user" }],
      [bearer, "token", { other: "hidden-other" }],
    ] as const)
      it(`is refused where ${key} is ${title}, without a word of what is there`, () => {
        const error = refusal(source, { ...others, [key]: value });
        assert.deepEqual(
          error.problems.map((problem) => problem.key),
          [`${where}: ${key}`],
        );
        assert.match(error.problems[0]?.problem ?? "", expected);
        assert.match(error.problems[0]?.remedy ?? "", new RegExp(`vault kv patch -mount=secret .* ${key}=`));
        assert.doesNotMatch(error.message, /hidden|12345/);
      });
  }

  it("names every key that is wrong at once", () => {
    assert.deepEqual(
      refusal(basic, { username: "", other: "x" }).problems.map(({ key }) => key),
      [`${where}: username`, `${where}: password`],
    );
  });

  it("looks at the secret's own keys only", () => {
    assert.deepEqual(
      refusal(
        { ...bearer, credential: { ...bearer.credential, fields: ["constructor"] } },
        { token: "x" },
      ).problems.map(({ key }) => key),
      [`${where}: constructor`],
    );
  });
});

describe("the keys of a credential, without their values", () => {
  it("pass where each is there", () => {
    checkKeys(basic, '{"password":null,"username":null,"other":null}');
    checkKeys(bearer, '{"token":null}');
    checkKeys(mtls, '{"ca":null,"cert":null,"key":null}');
  });

  it("are named where they are missing, all at once", () => {
    const { problems } = refusalOf(() => checkKeys(mtls, '{"cert":null}'));
    assert.deepEqual(
      problems.map(({ key }) => key),
      [`${where}: key`, `${where}: ca`],
    );
  });

  it("are refused if one holds an object instead of a text", () => {
    const { problems } = refusalOf(() => checkKeys(basic, '{"username":null,"password":{"inner":null}}'));
    assert.deepEqual(
      problems.map(({ key, problem }) => [key, problem]),
      [[`${where}: password`, "this key is empty or not text"]],
    );
  });

  for (const subkeys of ["null", "", "{}"])
    it(`are missing altogether in a deleted version (${JSON.stringify(subkeys)})`, () => {
      assert.match(refusalOf(() => checkKeys(basic, subkeys)).problems[0]?.problem ?? "", /deleted or empty/);
    });
});

describe("what Vault holds", () => {
  it("is read as it was written: the provider's other field makes text of an object", () => {
    const data = { username: "u", password: '{"inner":"hidden-value"}' };
    const held = heldIn({ data, dataJson: '{"username":"u","password":{"inner":"hidden-value"}}' });
    assert.match(refusal(basic, held).message, /password\n +this key is empty or not text/);
    assert.deepEqual(heldIn({ data }), data);
  });

  it("is nothing in a deleted version", () => {
    for (const dataJson of ["null", "{}"]) assert.deepEqual(heldIn({ data: {}, dataJson }), {});
    assert.deepEqual(heldIn({}), {});
  });
});
