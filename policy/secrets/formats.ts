import { isSecretName } from "./names";
import { isReference } from "./references";

/**
 * Texts that hold a credential without `name = value`: configurations with a format of their own, and command lines.
 * Each form begins with a word of its own, which is looked for first, and has bounded repetitions.
 */
interface Format {
  /** What the finding is called: the name that the text sets to a literal. */
  name: string;
  /** A text, in lower case, that is in every one of the format. */
  holds: string;
  /** Its first group, if it has one, is the secret, and is none where it only points to one. */
  form: RegExp;
}

const format = (name: string, holds: string, form: RegExp): Format => ({ name, holds, form });

const formats: readonly Format[] = [
  // Source: https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html
  format(
    "password",
    "machine",
    /\bmachine\s{1,8}\S{1,253}\s{1,8}login\s{1,8}\S{1,200}\s{1,8}password\s{1,8}(\S{1,200})/g,
  ),
  // Source: https://www.postgresql.org/docs/current/libpq-pgpass.html
  format("password", ":", /^[\w.*-]{1,253}:(?:\d{2,5}|\*):[\w*-]{1,63}:[\w*.@-]{1,63}:([^\s:]{3,100})$/gm),
  // Source: https://docs.docker.com/reference/cli/docker/login/, config.json
  format("auth", '"auth', /"auth"\s{0,4}:\s{0,4}"([A-Za-z0-9+/]{8,512}={0,2})"/g),
  // Source: https://redis.io/docs/latest/operate/oss_and_stack/management/security/, and its ACLs
  format("requirepass", "requirepass", /^[ \t]{0,16}requirepass[ \t]{1,16}["']?([^\s"']{3,256})/gim),
  format("masterauth", "masterauth", /^[ \t]{0,16}masterauth[ \t]{1,16}["']?([^\s"']{3,256})/gim),
  format(
    "password",
    "user ",
    /^[ \t]{0,16}(?:ACL SETUSER|user)[ \t]{1,8}\S{1,64}[ \t][^\n>]{0,200}?>([^\s>]{3,256})/gim,
  ),
  // Sources: nslcd.conf(5), snmpd.conf(5), haproxy's configuration manual, 3.4 and "stats auth"
  format("bindpw", "bindpw", /^[ \t]{0,16}bindpw[ \t]{1,16}(\S{3,256})/gim),
  format("community", "community", /^[ \t]{0,16}r[ow]community6?[ \t]{1,16}(?!public\b)(\S{3,256})/gim),
  format(
    "password",
    "password",
    /^[ \t]{0,16}user[ \t]{1,8}\S{1,64}[ \t]{1,8}(?:insecure-)?password[ \t]{1,8}(\S{3,256})/gim,
  ),
  format("stats auth", "stats auth", /\bstats auth[ \t]{1,8}[^\s:]{1,64}:(\S{3,256})/gi),
  // SQL: https://www.postgresql.org/docs/current/sql-createrole.html; MySQL, CREATE USER
  format(
    "password",
    "password",
    /\b(?:with|encrypted|login|user\s{1,8}[\w"]{1,64}|role\s{1,8}[\w"]{1,64})\s{1,8}password\s{1,8}'([^'\n]{1,256})'/gi,
  ),
  format("password", "identified", /\bidentified\s{1,8}(?:with\s{1,8}\w{1,40}\s{1,8})?by\s{1,8}'([^'\n]{1,256})'/gi),
  // Source: https://cloudinit.readthedocs.io/en/latest/reference/modules.html#set-passwords
  format(
    "chpasswd",
    "chpasswd",
    /\bchpasswd:[^\n]{0,20}\n(?:[^\n]{0,80}\n){0,3}?[ \t]{1,16}(?:- )?[\w-]{1,32}:([^\s:]{3,128})[ \t]{0,8}$/gm,
  ),
  // Command lines.
  format(
    "a user of curl",
    "curl",
    /\bcurl\b[^\n|;&]{0,200}?\s(?:-u|--user)[\s=]{0,4}["']?[^\s:"'$]{1,64}:([^\s"']{3,256})/g,
  ),
  format(
    "a user of wget",
    "wget",
    /\bwget\b[^\n|;&]{0,200}?\s--(?:http-|ftp-)?password[\s=]{1,4}["']?([^\s"']{3,256})/g,
  ),
  format("sshpass -p", "sshpass", /\bsshpass\s{1,4}-p\s{0,4}["']?([^\s"'-][^\s"']{2,256})/g),
  format(
    "-p of a database's client",
    "-p",
    /\b(?:mysql|mysqldump|mysqladmin|mysqlcheck|mariadb)\b[^\n|;&]{0,200}?\s-p["']?([^\s"'-][^\s"']{2,256})/g,
  ),
  format("-p of a login", "login", /\blogin\b[^\n|;&]{0,200}?\s-p[\s=]{1,4}["']?([^\s"'-][^\s"']{2,256})/g),
  format("-a of redis-cli", "redis-cli", /\bredis-cli\b[^\n|;&]{0,200}?\s-a\s{1,4}["']?([^\s"'-][^\s"']{2,256})/g),
  format(
    "a user's password",
    "chpasswd",
    /\becho\s{1,4}(?:-\w\s{1,4})?["']?[\w.-]{1,32}:([^\s"'|]{3,128})["']?\s{0,4}\|\s{0,4}(?:\w{1,16}\s{1,4})?chpasswd/g,
  ),
  // A call of a program's: `setPassword("…")`.
  format(
    "a password",
    ".set",
    /\.set(?:Password|Secret|ApiKey|AccessKey|SecretKey|AuthToken)\(\s{0,8}["']([^"'\n]{3,256})["']/gi,
  ),
];

