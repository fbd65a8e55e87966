import * as crypto from "node:crypto";
import { isDeepStrictEqual } from "node:util";

import { credentialFaults } from "../../vault/credential-faults";
import { htpasswdLine, htpasswdUser, isLineOf } from "../../vault/htpasswd";
import { gatewayKey, gatewayPath, nextPath, passwordLength } from "../../vault/paths";
import { credentialFields, type AuthKind } from "../../pipeline/credential-files";
import { UserError } from "../../kit/user-error";
import type { Store, Stored } from "../../vault/store";

type Data = Record<string, string>;

/** One credential to rotate. */
export interface Rotation {
  kind: AuthKind;
  /** In KV v2, without its mount. */
  path: string;
  mount: string;
  /** A first user's name. */
  user: string;
}

/** What a rotation does outside of itself; each step can be done again where it was interrupted. */
export interface RotationActions {
  store: Store;
  say: (text: string) => void;
  /** Refuses (UserError) where a collector does not deliver right now: a changed credential waits for its queue. */
  collectorsAtRest: () => Promise<void>;
  /** Returns once the backend has accepted a request with this credential; a UserError where it does not. */
  tryOut: (credential: Data) => Promise<void>;
  /** Brings what Vault holds to the collectors; nothing to do where they read it themselves. */
  deliver: () => Promise<void>;
  /** Returns once every collector has delivered with this credential. */
  collectorsUse: (credential: Data) => Promise<void>;
}

/**
 * Rotates one credential without a refused request. With Basic auth two users take turns, since one user has one
 * password at a gateway: both are let in from before the first collector changes until after the last one has. Where
 * the work lies when it is interrupted, Vault says: `PATH-next` holds the next credential until all have it. So the
 * same call goes on from there, and {@link abandonRotation} takes it back as long as no collector has it.
 */
export async function rotateCredential(rotation: Rotation, actions: RotationActions): Promise<void> {
  const { store, say } = actions;
  const { path } = rotation;
  const [current, next] = [await store.read(path), await store.read(nextPath(path))];
  await actions.collectorsAtRest();

  let credential = next.data;
  if (isSwitched(current, next)) say("goes on with a rotation that was interrupted: Vault has the new credential");
  else {
    if (credential === undefined) {
      credential = makeNext(rotation, current);
      await store.write(nextPath(path), credential, next.version);
    } else say("goes on with a rotation that was interrupted before anything was changed for the collectors");
    checkNext(rotation, current, credential);
    if (rotation.kind === "basic") {
      await letIn(rotation, store, [current.data, credential]);
      say(
        `both users are in ${rotation.mount}/${gatewayPath(path)} now; waiting until the gateway lets the new one in`,
      );
    }
    await actions.tryOut(credential);
    say("the new credential is accepted");
    await store.write(path, credential, current.version);
    say(`${rotation.mount}/${path} has it as its newest version`);
  }
  if (credential === undefined) throw new Error("a rotation without a credential");
  await actions.deliver();
  await actions.collectorsUse(credential);
  if (rotation.kind === "basic") await letIn(rotation, store, [credential]);
  await store.remove(nextPath(path));
}

/** Takes back a rotation that no collector has seen: the next credential goes, and the gateway's line with it. */
export async function abandonRotation(rotation: Rotation, store: Store): Promise<"taken back" | "nothing to do"> {
  const { path } = rotation;
  const [current, next] = [await store.read(path), await store.read(nextPath(path))];
  if (next.data === undefined) return "nothing to do";
  if (isSwitched(current, next))
    throw UserError.of(
      `${rotation.mount}/${path}`,
      "",
      "has the new credential already, and collectors may use it",
      "run npx alloyctl rotate without --abort: it finishes this one",
    );
  if (rotation.kind === "basic") await letIn(rotation, store, [current.data]);
  await store.remove(nextPath(path));
  return "taken back";
}

/** The user whose turn is next: `NAME` and `NAME-2`. */
export function otherUser(user: string): string {
  return user.endsWith("-2") ? user.slice(0, -2) : `${user}-2`;
}

function isSwitched(current: Stored, next: Stored): boolean {
  return next.data !== undefined && isDeepStrictEqual(current.data, next.data);
}

function makeNext({ kind, mount, path, user }: Rotation, current: Stored): Data {
  if (kind === "basic") {
    const before = current.data?.["username"];
    return { username: before === undefined ? user : otherUser(before), password: randomPassword() };
  }
  const keys = credentialFields[kind].map((field) => `${field}=…`).join(" ");
  throw UserError.of(
    `${mount}/${nextPath(path)}`,
    "",
    `holds no new credential, and a ${kind === "bearer" ? "token" : "certificate"} cannot be made up`,
    `write it there (vault kv put -mount=${mount} ${nextPath(path)} ${keys}), then run the same command again`,
  );
}

function checkNext({ kind, mount, path }: Rotation, current: Stored, next: Data): void {
  const missing = credentialFields[kind].filter((field) => !next[field]);
  if (missing.length > 0)
    throw UserError.of(
      `${mount}/${nextPath(path)}`,
      missing.join(", "),
      "is missing or empty",
      `write it (vault kv patch -mount=${mount} ${nextPath(path)} …)`,
    );
  const [fault] = credentialFaults(kind, pick(next, credentialFields[kind]));
  if (fault !== undefined)
    throw UserError.of(
      `${mount}/${nextPath(path)}`,
      fault.field,
      fault.problem,
      `write it again ${fault.hint}: vault kv patch -mount=${mount} ${nextPath(path)} ${fault.field}=…`,
    );
  if (kind === "basic" && current.data?.["username"] === next["username"])
    throw UserError.of(
      `${mount}/${nextPath(path)}`,
      "username",
      "is the user that the collectors have now, and one user has one password at a gateway",
      "write another user there, or remove the path to have one made up",
    );
}

const pick = (data: Data, fields: readonly string[]): Data =>
  Object.fromEntries(fields.map((field) => [field, data[field] ?? ""]));

/** Lines of the gateway: ours for these credentials, and those of other users as they were. */
async function letIn(rotation: Rotation, store: Store, credentials: readonly (Data | undefined)[]): Promise<void> {
  const place = gatewayPath(rotation.path);
  const held = await store.read(place);
  const lines = (held.data?.[gatewayKey] ?? "").split("\n").filter(Boolean);
  const ours = credentials.flatMap((data) => {
    if (data === undefined) return [];
    const { username = "", password = "" } = data;
    // A line that is right stays: another salt would be another version that says the same.
    return [lines.find((line) => isLineOf(line, username, password)) ?? htpasswdLine(username, password)];
  });
  const users = new Set([rotation.user, ...ours.map(htpasswdUser)].flatMap((user) => [user, otherUser(user)]));
  const others = lines.filter((line) => !users.has(htpasswdUser(line)));
  const text = [...others, ...ours].map((line) => `${line}\n`).join("");
  if (text !== held.data?.[gatewayKey]) await store.write(place, { ...held.data, [gatewayKey]: text }, held.version);
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function randomPassword(): string {
  return Array.from({ length: passwordLength }, () => alphabet[crypto.randomInt(alphabet.length)]).join("");
}
