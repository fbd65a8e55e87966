import assert from "node:assert/strict";

import {
  abandonRotation,
  otherUser,
  rotateCredential,
  type Rotation,
  type RotationActions,
} from "../../operations/rotation/rotate-credential";
import type { Store, Stored } from "../../vault/store";
import { htpasswdLine, htpasswdUser, isLineOf } from "../../vault/htpasswd";
import { UserError } from "../../kit/user-error";

const basic: Rotation = { kind: "basic", mount: "secret", path: "a/loki", user: "tenant" };
const first = { username: "tenant", password: "the-first" };

/** A Vault in memory that counts versions and can be interrupted before its nth write. */
class MemoryStore implements Store {
  readonly held = new Map<string, Stored>();
  writes = 0;
  interruptAt = Infinity;

  read(path: string): Promise<Stored> {
    return Promise.resolve(this.held.get(path) ?? { data: undefined, version: 0 });
  }

  async write(path: string, data: Record<string, string>, version: number): Promise<void> {
    this.step();
    assert.equal(version, (await this.read(path)).version, `check-and-set of ${path}`);
    this.held.set(path, { data: { ...data }, version: version + 1 });
  }

  remove(path: string): Promise<void> {
    this.step();
    this.held.delete(path);
    return Promise.resolve();
  }

  step(): void {
    if (++this.writes === this.interruptAt) throw new Error("interrupted");
  }

  get users(): string[] {
    const text = this.held.get("a/loki-gateway")?.data?.["htpasswd"] ?? "";
    return text.split("\n").filter(Boolean).map(htpasswdUser);
  }
}

/** A gateway that believes what Vault says, and collectors that send all the time: each request must be let in. */
class World implements RotationActions {
  readonly said: string[] = [];
  inUse: Record<string, string> = first;
  asked = 0;

  constructor(readonly store: MemoryStore) {
    store.held.set("a/loki", { data: first, version: 1 });
    store.held.set("a/loki-gateway", { data: { htpasswd: `${line(first)}\nsomebody:else\n` }, version: 1 });
  }

  say = (text: string): void => void this.said.push(text);
  collectorsAtRest = (): Promise<void> => Promise.resolve();
  tryOut = (credential: Record<string, string>): Promise<void> => {
    this.asked++;
    return this.isLetIn(credential)
      ? Promise.resolve()
      : Promise.reject(UserError.of("gateway", "", "refuses it", "let it in"));
  };
  deliver = async (): Promise<void> => {
    this.store.step();
    this.inUse = (await this.store.read("a/loki")).data ?? {};
    this.check();
  };
  collectorsUse = (credential: Record<string, string>): Promise<void> => {
    this.store.step();
    assert.deepEqual(this.inUse, credential);
    return Promise.resolve();
  };

  check(): void {
    assert.ok(this.isLetIn(this.inUse), "the collectors are refused");
  }

  private isLetIn(credential: Record<string, string>): boolean {
    const text = this.store.held.get("a/loki-gateway")?.data?.["htpasswd"] ?? "";
    const { username = "", password = "" } = credential;
    return text.split("\n").some((one) => isLineOf(one, username, password));
  }
}

const line = ({ username = "", password = "" }: Record<string, string>): string => htpasswdLine(username, password);

