import assert from "node:assert/strict";

import { isReference, isSecretName, secretAssignments, secretFlag, secretForm } from "../../policy/secrets";

const jwt = `eyJ${"a".repeat(20)}.eyJ${"b".repeat(20)}.${"c".repeat(20)}`;

// What a URL or an address of a database tells whoever reads it, as people have written them into plain env.
describe("a webhook's URL and an address with a key in it", () => {
  for (const value of [
    "https://hooks.slack.com/services/T000/B000/abcdefghijklmnop",
    "https://discord.com/api/webhooks/123456789012345678/abcdefghijklmnopqrstuvwxyz0123456789",
    "https://discordapp.com/api/v10/webhooks/123456789012345678/abcdefghijklmnopqrstuvwxyz0123456789",
    `https://contoso.webhook.office.com/webhookb2/${"a".repeat(36)}@${"b".repeat(36)}/IncomingWebhook/x/y`,
    `https://${"0123456789abcdef".repeat(2)}@o1.ingest.sentry.io/1`,
    "user:sup3rs3cret@tcp(db:3306)/x",
    "app:sup3rs3cret@unix(/run/mysqld.sock)/x",
    "jdbc:postgresql://u:sup3rs3cret@db/x",
  ])
    it(`${value.slice(0, 40)}… is one`, () => assert.ok(secretForm(value)));

  for (const value of [
    "https://hooks.slack.com/",
    "https://discord.com/api/webhooks",
    "https://o1.ingest.sentry.io/1",
    "tcp(db:3306)/x",
    "$(DB_USER):$(DB_PASSWORD)@tcp(db:3306)/x",
    "https://sso.example.com/token",
  ])
    it(`${value} is none`, () => assert.equal(secretForm(value), undefined));
});

describe("what looks like a secret", () => {
  for (const name of [
    "PASSWORD",
    "DB_PASSWORD",
    "password",
    "clientSecret",
    "LOKI_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "api-key",
    "apiKey",
    "PRIVATE_KEY",
    "PASSWORD_OLD",
    "ADMIN_CREDENTIALS",
    "vault.secret_id",
    "REDIS_AUTH",
    "neo4jAuth",
  ])
    it(`${name} is the name of a secret`, () => assert.ok(isSecretName(name)));

  for (const name of [
    "CLUSTER_NAME",
    "PASSWORD_FILE",
    "tokenTtl",
    "TOKEN_EXPIRATION_SECONDS",
    "secretName",
    "SECRET_PATH",
    "is_secret_enabled",
    "KEYBOARD",
    "monkey",
    "bypass",
    "compass",
    "tokenizer",
    "basic_auth",
    "VAULT_AUTH_METHOD",
    "SMTP_AUTH",
    "REDIS_AUTH_ENABLED",
    "keyring_dir",
    "MAX_TOKENS",
    "TOKEN_ROTATION_DAYS",
    "ENABLE_TOKEN_LOGIN",
    "SECRET_STORE",
    "jwt.token.algorithm",
    "CSRF_TOKEN_COOKIE",
  ])
    it(`${name} is not`, () => assert.ok(!isSecretName(name)));

  for (const value of [
    "",
    " ",
    "true",
    "$(TOKEN)",
    "${TOKEN}",
    "$TOKEN",
    "{{ .Values.token }}",
    "<password>",
    "/etc/a/token",
    "none",
  ])
    it(`${JSON.stringify(value)} only points at one`, () => assert.ok(isReference(value)));

  for (const value of ["hunter2", "123456", "a/b+c==", "pa$$word", "$(echo) x"])
    it(`${JSON.stringify(value)} is a value`, () => assert.ok(!isReference(value)));

  for (const [value, form] of [
    ["-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"],
    ["Authorization: Bearer abcdefghijklmnop", "a bearer token"],
    ["Authorization: Basic dXNlcjpwYXNz", "a Basic credential"],
    ["Bearer abcdefghijk1", "a bearer token"],
    ["Bearer abcdefghijklmnopqrst", "a bearer token"],
    ["postgres://user:pass@db:5432/a", "a URL with a password in it"],
    [jwt, "a JSON web token"],
    [`hvs.${"a".repeat(24)}`, "a Vault token"],
    [`glsa_${"a".repeat(32)}`, "a Grafana token"],
    [`AKIA${"A".repeat(16)}`, "an AWS access key"],
    [`ghp_${"a".repeat(36)}`, "a GitHub token"],
  ] as const)
    it(`${form} is known by its form`, () => assert.equal(secretForm(`x ${value} y`), form));

  for (const value of [
    "http://loki-gateway.monitoring.svc:80/loki/api/v1/push",
    "https://user@host/",
    "postgres://user:${PASSWORD}@db/a",
    "-----BEGIN CERTIFICATE-----",
    'bearer_token_file = "/etc/a"',
    "clients use bearer authentication",
    "postgres://%s:%s@db/a",
    "https://user:***@host/",
    "0".repeat(64),
    "docker.io/grafana/alloy@sha256:" + "a".repeat(64),
  ])
    it(`${value.slice(0, 40)} is no secret by its form`, () => assert.equal(secretForm(value), undefined));

  for (const [value, names] of [
    ['password = "hunter2"', ["password"]],
    ["\tpassword = `hunter2`", ["password"]],
    ['{"api_key": "abc", "user": "b"}', ["api_key"]],
    ["db:\n  password: hunter2\n  user: a", ["password"]],
    ["PASSWORD=hunter2", ["PASSWORD"]],
    ["--token=abcdef", ["token"]],
    ["curl 'http://a/?token=abcdef&b=c'", ["token"]],
    ["client_secret = 'x'", ["client_secret"]],
    ["- { user: a, password: hunter2 }", ["password"]],
    ["# password: hunter2", ["password"]],
  ] as const)
    it(`${JSON.stringify(value)} sets ${names.join()}`, () => assert.deepEqual(secretAssignments(value), names));

  it("a flag of a command line may have its value in the next argument", () => {
    for (const [argument, name] of [
      ["--password", "password"],
      ["-db.password", "db.password"],
      ["--password=a", undefined],
      ["--password-file", undefined],
      ["password", undefined],
    ] as const)
      assert.equal(secretFlag(argument), name);
  });

  for (const value of [
    'password = sys.env("A")',
    "password = local.file.a.content",
    'password_file = "/etc/a"',
    "is_secret = true",
    'password = ""',
    "token: ${TOKEN}",
    "token == other",
    "the password: see the wiki page",
    "summary: the token: look it up",
    "# token: what the gateway asks for",
  ])
    it(`${JSON.stringify(value)} sets none`, () => assert.deepEqual(secretAssignments(value), []));
});

describe("the detector of secrets takes time in proportion to the text", () => {
  const texts = {
    "one letter": "a",
    "words of secrets": "password",
    "names without a value": "password: ",
    "dots and dashes": "-._",
    "the beginnings of URLs": "http://a:",
    "quotes and escapes": '\\"password\\":\\"',
    "bearers without a token": "bearer ",
    base64: "QUJD",
    "sentences in one line": "token: look it up ",
    "command lines": "curl -u a mysql -p ",
    "names and values": '<a name="password" ',
  };
  for (const [name, part] of Object.entries(texts))
    it(`also of ${name}`, () => {
      const text = part.repeat(Math.ceil(200_000 / part.length));
      const started = performance.now();
      secretForm(text);
      secretAssignments(text);
      // Ten times what it takes on a loaded machine; what grows with the square took minutes.
      assert.ok(performance.now() - started < 3_000, `${Math.round(performance.now() - started)} ms`);
    });
});
