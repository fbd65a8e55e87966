const entry = (pod: string, value = '"1700000000000000"'): string =>
  `  ? path: shop/${pod}:c:1234\n    labels: '{instance="shop/${pod}:c", job="shop/c"}'\n  : ${value}\n`;
export const good = `positions:\n${entry("a")}${entry("b")}`;

/** Positions files that Alloy 1.18.1 starts with. */
export const taken: Record<string, string> = {
  "two entries": good,
  "no byte": "",
  "no entry": "positions: {}\n",
  "nothing behind the key": "positions:\n",
  "no last line break": good.trimEnd(),
  "cut behind a path": good.split("\n").slice(0, 5).join("\n"),
  "cut in a path": `positions:\n${entry("a")}  ? path: shop/b:c`,
  "cut behind labels": `${good.split("\n").slice(0, 6).join("\n")}\n`,
  "cut before a number": `positions:\n${entry("a").split("\n").slice(0, 2).join("\n")}\n  : `,
  "no labels, as a file has": 'positions:\n  ? path: /var/log/a.log\n    labels: ""\n  : "12"\n',
  "a journal's cursor": "positions:\n  ? path: journal-x\n    labels: it's\n  : s=abc;i=12\n",
  "letters of other languages": 'positions:\n  ? path: \'/var/log/é a: b.log\'\n    labels: ""\n  : "12"\n',
  "long labels": `positions:\n  ? path: a\n    labels: '{${"x".repeat(5000)}="1"}'\n  : "1"\n`,
};
/** Positions files at which it ends with "invalid yaml positions file". */
export const refused: Record<string, string | Buffer> = {
  "nothing but NUL bytes": Buffer.alloc(4096),
  "NUL bytes behind it": Buffer.concat([Buffer.from(good), Buffer.alloc(100)]),
  "NUL bytes in the middle": Buffer.concat([Buffer.from(good), Buffer.alloc(10), Buffer.from(entry("c"))]),
  "bytes that are no text": Buffer.concat([
    Buffer.from("positions:\n"),
    Buffer.from([0xff, 0xfe, 0x80]),
    Buffer.from("\n"),
  ]),
  "something else": "garbage text here\n",
  "positions of Promtail": 'positions:\n  /var/log/a.log: "12"\n',
  "cut in labels": good.slice(0, 60),
  "cut behind a quote in labels": good.slice(0, good.indexOf('="') + 2),
  "cut behind the first quote": `positions:\n${entry("a")}  ? path: shop/b:c:1\n    labels: '`,
  "cut in a number": good.slice(0, -3),
  "cut in a key": `positions:\n${entry("a")}  ? pa`,
  "cut in its first word": "positi",
};