describe("a rotation", () => {
  it("gives the collectors another user, then lets the first one in no longer, and nobody else less", async () => {
    const world = new World(new MemoryStore());
    await rotateCredential(basic, world);
    const { data, version } = await world.store.read("a/loki");
    assert.equal(version, 2);
    assert.equal(data?.["username"], "tenant-2");
    assert.match(data["password"] ?? "", /^[A-Za-z0-9]{40}$/);
    assert.deepEqual(world.inUse, data);
    assert.deepEqual(world.store.users, ["somebody", "tenant-2"]);
    assert.equal(world.store.held.has("a/loki-next"), false);
    assert.doesNotMatch(world.said.join("\n"), new RegExp(data["password"] ?? ""));
  });

  it("comes back to the first user, with another password", async () => {
    const world = new World(new MemoryStore());
    await rotateCredential(basic, world);
    await rotateCredential(basic, world);
    const { data } = await world.store.read("a/loki");
    assert.equal(data?.["username"], "tenant");
    assert.notEqual(data["password"], "the-first");
    assert.deepEqual(world.store.users, ["somebody", "tenant"]);
  });

  it("interrupted anywhere, never leaves collectors that are refused, and the next call finishes it", async () => {
    const whole = new World(new MemoryStore());
    await rotateCredential(basic, whole);
    const steps = whole.store.writes;
    assert.ok(steps >= 7, String(steps));
    for (let at = 1; at <= steps; at++) {
      const world = new World(new MemoryStore());
      world.store.interruptAt = at;
      await assert.rejects(rotateCredential(basic, world), /interrupted/);
      world.check();
      const next = (await world.store.read("a/loki-next")).data;
      await rotateCredential(basic, world);
      world.check();
      if (next !== undefined && at < steps) assert.deepEqual(world.inUse, next, `step ${at}: another credential`);
      assert.equal(world.store.users.length, 2, `step ${at}`);
      assert.equal(world.store.held.has("a/loki-next"), false, `step ${at}`);
    }
  });

  it("that is refused at the gateway has changed nothing for the collectors, and can be taken back", async () => {
    const world = new World(new MemoryStore());
    world.tryOut = () => Promise.reject(UserError.of("gateway", "", "refuses it", "let it in"));
    await assert.rejects(rotateCredential(basic, world), /refuses it/);
    assert.deepEqual((await world.store.read("a/loki")).data, first);
    assert.deepEqual(world.inUse, first);
    assert.deepEqual(world.store.users, ["somebody", "tenant", "tenant-2"]);
    assert.equal(await abandonRotation(basic, world.store), "taken back");
    assert.deepEqual(world.store.users, ["somebody", "tenant"]);
    assert.equal(await abandonRotation(basic, world.store), "nothing to do");
  });

  it("is not begun while collectors try again", async () => {
    const world = new World(new MemoryStore());
    world.collectorsAtRest = () => Promise.reject(UserError.of("node-1", "", "tries again", "wait"));
    await assert.rejects(rotateCredential(basic, world), /tries again/);
    assert.equal(world.store.writes, 0);
  });

  it("is not taken back once Vault has the new credential", async () => {
    const world = new World(new MemoryStore());
    world.deliver = () => Promise.reject(new Error("killed"));
    await assert.rejects(rotateCredential(basic, world), /killed/);
    await assert.rejects(abandonRotation(basic, world.store), /without --abort: it finishes/);
  });

  it("writes a first credential where there was none", async () => {
    const world = new World(new MemoryStore());
    world.store.held.clear();
    await rotateCredential(basic, world);
    assert.equal((await world.store.read("a/loki")).data?.["username"], "tenant");
    assert.deepEqual(world.store.users, ["tenant"]);
  });

  it("takes a token from whoever has it, and says where to put it", async () => {
    const bearer: Rotation = { ...basic, kind: "bearer" };
    const world = new World(new MemoryStore());
    world.store.held.set("a/loki", { data: { token: "old" }, version: 3 });
    await assert.rejects(rotateCredential(bearer, world), /vault kv put -mount=secret a\/loki-next token=…/);
    assert.equal(world.store.writes, 0);
    world.store.held.set("a/loki-next", { data: { token: "new" }, version: 1 });
    world.tryOut = () => Promise.resolve();
    world.deliver = async () => void (world.inUse = (await world.store.read("a/loki")).data ?? {});
    await rotateCredential(bearer, world);
    assert.deepEqual(await world.store.read("a/loki"), { data: { token: "new" }, version: 4 });
  });

  it("refuses a next credential for the same user: one user has one password at a gateway", async () => {
    const world = new World(new MemoryStore());
    world.store.held.set("a/loki-next", { data: { username: "tenant", password: "x" }, version: 1 });
    await assert.rejects(rotateCredential(basic, world), /one password at a gateway/);
    world.check();
  });

  it("names two users that take turns", () => {
    assert.equal(otherUser("production"), "production-2");
    assert.equal(otherUser("production-2"), "production");
  });
});
