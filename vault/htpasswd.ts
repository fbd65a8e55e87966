import * as crypto from "node:crypto";

/**
 * One line of the file that a gateway's `auth_basic_user_file` names: the user and the password's apr1 hash. The salt is
 * random: one that was computed from the password would tell a reader of the line, at the price of one hash, whether a
 * guess is right. So two calls give two lines, and {@link isLineOf} says whether a line is one of them.
 *
 * apr1 because nginx, Apache and Traefik all take it, and because it is quick: nginx computes the hash at each request,
 * and bcrypt would cost a tenth of a second of a worker for each push. A slow hash protects passwords that can be
 * guessed; these have 40 random characters.
 */
export function htpasswdLine(user: string, password: string): string {
  return `${user}:${apr1(password, randomSalt())}`;
}

/** Whether the line lets this user in with this password, whatever its salt. */
export function isLineOf(line: string, user: string, password: string): boolean {
  const hash = line.slice(user.length + 1);
  const salt = /^\$apr1\$([^$]{1,8})\$/.exec(hash)?.[1];
  if (!line.startsWith(`${user}:`) || salt === undefined) return false;
  const [wanted, found] = [Buffer.from(apr1(password, salt)), Buffer.from(hash)];
  return wanted.length === found.length && crypto.timingSafeEqual(wanted, found);
}

/** The user that a line is for. */
export function htpasswdUser(line: string): string {
  return line.slice(0, line.indexOf(":"));
}

const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Apache's variant of MD5-crypt. Source: apr-util crypto/apr_md5.c, apr_md5_encode. */
export function apr1(password: string, salt: string): string {
  const word = Buffer.from(password, "utf8");
  const magic = Buffer.from(`$apr1$${salt}`, "latin1");
  const saltBytes = Buffer.from(salt, "latin1");

  const inner = md5(word, saltBytes, word);
  const first: Buffer[] = [word, magic];
  for (let left = word.length; left > 0; left -= 16) first.push(inner.subarray(0, Math.min(16, left)));
  for (let bits = word.length; bits > 0; bits >>= 1)
    first.push((bits & 1) === 1 ? Buffer.from([0]) : word.subarray(0, 1));
  let digest = md5(...first);

  for (let round = 0; round < 1000; round++) {
    const odd = round % 2 === 1;
    digest = md5(
      odd ? word : digest,
      ...(round % 3 === 0 ? [] : [saltBytes]),
      ...(round % 7 === 0 ? [] : [word]),
      odd ? digest : word,
    );
  }
  return `$apr1$${salt}$${encode(digest)}`;
}

// Three bytes become four characters, in an order of their own; the twelfth byte is left and becomes two.
function encode(digest: Buffer): string {
  const byte = (at: number): number => digest[at] ?? 0;
  const groups = [0, 1, 2, 3, 4].map((at) => (byte(at) << 16) | (byte(at + 6) << 8) | byte(at === 4 ? 5 : at + 12));
  return groups.map((group) => characters(group, 4)).join("") + characters(byte(11), 2);
}

function characters(value: number, count: number): string {
  return Array.from({ length: count }, (_, at) => alphabet[(value >> (6 * at)) & 63]).join("");
}

function randomSalt(): string {
  return Array.from(crypto.randomBytes(8), (value) => alphabet[value & 63]).join("");
}

function md5(...parts: Buffer[]): Buffer {
  const hash = crypto.createHash("md5");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