/** A name and, beside it, a value, in the ways in which formats write a pair; the groups are name and value. */
const pairs: readonly { holds: string; form: RegExp }[] = [
  // `<add key="…" value="…"/>`, `<property name="…">…</property>`, `<name>…</name><value>…</value>`
  {
    holds: "value",
    form: /\b(?:name|key|id)\s{0,4}=\s{0,4}["']([\w.:-]{1,64})["'](?:\s[^<>]{0,100}?)?\svalue\s{0,4}=\s{0,4}["']([^"'\n]{1,256})["']/gi,
  },
  { holds: "</", form: /\b(?:name|key|id)\s{0,4}=\s{0,4}["']([\w.:-]{1,64})["'][^<>]{0,100}>([^<>\n]{1,256})<\//gi },
  {
    holds: "<value>",
    form: /<(?:name|key)>\s{0,8}([\w.:-]{1,64})\s{0,8}<\/(?:name|key)>\s{0,32}<value>([^<>]{1,256})<\/value>/gi,
  },
  // PHP's define, and settings as a pair of arguments
  { holds: "define", form: /\bdefine\(\s{0,8}["']([\w.-]{1,64})["']\s{0,4},\s{0,4}["']([^"'\n]{1,256})["']/gi },
  // `- name: …`, and in the next line `value: …`; the same in JSON
  {
    holds: "value",
    form: /(?:^|[\s{,"'-])(?:name|key)["']?\s{0,4}:\s{0,4}["']?([\w.-]{1,64})["']?\s{0,4}(?:,\s{0,32}|\n\s{0,32})["']?value["']?\s{0,4}:[ \t]{0,4}["']?([^\s"'{}][^"'\n}]{0,255})/gi,
  },
];

/** Names of what some text sets to a literal in a format of its own; each once. */
export function formatted(text: string): string[] {
  const lower = text.toLowerCase();
  const found = new Set<string>();
  for (const { name, holds, form } of formats)
    if (lower.includes(holds)) for (const [, value = ""] of text.matchAll(form)) if (isLiteral(value)) found.add(name);
  for (const { holds, form } of pairs)
    if (lower.includes(holds))
      for (const [, name = "", value = ""] of text.matchAll(form))
        if (isSecretName(name) && isLiteral(value.trim())) found.add(name);
  return [...found];
}

// A variable may stand with something behind it: `$PASS:` or `${PASS}@`.
const isLiteral = (value: string): boolean => !isReference(value) && !/^(\$|\{\{|<|%[(\w]|!)/.test(value);
