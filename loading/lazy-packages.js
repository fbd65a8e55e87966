const Module = require("node:module");

/**
 * Pulumi's SDK loads these two when it is loaded itself, which takes two thirds of its time. It needs them only to turn a
 * function into text, for resources whose code runs elsewhere; we have none.
 */
const lazy = ["typescript", "@npmcli/arborist"];
const asks = /[\\/]@pulumi[\\/]pulumi[\\/]/;

/** From now on, Pulumi's SDK gets these packages when it first takes something of them. */
function loadLazily() {
  const load = Module._load;
  Module._load = function (request, parent, isMain) {
    if (!lazy.includes(request) || !asks.test(parent?.filename ?? "")) return load.call(this, request, parent, isMain);
    let loaded;
    const whole = () => (loaded ??= load.call(this, request, parent, isMain));
    return new Proxy(
      {},
      {
        // The SDK's own `import * as` copies every property, unless it is told that this is a module's namespace.
        get: (_, name) => (name === "__esModule" ? true : Reflect.get(whole(), name)),
        has: (_, name) => Reflect.has(whole(), name),
        ownKeys: () => Reflect.ownKeys(whole()),
        getOwnPropertyDescriptor: (_, name) => {
          const found = Reflect.getOwnPropertyDescriptor(whole(), name);
          return found && { ...found, configurable: true };
        },
      },
    );
  };
}

module.exports = { loadLazily };
