import assert from "node:assert/strict";
import * as fc from "fast-check";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { formatPath, parsePath, pathContains } from "../../../kit/property-path";
import { redact } from "../stand-ins/redact";
import type { PropertyMap, Value } from "../stand-ins/values";
import {
  containsSecret,
  containsUnknown,
  equal,
  fromStruct,
  revealMap,
  Secret,
  toStruct,
  UNKNOWN,
} from "../stand-ins/values";

/** A key; protobuf's own Struct cannot give one back that is called as an object's prototype is, and no field is. */
const key = fc.string({ minLength: 1 }).filter((name) => name !== "__proto__");

/** Any value that can go over the wire. Nulls are left out: the plugins drop them. */
const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string(),
    fc.boolean(),
    fc.integer(),
    fc.constant<Value>(UNKNOWN),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
    tie("value").map((inner) => new Secret(inner)),
  ),
})).value;

describe("plugin values", () => {
  it("come back from the wire as they went, secrets and unknowns included", () => {
    fc.assert(
      fc.property(fc.dictionary(key, value, { noNullPrototype: true }), (map) => {
        assert.deepEqual(fromStruct(Struct.deserializeBinary(toStruct(map).serializeBinary())), map);
      }),
    );
  });

  it("encode a secret and an unknown as the engine does", () => {
    assert.deepEqual(toStruct({ a: new Secret("x"), b: UNKNOWN }).toJavaScript(), {
      a: { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "x" },
      b: "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    });
  });

  it("know unknowns and secrets at any depth", () => {
    const map: PropertyMap = { a: [{ b: new Secret({ c: UNKNOWN }) }] };
    assert.equal(containsUnknown(map), true);
    assert.equal(containsSecret(map), true);
    assert.equal(containsUnknown({ a: ["x"] }), false);
    assert.deepEqual(revealMap({ a: new Secret(["x"]) }), { a: ["x"] });
  });

  it("take an unknown for a difference, even from another unknown", () => {
    assert.equal(equal(UNKNOWN, UNKNOWN), false);
    assert.equal(equal({ a: new Secret("x") }, { a: "x" }), true);
    assert.equal(equal({ a: 1 }, { a: 1, b: 2 }), false);
  });

  it("refuse assets, which no kind of ours has", () => {
    const asset = { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", text: "x" };
    assert.throws(() => fromStruct(Struct.fromJavaScript({ a: asset })), /not supported by the stand-in plugin/);
  });
});

describe("plugin property paths", () => {
  it("read back as they were written", () => {
    const step = fc.oneof(
      fc.string({ minLength: 1 }).filter((text) => !text.includes("\\")),
      fc.nat(99),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1 }), (path) => {
        // A path begins with a member; a number there would be one as well.
        fc.pre(typeof path[0] === "string" && path[0] !== "*");
        assert.deepEqual(parsePath(formatPath(path)), path);
      }),
    );
  });

  it("quote what holds a dot", () => {
    assert.equal(formatPath(["metadata", "labels", "a.b/c"]), 'metadata.labels["a.b/c"]');
    assert.equal(formatPath(["spec", "containers", 0, "image"]), "spec.containers[0].image");
  });

  it("contain what lies below, and stars stand for anything", () => {
    assert.equal(pathContains(parsePath("data"), parsePath("data.a")), true);
    assert.equal(pathContains(parsePath("spec.containers[*].image"), parsePath("spec.containers[2].image")), true);
    assert.equal(pathContains(parsePath("data.a"), parsePath("data")), false);
  });

  it("are refused with the place of the mistake", () => {
    assert.throws(() => parsePath("a[b"), /failed to parse property path "a\[b" at position 1/);
  });
});

describe("plugin messages", () => {
  it("lose every form of a secret", () => {
    const inputs = {
      data: new Secret({ password: Buffer.from("hunter2-x").toString("base64") }),
      json: new Secret('{"user":"somebody","pin":4711}'),
    };
    const message = `refused: hunter2-x, ${Buffer.from("hunter2-x").toString("base64")}, somebody and 4711`;
    assert.equal(redact(message, inputs), "refused: [secret], [secret], [secret] and [secret]");
  });

  it("keep what is no secret", () => {
    assert.equal(
      redact('namespaces "monitoring" not found', { name: "monitoring" }),
      'namespaces "monitoring" not found',
    );
  });
});
